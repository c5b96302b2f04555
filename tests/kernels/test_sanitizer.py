"""Emitted code under gcc's sanitizers: it stays inside its arrays, and does nothing undefined."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.kernels.sanitizer import environment, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"the sanitizers cannot run: {missing()}")

BROAD = "(a_call_equals or derivative_program or gallery or agree_on)"
BROAD += " and not [torch and not derivatives_of"
EDITED = """
import sys
import numpy as np
from handful.kernels import F, axes, kernel

n, = axes("n")

@kernel
def double(x: F[n]) -> F[n]:
    return 2.0 * x[n]

path = double.edit(sys.argv[1])
old, new = sys.argv[2:]
text = path.read_text(encoding="utf-8")
assert old in text, text
path.write_text(text.replace(old, new), encoding="utf-8")
print(double(np.ones(5, np.float32)).tolist())
"""


def watched(*command: str) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, under the sanitizers."""
    return subprocess.run(
        [sys.executable, *command], env=environment(), capture_output=True, text=True, check=False
    )


def test_programs_stay_inside_their_arrays():
    """Examples, gallery and random programs, forward and derivative."""
    command = ["-m", "pytest", "-p", "no:cacheprovider", "tests/kernels", "-k", BROAD]
    found = watched(*command)
    assert found.returncode == 0, (found.stdout + found.stderr)[-4000:]
    passed = re.search(r"(\d+) passed", found.stdout)
    assert passed
    assert int(passed[1]) > 50


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a_x[i_n]", "a_x[i_n]", ""),
        ("a_x[i_n]", "a_x[i_n + 1]", "heap-buffer-overflow"),
        ("a_out[i_n]", "a_out[i_n + 1]", "heap-buffer-overflow"),
        ("a_x[i_n]", "a_x[i_n] + (1 << n_n << 27)", "runtime error: left shift"),
    ],
    ids=["as it is", "reads behind", "writes behind", "undefined"],
)
def test_code_that_leaves_its_arrays_is_caught(tmp_path, old, new, told):
    """A kernel's text, broken by hand in one place, ends the process with the sanitizer's word."""
    found = watched("-c", EDITED, str(tmp_path / "double.c"), old, new)
    assert told in found.stderr
    assert (found.returncode == 0) is (told == "")
    assert found.stdout == ("" if told else "[2.0, 2.0, 2.0, 2.0, 2.0]\n")
