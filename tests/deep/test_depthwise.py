"""The faster derivative is the derivative."""

import pytest
import torch
from torch.nn import functional as F

from handful.deep.depthwise import depthwise, suits


@pytest.mark.parametrize(
    ("side", "stride", "padding"), [(7, 1, 2), (17, 2, 0), (14, 1, 2), (2, 1, 2)]
)
@pytest.mark.parametrize("biased", [True, False])
def test_all_three_derivatives_are_pytorchs_own(
    side: int, stride: int, padding: int, biased: bool
) -> None:
    """By input, weight and bias, for each shape that the network has, and a map of two."""
    torch.manual_seed(0)
    x, weight = torch.randn(3, 8, side, side), torch.randn(8, 1, 5, 5)
    inputs = [x.contiguous(memory_format=torch.channels_last), weight]
    inputs += [torch.randn(8)] if biased else []
    ours, theirs = ([one.clone().requires_grad_() for one in inputs] for _ in range(2))
    bias = (ours[2], theirs[2]) if biased else (None, None)
    y = depthwise(ours[0], ours[1], bias[0], stride, padding)
    expected = F.conv2d(theirs[0], theirs[1], bias[1], stride, padding, groups=8)
    assert torch.equal(expected, y)
    slope = torch.randn_like(y)
    (y * slope).sum().backward()
    (expected * slope).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one.grad, other.grad, atol=1e-4)


def test_it_is_used_only_where_it_pays() -> None:
    """Not for other kernels, other strides, or where nothing is learned."""
    x, weight = torch.randn(1, 8, 7, 7), torch.randn(8, 1, 5, 5, requires_grad=True)
    assert suits(x, weight, 1)
    assert not suits(x, weight, 3)
    assert not suits(x, torch.randn(8, 1, 3, 3, requires_grad=True), 1)
    with torch.no_grad():
        assert not suits(x, weight, 1)
