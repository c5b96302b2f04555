"""How the levels of folders are to be read, as somebody chose it once for a project."""

from __future__ import annotations

from pathlib import Path

from handful.errors import StoreError
from handful.system.whole_file import write_whole

AUTO = "auto"
"""For `--folders`: read them as is plain, and forget what was chosen."""

_FILE = "folders.txt"


def remembered(folder: Path) -> str | None:
    """What was chosen; None where nothing was.

    Args:
        folder: of the project.
    Raises:
        StoreError: it cannot be read.
    """
    try:
        return (folder / _FILE).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _failed(folder, error) from error


def remember(folder: Path, folders: str) -> None:
    """Keeps a choice for later runs; `AUTO` forgets the one that was kept.

    Args:
        folder: of the project; made if it is not there.
        folders: as `--folders` takes it.
    Raises:
        StoreError: it cannot be written.
    """
    if remembered(folder) == folders or (folders == AUTO and remembered(folder) is None):
        return
    try:
        if folders == AUTO:
            (folder / _FILE).unlink()
        else:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / _FILE, f"{folders}\n".encode())
    except OSError as error:
        raise _failed(folder, error) from error


def _failed(folder: Path, error: Exception) -> StoreError:
    return StoreError(
        "How folders are to be read cannot be remembered.",
        found=f"{folder / _FILE} ({error})",
        expected="a project folder that can be read and written",
        attempt="name another folder with --project DIR",
    )
