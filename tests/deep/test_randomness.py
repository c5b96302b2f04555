"""The global random state: the same at each step of a run, and left as it was."""

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn

from handful.deep.batch import Batch
from handful.deep.finder import find_rate
from handful.deep.loop import train
from handful.deep.randomness import random_state_kept, seed_step
from handful.deep.run import Run, Training
from tests.deep.conftest import Points

SHORT = Training(epochs=2, batch_size=8, rate=1e-2)
CPU = torch.device("cpu")


def drawn() -> tuple[float, float, float]:
    """The next number of each global generator."""
    return float(torch.rand(())), float(np.random.random()), random.random()


@pytest.mark.parametrize("use", [train, find_rate])
def test_the_global_state_is_left_as_it_was(small: nn.Module, points, use) -> None:
    """What is drawn after a run is what would have been drawn without it, in all three."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    expected = drawn()
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
    use(small, points, SHORT)
    assert drawn() == expected


def test_members_of_an_ensemble_start_differently(points) -> None:
    """Networks made in a loop, each trained before the next is made, have other weights."""
    torch.manual_seed(0)
    starts = []
    for _ in range(3):
        model = nn.Linear(2, 2)
        starts.append(model.weight.detach().clone())
        train(model, points, SHORT)
    assert not torch.equal(starts[1], starts[2])


def test_the_state_is_left_as_it_was_by_a_run_that_fails(small: nn.Module, points) -> None:
    """An exception of a hook changes nothing of that."""

    def failing(moment: str, run: Run) -> None:
        if moment == "step":
            raise KeyError

    before = torch.get_rng_state()
    with pytest.raises(KeyError):
        train(small, points, SHORT, hooks=[failing])
    assert torch.equal(before, torch.get_rng_state())


def test_a_step_draws_what_torch_manual_seed_would_give() -> None:
    """The default generator seeded directly gives the numbers of `torch.manual_seed`."""
    with random_state_kept():
        seed_step(CPU, 3, 5)
        ours = torch.rand(4)
        torch.manual_seed(3 * 1_000_003 + 5)
        assert torch.equal(ours, torch.rand(4))


def test_data_that_draws_from_global_generators_repeats(small: nn.Module) -> None:
    """Two runs of one seed are equal where the data uses `np.random` and `random` themselves."""

    class Careless(Points):
        def batch(self, items: np.ndarray, random_: np.random.Generator) -> Batch:
            batch = super().batch(items, random_)
            return Batch((batch.inputs[0] * np.random.random() * random.random(),), batch.targets)

    first, second = copy.deepcopy(small), copy.deepcopy(small)
    train(first, Careless(), SHORT)
    train(second, Careless(), SHORT)
    assert torch.equal(first[0].weight, second[0].weight)


def test_the_finder_leaves_the_mode_of_each_layer(small: nn.Module, points) -> None:
    """A layer in evaluation stays there, the rest goes on training."""
    small.train()
    small[2].eval()
    find_rate(small, points, SHORT)
    assert [layer.training for layer in small] == [True, True, False, True]


def test_a_very_large_seed_is_a_seed(small: nn.Module, points) -> None:
    """A seed that does not fit into what PyTorch and NumPy take trains too."""
    assert train(small, points, Training(epochs=1, batch_size=8, seed=2**70)).step == 8
