"""The trainable network computes what the ONNX graph computes."""

import numpy as np
import pytest
import torch

from handful.deep.cut import CUTS, CutEncoder
from handful.deep.net import Tail, statistics
from handful.encoders.image import ImageEncoder
from handful.errors import SettingError


def close(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """To 1e-4 of the scale."""
    return bool(np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max())


@pytest.mark.parametrize("norm", ["folded", "live"])
def test_whole_network_equals_the_graph(encoder: ImageEncoder, weights, pixels, norm) -> None:
    """On real photographs, the vector from PyTorch is the graph's, to 1e-4 of its scale."""
    tail = Tail(weights, cut=None, norm=norm).eval()
    planes = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        vectors = tail((planes - 127) / 128, torch.empty(len(pixels), 0))
    assert close(vectors.numpy(), encoder.encode(pixels))


@pytest.mark.parametrize("cut", CUTS)
def test_prefix_and_tail_equal_the_graph(encoder: ImageEncoder, weights, pixels, cut) -> None:
    """The prefix in ONNX Runtime and the tail in PyTorch give the whole graph's vector."""
    part = CutEncoder(encoder, cut, "mirror")
    numbers = torch.from_numpy(part.encode(pixels))
    size = int(np.prod(part.map_shape))
    maps, early = numbers[:, :size].reshape(-1, *part.map_shape), numbers[:, size:]
    with torch.no_grad():
        vectors = Tail(weights, cut=cut).eval()(maps, early)
    assert close(vectors.numpy(), encoder.encode(pixels))


def test_arrays_are_the_graphs_own(encoder: ImageEncoder, weights) -> None:
    """An untrained tail gives back the graph's very weights, by their names."""
    from onnx import numpy_helper

    theirs = {a.name: numpy_helper.to_array(a) for a in encoder.graph().graph.initializer}
    for norm, digits in (("folded", 0), ("live", 1e-6)):
        ours = Tail(weights, cut="stage5", norm=norm).arrays()
        assert len(ours) == 32
        assert all(np.allclose(one, theirs[n], atol=digits, rtol=digits) for n, one in ours.items())


def test_statistics_have_the_derivative_of_their_parts() -> None:
    """The derivative written by hand is PyTorch's own, and 0 where a channel is flat."""
    torch.manual_seed(0)
    x = torch.randn(3, 5, 4, 4)
    x[0, 0] = 2.0
    slopes = torch.randn(3, 10)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    (statistics(ours) * slopes).sum().backward()
    mean = theirs.mean((2, 3), keepdim=True)
    parts = [
        mean.flatten(1),
        torch.linalg.vector_norm(theirs - mean, dim=(2, 3)) / 4,
    ]
    (torch.cat(parts, 1) * slopes).sum().backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)
    assert torch.isfinite(ours.grad).all()


def test_an_impossible_cut_is_refused(weights) -> None:
    """A place that the network does not have is named, and so are those it has."""
    with pytest.raises(SettingError, match="cannot be cut") as caught:
        Tail(weights, cut="stage9")
    assert "stage7" in caught.value.expected
