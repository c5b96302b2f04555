"""What a module says of data, its worst items and its mix-ups."""

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix
from torch import Tensor, nn
from torch.nn import functional as F

from handful.deep.augment import mixup
from handful.deep.data import Arrays
from handful.deep.predicting import examine, predict
from handful.errors import DataError, SettingError


@pytest.fixture
def triple() -> nn.Module:
    """Three classes of points, with dropout and batch norm, in training."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))


@pytest.fixture
def points3() -> tuple[np.ndarray, np.ndarray]:
    """Seventy points and a class of three for each."""
    random = np.random.default_rng(0)
    return random.normal(size=(70, 2)).astype(np.float32), random.integers(0, 3, 70)


def test_predictions_are_those_of_the_module_in_evaluation(triple, points3) -> None:
    """Any batch size, changes left out, and mode, statistics and random state untouched."""
    x, y = points3
    data = Arrays(x, targets=np.eye(3)[y], changes=[mixup(0.4)])
    triple[2].eval()
    modes = [layer.training for layer in triple.modules()]
    before, random = triple[1].running_mean.clone(), torch.get_rng_state()
    found = predict(triple, data, batch_size=16)
    assert [layer.training for layer in triple.modules()] == modes
    assert torch.equal(before, triple[1].running_mean)
    assert torch.equal(random, torch.get_rng_state())
    with torch.no_grad():
        expected = triple.eval()(torch.from_numpy(x)).numpy()
    assert np.allclose(found, expected, atol=1e-6)


def test_several_outputs_come_back_as_they_were_given() -> None:
    """A dict of a tensor and a tuple, each with all items."""

    class Many(nn.Module):
        def forward(self, x: Tensor) -> dict[str, object]:
            return {"sum": x.sum(1), "both": (x, x * 2)}

    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    found = predict(Many(), Arrays(x), batch_size=3)
    assert np.array_equal(found["sum"], x.sum(1))
    assert np.array_equal(found["both"][1], x * 2)


def test_losses_confusion_and_the_worst_by_an_oracle(triple, points3) -> None:
    """Each loss is PyTorch's own of the item, and the confusion is scikit-learn's."""
    x, y = points3
    found = examine(triple, Arrays(x, targets=y), batch_size=32)
    outputs = torch.from_numpy(predict(triple, Arrays(x)))
    expected = F.cross_entropy(outputs, torch.from_numpy(y), reduction="none").numpy()
    assert np.allclose(found.losses, expected, atol=1e-5)
    assert found.worst(5).tolist() == np.argsort(-expected)[:5].tolist()
    assert len(found.worst(500)) == 70
    said = outputs.argmax(1).numpy()
    assert np.array_equal(found.confusion, confusion_matrix(y, said))
    assert found.mix_ups[0].count == max(
        found.confusion[i, j] for i in range(3) for j in range(3) if i != j
    )
    assert np.allclose(found.probabilities, F.softmax(outputs, 1), atol=1e-6)
    shares = examine(triple, Arrays(x, targets=np.eye(3)[y]))
    assert np.array_equal(shares.confusion, found.confusion)


def test_a_loss_of_ones_own_finds_the_worst_number(points3) -> None:
    """Regression has losses and a worst item, but no confusion, and says so."""
    x, _ = points3
    y = x.sum(1, keepdims=True)
    y[33] += 100
    model = nn.Linear(2, 1)
    found = examine(model, Arrays(x, targets=y), loss=F.mse_loss)
    assert found.worst(1).tolist() == [33]
    with pytest.raises(SettingError, match="do not choose") as caught:
        _ = found.confusion
    assert "(70, 1)" in caught.value.found


def test_nothing_to_predict_is_refused(triple) -> None:
    """No items, or none at once."""
    none = Arrays(np.zeros((0, 2)), targets=np.zeros(0, int))
    with pytest.raises(DataError, match="nothing to predict"):
        predict(triple, none)
    with pytest.raises(SettingError, match="nothing to predict"):
        predict(triple, Arrays(np.zeros((2, 2))), batch_size=0)


def test_outputs_that_cannot_be_joined_are_named() -> None:
    """An object of one's own holds no tensor that could be found."""

    class Thing(nn.Module):
        def forward(self, x: Tensor) -> object:
            return object()

    with pytest.raises(SettingError, match="cannot be put together") as caught:
        predict(Thing(), Arrays(np.zeros((2, 2))))
    assert "a object" in caught.value.found
