"""Work that is dealt to every core gives what one core gives."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from handful.system import cores


@pytest.mark.parametrize("n", [0, 1, 255, 256, 257, 1_100])
def test_gram_is_all_inner_products(n: int) -> None:
    """Bands of rows, mirrored, are Z Z'."""
    Z = np.random.default_rng(n).standard_normal((n, 7))
    np.testing.assert_allclose(cores.gram(Z), Z @ Z.T, atol=1e-12)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_row_is_dealt_once(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """The shares of any number of cores cover the rows, none twice."""
    monkeypatch.setattr(cores, "num_cores", lambda: workers)
    shares = cores.on_every_core(23, lambda share: share, rows=4)
    assert min(workers, 6) == len(shares)
    rows = [row for share in shares for part in share for row in range(part.start, part.stop)]
    assert list(range(23)) == sorted(rows)


def test_what_fails_in_a_share_fails() -> None:
    """An error in a thread is not lost."""

    def fail(share: list[slice]) -> None:
        raise ValueError("a share")

    with pytest.raises(ValueError, match="a share"):
        cores.on_every_core(3_000, fail)


def blas_threads() -> list[int]:
    """Of each BLAS in the process."""
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_own_products_end_with_the_block() -> None:
    """Inside, every BLAS has one thread; afterwards as many as before."""
    with cores.own_products():
        pass  # whatever is loaded by it, is loaded
    before = blas_threads()
    with cores.own_products():
        assert {1} == set(blas_threads())
        with cores.own_products():
            pass
        assert {1} == set(blas_threads())
    assert before == blas_threads()


def test_own_products_end_with_the_last_thread() -> None:
    """Blocks that overlap, as those of two threads may, leave the setting of before the first."""
    before = blas_threads()
    first, second = cores.own_products(), cores.own_products()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert {1} == set(blas_threads())
    second.__exit__(None, None, None)
    assert before == blas_threads()
