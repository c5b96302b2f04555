"""Depthwise convolution against torch's conv2d with one group for each channel."""

from __future__ import annotations

from collections.abc import Iterator

from torch.nn import functional

from benchmarks.kernels.compare import Case, Peer, randn
from handful.kernels.gallery import depthwise_conv


def grouped(x, w, bias):
    """The same in one call."""
    return functional.conv2d(x, w[:, None], bias, padding=w.shape[1] // 2, groups=len(w))


def cases(small: bool) -> Iterator[Case]:
    """One for each side and channel count of a mobile network's stages."""
    stages = [(2, 4, 8, 3)] if small else [(8, 96, 56, 3), (8, 144, 28, 5), (8, 480, 14, 5)]
    for batch, channels, side, taps in stages:
        arguments = randn((batch, channels, side, side), (channels, taps, taps), (channels,))
        name = f"depthwise {batch} × {channels} × {side}², {taps}² taps"
        yield Case(name, depthwise_conv, arguments, [Peer("grouped conv2d", grouped)])
