"""Kernels to use and to learn from: one file of maths each. No compiler code here.

gated.py        a cell that no library has
gru.py          the gated recurrent unit        lstm.py         long short-term memory
recurrent.py    the weights of both
sparse_conv.py  convolution where there is something
attention.py    with a learned bias for each distance
layer_norm.py   alone, and after a residual
nearest.py      k nearest neighbours            gaussian.py     all pairs, weighted
segment.py      sums and softmax on a graph
depthwise.py    each channel for itself
grid_sample.py  between pixels                  histogram.py    counts with a derivative
"""

from handful.kernels.gallery.attention import Attention, attention, causal_attention
from handful.kernels.gallery.depthwise import depthwise_conv
from handful.kernels.gallery.gated import Gated, gated
from handful.kernels.gallery.gaussian import gaussian
from handful.kernels.gallery.grid_sample import deformable_conv, grid_sample
from handful.kernels.gallery.gru import GRU, gru
from handful.kernels.gallery.histogram import histogram
from handful.kernels.gallery.layer_norm import add_layer_norm, layer_norm
from handful.kernels.gallery.lstm import LSTM, lstm
from handful.kernels.gallery.nearest import nearest
from handful.kernels.gallery.segment import segment_softmax, segment_sum
from handful.kernels.gallery.sparse_conv import SparseConv, neighbours, sparse_conv

__all__ = [
    "GRU",
    "LSTM",
    "Attention",
    "Gated",
    "SparseConv",
    "add_layer_norm",
    "attention",
    "causal_attention",
    "deformable_conv",
    "depthwise_conv",
    "gated",
    "gaussian",
    "grid_sample",
    "gru",
    "histogram",
    "layer_norm",
    "lstm",
    "nearest",
    "neighbours",
    "segment_softmax",
    "segment_sum",
    "sparse_conv",
]
