"""Small pictures for the report, kept in the project so that each is made once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from handful.errors import HandfulError, StoreError
from handful.modalities.image.levels import Levels
from handful.system.machine import num_cores
from handful.system.whole_file import write_whole

THUMBNAIL_SIDE = 128
PREVIEW_SIDE = 768  # a crack or a nodule that 448 pixels lose is seen at this size

# On ELPV's 300 × 300 pictures: WebP at method 0 takes 0.5 ms and 1.0 kB, JPEG at quality 70
# 0.1 ms and 2.1 kB. The file is what the reader waits for, and what the 12 MB are spent on.
QUALITY = 80


def encode_thumbnail(
    pixels: UInt8[np.ndarray, "height width channels"], *, side: int = THUMBNAIL_SIDE
) -> bytes:
    """A decoded picture as a small WebP whose longer side is at most `side` pixels.

    The shape is kept; a smaller picture is not blown up. Thread-safe; Pillow works without the GIL.

    Args:
        pixels: RGB (three channels), or grey (one).
        side: in pixels.
    """
    from io import BytesIO

    from PIL import Image

    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    # A reducing gap of 2 shrinks by whole numbers first: five times faster on large photographs.
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    file = BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=0)
    return file.getvalue()


class Thumbnails:
    """Pictures of one size, kept in a folder under their item's content hash.

    Args:
        folder: made when the first picture is put; safe against two writers and against kills.
        side: of the pictures, in pixels.
        levels: black and white of the set that they were decoded with; others are others.
    """

    def __init__(
        self, folder: Path, *, side: int = THUMBNAIL_SIDE, levels: Sequence[Levels] = ()
    ) -> None:
        self.folder = folder
        self.side = side
        told = hashlib.sha256(repr(tuple(levels)).encode()).hexdigest()[:8]
        self._of = f"{side}-{told}" if levels else f"{side}"

    def _path(self, key: str) -> str:
        assert key.isalnum(), f"a content hash, not {key!r}"
        # text, as thousands are asked for at once and a Path takes ten times as long to make
        return os.path.join(self.folder, key[:2], f"{key}-{self._of}.webp")  # noqa: PTH118

    def get(self, key: str) -> bytes | None:
        """The picture of the content with this hash, or None where there is none yet."""
        try:
            with open(self._path(key), "rb", buffering=0) as file:  # noqa: PTH123
                return file.read()
        except FileNotFoundError:
            return None

    def put(self, key: str, content: bytes) -> None:
        """Keep a picture that was encoded elsewhere, such as while features were computed.

        Raises:
            StoreError: the folder cannot be written, or is full.
        """
        path = Path(self._path(key))
        try:
            write_whole(path, content, durable=False)
        except OSError as error:
            raise StoreError(
                "Thumbnails cannot be kept.",
                found=f"{path} ({error.strerror or error})",
                expected="a project folder that can be written, with about 3 kB free for an item",
                attempt="--project DIR with a place that can be written",
            ) from error

    def make(
        self,
        sources: Mapping[str, Path],
        decode: Callable[[Path], UInt8[np.ndarray, "height width channels"]],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> dict[str, str]:
        """Make those that are missing, on all cores; returns hash → why for those that cannot be.

        Args:
            sources: content hash to the original's place.
            decode: one file's pixels; raises a HandfulError or OSError where it cannot.
            progress: told how many more are done.
        Raises:
            StoreError: the folder cannot be written, or is full.
        """

        def one(key: str) -> str | None:
            try:
                pixels = decode(sources[key])
            except HandfulError as error:
                return error.what
            except OSError as error:
                return error.strerror or str(error)
            self.put(key, encode_thumbnail(pixels, side=self.side))
            if progress is not None:
                progress(1)
            return None

        missing = [key for key in sources if not os.path.exists(self._path(key))]  # noqa: PTH110
        with ThreadPoolExecutor(max_workers=num_cores()) as pool:
            answers = zip(missing, pool.map(one, missing), strict=True)
            return {key: why for key, why in answers if why is not None}
