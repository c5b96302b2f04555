"""Kernels in these tests run with poisoned scratch memory."""

from __future__ import annotations

import os

import pytest

# read once, when the first kernel runs: fresh memory is NaN, so that an unwritten element shows
os.environ["HANDFUL_KERNELS_POISON"] = "1"
# the sanitizers are loaded by now, and need not slow down the compiler as well
os.environ.pop("LD_PRELOAD", None)


@pytest.fixture
def without_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels run as if torch lent no matrix product, on two cores."""
    from handful.kernels.c import build

    def own(real: str, *, products: bool, picked: bool) -> build.Runtime:
        found = build.Runtime.from_buffer_copy(
            build.runtime(real, products=products, picked=picked)
        )
        found.blas, found.cores = None, 2
        return found

    monkeypatch.setattr("handful.kernels.run.native.runtime", own)


@pytest.fixture(autouse=True)
def _watched_products(request: pytest.FixtureRequest) -> None:
    """Under the sanitizers products are all our own, which are watched too."""
    if "-fsanitize" in os.environ.get("HANDFUL_KERNELS_FLAGS", ""):
        request.getfixturevalue("without_blas")


@pytest.fixture(params=["native", "torch"])
def each_backend(request: pytest.FixtureRequest):
    """The test runs once as native code and once as torch operations."""
    from handful.kernels.run.execute import backend

    with backend(request.param):
        yield request.param


@pytest.fixture
def two_threads():
    """One thread, then two; as it was afterwards."""
    import torch

    before = torch.get_num_threads()

    def run(call):
        found = []
        for many in (1, 2):
            torch.set_num_threads(many)
            found.append(call())
        torch.set_num_threads(before)
        return found

    yield run
    torch.set_num_threads(before)
