"""Write a model's bytes to a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from handful.bundle import archive
from handful.errors import StoreError
from handful.system.whole_file import write_whole


def write(data: bytes, path: str | Path) -> Path:
    """Write a bundle's bytes: afterwards the whole file is there, or what was there before.

    Folders on the way are made. A bundle that is there already is replaced.

    Raises:
        StoreError: the place cannot be written or is full, or holds a folder or a file that is
            no bundle.
    """
    place = Path(path)
    try:
        place = place.resolve()  # a link stays a link: the file behind it is replaced
        _check_place(place)
        write_whole(place, data)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise StoreError(
            "The model could not be saved; nothing was changed.",
            found=f"{path} ({getattr(error, 'strerror', None) or error})",
            expected=f"a place that can be written, with {len(data):,} bytes free",
            attempt="another place: -o MODEL",
        ) from error
    return Path(path)


def _check_place(place: Path) -> None:
    """Refuse to replace what is not a bundle."""
    if not place.exists():
        return
    if not place.is_file():
        raise OSError(None, "there is a folder, or something else that is not a file")
    with place.open("rb") as stream:
        start = stream.read(len(archive.START))
    if start and start != archive.START:
        raise OSError(None, "there is a file that is not a model; it was left alone")
