"""The benchmark's tables can be made, and its hand-written peer computes what the kernel does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.kernels import handwritten
from benchmarks.kernels.__main__ import COMPARED
from benchmarks.kernels.cell import arguments, step
from benchmarks.kernels.cell import loop as eager
from benchmarks.kernels.compare import Clock, measure
from handful.kernels import gallery


@pytest.mark.skipif(handwritten.library() is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("size", [(5, 3, 6), (1, 2, 4), (4, 1, 256)])
def test_the_handwritten_cell_is_the_kernel(size):
    """States and gradients agree, with the batch parted and with the columns parted."""
    given = arguments(*size)
    seed = torch.randn(size)
    found = []
    for run in (handwritten.cell, gallery.gated, lambda *a: eager(step, *a)):
        out = run(*given)
        found.append([out, *torch.autograd.grad(out, given, seed)])
    for ours, theirs, third in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(ours, third, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(handwritten.library() is None, reason="there is no C++ compiler")
def test_the_handwritten_cell_leaves_the_processor_as_it_was():
    """Subnormal numbers are still numbers once it is loaded."""
    assert np.float64(5e-324) * 1 > 0
    assert np.nextafter(np.float32(0), np.float32(1)) * np.float32(1) > 0


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_every_table_is_made(name, capsys):
    """Each workload runs at its small size, forward and backward, against each of its peers."""
    clock = Clock(budget=0.0)
    measure(COMPARED[name](True), clock)
    told = capsys.readouterr().out
    assert clock.rows >= 2
    assert "| forward |" in told
    assert "| both |" in told
