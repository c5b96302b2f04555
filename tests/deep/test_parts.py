"""Schedules, groups, finder, changes of a batch, views, history: each by its contract."""

import copy
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from handful.deep.augment import cutmix, erase, mirror, mixup
from handful.deep.batch import Batch
from handful.deep.finder import find_rate, suggest
from handful.deep.groups import by_depth, freeze, groups
from handful.deep.history import History, sparkline
from handful.deep.hooks import deadline, drawn, gradual_unfreezing
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.deep.schedules import SCHEDULES, START_DIVISOR, one_cycle
from handful.deep.views import ALLOWED, views_for
from handful.errors import SettingError
from handful.modalities.image.views import VIEWS, seen

SHORT = Training(epochs=2, batch_size=8, rate=1e-2)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("total", [1, 2, 7, 100])
def test_every_schedule_stays_within_its_peak(name: str, total: int) -> None:
    """Rates are never negative nor above the peak, come up to it, and are refused outside the run.

    In a run of one or two steps there may be no step at the peak.
    """
    rates = [SCHEDULES[name](step, total, 0.5) for step in range(total)]
    assert all(0 <= rate <= 0.5 + 1e-12 for rate in rates)
    assert max(rates) >= (0.99 * 0.5 if total >= 7 else 0.5 / START_DIVISOR - 1e-12)
    for step in (-1, total):
        with pytest.raises(SettingError, match="not part of the run"):
            SCHEDULES[name](step, total, 0.5)


def test_one_cycle_climbs_then_falls_close_to_zero() -> None:
    """It begins at a 25th, peaks after three tenths and ends below a hundredth of the peak."""
    rates = [one_cycle(step, 1000, 1.0) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 25)
    assert int(np.argmax(rates)) == 300
    assert rates[-1] < 0.01
    assert (np.diff(rates[:300]) > 0).all()
    assert (np.diff(rates[301:]) < 0).all()


def test_groups_give_each_part_its_factor_and_decay_no_bias() -> None:
    """The longest name that fits counts; what has one dimension does not decay."""
    model = nn.ModuleDict({"tail": nn.Linear(3, 3), "head": nn.Linear(3, 2)})
    found = groups(model, {"tail": 0.5, "tail.bias": 0.1}, weight_decay=0.3)
    told = {(g["name"], g["weight_decay"]): g["factor"] for g in found}
    expected = {("tail", 0.3): 0.5, ("tail.bias", 0.0): 0.1, ("", 0.3): 1.0, ("", 0.0): 1.0}
    assert told == expected
    assert by_depth({"a": model, "b": model, "c": model}, decay=0.5) == {
        "c": 1,
        "b": 0.5,
        "a": 0.25,
    }


def test_a_name_that_fits_nothing_is_refused(small: nn.Module) -> None:
    """A rate for a part that does not exist would have been ignored."""
    with pytest.raises(SettingError, match="No parameter"):
        groups(small, {"tial": 0.1})
    with pytest.raises(SettingError, match="No parameter"):
        freeze(small, "hed")


def test_gradual_unfreezing_lets_a_part_wait(small: nn.Module, points) -> None:
    """What is frozen does not move in the first epoch, and moves after its turn."""
    freeze(small, "0")
    before = small[0].weight.clone()
    moved = []

    def watch(moment: str, run: Run) -> None:
        if moment == "epoch_end":
            moved.append(not torch.equal(before, small[0].weight))

    train(small, points, SHORT, hooks=[gradual_unfreezing({1: "0"}), watch])
    assert moved == [False, True]


def test_deadline_shortens_a_run_that_is_late(small: nn.Module, points) -> None:
    """On a slow clock the run ends early, says so, and its rate still falls to its end."""
    ticks = iter(range(10_000))
    training = replace(SHORT, epochs=20)
    run = train(small, points, training, hooks=[deadline(3.5, clock=lambda: float(next(ticks)))])
    assert run.total < 160
    assert [note[:9] for note in run.notes] == ["shortened"]
    assert run.step == run.total
    assert run.rate < 0.1 * training.rate


def test_deadline_leaves_a_run_in_time_alone(small: nn.Module, points) -> None:
    """With time enough, every step is taken."""
    run = train(small, points, replace(SHORT, epochs=5), hooks=[deadline(1e9)])
    assert (run.step, run.notes) == (40, [])


def test_finder_suggests_a_rate_and_leaves_the_model(small: nn.Module, points) -> None:
    """The suggestion lies below where the loss explodes; no weight is changed."""
    before = copy.deepcopy(small.state_dict())
    found = find_rate(small, points, replace(SHORT, optimizer="sgd", clip=None))
    assert 1e-5 < found.suggestion < found.explodes_at <= 1.0
    assert all(torch.equal(before[name], one) for name, one in small.state_dict().items())
    assert "suggested" in found.line()


def test_finder_reads_a_curve() -> None:
    """Flat, then falling, then exploding: a tenth of the explosion, or the steepest fall."""
    rates = [10.0**power for power in range(-6, 1)]
    found = suggest(rates, [1.0, 1.0, 0.9, 0.5, 0.4, 3.0, 9.0])
    assert found.explodes_at == pytest.approx(1e-1)
    assert found.suggestion == pytest.approx(1e-3)


def test_finder_is_not_misled_by_what_is_learned_already() -> None:
    """A loss near its least shows no fall, only where it explodes: halfway back to guessing."""
    rates = [10.0**power for power in range(-6, 1)]
    found = suggest(rates, [0.24, 0.239, 0.24, 0.25, 0.3, 0.6, 2.0], guessing=math.log(2))
    assert found.explodes_at == pytest.approx(1e-1)
    assert found.suggestion == pytest.approx(1e-2)


def test_finder_lives_through_an_explosion(small: nn.Module, points) -> None:
    """Rates that end in numbers that are none are told as numbers, and the model is as it was."""
    before = copy.deepcopy(small.state_dict())
    sgd = replace(SHORT, optimizer="sgd", clip=None)
    found = find_rate(small, points, sgd, steps=12, lowest=1e-3, highest=1e12)
    assert all(math.isfinite(loss) for loss in found.losses)
    assert found.explodes_at < 1e12
    assert all(torch.equal(before[name], one) for name, one in small.state_dict().items())


@pytest.mark.parametrize("change", [mirror, mixup(0.4), cutmix(1.0), erase(0.3)])
def test_every_change_keeps_shapes_and_target_sums(change) -> None:
    """Targets still sum to 1, nothing turns to NaN, and one seed gives one answer."""
    torch.manual_seed(0)
    x, early = torch.randn(6, 3, 5, 7), torch.randn(6, 4)
    batch = Batch((x, early), torch.eye(3)[[0, 1, 2, 0, 1, 2]])
    first = change(batch, np.random.default_rng(1))
    again = change(batch, np.random.default_rng(1))
    for one, other, before in zip(
        *((*b.inputs, b.targets) for b in (first, again, batch)), strict=True
    ):
        assert torch.equal(one, other)
        assert one.shape == before.shape
        assert one.isfinite().all()
    assert torch.allclose(first.targets.sum(1), torch.ones(6))


def test_mirror_turns_some_maps_and_no_others() -> None:
    """Each map is as it was or mirrored."""
    x = torch.randn(40, 1, 2, 3)
    turned, early = mirror(
        Batch((x, torch.empty(40, 0)), torch.empty(40, 2)), np.random.default_rng(0)
    ).inputs
    kept = (turned == x).flatten(1).all(1)
    assert 5 < int(kept.sum()) < 35
    assert torch.equal(turned[~kept], x[~kept].flip(3))
    assert early.shape == (40, 0)


def test_views_are_the_eight_ways_to_lay_a_square_and_two_zooms() -> None:
    """All differ, the plain one is first, and what is allowed is a part of them."""
    square = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    assert len({seen(square, view).tobytes() for view in VIEWS}) == 10
    assert all(seen(square, view).shape == square.shape for view in VIEWS)
    assert all(allowed[0] == "plain" and set(allowed) <= {*VIEWS} for allowed in ALLOWED.values())
    assert views_for("flips", 2) == ("plain", "mirror")
    assert views_for("mirror", 9, zoom=True) == ("plain", "mirror", "near", "far")
    with pytest.raises(SettingError, match="permission"):
        views_for("upside-down", 2)


def test_zooms_show_the_middle_larger_and_the_whole_smaller() -> None:
    """A white square of half the side grows by a seventh, or shrinks to eight ninths."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:48, 16:48] = 255
    share = {view: (seen(picture, view) > 127).mean() ** 0.5 for view in ("plain", "near", "far")}
    assert share["plain"] == 0.5
    assert share["near"] == pytest.approx(0.5 * 8 / 7, abs=0.02)
    assert share["far"] == pytest.approx(0.5 * 8 / 9, abs=0.02)


def test_history_is_saved_as_json_and_draws_itself(tmp_path: Path) -> None:
    """What was saved is read back; the drawings hold the last number."""
    history = History([{"epoch": 0, "loss": 1.0}, {"epoch": 1, "loss": 0.25}])
    assert History.read(history.save(tmp_path / "h.json")) == history
    assert "0.250" in history._repr_html_()
    assert history.line() == "loss 1.000 █▁ 0.250"
    assert len(sparkline([math.pi] * 4)) == 4


def test_a_notebook_shows_the_run_while_it_goes_on(small: nn.Module, points) -> None:
    """One picture, changed in place after each epoch; the last one holds the last loss."""
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.kernel = object()  # what tells a notebook's shell from a terminal's
    shell.display_pub = CapturingDisplayPublisher()
    try:
        run = train(small, points, replace(SHORT, epochs=3), hooks=[drawn()])
        shown = shell.display_pub.outputs
    finally:
        InteractiveShell.clear_instance()
    assert [one["update"] for one in shown] == [False, True, True, True]
    assert len({one["transient"]["display_id"] for one in shown}) == 1
    assert f"loss {run.history[-1]['loss']:.3f}" in shown[-1]["data"]["text/html"]


def test_a_terminal_shows_the_run_as_one_line(
    small: nn.Module, points, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is written over itself, and ended; a pipe gets nothing."""
    train(copy.deepcopy(small), points, SHORT, hooks=[drawn(every=4)])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    train(small, points, SHORT, hooks=[drawn(every=4)])
    told = capsys.readouterr().err
    assert told.count("\r") == 4
    assert "16 of 16 steps, loss " in told
    assert told.endswith("\n")
