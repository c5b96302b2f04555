"""`--deep` from pictures to a model: planned, measured, shipped if better, resumed if killed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import handful
from handful.bundle.inspect import inspect
from handful.bundle.verify import verify
from handful.deep import fine_tune as fine_tuning
from handful.deep.costs import Costs
from handful.deep.plan import Depth, Plan, Task, choose
from handful.deep.run import Run
from handful.errors import SettingError
from handful.estimate.compare import Comparison
from tests.samples import write_digits, write_loose_digits

SHALLOW, DEEPER = Depth("stage5", 4.0, 9.0, 1.0), Depth("stage4", 2.0, 9.0, 1.0)
PLAN = Plan(1.0, (SHALLOW,), folds=2, measuring_s=1.0, rest_s=1.0)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan above, without measuring."""
    monkeypatch.setattr("handful.deep.plan.make_plan", lambda *_, **__: PLAN)


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Ninety digits in three classes."""
    return write_digits(tmp_path / "digits", per_class=30)


def preferring(monkeypatch: pytest.MonkeyPatch, better: str | None) -> None:
    """Decides the comparison beforehand."""
    said = Comparison(-0.1, -0.2, -0.05, better)
    monkeypatch.setattr(fine_tuning, "compare", lambda *_, **__: said)


def test_a_better_model_is_shipped_and_is_what_was_measured(
    planned: None, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The saved graph says of each test picture what PyTorch said, to 1e-4; verified and clean."""
    preferring(monkeypatch, "first")
    project = handful.open(digits, minutes=1.0, turns="none", test=0.3)
    model = project.fit()
    assert project.deep is not None
    assert project.deep.shipped == "deep"
    path = model.save(tmp_path / "m.handful")
    answers = handful.load(path).predict([item.source for item in project.held_out])
    learned = project._learner.learn()
    said = learned.probabilities[learned.held_out]
    seen = np.array([list(answer.probabilities.values()) for answer in answers])
    assert np.abs(said - seen).max() < 1e-4
    assert verify(path).ok
    assert inspect(path).faults == ()
    assert model.manifest.deep is not None
    assert project.candidates[0].name == "deep"
    assert model.estimate.n == len(project.labels) - len(project.held_out)


def test_it_works_once_somebody_has_labelled(
    planned: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a ledger the minutes count as before, and the deep model is measured on audit items."""
    preferring(monkeypatch, "first")
    truth = write_loose_digits(tmp_path / "loose", per_class=30)
    project = handful.open(tmp_path / "loose", minutes=1.0, turns="none")
    for _ in range(5):
        project.label({item: truth[item.path] for item in project.ask(12)}, by="ann")
    model = project.fit()
    assert project.deep is not None
    assert project.deep.shipped == "deep"
    assert model.manifest.deep is not None
    assert model.manifest.data.items == 60
    assert model.estimate.method == "leave-group-out on audit items"
    assert model.estimate.n == int(project.session.given().lessons.audited.sum())
    project.label({next(iter(truth)): "digit-1"}, by="ann")
    first = project.deep
    project.fit()
    assert project.deep is not first


def test_what_a_lasso_counts_is_said(
    planned: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trained part takes every label in full, so labels that a lasso gave are named."""
    from handful.labels.event import Mark

    preferring(monkeypatch, "first")
    truth = write_loose_digits(tmp_path / "loose", per_class=30)
    project = handful.open(tmp_path / "loose", minutes=1.0, turns="none")
    marks = [Mark(item=path, label=name, source="lasso") for path, name in truth.items()]
    project.session.record(marks, by="ann")
    num_taught = project.fit().manifest.data.items
    assert project.deep is not None
    halved = f"{num_taught} labels given by lasso count half in the frozen head, in full here"
    assert halved in project.deep.notes


def test_within_noise_the_frozen_model_is_shipped(
    planned: None, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte the model that would have been made without `--deep`, and it is said why."""
    preferring(monkeypatch, None)
    project = handful.open(digits, minutes=1.0, turns="none")
    deep = project.fit()
    frozen = handful.open(digits, project=tmp_path / "other").fit()
    assert project.deep is not None
    assert project.deep.shipped == "frozen"
    assert "not enough" in project.deep.why
    assert deep.identity == frozen.identity


def reaching(monkeypatch: pytest.MonkeyPatch, log_losses: dict[str, float]) -> None:
    """Two rounds are planned, and decides beforehand what each comes to."""
    plan = replace(PLAN, depths=(SHALLOW, DEEPER))
    monkeypatch.setattr("handful.deep.plan.make_plan", lambda *_, **__: plan)
    said = property(lambda folded: log_losses[folded.round.learner.activations.cut])
    monkeypatch.setattr(fine_tuning.Folded, "log_loss", said)


def test_it_goes_deeper_while_that_pays(digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second round is better, so its cut is shipped."""
    preferring(monkeypatch, "first")
    reaching(monkeypatch, {"stage5": -1.0, "stage4": -2.0})
    project = handful.open(digits, minutes=1.0, turns="none")
    deep = project.fit().manifest.deep
    assert deep is not None
    assert deep.after == "stage4"
    assert project.deep is not None
    assert project.deep.rounds == {"stage5": -1.0, "stage4": -2.0}
    assert list(project.deep.histories) == [
        *("stage5, fold 1", "stage5, fold 2", "stage4, fold 1", "stage4, fold 2", "settling")
    ]
    assert "behind stage4" in "\n".join(project.deep.lines())


def test_what_did_not_pay_is_not_kept(digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deeper round with a higher log-loss is left, and the shallow one settles."""
    preferring(monkeypatch, "first")
    reaching(monkeypatch, {"stage5": -1.0, "stage4": 0.0})
    project = handful.open(digits, minutes=1.0, turns="none")
    deep = project.fit().manifest.deep
    assert deep is not None
    assert deep.after == "stage5"
    assert project.deep is not None
    assert len(project.deep.rounds) == 2
    assert "stage4: no better, so not kept" in project.deep.notes


def test_a_first_round_that_did_harm_is_the_last(
    digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clearly worse than the frozen probes: nothing deeper is tried, and the frozen is shipped."""
    preferring(monkeypatch, "second")
    reaching(monkeypatch, {"stage5": 9.0})
    project = handful.open(digits, minutes=1.0, turns="none")
    assert project.fit().manifest.deep is None
    assert project.deep is not None
    assert list(project.deep.rounds) == ["stage5"]


def test_without_time_for_it_no_deeper_round_begins(
    digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that turned out slower than planned ends with the shallow model, in time."""
    reaching(monkeypatch, {"stage5": -1.0})
    slow = replace(DEEPER, training_s=1e6)
    plan = replace(PLAN, depths=(SHALLOW, slow))
    monkeypatch.setattr("handful.deep.plan.make_plan", lambda *_, **__: plan)
    project = handful.open(digits, minutes=1.0, turns="none")
    project.fit()
    assert project.deep is not None
    assert list(project.deep.rounds) == ["stage5"]


@pytest.mark.parametrize(
    ("call", "deeper"),
    [(2, False), (3, False), (4, True)],
    ids=["in a fold", "settling", "in the second round"],
)
def test_killed_and_run_again_it_ends_with_the_same_bytes(
    call: int,
    deeper: bool,
    planned: None,
    digits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed in any of its runs, the same command ships the very same model."""
    preferring(monkeypatch, "first")
    if deeper:
        reaching(monkeypatch, {"stage5": -1.0, "stage4": -2.0})
    whole = handful.open(digits, minutes=1.0, turns="none", project=tmp_path / "whole").fit()

    class KilledError(Exception):
        pass

    train, calls = fine_tuning.train, []

    def killed(*arguments: object, hooks: list, **options: object) -> Run:
        calls.append(arguments)

        def kill(moment: str, run: Run) -> None:
            if moment == "step" and run.step == 3 and len(calls) == call:
                raise KilledError

        return train(*arguments, hooks=[*hooks, kill], **options)

    monkeypatch.setattr(fine_tuning, "STEPS_KEPT", 2)
    monkeypatch.setattr(fine_tuning, "train", killed)
    with pytest.raises(KilledError):
        handful.open(digits, minutes=1.0, turns="none", project=tmp_path / "parted").fit()
    assert len(list((tmp_path / "parted" / "deep").rglob("*.npz"))) == call
    monkeypatch.setattr(fine_tuning, "train", train)
    parted = handful.open(digits, minutes=1.0, turns="none", project=tmp_path / "parted").fit()
    assert parted.identity == whole.identity
    assert list((tmp_path / "parted" / "deep").rglob("*.npz")) == []


def test_one_pass_serves_both_models(
    planned: None, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frozen vectors come with the activations: the encoder itself is never asked."""
    from handful.encoders.image import ImageEncoder

    monkeypatch.setattr(
        ImageEncoder, "encode", lambda *_: pytest.fail("the encoder was asked a second time")
    )
    assert handful.open(digits, minutes=1.0, turns="none").fit().estimate.n == 90


def test_a_class_in_one_unit_stays_frozen(planned: None, tmp_path: Path) -> None:
    """Where no fold could be measured, the frozen model is shipped and it is said why."""
    folder = write_digits(tmp_path / "digits", classes=(0, 1), per_class=12)
    for path in sorted((folder / "digit-1").iterdir())[1:]:
        path.unlink()
    project = handful.open(folder, minutes=1.0, turns="none")
    assert project.fit().manifest.deep is None
    assert project.deep is not None
    assert "too few items" in project.deep.why


def test_turns_are_tested_on_the_data(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a mirror makes another class of a picture, it is not used; where it does not, it is."""
    from PIL import Image, ImageOps

    plan = replace(PLAN, views=("plain", "mirror", "flip", "turn"))
    monkeypatch.setattr("handful.deep.plan.make_plan", lambda *_, **__: plan)
    folder = tmp_path / "hands"
    for side in ("left", "right"):
        (folder / side).mkdir(parents=True)
    for number, path in enumerate(sorted(digits.rglob("*.png"))[60:] * 2):
        image = Image.open(path)
        shifted = Image.new("L", (16, 16))
        shifted.paste(image, (0, 2 + number % 7))
        shifted.save(folder / "left" / f"{number}.png")
        ImageOps.mirror(shifted).save(folder / "right" / f"{number}.png")
    project = handful.open(folder, minutes=1.0)
    project.fit()
    assert project.deep is not None
    assert "mirror" not in project.deep.views
    assert "flip" in project.deep.views


@pytest.mark.parametrize("minutes", [0.0, -1.0])
def test_senseless_minutes_are_refused(digits: Path, minutes: float) -> None:
    """No time is a mistake, named with something that would do."""
    with pytest.raises(SettingError, match="some time"):
        handful.open(digits, minutes=minutes).plan()


COSTS = {
    "stage5": Costs(0.008, 0.007, 1 / 120, 10**9),
    "stage4": Costs(0.008, 0.006, 1 / 90, 10**9),
    "stage3": Costs(0.008, 0.005, 1 / 60, 10**9),
}
BYTES = {(cut, count): 60_000 * count for cut in COSTS for count in range(1, 9)}
FLIPS = ("plain", "mirror", "flip", "turn")


def chosen(minutes: float, *, learned: int = 2000, free: int = 10**12) -> Plan:
    """What is chosen with the costs above."""
    return choose(COSTS, Task(minutes, learned, learned, FLIPS, BYTES, free))


@pytest.mark.parametrize("minutes", [1.0, 2.0, 3.5, 6.0, 10.0, 30.0, 100.0])
def test_a_plan_fits_into_its_minutes(minutes: float) -> None:
    """All its parts together take no longer than was given."""
    plan = chosen(minutes)
    assert plan.seconds <= 60 * minutes


def test_more_time_gives_more() -> None:
    """From nothing to few epochs, to all views, to deeper cuts, and these after a shallow round."""
    nothing, short, five, six, ten, hour = map(chosen, (0.3, 2.0, 5.0, 6.0, 10.0, 60.0))
    assert nothing.depths == ()
    assert "too few" in nothing.why
    assert short.depths[0].epochs > 1.0
    assert five.views == FLIPS
    cuts = [[one.cut for one in plan.depths] for plan in (five, six, ten, hour)]
    assert cuts == [["stage5"], ["stage4"], ["stage3"], ["stage5", "stage3"]]
    assert [one.epochs for one in hour.depths] == [6.0, 12.0]
    assert min(six.depths[0].epochs, ten.depths[0].epochs) >= 5


def test_a_small_disk_is_told_and_obeyed() -> None:
    """Where activations have no room, fewer views are kept, and none if none fit."""
    few = chosen(6.0, free=350_000_000)
    assert len(few.views) == 2
    assert "disk" in few.why
    none = chosen(6.0, free=1_000_000)
    assert none.depths == ()
    assert "disk" in none.why
    one_round = chosen(100.0, free=600_000_000)
    assert [one.cut for one in one_round.depths] == ["stage3"]


def test_a_plan_is_read_as_it_was_saved(tmp_path: Path) -> None:
    """And what is no plan is none."""
    path = tmp_path / "plan.json"
    PLAN.save(path)
    assert Plan.read(path) == PLAN
    path.write_text(json.dumps({"minutes": 1}), encoding="utf-8")
    assert Plan.read(path) is None
    assert Plan.read(tmp_path / "nowhere.json") is None
