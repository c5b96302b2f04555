"""Kernels compiled by clang, which comes with the package ziglang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = [
    "tests/kernels/test_examples.py",
    "tests/kernels/schedule/test_laid.py",
    "tests/kernels/c/test_picked.py",
    "tests/kernels/loops/test_bounds.py",
]


def test_clang_gives_the_same_answers(tmp_path):
    """The examples of every construct, both passes, and all products of our own."""
    pytest.importorskip("ziglang")
    environment = {
        **os.environ,
        "CC": f"{sys.executable} -m ziglang cc",
        "HANDFUL_CACHE": str(tmp_path),
        "ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "zig"),
    }
    asked = "from handful.kernels.c.build import version; print(version())"
    told = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert "clang version" in told.stdout
    command = [sys.executable, "-m", "pytest", "-q", "-x", *FILES]
    found = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert found.returncode == 0, found.stdout[-3000:]
