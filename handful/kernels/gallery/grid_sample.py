"""Pictures read between their pixels: a grid of places, and a window whose taps move."""

from __future__ import annotations

from handful.kernels import F, axes, floor, kernel, padded, size, sum

n, c, d, h, w, i, j, k, o = axes("n c d h w i j k o")


@kernel
def grid_sample(x: F[n, c, h, w], grid: F[n, i, j, d]) -> F[n, c, i, j]:
    """x at the places of `grid`, bilinear; (x, y) in [-1, 1] from corner to corner, zero outside.

    The derivative with respect to the places is that of the fractions.

    Source: Jaderberg et al., arXiv:1506.02025.
    """
    across = (grid[n, i, j, 0] + 1) * (size(w) - 1) / 2
    down = (grid[n, i, j, 1] + 1) * (size(h) - 1) / 2
    left, top = floor(across), floor(down)
    right, bottom = across - left, down - top  # shares of the further neighbours
    return (
        (1 - bottom) * (1 - right) * padded(x[n, c, top, left])
        + (1 - bottom) * right * padded(x[n, c, top, left + 1])
        + bottom * (1 - right) * padded(x[n, c, top + 1, left])
        + bottom * right * padded(x[n, c, top + 1, left + 1])
    )


@kernel
def deformable_conv(x: F[n, c, h], moved: F[n, o, h], weight: F[k, c, o]) -> F[n, k, h]:
    """A convolution along h whose taps are moved by learned parts of a place.

    y[h] = Σ w[o] · x[h + o - ⌊O/2⌋ + moved[o, h]], between places linear, zero outside.

    Source: Dai et al., arXiv:1703.06211; ours is along one axis.
    """
    at = moved[n, o, h] + h + o - size(o) // 2
    low = floor(at)
    share = at - low
    read = (1 - share) * padded(x[n, c, low]) + share * padded(x[n, c, low + 1])
    return sum((c, o), weight[k, c, o] * read)
