"""A module leaves as a graph that answers as it does, or the reason is named."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from handful.deep.export import exported
from handful.errors import SettingError, StoreError


class Two(nn.Module):
    """A picture and a row of numbers in, classes and a number out."""

    def __init__(self) -> None:
        super().__init__()
        self.picture, self.row = nn.Conv2d(1, 2, 3), nn.Linear(3, 2)
        self.drop, self.number = nn.Dropout(0.5), nn.Linear(2, 1)

    def forward(self, picture: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and a number."""
        found = self.drop(self.picture(picture).mean((2, 3)) + self.row(row))
        return found, self.number(found)


def test_several_inputs_and_outputs_are_saved_and_run_elsewhere(tmp_path: Path) -> None:
    """The file alone, in ONNX Runtime, gives what the module gives in evaluation."""
    torch.manual_seed(0)
    module = Two().train()
    graph = exported(module, torch.rand(1, 1, 5, 5), torch.rand(1, 3))
    assert module.training
    assert module.drop.training
    path = graph.save(tmp_path / "two.onnx")
    onnx.checker.check_model(str(path))
    x, row = torch.rand(4, 1, 5, 5), torch.rand(4, 3)
    with torch.no_grad():
        expected = module.eval()(x, row)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == ["input_1", "input_2"]
    elsewhere = session.run(None, {"input_1": x.numpy(), "input_2": row.numpy()})
    for ours, theirs, wanted in zip(
        graph.run((x.numpy(), row.numpy())), elsewhere, expected, strict=True
    ):
        assert np.allclose(ours, wanted.numpy(), atol=1e-5)
        assert np.array_equal(ours, theirs)
    (second,) = graph.run((x.numpy(), row.numpy()), "output_2")
    assert second.shape == (4, 1)


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    """It stays as it was, and the error says how to replace it."""
    graph = exported(nn.Linear(2, 1), torch.zeros(1, 2))
    path = tmp_path / "model.onnx"
    path.write_bytes(b"mine")
    with pytest.raises(StoreError, match="already") as caught:
        graph.save(path)
    assert "overwrite=True" in caught.value.attempt
    assert path.read_bytes() == b"mine"
    assert graph.save(path, overwrite=True).read_bytes() == graph.graph


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder that is a file."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        exported(nn.Linear(2, 1), torch.zeros(1, 2)).save(tmp_path / "file" / "model.onnx")


class Counting(nn.Module):
    """Divides by a number of items that tracing takes for a constant."""

    def forward(self, x: Tensor) -> Tensor:
        """A share of the whole batch."""
        return x / int(x.shape[0])


class Fixed(nn.Module):
    """Reshapes to the number of items that it saw."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        """The same, for n items or one more."""
        n = self.n if len(x) == self.n else self.n + 1
        return x.reshape(n, 2) * 1


@pytest.mark.parametrize("module", [Counting(), Fixed(3)])
def test_what_tracing_would_freeze_is_refused(module: nn.Module) -> None:
    """A graph that answers otherwise for one item more is not given out."""
    with pytest.raises(SettingError, match="cannot be exported") as caught:
        exported(module, torch.rand(3, 2))
    assert caught.value.found


def test_an_operator_that_onnx_lacks_is_named() -> None:
    """The exporter's own word for it is in the error."""

    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.special.bessel_j0(x)

    with pytest.raises(SettingError, match="Odd cannot be exported") as caught:
        exported(Odd(), torch.rand(3, 2))
    assert "bessel" in caught.value.found


def test_a_wrong_number_of_inputs_is_refused() -> None:
    """At the export, and when it runs."""
    with pytest.raises(SettingError, match="along an example"):
        exported(nn.Linear(2, 1))
    graph = exported(nn.Linear(2, 1), torch.zeros(1, 2))
    with pytest.raises(SettingError, match="another number of inputs") as caught:
        graph.run((np.zeros((1, 2)), np.zeros((1, 2))))
    assert "2 arrays" in caught.value.found
