"""Kernels under gcc's address and undefined-behaviour sanitizers: `make sanitize`.

Runs pytest, with the arguments given or else on all kernel tests, in a process in which every
emitted text is compiled with the sanitizers and torch's memory is watched by them. Matrix products
are our own there, because a borrowed BLAS is not watched.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

FLAGS = "-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all"
CHILDREN = "not compile_at_once and not without_a_compiler and not compiled_and_exported"
"""Tests that start processes of their own, with another compiler or with torch's."""


@cache
def missing() -> str:
    """What this machine lacks, or nothing."""
    try:
        path = _library("libasan.so")
    except (OSError, subprocess.CalledProcessError):
        return "there is no gcc"
    return "" if path.is_absolute() and path.exists() else "gcc has no libasan"


def _library(name: str) -> Path:
    command = ["gcc", f"-print-file-name={name}"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def environment() -> dict[str, str]:
    """In which a Python process is watched."""
    return {
        **os.environ,
        "CC": "gcc",
        # libstdc++ beside it, or an exception that torch throws finds nobody to throw it
        "LD_PRELOAD": f"{_library('libasan.so')} {_library('libstdc++.so.6')}",
        "ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "HANDFUL_KERNELS_FLAGS": FLAGS,
        "HANDFUL_KERNELS_POISON": "1",
        "OMP_NUM_THREADS": "1",
    }


def main() -> None:
    """All kernel tests, or those that the arguments name; says so where it cannot."""
    if missing():
        sys.exit(f"the sanitizers cannot run: {missing()}")
    chosen = sys.argv[1:] or ["tests/kernels", "-k", f"{CHILDREN} and not sanitizer"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *chosen]
    sys.exit(subprocess.run(command, env=environment(), check=False).returncode)


if __name__ == "__main__":
    main()
