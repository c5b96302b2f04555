"""Any loss trains and is searched; the default learns distributions alone and says so."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handful.deep.batch import Batch
from handful.deep.data import Arrays
from handful.deep.finder import find_rate, suggest
from handful.deep.loop import train
from handful.deep.losses import CrossEntropy, chosen_loss
from handful.deep.run import Run, Training
from handful.deep.schedules import constant
from handful.errors import SettingError
from tests.deep.conftest import Points
from tests.deep.test_loop import KilledError, killer, same, state

PLAIN = Training(epochs=1, batch_size=60, optimizer="sgd", schedule=constant, rate=0.05, clip=None)


@pytest.fixture
def line() -> tuple[np.ndarray, np.ndarray]:
    """Sixty points and a number of each, (60, 2) and (60, 1)."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    return x, x @ np.array([[2.0], [-1.0]]) + 0.5


def test_a_number_is_learned_by_the_loss_given(line) -> None:
    """Four steps on all items are the four steps of a loop written out."""
    torch.manual_seed(0)
    ours = nn.Linear(2, 1)
    byhand = copy.deepcopy(ours)
    training = replace(PLAIN, epochs=4, weight_decay=0.0)
    run = train(ours, Arrays(line[0], targets=line[1]), training, loss=F.mse_loss)
    optimizer = torch.optim.SGD(byhand.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    x, y = (torch.from_numpy(one).float() for one in line)
    for _ in range(4):
        optimizer.zero_grad()
        loss = F.mse_loss(byhand(x), y)
        loss.backward()
        optimizer.step()
    assert torch.allclose(ours.weight, byhand.weight, atol=1e-6)
    assert run.loss == pytest.approx(float(loss.detach()), rel=1e-5)


def test_targets_may_be_several_tensors(line) -> None:
    """A class and a number at once: the loss gets both, and the outputs as the model gave them."""

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.classes, self.number = nn.Linear(2, 2), nn.Linear(2, 1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"class": self.classes(x), "number": self.number(x)}

    class Data(Points):
        def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
            x = torch.from_numpy(self.x[items])
            return Batch(x, (torch.from_numpy(self.y[items]), x.sum(1, keepdim=True)))

    def both(outputs: dict[str, Tensor], targets: tuple[Tensor, Tensor]) -> Tensor:
        number = F.mse_loss(outputs["number"], targets[1])
        return F.cross_entropy(outputs["class"], targets[0]) + number

    torch.manual_seed(0)
    training = Training(epochs=20, batch_size=16, rate=0.05, accumulate=2)
    run = train(Two(), Data(), training, loss=both)
    assert run.history[-1]["loss"] < 0.3 * run.history[0]["loss"]


@pytest.mark.parametrize("weights", [None, (1.0, 3.0, 0.5)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_integers_and_shares_are_one_target(weights, smoothing) -> None:
    """Classes as integers cost what their one-hot rows do, weighted and smoothed."""
    random = np.random.default_rng(0)
    logits, y = random.normal(size=(7, 3)), random.integers(0, 3, 7)
    weight = np.ones(3) if weights is None else np.array(weights)
    shares = (1 - smoothing) * np.eye(3)[y] + smoothing / 3
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = -(shares * weight * log_p).sum(1).mean()
    training = Training(class_weights=weights, label_smoothing=smoothing)
    loss = chosen_loss(None, training, torch.device("cpu"))
    outputs = torch.from_numpy(logits).float()
    for targets in (torch.from_numpy(y), torch.eye(3)[y], torch.from_numpy(y).to(torch.uint8)):
        assert float(loss(outputs, targets)) == pytest.approx(expected, rel=1e-5)


def test_places_of_a_map_or_sequence_have_classes_of_their_own() -> None:
    """Outputs (b, k, t) are compared with targets (b, t), as in PyTorch."""
    torch.manual_seed(0)
    outputs, targets = torch.randn(4, 3, 5), torch.randint(0, 3, (4, 5))
    found = CrossEntropy(None, 0.0)(outputs, targets)
    assert torch.allclose(found, F.cross_entropy(outputs, targets))


@pytest.mark.parametrize(
    ("outputs", "targets", "told"),
    [
        ((4, 1), torch.rand(4, 1), "fewer than two classes"),
        ((4, 1), torch.ones(4, 1), "fewer than two classes"),
        ((4,), torch.rand(4), "fewer than two classes"),
        ((4, 3), torch.rand(4), "(4,) of float32"),
        ((4, 2), torch.tensor([[1.0, 1.0], [1, 0], [0, 1], [1, 0]]), "sums to 2"),
        ((4, 2), torch.tensor([[0.0, 0.0], [1, 0], [0, 1], [1, 0]]), "or 0"),
        ((4, 2), torch.tensor([[1.5, -0.5], [1, 0], [0, 1], [1, 0]]), "least share -0.5"),
        ((4, 2), torch.tensor([[float("nan"), 0.0], [1, 0], [0, 1], [1, 0]]), "nan"),
        ((4, 2), torch.tensor([0, 1, 2, 1]), "classes from 0 to 2 for 2 outputs"),
        ((4, 2), torch.tensor([0, 1, -1, 1]), "classes from -1"),
        ((4, 2), torch.ones(4, 2, dtype=torch.int64), "(4, 2) of int64"),
        ((4, 2), torch.ones(4, dtype=torch.bool), "(4,) of bool"),
        ((4, 2), (torch.ones(4),), "a tuple"),
    ],
)
def test_what_is_no_distribution_is_refused(outputs, targets, told) -> None:
    """A number, several labels, or a class that the model has no output for: each is named."""
    with pytest.raises(SettingError, match="cannot learn these targets") as caught:
        CrossEntropy(None, 0.1)(torch.zeros(outputs), targets)
    assert told in caught.value.found
    assert "loss=F.mse_loss" in caught.value.attempt


def test_train_and_finder_refuse_a_column_of_numbers(line) -> None:
    """Regression with the default loss once trained on 0.0 for ever, without a word."""
    data = Arrays(line[0], targets=line[1])
    for begin in (train, find_rate):
        with pytest.raises(SettingError, match="cannot learn these targets"):
            begin(nn.Linear(2, 1), data, PLAIN)


@pytest.mark.parametrize("change", [{"class_weights": (1, 2)}, {"label_smoothing": 0.1}])
def test_settings_of_the_default_loss_are_refused_beside_another(line, change) -> None:
    """They would be ignored, even at the default's own value."""
    for begin in (train, find_rate):
        with pytest.raises(SettingError, match="does not know") as caught:
            begin(
                nn.Linear(2, 1),
                Arrays(line[0], targets=line[1]),
                replace(PLAIN, **change),
                loss=F.mse_loss,
            )
        assert next(iter(change)) in caught.value.found


def test_weights_of_too_few_classes_are_refused() -> None:
    """PyTorch's own word for it names no setting."""
    with pytest.raises(SettingError) as caught:
        CrossEntropy(torch.ones(2), 0.0)(torch.zeros(4, 3), torch.zeros(4, dtype=torch.int64))
    assert "2 class weights for 3 outputs" in caught.value.found


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (lambda outputs, targets: (outputs - targets) ** 2, "(60, 1) of float32"),
        (lambda outputs, targets: F.mse_loss(outputs, targets).item(), "a float"),
        (lambda outputs, targets: F.mse_loss(outputs, targets).detach(), "without a gradient"),
        (lambda *_: None, "a NoneType"),
    ],
)
def test_a_loss_that_cannot_be_learned_from_is_refused(line, loss, told) -> None:
    """Not one number, or cut off from the model: named before a step is taken."""
    model = nn.Linear(2, 1)
    before = state(model)
    with pytest.raises(SettingError, match="cannot make this loss smaller") as caught:
        train(model, Arrays(line[0], targets=line[1]), PLAIN, loss=loss)
    assert told in caught.value.found
    assert same(before, state(model))


def below_zero(outputs: Tensor, targets: Tensor) -> Tensor:
    """A loss that has no least value near 0, as a log-likelihood of numbers has not."""
    return F.mse_loss(outputs, targets) - 50


def test_losses_below_zero_are_no_divergence(line) -> None:
    """The run takes all its steps, and the finder sees the explosion in a curve below 0."""
    data = Arrays(line[0], targets=line[1])
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    training = replace(PLAIN, epochs=20, batch_size=20, weight_decay=0.0)
    run = train(copy.deepcopy(model), data, training, loss=below_zero)
    assert run.stopped is None
    assert run.history[-1]["loss"] == pytest.approx(-50, abs=0.05)
    shifted, usual = (
        find_rate(model, data, training, loss=one, highest=1e3) for one in (below_zero, F.mse_loss)
    )
    assert 1e-3 < shifted.suggestion < shifted.explodes_at
    assert shifted.explodes_at < 1e3
    assert usual.explodes_at == pytest.approx(shifted.explodes_at, rel=10)
    assert "suggested" in shifted.line()


def test_a_loss_that_begins_near_nothing_may_rise(line) -> None:
    """Nought at first, as a margin that all pairs keep, then more: no reason to stop."""
    seen: list[int] = []

    def margin(outputs: Tensor, targets: Tensor) -> Tensor:
        seen.append(1)
        return F.mse_loss(outputs, targets) * (0.0 if len(seen) < 4 else 1.0)

    training = replace(PLAIN, epochs=30, weight_decay=0.0)
    run = train(nn.Linear(2, 1), Arrays(line[0], targets=line[1]), training, loss=margin)
    assert (run.step, run.stopped) == (30, None)


def test_a_loss_of_ones_own_that_explodes_is_stopped(line) -> None:
    """The weights are then those of the last sound epoch."""
    model = nn.Linear(2, 1)
    training = replace(PLAIN, epochs=400, rate=3.0)
    run = train(model, Arrays(line[0], targets=line[1]), training, loss=F.mse_loss)
    assert "diverged" in (run.stopped or "")
    assert run.step < 100
    assert all(np.isfinite(one).all() for one in state(model).values())


def test_the_finder_judges_by_the_loss_given(line) -> None:
    """The first loss of its curve is the model's own, before any step."""
    torch.manual_seed(0)
    model, data = nn.Linear(2, 1), Arrays(line[0], targets=line[1])
    expected = F.mse_loss(model(torch.from_numpy(line[0]).float()), torch.from_numpy(line[1]))
    found = find_rate(model, data, PLAIN, loss=F.mse_loss, steps=8)
    assert found.losses[0] == pytest.approx(float(expected.detach()), rel=1e-5)


def test_the_finder_knows_class_weights(points) -> None:
    """Its curve is of the loss that training would make smaller."""
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    data = Arrays(points.x, targets=points.y)
    training = replace(PLAIN, class_weights=(1.0, 20.0), label_smoothing=0.0)
    found = find_rate(model, data, training, steps=8)
    weights = torch.tensor([1.0, 20.0])[torch.from_numpy(points.y)]
    each = F.cross_entropy(
        model(torch.from_numpy(points.x)), torch.from_numpy(points.y), reduction="none"
    )
    assert found.losses[0] == pytest.approx(float((weights * each).mean().detach()), rel=1e-5)


def test_the_loss_is_part_of_a_checkpoint(line, tmp_path) -> None:
    """A run with a loss of one's own resumes to the bit, and another loss is refused."""
    data = Arrays(line[0], targets=line[1])
    training = replace(PLAIN, epochs=3, batch_size=8)
    torch.manual_seed(0)
    whole = nn.Linear(2, 1)
    parted, fresh = copy.deepcopy(whole), copy.deepcopy(whole)
    train(whole, data, training, loss=F.mse_loss)
    kept = {"checkpoint": tmp_path / "run.npz", "every_steps": 3}
    with pytest.raises(KilledError):
        train(parted, data, training, loss=F.mse_loss, hooks=[killer(11)], **kept)
    with pytest.raises(SettingError, match="another run") as caught:
        train(fresh, data, training, loss=F.l1_loss, **kept)
    assert "loss: mse_loss there, l1_loss here" in caught.value.found
    train(fresh, data, training, loss=F.mse_loss, **kept)
    assert same(state(whole), state(fresh))


def test_hooks_see_the_batch_and_what_the_model_said(points) -> None:
    """The accuracy of a step, counted by a hook, is that of the batch; parts follow in order."""
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    seen: list[tuple[int, int]] = []

    def hook(moment: str, run: Run) -> None:
        if moment == "loss":
            assert [len(part) for part in run.parts] == [4, 4]
            for part, outputs in zip(run.parts, run.outputs, strict=True):
                assert not outputs.requires_grad
                assert torch.equal(outputs, model(*part.inputs))
            seen.append((run.step, sum(len(one) for one in run.outputs)))

    training = replace(PLAIN, batch_size=8, accumulate=2)
    train(model, Arrays(points.x[:32], targets=points.y[:32]), training, hooks=[hook])
    assert seen == [(1, 8), (2, 8), (3, 8), (4, 8)]


def test_a_hook_may_replace_the_batch(points) -> None:
    """What it puts in is learned: with all targets turned round, the answer turns round too."""

    def turned(moment: str, run: Run) -> None:
        if moment == "batch":
            run.parts = [Batch(part.inputs, 1 - part.targets) for part in run.parts]

    models = nn.Linear(2, 2), nn.Linear(2, 2)
    for model, hooks in zip(models, ([], [turned]), strict=True):
        training = replace(PLAIN, epochs=20, batch_size=8)
        train(model, Arrays(points.x, targets=points.y), training, hooks=hooks)
    said = [model(torch.from_numpy(points.x)).argmax(1) for model in models]
    assert (said[0] != said[1]).float().mean() > 0.9


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("own", [True, False])
def test_a_loss_that_is_no_number_ends_the_run(points, value, own) -> None:
    """In the first step too, where nothing is known to judge it by."""

    def spoiled(outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets) * value

    model = nn.Linear(2, 2)
    data = Arrays(points.x, targets=points.y)
    if not own:
        nn.init.constant_(model.bias, value)
    run = train(model, data, PLAIN, loss=spoiled if own else None)
    assert "diverged at step 1" in (run.stopped or "")


def test_a_curve_below_zero_is_read_as_one_above() -> None:
    """The same curve, fifty lower: nothing falls, then it explodes at the same rate."""
    rates = [10.0**power for power in range(-6, 1)]
    found = suggest(rates, [-50.0, -50.1, -49.9, -50.0, -45.0, -20.0, 50.0], guessing=-50.0)
    assert found.explodes_at == pytest.approx(1e-1)
    assert found.suggestion == pytest.approx(1e-2)


def test_the_finder_takes_the_first_loss_for_guessing(line) -> None:
    """Where the least loss is nearly 0, a rise to a hundredth of the first is no explosion."""
    torch.manual_seed(0)
    data, training = Arrays(line[0], targets=line[1]), replace(PLAIN, weight_decay=0.0)
    found = find_rate(nn.Linear(2, 1), data, training, loss=F.mse_loss, highest=1e3)
    over = [loss for loss in found.losses if loss > found.losses[0] / 2]
    assert found.losses[found.rates.index(found.explodes_at)] in over
