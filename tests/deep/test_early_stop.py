"""Early stopping: what it watches, which weights are left, and how it goes on after a kill."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from handful.deep.hooks import early_stop
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.errors import SettingError
from tests.deep.test_loop import KilledError, killer, same, state

SHORT = Training(epochs=9, batch_size=8, rate=1e-2)


def measuring(numbers: list[float], seen: list[dict[str, np.ndarray]], name: str = "loss"):
    """A `validate` that gives these numbers in turn, and keeps the weights it was asked about."""

    def validate(model: nn.Module) -> dict[str, float]:
        seen.append(state(model))
        return {name: numbers[len(seen) - 1]}

    return validate


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize(
    ("numbers", "options", "best", "stopped"),
    [
        ([0.5, 0.3, 0.4, 0.4, 0.4], {}, 1, True),
        ([0.5, 0.7, 0.6, 0.6, 0.6], {"watch": "valid_loss", "direction": "up"}, 1, True),
        ([float("nan"), 0.5, 0.6, 0.7], {}, 1, True),
        ([0.5, 0.49, 0.48, 0.1], {"least": 0.05}, 2, True),  # too little progress, but the best
        ([9, 8, 7, 6, 5, 4, 1, 2, 3], {"least": 0.0}, 6, True),
        ([9, 8, 7, 6, 5, 4, 3, 1, 2], {}, 7, False),
    ],
)
def test_the_best_weights_are_left(small, points, average, numbers, options, best, stopped) -> None:
    """With and without averaging, up or down, stopped or not: the measured best is returned."""
    seen: list[dict[str, np.ndarray]] = []
    run = train(
        small,
        points,
        replace(SHORT, average=average),
        validate=measuring(numbers, seen),
        hooks=[early_stop(2, **options)],
    )
    assert same(state(small), seen[best])
    assert (run.stopped is not None) == stopped


def test_any_number_in_the_history_may_be_watched(small, points) -> None:
    """A share that `validate` gives under its own name, the higher the better."""
    seen: list[dict[str, np.ndarray]] = []
    stop = early_stop(1, watch="valid_accuracy", direction="up")
    validate = measuring([0.5, 0.9, 0.8], seen, "accuracy")
    run = train(small, points, SHORT, validate=validate, hooks=[stop])
    assert run.stopped == "no better since epoch 1"
    assert same(state(small), seen[1])


@pytest.mark.parametrize("watch", ["valid_los", "valid_loss"])
def test_an_unknown_name_is_refused(small, points, watch) -> None:
    """A name that is never measured is an error that lists those that are."""
    with pytest.raises(SettingError, match="not in the history") as caught:
        train(small, points, SHORT, hooks=[early_stop(2, watch=watch)])
    assert watch in caught.value.found
    assert "epoch, loss, rate" in caught.value.expected


@pytest.mark.parametrize("wrong", [{"patience": 0}, {"direction": "left"}, {"least": -0.1}])
def test_senseless_settings_are_refused(wrong) -> None:
    """Each is named."""
    with pytest.raises(SettingError) as caught:
        early_stop(**({"patience": 2} | wrong))
    assert next(iter(wrong)) in caught.value.found


def test_one_hook_serves_run_after_run(points) -> None:
    """What it knew of one run is forgotten at the start of the next."""
    stop = early_stop(3)
    torch.manual_seed(0)
    for numbers in ([0.1] * 9, [0.5, 0.4, 0.6, 0.7, 0.8]):
        seen: list[dict[str, np.ndarray]] = []
        model = nn.Linear(2, 2)
        train(model, points, SHORT, validate=measuring(numbers, seen), hooks=[stop])
        assert same(state(model), seen[int(np.argmin(numbers))])


@pytest.mark.parametrize("watch", ["loss", "valid_loss"])
@pytest.mark.parametrize("at", [2, 8, 13, 21])
def test_killed_at_any_step_it_ends_as_a_whole_run(small, points, tmp_path, at, watch) -> None:
    """Weights, history and the epoch of stopping are those of a run that was not killed."""
    x, y = torch.from_numpy(points.x), torch.from_numpy(points.y)

    def validate(model: nn.Module) -> dict[str, float]:
        # after some epochs it gets worse, as an overfitted model would
        with torch.no_grad():
            return {"loss": abs(float(nn.functional.cross_entropy(model(x), y)) - 0.55)}

    def run_with(model: nn.Module, *hooks, **options) -> Run:
        training = replace(SHORT, average=0.9, rate=0.05)
        stop = early_stop(2, watch=watch, least=0.001)
        return train(model, points, training, validate=validate, hooks=[stop, *hooks], **options)

    whole, parted, fresh = (copy.deepcopy(small) for _ in range(3))
    expected = run_with(whole)
    assert expected.step > at
    kept = {"checkpoint": tmp_path / "run.npz", "every_steps": 3}
    with pytest.raises(KilledError):
        run_with(parted, killer(at), **kept)
    found = run_with(fresh, **kept)
    assert same(state(whole), state(fresh))
    assert (found.step, found.stopped) == (expected.step, expected.stopped)
    timed = {"seconds", "wait_s"}
    rows = [
        [{k: v for k, v in row.items() if k not in timed} for row in one.history]
        for one in (found, expected)
    ]
    assert rows[0] == rows[1]
