"""A picture as part of a page: a small copy inside the HTML itself, so that nothing is fetched."""

from __future__ import annotations

import base64
import io
from pathlib import Path

SIDE = 96  # pixels of the longer side
QUALITY = 80


def inline_picture(source: Path, *, side: int = SIDE) -> str:
    """An `<img>` that holds a small copy of the picture, or nothing where it cannot be read.

    Args:
        source: the file; where there is none, nothing is shown.
        side: longer side of the copy in pixels, >= 1.
    """
    from PIL import Image

    from handful.items.item import Item
    from handful.modalities.content import read
    from handful.modalities.failure import DecodeFailure
    from handful.modalities.image.decode import decode

    try:
        pixels = decode(read(Item(source.name, source)), target=side).pixels
    except (DecodeFailure, OSError):
        return ""  # the answer beside it stands; a page without the picture is still right
    small = Image.fromarray(pixels)
    small.thumbnail((side, side))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY)
    data = base64.b64encode(file.getvalue()).decode()
    size = f'width="{small.width}" height="{small.height}"'
    return f'<img alt="" {size} src="data:image/jpeg;base64,{data}">'
