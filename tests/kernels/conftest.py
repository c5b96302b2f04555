"""Kernels in these tests are compiled into a folder of their own, with poisoned scratch memory."""

from __future__ import annotations

import os

import pytest

# read once, when the first kernel runs: fresh memory is NaN, so that an unwritten element shows
os.environ["HANDFUL_KERNELS_POISON"] = "1"


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["HANDFUL_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(params=["native", "torch"])
def each_backend(request: pytest.FixtureRequest):
    """The test runs once as native code and once as torch operations."""
    from handful.kernels.execute import backend

    with backend(request.param):
        yield request.param
