"""`python -m benchmarks [NAME...]`: every claim in turn, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

NOT_CLAIMS = {"__init__", "__main__", "report", "vectors"}


def main() -> int:
    """Run the named benchmarks, or all."""
    here = Path(__file__).parent
    names = sorted(
        [path.stem for path in here.glob("*.py") if path.stem not in NOT_CLAIMS]
        + [path.parent.name for path in here.glob("*/__main__.py")]
    )
    wanted = sys.argv[1:] or names
    failed = [
        name
        for name in wanted
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    ]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
