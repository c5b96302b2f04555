"""Layer norm, alone and fused with a residual, against torch's layer_norm and an addition.

python -m benchmarks.kernels.layer_norm [--repeat 7] [--small]
"""

from __future__ import annotations

from torch.nn import functional

from benchmarks.kernels.compare import line, options, randn
from handful.kernels.gallery import add_layer_norm, layer_norm


def main() -> None:
    """Two lines for each width."""
    chosen = options(__doc__)
    rows = 64 if chosen.small else 4096
    for width in (32,) if chosen.small else (256, 1024, 4096):
        x, residual, weight, bias = randn((rows, width), (rows, width), (width,), (width,))
        line(
            f"layer norm {rows} × {width}",
            lambda x, w, b: functional.layer_norm(x, w.shape, w, b),
            layer_norm,
            [x, weight, bias],
            chosen.repeat,
        )
        line(
            f"residual + layer norm {rows} × {width}",
            lambda x, r, w, b: functional.layer_norm(x + r, w.shape, w, b),
            add_layer_norm,
            [x, residual, weight, bias],
            chosen.repeat,
        )


if __name__ == "__main__":
    main()
