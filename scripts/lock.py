"""Writes constraints.txt: the exact versions that the environment `.venv` holds now."""

import subprocess
import sys
from pathlib import Path

HEADER = """\
# The exact versions that development and CI use; `make lock` renews them.
# Users of the package are not bound by this file.
"""
LEFT_OUT = ("handful",)


def main() -> None:
    """Freeze, leaving out handful itself and local build tags."""
    command = [sys.executable, "-m", "pip", "freeze", "--exclude-editable"]
    frozen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line.partition("+")[0] for line in frozen.splitlines() if "==" in line]
    kept = sorted(line for line in lines if not line.startswith(LEFT_OUT))
    Path("constraints.txt").write_text(HEADER + "\n".join(kept) + "\n", encoding="utf-8")
    print(f"constraints.txt: {len(kept)} packages")


if __name__ == "__main__":
    main()
