"""The text of bytes whose encoding is not known for certain: what was guessed is said."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from handful.errors import DataError, SettingError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# Of the bytes at even or odd places, the share that is 0 in UTF-16 of Latin letters.
_ZEROS_OF_UTF16 = 0.4
_SURROGATE = re.compile("[\udc80-\udcff]")
_WAY_OUT = "if letters look wrong, name the encoding with --encoding"


def decoded(path: Path, raw: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """The text, without byte order mark, and a note where the encoding was guessed.

    Args:
        path: of the table, for errors.
        raw: its bytes.
        encoding: a name that Python knows; None: a mark at the beginning, else UTF-8, else what
            spreadsheets write in western Europe, Windows-1252.
    Raises:
        SettingError: there is no such encoding.
        DataError: the bytes are not of this encoding.
    """
    if encoding is not None:
        return _by_name(path, raw, encoding).removeprefix("\ufeff"), ()
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _by_mark(path, raw, name), ()
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = raw[first::2]
        if half.count(0) > _ZEROS_OF_UTF16 * len(half) and not len(raw) % 2:
            return _by_mark(path, raw, name), (f"The table was read as UTF-16; {_WAY_OUT}.",)
    text = raw.decode("utf-8", "surrogateescape")
    strays = _SURROGATE.findall(text)
    if not strays:
        return text, ()
    letters = sum(not character.isascii() for character in text) - len(strays)
    if letters > len(strays):
        line = 1 + text.count("\n", 0, text.index(strays[0]))
        several = f"{len(strays):,} characters are" if len(strays) > 1 else "1 character is"
        note = f"{several} not UTF-8, first in line {line}; read as Windows-1252."
        return _SURROGATE.sub(lambda found: _windows(_byte_of(found[0])), text), (note,)
    if b"\r" in raw and b"\n" not in raw:  # line ends of old Macs, and of Excel's "CSV (Macintosh)"
        return raw.decode("mac-roman"), (f"The table was read as Mac Roman: {_WAY_OUT}.",)
    return _windows(raw), (
        f"The table is not UTF-8; it was read as Windows-1252 (Latin-1): {_WAY_OUT}.",
    )


def _windows(raw: bytes) -> str:
    """Windows-1252, and Latin-1 for the five bytes that it leaves open."""
    return re.sub(
        "[\x80-\x9f]",
        lambda found: found[0].encode("latin-1").decode("cp1252", "ignore") or found[0],
        raw.decode("latin-1"),
    )


def _byte_of(surrogate: str) -> bytes:
    return bytes([ord(surrogate) - 0xDC00])


def _by_mark(path: Path, raw: bytes, name: str) -> str:
    try:
        return raw.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DataError(
            "The table's text is damaged.",
            found=f"{path.name} begins as {name.upper()}, and byte {error.start:,} is not"
            f" ({error.reason})",
            expected="one encoding from beginning to end",
            attempt="save the table anew as CSV (UTF-8)",
        ) from error


def _by_name(path: Path, raw: bytes, encoding: str) -> str:
    try:
        codecs.lookup(encoding)
        return raw.decode(encoding)
    except LookupError as error:
        raise SettingError(
            "There is no such encoding.",
            found=f"--encoding {encoding}",
            expected="a name such as utf-8, windows-1252, latin-1, cp850, utf-16, shift-jis",
            attempt="leave out --encoding: it is guessed, and said",
        ) from error
    except UnicodeError as error:
        place = getattr(error, "start", 0)
        line = 1 + raw.count(b"\n", 0, place)
        raise DataError(
            "The table is not in the encoding that was named.",
            found=f"{path.name}, line {line}: byte {raw[place : place + 1].hex() or '(none)'}"
            f" is not {encoding}",
            expected="the encoding that the table was saved in",
            attempt="leave out --encoding: it is guessed, and said",
        ) from error
