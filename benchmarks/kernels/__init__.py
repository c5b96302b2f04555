"""The kernel language's claims: a file for each workload, all of them by one command.

    compare.py      one table: ours and its peers in turn
    cell.py         the gated cell; its peers handwritten.py with cell.cpp, and peers/jax_cell.py
    recurrent.py    GRU and LSTM
    sparse_conv.py  submanifold convolution
    attention.py    attention with a learned bias
    points.py       nearest neighbours, Gaussian interaction
    rows.py         layer norm and softmax, with a residual
    segment.py      sums and softmax by segments
    product.py      a plain product
    depthwise.py    depthwise convolution
    first_call.py   the first call, and what a call costs
    memory.py       peak memory
    lines.py        lines that a user writes

`cases(small)` gives the workloads of a file; `__main__.py` measures them.
"""
