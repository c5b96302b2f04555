"""Files stay small enough to be read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 600


def test_no_file_is_past_the_limit() -> None:
    """No Python, JavaScript or CSS file of ours has more than 600 lines."""
    ours = [
        path
        for folder in ("handful", "tests", "benchmarks", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".js", ".css"}
        and not {"vendor", "golden", "node_modules"} & set(path.parts)
        and not any(part.startswith(".venv") for part in path.parts)
    ]
    long = {str(path.relative_to(ROOT)): n for path in ours if (n := lines(path)) > LIMIT}
    assert len(ours) > 50
    assert long == {}


def lines(path: Path) -> int:
    """How many lines a file has."""
    return path.read_text(encoding="utf-8").count("\n")
