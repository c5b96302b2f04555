"""Kernels in these tests are compiled into a folder of their own, with poisoned scratch memory."""

from __future__ import annotations

import os

import pytest

# read once, when the first kernel runs: fresh memory is NaN, so that an unwritten element shows
os.environ["HANDFUL_KERNELS_POISON"] = "1"
# the sanitizers are loaded by now, and need not slow down the compiler as well
os.environ.pop("LD_PRELOAD", None)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["HANDFUL_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _watched_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the sanitizers products run in the kernel's own loops, which are watched too."""
    if "-fsanitize" in os.environ.get("HANDFUL_KERNELS_FLAGS", ""):
        from handful.kernels import build

        own = build.Runtime(build.runtime().pfor, None, None, 2, 1)
        monkeypatch.setattr("handful.kernels.native.runtime", lambda: own)


@pytest.fixture(params=["native", "torch"])
def each_backend(request: pytest.FixtureRequest):
    """The test runs once as native code and once as torch operations."""
    from handful.kernels.execute import backend

    with backend(request.param):
        yield request.param
