"""Pictures made from nothing but a number: what a bundle carries to prove itself. No model here.

Each is drawn in whole numbers and written byte by byte, so every machine and every later version
makes the same file, and a golden file in a bundle can be compared with its twin to the last
byte. The kinds are those that users have: JPEG (large, so that it is decoded at a reduced scale;
and turned by EXIF), PNG in colour, grey, 16 bit, with a palette and with alpha, BMP.

A JPEG is drawn in its own frequencies, so that no floating point and no foreign encoder comes in.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Int, UInt8

_Drawing = Int[np.ndarray, "height width 3"]


def golden_files() -> dict[str, bytes]:
    """Member name to file content, the same for every bundle of this format."""
    return {f"golden/{name}": make(name) for name in _KINDS}


@cache
def make(name: str) -> bytes:
    """The file with this name: `name` is also the seed."""
    width, height, write = _KINDS[name]
    return write(name, width, height)


def noise(seed: str, count: int) -> UInt8[np.ndarray, " count"]:
    """`count` bytes that depend on `seed` alone: SHAKE-128, which no library can change."""
    return np.frombuffer(hashlib.shake_128(seed.encode()).digest(count), np.uint8)


def draw(seed: str, width: int, height: int) -> _Drawing:
    """A drawing in RGB, 0 … 255: a slope of two colours, twelve discs and boxes, fine grain."""
    n = noise(seed, 6 + 12 * 8).astype(np.int64)
    y, x = np.mgrid[:height, :width]
    along = (x * width + y * height) * 256 // (width * width + height * height)
    picture = n[:3] + (n[3:6] - n[:3]) * along[:, :, None] // 256
    for shape in n[6:].reshape(12, 8):
        centre_x, centre_y = shape[0] * width // 256, shape[1] * height // 256
        reach = 1 + shape[2] * min(width, height) // 768
        across, down = abs(x - centre_x), abs(y - centre_y)
        inside = np.maximum(across, down) <= reach
        if shape[3] & 1:
            inside = across * across + down * down <= reach * reach
        picture[inside] = shape[4:7]
    grain = noise(f"{seed}/grain", height * width * 3).reshape(height, width, 3) % 17
    drawn: np.ndarray = np.clip(picture + grain - 8, 0, 255)
    return drawn


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _png(rows: np.ndarray, *, depth: int, colour: int, palette: bytes = b"") -> bytes:
    """A PNG whose data are stored, not compressed: deflate has many spellings, this has one."""
    height, width = rows.shape[:2]
    raw = rows.astype(f">u{depth // 8}").reshape(height, -1).view(np.uint8)
    scanlines = np.pad(raw, ((0, 0), (1, 0))).tobytes()  # each line starts with filter 0
    stream = b"\x78\x01"
    for start in range(0, len(scanlines), 65535):
        part = scanlines[start : start + 65535]
        last = start + 65535 >= len(scanlines)
        stream += struct.pack("<BHH", last, len(part), len(part) ^ 0xFFFF) + part
    stream += struct.pack(">I", zlib.adler32(scanlines))
    header = struct.pack(">2I5B", width, height, depth, colour, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if palette:
        chunks.append(_chunk(b"PLTE", palette))
    chunks += [_chunk(b"IDAT", stream), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _png_rgb(seed: str, width: int, height: int) -> bytes:
    return _png(draw(seed, width, height), depth=8, colour=2)


def _png_grey(seed: str, width: int, height: int) -> bytes:
    return _png(draw(seed, width, height)[:, :, 1], depth=8, colour=0)


def _png_grey16(seed: str, width: int, height: int) -> bytes:
    coarse, fine = draw(seed, width, height)[:, :, 0], draw(seed, width, height)[:, :, 2]
    return _png(coarse * 256 + fine, depth=16, colour=0)


def _png_alpha(seed: str, width: int, height: int) -> bytes:
    alpha = draw(f"{seed}/alpha", width, height)[:, :, :1]
    return _png(np.concatenate([draw(seed, width, height), alpha], axis=2), depth=8, colour=6)


def _png_palette(seed: str, width: int, height: int) -> bytes:
    palette = noise(f"{seed}/palette", 16 * 3).tobytes()
    return _png(draw(seed, width, height)[:, :, 0] // 16, depth=8, colour=3, palette=palette)


def _bmp(seed: str, width: int, height: int) -> bytes:
    bgr = draw(seed, width, height)[::-1, :, ::-1].astype(np.uint8).reshape(height, -1)
    body = np.pad(bgr, ((0, 0), (0, -bgr.shape[1] % 4))).tobytes()
    info = struct.pack("<I2i2H6I", 40, width, height, 1, 24, 0, len(body), 2835, 2835, 0, 0)
    return struct.pack("<2sI2HI", b"BM", 54 + len(body), 0, 0, 54) + info + body


# JPEG: baseline, 4:2:0 as cameras write it, the example Huffman tables of ITU-T T.81, annex K.3.
_DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_DC_SYMBOLS = bytes(range(12))
_AC_COUNTS = bytes([0, 2, 1, 2, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
_AC_SYMBOLS = bytes([0x01, 0x02, 0x00, 0x03, 0x11, 0x04, 0x12, 0x21, 0x05, 0x13, 0x22, 0x31, 0x41])
_STEPS = bytes([8] + [24] * 63)  # 8: a step of the first coefficient is a step of the block's mean
_WAVES = 3  # coefficients of a brightness block that are not zero, besides the mean


def _codes(counts: bytes, symbols: bytes) -> dict[int, str]:
    """Symbol to bits, by the canonical rule of T.81, annex C."""
    codes, code, taken = {}, 0, 0
    for length, count in enumerate(counts, start=1):
        for symbol in symbols[taken : taken + count]:
            codes[symbol] = format(code, f"0{length}b")
            code += 1
        taken += count
        code <<= 1
    return codes


def _value(codes: dict[int, str], value: int) -> str:
    """A coefficient that follows no zeros: the code of its size, then its bits."""
    size = abs(value).bit_length()
    bits = value if value > 0 else value + (1 << size) - 1
    return codes[size] + (format(bits, f"0{size}b") if size else "")


def _scan(luma: np.ndarray, chroma: np.ndarray, waves: np.ndarray) -> bytes:
    """Entropy-coded blocks, four of brightness and two of colour at a time.

    Args:
        luma: (2 rows, 2 columns), the mean of each block, around 0.
        chroma: (rows, columns, 2), likewise.
        waves: (2 rows, 2 columns, _WAVES), the first coefficients of the brightness blocks.
    """
    dc, ac = _codes(_DC_COUNTS, _DC_SYMBOLS), _codes(_AC_COUNTS, _AC_SYMBOLS)
    end = ac[0]
    bits, last, last_chroma = [], 0, [0, 0]
    for row, column in np.ndindex(*chroma.shape[:2]):
        for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
            place = 2 * row + y, 2 * column + x
            bits.append(_value(dc, int(luma[place]) - last))
            bits += [_value(ac, wave) for wave in waves[place].tolist()]
            bits.append(end)
            last = int(luma[place])
        for part in range(2):
            mean = int(chroma[row, column, part])
            bits += [_value(dc, mean - last_chroma[part]), end]
            last_chroma[part] = mean
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _jpeg(seed: str, width: int, height: int, *, exif: bytes = b"") -> bytes:
    columns, rows = -(-width // 16), -(-height // 16)
    r, g, b = np.moveaxis(draw(seed, 2 * columns, 2 * rows), 2, 0)
    luma = (77 * r + 150 * g + 29 * b) // 256
    chroma = np.stack([(b - luma) * 144 // 256, (r - luma) * 183 // 256], axis=2)[::2, ::2]
    raw = noise(f"{seed}/waves", 4 * rows * columns * _WAVES).astype(np.int64)
    waves = (np.where(raw & 1, 1, -1) * (1 + (raw >> 6) % 2)).reshape(2 * rows, 2 * columns, -1)
    frame = struct.pack(">B2HB", 8, height, width, 3)
    return b"".join(
        [
            b"\xff\xd8",
            _segment(0xE1, b"Exif\0\0" + exif) if exif else b"",
            _segment(0xDB, b"\0" + _STEPS),
            _segment(0xC0, frame + bytes([1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0])),
            _segment(0xC4, b"\x00" + _DC_COUNTS + _DC_SYMBOLS),
            _segment(0xC4, b"\x10" + _AC_COUNTS + _AC_SYMBOLS),
            _segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])),
            _scan(luma - 128, chroma, waves),
            b"\xff\xd9",
        ]
    )


def _jpeg_turned(seed: str, width: int, height: int) -> bytes:
    """With the EXIF tag Orientation = 6: to be turned a quarter to the right."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    return _jpeg(seed, width, height, exif=b"II*\0" + struct.pack("<IH", 8, 1) + entry + b"\0" * 4)


_KINDS: dict[str, tuple[int, int, Callable[[str, int, int], bytes]]] = {
    "alpha.png": (24, 32, _png_alpha),
    "colour.bmp": (21, 26, _bmp),
    "colour.png": (64, 48, _png_rgb),
    "grey.png": (48, 48, _png_grey),
    "grey16.png": (32, 24, _png_grey16),
    "large.jpg": (480, 456, _jpeg),
    "palette.png": (32, 32, _png_palette),
    "turned.jpg": (88, 60, _jpeg_turned),
}
