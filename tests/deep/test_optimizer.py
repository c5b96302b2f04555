"""What an optimizer is given: decays that are obeyed, clipped gradients, still statistics."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from handful.deep.data import Arrays
from handful.deep.device import Place
from handful.deep.groups import freeze, groups
from handful.deep.hooks import gradual_unfreezing
from handful.deep.loop import train
from handful.deep.optimizer import clip, decayed_groups, training_mode
from handful.deep.run import Run, Training
from handful.errors import SettingError

SHORT = Training(epochs=2, batch_size=8, rate=1e-2)


def decays(model: nn.Module, parameters, training: Training) -> list[float]:
    """The decay of each group."""
    return [group["weight_decay"] for group in decayed_groups(model, parameters, training)]


def test_the_training_decays_what_the_groups_leave_open(small) -> None:
    """Weights by the training's decay, or the default's; biases never."""
    assert decays(small, None, SHORT) == [0.01, 0.0]
    assert decays(small, None, replace(SHORT, weight_decay=0.3)) == [0.3, 0.0]
    assert decays(small, groups(small), replace(SHORT, weight_decay=0.3)) == [0.3, 0.0]
    assert decays(small, groups(small, weight_decay=0.2), SHORT) == [0.2, 0.0]
    assert decays(small, groups(small), replace(SHORT, weight_decay=0.0)) == [0.0, 0.0]


@pytest.mark.parametrize("own", [0.0, 0.2])
def test_a_decay_that_every_group_overrides_is_refused(small, points, own) -> None:
    """It was ignored without a word."""
    with pytest.raises(SettingError, match="weight decay would be ignored") as caught:
        train(
            small,
            points,
            replace(SHORT, weight_decay=0.1),
            parameters=groups(small, weight_decay=own),
        )
    assert "weight_decay = 0.1" in caught.value.found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"every_steps": 3}, "every_steps = 3, and no checkpoint"),
        ({"every_steps": -1, "checkpoint": Path("run.npz")}, "every_steps = -1"),
        ({"read_ahead": -1}, "read_ahead = -1"),
        ({"place": Place(torch.device("cpu"), torch.bfloat16)}, "precision = float32, and a place"),
    ],
)
def test_what_would_be_ignored_is_refused(small, points, options, told) -> None:
    """Steps between checkpoints without one, a precision beside a place with another."""
    with pytest.raises(SettingError, match="no way to train") as caught:
        train(small, points, SHORT, **options)
    assert told in caught.value.found


@pytest.mark.parametrize("weights", [(), (0.0, 0.0), (1.0, -1.0), (1.0, float("nan"))])
def test_senseless_class_weights_are_refused(weights) -> None:
    """Before a run begins."""
    with pytest.raises(SettingError) as caught:
        replace(SHORT, class_weights=weights)
    assert "class_weights" in caught.value.found


def test_a_model_of_which_nothing_learns_is_refused(small, points) -> None:
    """Frozen parts alone: the word is of parameters, not of items."""
    freeze(small, "")
    with pytest.raises(SettingError, match="nothing to train") as caught:
        train(small, points, SHORT)
    assert "no parameter" in caught.value.found


def test_clipping_counts_what_the_groups_hold() -> None:
    """The norm is of the optimizer's own gradients; a large one elsewhere does not shrink them."""
    one, other = (nn.Parameter(torch.zeros(2)) for _ in range(2))
    one.grad, other.grad = torch.tensor([3.0, 4.0]), torch.tensor([1e6, 0.0])
    clip(torch.optim.SGD([one]), 1.0)
    assert torch.allclose(one.grad, torch.tensor([0.6, 0.8]))
    assert other.grad[0] == 1e6


@pytest.fixture
def normed() -> nn.Module:
    """Two parts, each with batch norm."""
    torch.manual_seed(0)
    first = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4))
    return nn.Sequential(first, nn.ReLU(), nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def means(model: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """The running mean of both parts."""
    return model[0][1].running_mean.clone(), model[3].running_mean.clone()


def test_batch_norm_of_a_frozen_part_stays_still(normed, points) -> None:
    """Its statistics do not move, after validation neither; those of the rest do."""
    freeze(normed, "0")
    frozen, learning = means(normed)
    data = Arrays(points.x, targets=points.y)
    train(normed, data, SHORT, validate=lambda _: {"loss": 0.0})
    assert torch.equal(frozen, means(normed)[0])
    assert not torch.equal(learning, means(normed)[1])


def test_batch_norm_moves_once_its_part_learns(normed, points) -> None:
    """Gradual unfreezing wakes it with its part."""
    freeze(normed, "0")
    first = means(normed)[0]
    moved: list[bool] = []

    def watch(moment: str, run: Run) -> None:
        if moment == "epoch_end":
            moved.append(not torch.equal(first, means(normed)[0]))

    train(
        normed,
        Arrays(points.x, targets=points.y),
        SHORT,
        hooks=[gradual_unfreezing({1: "0"}), watch],
    )
    assert moved == [False, True]


def test_norms_without_parameters_are_left_in_training() -> None:
    """They cannot tell whether their part is frozen."""
    model = nn.Sequential(nn.BatchNorm1d(4, affine=False), nn.Dropout(0.5), nn.BatchNorm1d(4))
    model[2].requires_grad_(False)
    training_mode(model.eval())
    assert [layer.training for layer in model] == [True, True, False]


def test_the_average_counts_batches_as_the_model_does(normed, points) -> None:
    """A whole number is copied, not averaged: how many batches the norm has seen."""
    data = Arrays(points.x, targets=points.y)
    plain = copy.deepcopy(normed)
    train(plain, data, SHORT)
    train(normed, data, replace(SHORT, average=0.9))
    assert normed[3].num_batches_tracked == plain[3].num_batches_tracked == 16
