"""Claim: `import handful` takes at most 0.15 s, `handful --help` 0.4 s, the environment 600 MB.

The environment is made anew in a temporary folder, as `pip install .` makes it in a clone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import print_conditions, seconds_of, spread

ROOT = Path(__file__).parents[1]
REPEATS = 11


def main() -> None:
    """Measure both starts, and the weight of a fresh environment."""
    print_conditions("Starting, and the weight of an environment")
    starts = {
        "python -c pass (the floor)": ["-c", "pass"],
        "import handful": ["-c", "import handful"],
        "handful --help": ["-m", "handful", "--help"],
    }
    for name, words in starts.items():
        command = [sys.executable, *words]
        times = seconds_of(
            lambda command=command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL),
            repeats=REPEATS,
        )  # type: ignore[misc]
        print(f"{name:<28} {spread(times)}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", str(ROOT)], check=True)
        size = int(
            subprocess.run(
                ["du", "-sk", folder], check=True, capture_output=True, text=True
            ).stdout.split()[0]
        )
        torch_free = not list(Path(folder).glob("lib/python*/site-packages/torch"))
        torch = "without" if torch_free else "WITH"
        print(f"fresh environment            {size / 1024:.0f} MiB on disk, {torch} PyTorch")


if __name__ == "__main__":
    main()
