"""A checkpoint met again: hooks with a state, other settings, and a run that is extended."""

import copy
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from handful.deep.checkpoint import load, packed, save, unpacked
from handful.deep.hooks import deadline, early_stop
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.deep.schedules import linear
from handful.errors import SettingError
from tests.deep.conftest import Points
from tests.deep.test_loop import KilledError, killer, same, state

SHORT = Training(epochs=3, batch_size=8, rate=1e-2, average=0.9)


class Counting:
    """A user's hook that counts every moment, and holds numbers of each kind."""

    def __init__(self) -> None:
        self.moments: Counter[str] = Counter()
        self.sum = torch.zeros(2, dtype=torch.float64)
        self.last: dict[int, tuple[float, np.ndarray]] = {}

    def __call__(self, moment: str, run: Run) -> None:
        self.moments[moment] += 1
        if moment == "step":
            self.sum += run.loss
            self.last = {run.step: (run.loss, np.arange(run.step))}

    def state_dict(self) -> dict[str, object]:
        return {"moments": dict(self.moments), "sum": self.sum, "last": self.last}

    def load_state_dict(self, kept: dict) -> None:
        self.moments, self.sum = Counter(kept["moments"]), kept["sum"]
        self.last = kept["last"]


@pytest.mark.parametrize("at", [2, 8, 11, 16, 23])
def test_a_hook_that_counts_goes_on_counting(small, points, tmp_path, at) -> None:
    """Killed at any step, it ends with the counts and sums of a run that was not."""
    whole, found = Counting(), Counting()
    train(copy.deepcopy(small), points, SHORT, hooks=[whole])
    kept = {"checkpoint": tmp_path / "run.npz", "every_steps": 3}
    with pytest.raises(KilledError):
        train(copy.deepcopy(small), points, SHORT, hooks=[Counting(), killer(at)], **kept)
    train(copy.deepcopy(small), points, SHORT, hooks=[found], **kept)
    assert found.moments == whole.moments
    assert torch.equal(found.sum, whole.sum)
    assert found.last.keys() == whole.last.keys() == {24}
    assert found.last[24][0] == whole.last[24][0]
    assert np.array_equal(found.last[24][1], whole.last[24][1])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rate": 0.02}, "rate: 0.01 there, 0.02 here"),
        ({"seed": 7}, "seed"),
        ({"average": 0.0}, "average"),
        ({"schedule": linear}, "schedule: one_cycle there, linear here"),
        ({"class_weights": (1, 2)}, "class_weights"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"epochs": 1}, "24 steps taken there, 8 wanted here"),
        ({"batch_size": 10}, "8 steps an epoch there, 6 here"),
        ({"weight_decay": 0.3}, "parameters"),
    ],
)
def test_other_settings_are_refused(small, points, tmp_path, change, told) -> None:
    """A setting that a checkpoint would make void is named, with both values."""
    path = tmp_path / "run.npz"
    train(small, points, SHORT, checkpoint=path)
    with pytest.raises(SettingError, match="another run") as caught:
        train(small, points, replace(SHORT, **change), checkpoint=path)
    assert told in caught.value.found


def test_other_hooks_are_refused(small, points, tmp_path) -> None:
    """A state without its hook, or a hook without its state, is no way to go on."""
    path = tmp_path / "run.npz"
    train(small, points, SHORT, checkpoint=path, hooks=[Counting()])
    with pytest.raises(SettingError, match="another run") as caught:
        train(small, points, SHORT, checkpoint=path, hooks=[early_stop(2, watch="loss")])
    assert "['Counting'] there, ['EarlyStop'] here" in caught.value.found


def test_a_hook_with_half_a_state_is_refused(small, points) -> None:
    """What cannot be put back would be lost at a kill."""

    class Half:
        def __call__(self, moment: str, run: Run) -> None: ...

        def state_dict(self) -> dict[str, object]:
            return {}

    with pytest.raises(SettingError, match="half") as caught:
        train(small, points, SHORT, hooks=[Half()])
    assert "Half has only state_dict" in caught.value.found


def test_more_epochs_extend_a_run(small, points, tmp_path) -> None:
    """The history goes on, and steps and weights are those of the steps that were added."""
    path = tmp_path / "run.npz"
    first = train(copy.deepcopy(small), points, SHORT, checkpoint=path)
    longer = copy.deepcopy(small)
    run = train(longer, points, replace(SHORT, epochs=5), checkpoint=path)
    assert run.step == run.total == 40
    assert run.history[:3] == first.history
    assert [row["epoch"] for row in run.history] == list(range(5))


def test_an_extended_run_drops_the_note_that_it_was_shortened(small, points, tmp_path) -> None:
    """Shortened by a deadline, then asked for more epochs: it takes them all and says no more."""
    path, ticks = tmp_path / "run.npz", iter(range(10_000))
    late = deadline(2.0, clock=lambda: float(next(ticks)))
    assert train(small, points, replace(SHORT, epochs=9), checkpoint=path, hooks=[late]).notes
    run = train(small, points, replace(SHORT, epochs=10), checkpoint=path)
    assert (run.step, run.notes) == (80, [])


def test_a_run_that_was_stopped_is_not_extended(small, points, tmp_path) -> None:
    """More epochs would be ignored there, so they are refused, with why it was stopped."""
    path = tmp_path / "run.npz"

    def stopping(moment: str, run: Run) -> None:
        if run.step == 4:
            run.stop("enough")

    train(small, points, SHORT, checkpoint=path, hooks=[stopping])
    with pytest.raises(SettingError, match="another run") as caught:
        train(small, points, replace(SHORT, epochs=5), checkpoint=path)
    assert "stopped: enough" in caught.value.found


def test_a_run_that_diverges_after_a_kill_ends_the_same(small, tmp_path) -> None:
    """What a loss is judged by, and the last sound weights, are in the checkpoint."""

    class Bursting(Points):
        def batch(self, items, random):
            batch = super().batch(items, random)
            batch.inputs[0].mul_(1e6 if self.at > 12 else 1.0)
            self.at += 1
            return batch

    def points(at: int) -> Points:
        data = Bursting()
        data.at = at
        return data

    whole, parted, fresh = (copy.deepcopy(small) for _ in range(3))
    expected = train(whole, points(0), SHORT)
    assert "diverged" in (expected.stopped or "")
    kept = {"checkpoint": tmp_path / "run.npz", "every_steps": 3}
    with pytest.raises(KilledError):
        train(parted, points(0), SHORT, hooks=[killer(12)], **kept)
    run = train(fresh, points(9), SHORT, **kept)
    assert (run.step, run.stopped) == (expected.step, expected.stopped)
    assert same(state(whole), state(fresh))


def test_a_state_is_read_back_as_it_was(tmp_path) -> None:
    """Keys that are numbers, tuples, NaN and every dtype survive the file."""
    kept = {
        1: (1, 2.5, None, True, "text", [float("inf")]),
        "tensors": [torch.arange(3), torch.ones(2, dtype=torch.bfloat16), torch.tensor(2.0)],
        ("a", 2): {"array": np.arange(4, dtype=np.uint8), "number": np.float32(0.1)},
    }
    arrays: dict[str, torch.Tensor] = {}
    facts = {"state": packed(kept, "state", arrays)}
    save(tmp_path / "state.npz", arrays, facts)
    loaded = load(tmp_path / "state.npz")
    assert loaded is not None
    found = unpacked(loaded[1]["state"], loaded[0])
    assert found[1] == kept[1]
    assert list(found) == list(kept)
    for one, other in zip(found["tensors"], kept["tensors"], strict=True):
        assert torch.equal(one, other)
        assert one.dtype == other.dtype
    assert np.array_equal(found["a", 2]["array"], np.arange(4, dtype=np.uint8))
    assert found["a", 2]["number"] == np.float32(0.1)
    assert isinstance(found["a", 2]["number"], np.float32)


def test_a_state_that_could_not_be_read_back_is_refused() -> None:
    """A function in a state is named with its place."""
    with pytest.raises(SettingError, match="cannot be written") as caught:
        packed({"a": [1, nn.ReLU()]}, "hooks/0", {})
    assert "ReLU in hooks/0/0/1" in caught.value.found


def test_the_place_of_a_checkpoint_may_be_a_text(small, points, tmp_path) -> None:
    """As it may for every other file: it is written there, and found again."""
    path = str(tmp_path / "run.npz")
    first = train(copy.deepcopy(small), points, SHORT, checkpoint=path)
    again = train(copy.deepcopy(small), points, SHORT, checkpoint=path)
    assert again.history == first.history
