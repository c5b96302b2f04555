"""The gated cell of the gallery against PyTorch eager.

The peer hoists the input products out of time, as a careful author would.

python -m benchmarks.kernels.cell [--repeat 7] [--small]
"""

from __future__ import annotations

import torch

from benchmarks.kernels.compare import line, options, randn
from handful.kernels import gallery


def eager(x, h, Wz, Wg, Uz, Ug, bz):
    """The same in torch operations."""
    a, c, out = x @ Wz + bz, x @ Wg, []
    for now in range(x.shape[0]):
        z = torch.sigmoid(a[now] + h @ Uz)
        h = (1 - z) * h + z * torch.tanh(c[now] + z * (h @ Ug))
        out.append(h)
    return torch.stack(out)


def main() -> None:
    """One line for each length, batch and width."""
    chosen = options(__doc__)
    sizes = [(8, 2, 8)] if chosen.small else [
        (t, b, h) for t in (128, 512) for b in (1, 16, 64) for h in (64, 128, 512)
    ]  # fmt: skip
    for length, batch, width in sizes:
        matrices = randn(*[(width, width)] * 4, scale=width**-0.5)
        arguments = [*randn((length, batch, width), (batch, width)), *matrices, *randn((width,))]
        name = f"T {length} B {batch} H {width}"
        line(name, eager, gallery.gated, arguments, chosen.repeat)


if __name__ == "__main__":
    main()
