"""Sums and softmax by segments against index_add and scatter_reduce."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.kernels.compare import Case, Peer, note, randn
from handful.kernels.gallery import segment_softmax, segment_sum


def cases(small: bool) -> Iterator[Case]:
    """One million edges among a hundred thousand nodes."""
    edges, nodes = (1000, 100) if small else (1_000_000, 100_000)
    torch.manual_seed(0)
    node = torch.randint(nodes, (edges,))

    def index_add(message):
        return message.new_zeros(nodes, message.shape[1]).index_add(0, node, message)

    def softmax(score):
        at = node[:, None].expand_as(score)
        top = score.new_full((nodes, score.shape[1]), -torch.inf)
        q = (score - top.scatter_reduce(0, at, score.detach(), "amax")[node]).exp()
        return q / torch.zeros_like(top).index_add(0, node, q)[node]

    def ours(message):
        return segment_sum(message, node, n=nodes)

    message, score = randn((edges, 64), (edges, 8))
    yield Case(
        f"segment sum {edges:,} × 64",
        ours,
        [message],
        [Peer("index_add", index_add, wanted=2.0)],
    )
    yield Case(
        f"segment softmax {edges:,} × 8",
        lambda s: segment_softmax(s, node, n=nodes),
        [score],
        [Peer("scatter_reduce, exp and index_add", softmax)],
    )
    note(f"Segment sum: {deterministic(ours, message)}.")


def deterministic(run, message) -> str:
    """Whether one thread and all of them give the same bits."""
    threads = torch.get_num_threads()
    found = []
    with torch.no_grad():
        for count in (1, max(2, threads)):
            torch.set_num_threads(count)
            found.append(run(message))
    torch.set_num_threads(threads)
    return "the same bits at one thread and at two" if torch.equal(*found) else "**bits differ**"
