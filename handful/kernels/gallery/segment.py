"""Sums and softmax over the edges that meet in a node of a graph."""

from __future__ import annotations

from handful.kernels import F, I, axes, kernel, softmax, sum

c, e, n = axes("c e n")


@kernel
def segment_sum(message: F[e, c], node: I[e].into(n)) -> F[n, c]:
    """Each node's sum of its edges' messages; call with n=…, the number of nodes."""
    return sum(e, message[e, c], to={n: node[e]})


@kernel
def segment_softmax(score: F[e, c], node: I[e].into(n)) -> F[e, c]:
    """Each edge's share among the edges of its node: softmax by segments; call with n=….

    Source: the attention weights of Veličković et al., arXiv:1710.10903.
    """
    return softmax(e, score[e, c], to={n: node[e]})
