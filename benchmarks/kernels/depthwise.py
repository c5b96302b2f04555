"""Depthwise convolution against torch's conv2d with one group for each channel.

python -m benchmarks.kernels.depthwise [--repeat 7] [--small]
"""

from __future__ import annotations

from torch.nn import functional

from benchmarks.kernels.compare import line, options, randn
from handful.kernels.gallery import depthwise_conv


def peer(x, w, bias):
    """The same in one call."""
    return functional.conv2d(x, w[:, None], bias, padding=w.shape[1] // 2, groups=len(w))


def main() -> None:
    """One line for each side and channel count of a mobile network's stages."""
    chosen = options(__doc__)
    stages = [(2, 4, 8, 3)] if chosen.small else [(8, 96, 56, 3), (8, 144, 28, 5), (8, 480, 14, 5)]
    for batch, channels, side, taps in stages:
        arguments = randn((batch, channels, side, side), (channels, taps, taps), (channels,))
        name = f"{batch} × {channels} × {side}² taps {taps}²"
        line(name, peer, depthwise_conv, arguments, chosen.repeat)


if __name__ == "__main__":
    main()
