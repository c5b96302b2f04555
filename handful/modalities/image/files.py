"""What picture files are called and begin with, as `modalities/files.py` asks it."""

from __future__ import annotations

from typing import final

from handful.modalities.files import Noun
from handful.modalities.image import formats
from handful.modalities.image.damage import looks_like_a_picture


@final
class ImageFiles:
    """Pictures: JPEG, PNG, TIFF and their like."""

    noun = Noun("picture", "pictures")
    expected = formats.EXPECTED

    def suffixes(self) -> frozenset[str]:
        """Endings of pictures that are read here and now."""
        return formats.suffixes()

    def known_suffixes(self) -> frozenset[str]:
        """Endings of all pictures."""
        return formats.UNREAD.union(*formats.ENDINGS.values())

    def why_unread(self, suffix: str) -> str | None:
        """Why a picture with that ending is not read; None where the ending is of no picture."""
        return formats.why_unread(suffix)

    def claims(self, head: bytes) -> bool:
        """Whether a file that begins so is a picture."""
        return looks_like_a_picture(head)


FILES = ImageFiles()
