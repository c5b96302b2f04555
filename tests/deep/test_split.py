"""A module of the user's own is cut at a layer by name, or the layer that forbids it is named."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from handful.deep.export import exported
from handful.deep.split import split
from handful.errors import SettingError


class Blocks(nn.Module):
    """A stem, two residual blocks and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.first, self.second = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        x = self.stem(x)
        x = x + self.first(x)
        x = torch.relu(x + self.second(x))
        return self.head(x.mean((2, 3)))


class Fickle(nn.Module):
    """Its way depends on its data."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        """One way or the other."""
        return self.layer(x) if x.sum() > 0 else x


@pytest.mark.parametrize("at", ["stem", "first", "second"])
def test_the_parts_together_are_the_module(at: str) -> None:
    """And what is trained holds the very parameters of the module, not copies."""
    torch.manual_seed(0)
    module, x = Blocks().eval(), torch.randn(2, 3, 8, 8)
    prefix, tail = split(module, at)
    assert torch.allclose(module(x), tail(prefix(x)), atol=1e-6)
    assert any(one is module.head.weight for one in tail.parameters())


def test_a_sequential_is_cut_at_its_containers() -> None:
    """The name of a container means its last layer."""
    module = nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.Linear(4, 2))
    prefix, tail = split(module, "0")
    x = torch.randn(5, 3)
    assert torch.equal(module[0](x), prefix(x))
    assert torch.equal(module(x), tail(prefix(x)))


def test_the_frozen_part_runs_in_onnx_runtime() -> None:
    """With any number of items, equal to PyTorch."""
    torch.manual_seed(0)
    prefix, _ = split(Blocks().eval(), "first")
    session = exported(prefix, torch.randn(2, 3, 8, 8))
    x = torch.randn(5, 3, 8, 8)
    (seen,) = session.run(x.numpy(), "output")
    with torch.no_grad():
        assert np.allclose(prefix(x).numpy(), seen, atol=1e-5)


@pytest.mark.parametrize(
    ("module", "at", "named"),
    [(Blocks(), "third", "third"), (Fickle(), "layer", "layer")],
)
def test_what_cannot_be_cut_names_the_layer(module: nn.Module, at: str, named: str) -> None:
    """An unknown layer, and a module whose flow depends on its data."""
    with pytest.raises(SettingError) as caught:
        split(module, at)
    assert named in caught.value.found


def test_a_cut_inside_a_branch_names_what_needs_more() -> None:
    """A skip connection over the cut is told with both its ends."""

    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = (nn.Linear(3, 3) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            y = self.a(x)
            return self.c(self.b(y)) + y

    with pytest.raises(SettingError, match="cannot be cut at 'b'") as caught:
        split(Skip(), "b")
    assert "needs a too" in caught.value.found


def test_an_export_leaves_the_mode_of_each_layer() -> None:
    """A part in training goes on training, a layer that was in evaluation stays there."""
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5)).train()
    module[0].eval()
    exported(module, torch.zeros(2, 3))
    assert [module.training, *(layer.training for layer in module)] == [True, False, True]
