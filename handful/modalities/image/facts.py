"""What tells one picture from another: hashes, size, mode.

Comparing them is `duplicates.py`; keeping them between runs is `datasets/index.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL.Image import Image, Resampling

from handful.items.item import Item
from handful.modalities.content import content_hash, read
from handful.modalities.failure import DecodeFailure
from handful.modalities.image.damage import PictureFailure
from handful.modalities.image.decode import Picture, decode
from handful.modalities.image.levels import Levels

FINGERPRINT_VERSION = 2
"""Raised by any change here that alters a fingerprint."""

_SIDE = 32
# A part of a grey picture may differ this much between its channels, after lossy compression.
GREY_SPREAD = 4
# Nor does a picture of one even surface, such as a frame taken with the lid on, after JPEG.
BLANK_SPREAD = 4


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Enough of a picture to recognise it, or another that looks the same.

    Args:
        content: BLAKE2b-128 of the file's bytes, in hexadecimal.
        pixels: BLAKE2b-128 of the decoded (perhaps reduced) pixels and the full size.
        phash: 64-bit perceptual hash; near-identical pictures differ in few bits.
        width, height: of the whole picture, upright, in pixels.
        mode: Pillow's name for the colour mode in the file.
        format: "JPEG", "PNG", "TIFF", "WEBP", "BMP" or "GIF".
        frames: how many the file holds.
        thumb: 32 x 32 grey values, row by row: the second look before two are called the same.
        colours: mean red, green and blue of 4 x 4 parts, row by row.
        levels: what would be black and white in it by itself; None where it has 8 bits.
        taken: time of capture, as `capture_time` gives it; empty where it is not known.
    """

    content: str
    pixels: str
    phash: int
    width: int
    height: int
    mode: str
    format: str
    frames: int
    thumb: bytes
    colours: bytes
    levels: Levels | None = None
    taken: str = ""

    @property
    def modality(self) -> str:
        """The name of the modality."""
        return "image"

    @property
    def is_relative(self) -> bool:
        """Whether it was looked at in the range of its set, so that in another it differs."""
        return self.levels is not None

    @property
    def is_grey(self) -> bool:
        """Whether the picture shows no colour, however many channels its file has."""
        return _no_colour(self.colours)

    @property
    def is_blank(self) -> bool:
        """Whether the picture is one even surface."""
        flat = max(self.thumb) - min(self.thumb) <= BLANK_SPREAD
        bands = (self.colours[channel::3] for channel in range(3))
        return flat and all(max(band) - min(band) <= BLANK_SPREAD for band in bands)


def examine(
    item: Item, *, target: int = 224, levels: Sequence[Levels] = ()
) -> tuple[Fingerprint, Picture]:
    """Reads, decodes and fingerprints one item. Thread-safe.

    Args:
        item: what to look at.
        target: short side in pixels that decoding must keep, as in `decode`.
        levels: black and white of the set, as in `decode`.
    Raises:
        DecodeFailure: with the item's path, if it cannot be read or decoded.
    """
    data = read(item)
    try:
        picture = decode(data, target=target, levels=levels)
    except DecodeFailure as failure:
        raise PictureFailure(failure.why, path=item.path, lasting=failure.lasting) from failure
    return fingerprint(data, picture), picture


def fingerprint(data: bytes, picture: Picture) -> Fingerprint:
    """The fingerprint of a file's bytes and of the picture decoded from them."""
    image = picture.image
    seen = hashlib.blake2b(
        f"{image.mode} {picture.width} {picture.height} ".encode(), digest_size=16
    )
    seen.update(image.tobytes())
    small = _shrunk(image)
    return Fingerprint(
        content=content_hash(data),
        pixels=seen.hexdigest(),
        phash=perceptual_hash(small),
        width=picture.width,
        height=picture.height,
        mode=picture.mode,
        format=picture.format,
        frames=picture.frames,
        thumb=small.tobytes(),
        colours=_colours(image),
        levels=picture.levels,
        taken=picture.taken,
    )


def _shrunk(image: Image) -> UInt8[np.ndarray, "32 32"]:
    """Grey values at 32 x 32, the shape given up.

    Bilinear, as its soft-edged window gives a picture and its enlarged or reduced copy the same
    values to half a grey level; plain means (BOX) are out by two.
    """
    return np.asarray(image.convert("L").resize((_SIDE, _SIDE), Resampling.BILINEAR))


def _colours(image: Image) -> bytes:
    sample = image.resize((64, 64), Resampling.NEAREST).convert("RGB")
    means = np.asarray(sample, np.float32).reshape(4, 16, 4, 16, 3).mean(axis=(1, 3))
    return bytes(np.rint(means).astype(np.uint8))


def looks_grey(image: Image) -> bool:
    """Whether a decoded picture shows no colour, as `Fingerprint.is_grey` would say of it."""
    return image.mode == "L" or _no_colour(_colours(image))


def _no_colour(colours: bytes) -> bool:
    if colours[0::3] == colours[1::3] == colours[2::3]:
        return True  # without a look at each: most grey pictures are exactly so
    parts = (colours[at : at + 3] for at in range(0, len(colours), 3))
    return all(max(part) - min(part) <= GREY_SPREAD for part in parts)


def _dct_rows() -> Float[np.ndarray, "8 32"]:
    k, n = np.arange(8)[:, None], np.arange(_SIDE)[None, :]
    return np.cos(np.pi * k * (2 * n + 1) / (2 * _SIDE)).astype(np.float32)


_DCT = _dct_rows()


def perceptual_hash(small: UInt8[np.ndarray, "32 32"]) -> int:
    """64 bits: which of the lowest 8 x 8 cosine frequencies lie above their median.

    The constant term is left out of the median, as it only says how bright the picture is.

    Source:
        Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), 3.2.
    """
    low = (_DCT @ small.astype(np.float32) @ _DCT.T).ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
