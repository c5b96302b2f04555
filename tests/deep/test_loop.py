"""The loop: same seed same run, killed and resumed the same to the bit, bad luck handled."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from handful.deep.batch import Batch
from handful.deep.checkpoint import load
from handful.deep.groups import groups
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.errors import SettingError, StoreError
from tests.deep.conftest import Points

SHORT = Training(epochs=3, batch_size=8, rate=1e-2, average=0.9)


def state(model: nn.Module) -> dict[str, np.ndarray]:
    """All weights, as bits that can be compared."""
    return {name: one.numpy().copy() for name, one in model.state_dict().items()}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Equal to the bit."""
    return all(np.array_equal(one[name], other[name]) for name in one)


class KilledError(Exception):
    """Stands for a process that ends without a word."""


def killer(at: int):
    """A hook that ends everything after this step."""

    def hook(moment: str, run: Run) -> None:
        if moment == "step" and run.step == at:
            raise KilledError

    return hook


def test_it_learns(small, points) -> None:
    """A line is found: the loss falls to a fraction."""
    run = train(small, points, replace(SHORT, epochs=20, label_smoothing=0.0))
    assert run.history[-1]["loss"] < 0.4 * run.history[0]["loss"]
    assert [row["epoch"] for row in run.history] == list(range(20))


def test_same_seed_same_result(small, points) -> None:
    """Two runs of one seed end with the same bits; another seed does not."""
    models = [copy.deepcopy(small) for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        train(model, points, replace(SHORT, seed=seed))
    first, second, other = map(state, models)
    assert same(first, second)
    assert not same(first, other)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("at", [1, 5, 8, 13, 23])
def test_killed_at_any_step_resumes_to_the_bit(small, points, tmp_path, at, optimizer) -> None:
    """A run killed after any step and started again ends with the bits of one that was not."""
    training = replace(SHORT, optimizer=optimizer)
    whole, parted = copy.deepcopy(small), copy.deepcopy(small)
    expected = train(whole, points, training)
    place = tmp_path / "run.npz"
    with pytest.raises(KilledError):
        train(parted, points, training, hooks=[killer(at)], checkpoint=place, every_steps=3)
    fresh = copy.deepcopy(small)
    run = train(fresh, points, training, checkpoint=place, every_steps=3)
    assert same(state(whole), state(fresh))
    assert run.step == expected.step
    again = train(copy.deepcopy(small), points, training, checkpoint=place)
    assert again.step == expected.step


def test_resuming_keeps_memory_formats(tmp_path) -> None:
    """Fused optimizers want moments in the weights' own format: channels-last resumes too."""

    class Squares(Points):
        def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
            x = np.random.default_rng(items[0]).normal(size=(len(items), 3, 6, 6))
            targets = np.eye(2, dtype=np.float32)[self.y[items]]
            return Batch((torch.from_numpy(x.astype(np.float32)),), torch.from_numpy(targets))

    torch.manual_seed(0)
    pooled = (nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    model = nn.Sequential(nn.Conv2d(3, 4, 3), *pooled).to(memory_format=torch.channels_last)
    whole, parted, fresh = (copy.deepcopy(model) for _ in range(3))
    train(whole, Squares(), SHORT)
    place = tmp_path / "run.npz"
    with pytest.raises(KilledError):
        train(parted, Squares(), SHORT, hooks=[killer(9)], checkpoint=place, every_steps=3)
    train(fresh, Squares(), SHORT, checkpoint=place)
    assert same(state(whole), state(fresh))


def test_a_diverging_rate_is_stopped_with_the_last_good_weights(small, points) -> None:
    """The run ends at once, says so, and leaves weights that were sound."""
    run = train(small, points, replace(SHORT, rate=1e6, optimizer="sgd", clip=None, epochs=10))
    assert "diverged" in (run.stopped or "")
    assert run.step < run.total
    assert all(np.isfinite(one).all() for one in state(small).values())


def test_items_that_are_not_finite_are_left_out_and_counted(small, points) -> None:
    """NaN in the data changes no weight, and the history tells how many items it were."""
    points.x[[3, 40]] = np.nan
    run = train(small, points, SHORT)
    assert [row["left_out"] for row in run.history] == [2, 2, 2]
    assert np.isfinite(run.history.column("loss")).all()


def test_only_nan_ends_without_a_step(small, points) -> None:
    """Where no item is sound, nothing is learned and nothing breaks."""
    points.x[:] = np.nan
    before = state(small)
    train(small, points, SHORT)
    assert same(before, state(small))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_fewer_items_than_a_batch(small, n) -> None:
    """One item, or fewer than a batch, train too; one class in a batch is no fault."""
    run = train(small, Points(n), SHORT)
    assert run.step == 3


def test_batches_are_nearly_equal(small, points) -> None:
    """No batch is left with one item: 60 items in batches of at most 8 are 7 or 8 each."""
    sizes = []

    class Watched(Points):
        def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
            sizes.append(len(items))
            return super().batch(items, random)

    train(small, Watched(60), SHORT)
    assert set(sizes) == {7, 8}
    assert sum(sizes) == 180


def test_accumulation_changes_nothing_but_rounding(points) -> None:
    """A batch computed in parts gives the weights of the batch computed whole."""
    torch.manual_seed(0)
    models = [nn.Linear(2, 2)]
    models.append(copy.deepcopy(models[0]))
    train(models[0], points, replace(SHORT, average=0.0))
    train(models[1], points, replace(SHORT, average=0.0, accumulate=3))
    # the parts draw their noise in other pieces of the same stream
    assert np.allclose(state(models[0])["weight"], state(models[1])["weight"], atol=1e-2)


def test_class_weights_shift_the_answer(points) -> None:
    """A class that weighs more is said more often."""
    torch.manual_seed(0)
    even, tilted = nn.Linear(2, 2), nn.Linear(2, 2)
    tilted.load_state_dict(even.state_dict())
    long = replace(SHORT, epochs=10)
    train(even, points, long)
    train(tilted, points, replace(long, class_weights=(1.0, 20.0)))
    x = torch.from_numpy(points.x)
    assert (tilted(x).argmax(1) == 1).sum() > (even(x).argmax(1) == 1).sum()


def test_a_damaged_checkpoint_is_named(small, points, tmp_path: Path) -> None:
    """A file that is no checkpoint is an error in four lines that says which file to delete."""
    place = tmp_path / "run.npz"
    place.write_bytes(b"PK\x03\x04 no zip at all")
    with pytest.raises(StoreError, match="cannot be used") as caught:
        train(small, points, SHORT, checkpoint=place)
    assert str(place) in caught.value.attempt


def test_a_checkpoint_holds_no_pickle(small, points, tmp_path: Path) -> None:
    """Its arrays load with pickles forbidden, and its facts are JSON."""
    place = tmp_path / "run.npz"
    train(small, points, SHORT, checkpoint=place)
    with np.load(place, allow_pickle=False) as found:
        assert all(found[name].dtype != object for name in found.files)
    loaded = load(place)
    assert loaded is not None
    assert loaded[1]["step"] == 24


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"epochs": float("nan")},
        {"rate": float("nan")},
        {"batch_size": 0},
        {"seed": -1},
        {"precision": "float16"},
        {"optimizer": "rmsprop"},
        {"weight_decay": -0.1},
        {"clip": 0.0},
    ],
)
def test_senseless_settings_are_refused(change) -> None:
    """Each is named with something that would be sound."""
    with pytest.raises(SettingError) as caught:
        replace(SHORT, **change)
    assert next(iter(change)) in caught.value.found


def test_nothing_to_learn_from_is_refused(small) -> None:
    """No items is an error, not an endless run."""
    with pytest.raises(SettingError, match="nothing to train"):
        train(small, Points(0), SHORT)


def level(step: int, total: int, peak: float) -> float:
    """The same rate at every step."""
    return peak


def test_an_optimizer_may_be_a_function(points) -> None:
    """Any optimizer of PyTorch: the steps are those it takes by hand, at the schedule's rates."""
    torch.manual_seed(0)
    ours = nn.Linear(2, 2)
    byhand = copy.deepcopy(ours)
    training = Training(epochs=1, batch_size=60, optimizer=torch.optim.RMSprop, schedule=level)
    batches: list[Batch] = []

    class Watched(Points):
        def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
            batches.append(super().batch(items, random))
            return batches[-1]

    train(ours, Watched(), replace(training, clip=None, label_smoothing=0.0, rate=0.02))
    decays = [{"params": [byhand.weight], "weight_decay": 0.01}, {"params": [byhand.bias]}]
    optimizer = torch.optim.RMSprop(decays, lr=0.02)
    nn.functional.cross_entropy(byhand(*batches[0].inputs), batches[0].targets).backward()
    optimizer.step()
    assert torch.allclose(ours.weight, byhand.weight)
    assert torch.allclose(ours.bias, byhand.bias)


def test_an_optimizer_of_ones_own_resumes_to_the_bit(small, points, tmp_path) -> None:
    """State that is no tensor, as a count of steps, is in the checkpoint too."""

    class Fading(torch.optim.SGD):
        def step(self, closure=None):
            for group in self.param_groups:
                group["fade"] = group.get("fade", 0) + 1
                group["lr"] /= group["fade"]
            return super().step(closure)

    training = replace(SHORT, optimizer=Fading)
    whole, parted, fresh = (copy.deepcopy(small) for _ in range(3))
    train(whole, points, training)
    kept = {"checkpoint": tmp_path / "run.npz", "every_steps": 3}
    with pytest.raises(KilledError):
        train(parted, points, training, hooks=[killer(11)], **kept)
    train(fresh, points, training, **kept)
    assert same(state(whole), state(fresh))


def test_what_is_no_optimizer_is_refused(small, points) -> None:
    """A function that makes something else is told what to make."""
    with pytest.raises(SettingError, match="optimizer is none"):
        train(small, points, replace(SHORT, optimizer=lambda _: None))


def test_a_hook_may_replace_the_optimizer(small, points) -> None:
    """The one it puts in takes the steps: one that stands still moves no weight."""

    class Still(torch.optim.SGD):
        def step(self, closure=None):
            return None

    def replacing(moment: str, run: Run) -> None:
        if moment == "begin":
            run.optimizer = Still(groups(run.model))

    before = state(small)
    train(small, points, replace(SHORT, average=0.0), hooks=[replacing])
    assert same(before, state(small))
