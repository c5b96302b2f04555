"""The cache of calls does not grow without end, and changes no answer."""

import numpy as np
import pytest
import torch

from handful.errors import KernelError
from handful.kernels.gallery import layer_norm
from handful.kernels.run import call_cache
from handful.kernels.run.call_cache import CallCache


def test_it_forgets_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than it may hold, and only that one is left."""
    monkeypatch.setattr(call_cache, "MOST", 3)
    kept: CallCache[int, int] = CallCache()
    for number in range(4):
        kept[number] = number
    assert kept == {3: 3}


def test_a_known_call_is_still_checked_for_what_differs() -> None:
    """After a call that was right: another type, another shape, a stranger, and the same again."""
    x, w, b = torch.randn(3, 5), torch.randn(5), torch.randn(5)
    right = layer_norm(x, w, b)
    with pytest.raises(KernelError, match="float64"):
        layer_norm(x, w.double(), b)
    with pytest.raises(KernelError, match="axis d is 5"):
        layer_norm(x, w[:4], b)
    with pytest.raises(KernelError, match="ndarray among tensors"):
        layer_norm(x, np.ones(5, np.float32), b)
    with pytest.raises(KernelError, match="takes 3 arguments"):
        layer_norm(x, w)
    assert torch.equal(layer_norm(x, w, b), right)
    assert layer_norm(x.double(), w.double(), b.double()).dtype is torch.float64
