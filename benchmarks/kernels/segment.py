"""Sums and softmax by segments against index_add and scatter_reduce.

python -m benchmarks.kernels.segment [--repeat 7] [--small]
"""

from __future__ import annotations

import torch

from benchmarks.kernels.compare import line, options, randn
from handful.kernels.gallery import segment_softmax, segment_sum


def main() -> None:
    """One million edges among a hundred thousand nodes."""
    chosen = options(__doc__)
    edges, nodes = (1000, 100) if chosen.small else (1_000_000, 100_000)
    torch.manual_seed(0)
    node = torch.randint(nodes, (edges,))

    def index_add(message):
        return message.new_zeros(nodes, message.shape[1]).index_add(0, node, message)

    def softmax(score):
        at = node[:, None].expand_as(score)
        top = score.new_full((nodes, score.shape[1]), -torch.inf)
        q = (score - top.scatter_reduce(0, at, score.detach(), "amax")[node]).exp()
        return q / torch.zeros_like(top).index_add(0, node, q)[node]

    message, score = randn((edges, 64), (edges, 8))
    line(f"segment sum {edges} × 64", index_add, lambda m: segment_sum(m, node, n=nodes),
         [message], chosen.repeat)  # fmt: skip
    line(f"segment softmax {edges} × 8", softmax, lambda s: segment_softmax(s, node, n=nodes),
         [score], chosen.repeat)  # fmt: skip


if __name__ == "__main__":
    main()
