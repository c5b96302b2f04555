"""Faults put into the code on purpose, and whether the tests notice: `make mutants`.

Each is one that would cost a user's trust: an interval too narrow, a leak, a label lost. It is put
into a copy of the tree, never into the tree itself, and the tests named beside it must fail.

`python -m tests.mutants [WORD...]`  (all, or those whose file holds one of the words)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("handful", "tests", "benchmarks", "pyproject.toml", "README.md", "docs")
PASSED, FAILED = 0, 1  # pytest's exit statuses; any other means that the tests could not run
LONGEST_S = 600


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault.

    Args:
        file: that it is put into, from the root.
        before: text that stands there once.
        after: what stands there instead.
        tests: what must fail, as pytest is told it.
    """

    file: str
    before: str
    after: str
    tests: str


CONSTANTS = "tests/estimate/test_constants.py"
MUTANTS = (
    # intervals that are too narrow
    Mutant("handful/estimate/estimate.py", "WIDENING = 1.3", "WIDENING = 1.0", CONSTANTS),
    Mutant("handful/estimate/intervals.py", "return worst\n", "return 1.0\n", CONSTANTS),
    Mutant(
        "handful/estimate/audit.py",
        ", 1.0)) * SHIPPED_WIDENING",
        ", 1.0))",
        "tests/estimate/test_audit.py",
    ),
    Mutant(
        "handful/review/slices.py",
        "(1 - confidence) / max(len(parts), 1)",
        "1 - confidence",
        "tests/review/test_slices.py",
    ),
    # figures that flatter
    Mutant("handful/heads/fit.py", "LOGISTIC = 200", "LOGISTIC = 20", CONSTANTS),
    Mutant(
        "handful/heads/solver.py",
        ".astype(np.float64) - ones**2 / mass",
        ".astype(np.float64)",
        "tests/heads/test_solver.py",
    ),
    Mutant(
        "handful/active/meter.py",
        "fair &= (audited < m) | ~np.isin(units[audited], units[:m])",
        "fair &= audited >= 0",
        "tests/active/test_meter.py",
    ),
    Mutant(
        "handful/estimate/caveats.py",
        "return copied | grouped, said",
        "return grouped, said",
        "tests/estimate/test_caveats.py",
    ),
    Mutant(
        "handful/items/series.py",
        '(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())',
        "(1, 0, part.casefold())",
        "tests/items/test_series.py",
    ),
    # what is asked
    Mutant(
        "handful/active/assignment.py",
        "REASK_FROM = 50",
        "REASK_FROM = 1",
        "tests/active/test_assignment.py",
    ),
)


def main(words: Sequence[str]) -> int:
    """Put each fault into a copy and run its tests; the number of those that nothing noticed."""
    chosen = [one for one in MUTANTS if not words or any(word in one.file for word in words)]
    if not chosen:
        print(f"no mutant's file holds {' or '.join(words)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copied(Path(folder))
        broken = [tests for tests in dict.fromkeys(one.tests for one in chosen)
                  if run(tree, tests) != PASSED]  # fmt: skip
        if broken:
            print(f"fail without any mutant: {', '.join(broken)}", file=sys.stderr)
            return len(broken)
        survivors = [one for one in chosen if not is_killed(tree, one)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants killed")
    return len(survivors)


def copied(folder: Path) -> Path:
    """The tree in `folder`, so that the working tree stays as it is."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".venv*", "*.egg-info")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy2(source, folder / name)
    return folder


def is_killed(tree: Path, mutant: Mutant) -> bool:
    """Whether the mutant's tests fail in this tree, which is put right afterwards.

    Raises:
        RuntimeError: the tests neither passed nor failed.
    """
    path = tree / mutant.file
    original = path.read_text("utf-8")
    path.write_text(mutated(original, mutant), "utf-8")
    try:
        status = run(tree, mutant.tests)
    finally:
        path.write_text(original, "utf-8")
    if status not in (PASSED, FAILED):
        raise RuntimeError(f"{mutant.tests} could not run with a mutant of {mutant.file}")
    print(
        f"{'killed  ' if status == FAILED else 'SURVIVED'}  {mutant.file}: {mutant.after.strip()}"
    )
    sys.stdout.flush()
    return status == FAILED


def mutated(text: str, mutant: Mutant) -> str:
    """The file's text with the fault.

    Raises:
        ValueError: what is to be replaced does not stand there exactly once.
    """
    if text.count(mutant.before) != 1:
        raise ValueError(f"{mutant.file} holds {mutant.before!r} {text.count(mutant.before)} times")
    return text.replace(mutant.before, mutant.after)


def run(tree: Path, tests: str) -> int:
    """pytest's exit status; its own copy of the package is what is tested."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", tests]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=LONGEST_S,
        check=False,
    )
    return done.returncode


def misplaced(mutants: Iterable[Mutant] = MUTANTS) -> list[str]:
    """Mutants that can no longer be made: their text or their tests are gone."""
    return [
        one.file
        for one in mutants
        if (ROOT / one.file).read_text("utf-8").count(one.before) != 1 or not _is_there(one.tests)
    ]


def _is_there(tests: str) -> bool:
    name, _, function = tests.partition("::")
    path = ROOT / name
    return path.is_file() and (not function or f"def {function}(" in path.read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
