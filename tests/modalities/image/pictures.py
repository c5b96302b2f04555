"""Pictures to test with: made here by Pillow, or real photographs of scikit-image."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from handful.items.item import Item


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file of the given format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scene(width: int = 320, height: int = 240, *, seed: int = 0) -> Image.Image:
    """A colour picture with large soft shapes, another for every seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


@cache
def photographs() -> tuple[Image.Image, ...]:
    """Real photographs, in colour and grey, all different."""
    from skimage import data

    names = ("astronaut", "camera", "cat", "coffee", "coins", "moon", "page", "clock")
    return tuple(Image.fromarray(getattr(data, name)()) for name in names)


def item_at(path: Path, **fields: Any) -> Item:
    """An item for a file, named as the file is."""
    return Item(path=path.name, source=path, **fields)


def write(path: Path, image: Image.Image | None = None, **options: Any) -> Path:
    """Saves a picture (a scene unless given) in the format that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or scene()).save(path, **options)
    return path


def png16(deep: np.ndarray) -> bytes:
    """A PNG with 16 bits a channel, which Pillow cannot write: 1 to 4 channels."""
    height, width, channels = deep.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
