"""The ways in which the path in one cell may be meant: blanks, backslashes, addresses, % codes.

Nothing of the disk is known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from handful.datasets.sheets.header import PICTURE_NAME

_ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]+):/{2,}", re.IGNORECASE)
_FILE = re.compile(r"^file:(?://localhost(?=/)|//(?=/)|(?=/(?!/))|//(?=[a-z]:)|)", re.IGNORECASE)
_DRIVE = re.compile(r"^/?([a-z]:)(?:/|$)", re.IGNORECASE)
_QUOTED = re.compile(r"""^(["'`])(.*)\1$""")
_DIGITS = re.compile(r"0*(\d+?)(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to read a cell.

    Args:
        text: the path, with forward slashes where backslashes stood between folders.
        parts: folders and file name, without what stands before the first folder.
        anchor: what stands before it: "" for a relative path, "/", a drive, a server, an address.
        rule: how the cell was read, as a note says it; "" for as it stands there.
    """

    text: str
    parts: tuple[str, ...]
    anchor: str
    rule: str

    @property
    def is_remote(self) -> bool:
        """Whether it is an address of a server: nothing is fetched."""
        return "://" in self.anchor


def spellings(cell: str) -> Iterator[Spelling]:
    """Each way to read a cell, as it stands there first; each builds on those before it."""
    text, rules = cell, [""]
    yield _spelled(text, "")
    for rule, change in _CHANGES:
        changed = change(text)
        if changed != text:
            text = changed
            rules.append(rule)
            yield _spelled(text, " and ".join(filter(None, rules)))


def name_key(name: str) -> str:
    """A name without regard to case and Unicode form."""
    return unicodedata.normalize("NFC", name).casefold()


def stem_key(name: str) -> str:
    """The same of a picture's name without its ending; a name without a picture's ending whole."""
    return name_key(PICTURE_NAME.sub("", name))


def digits_key(name: str) -> str | None:
    """The number that a picture's name is, without the zeros before it; None where it is none."""
    found = _DIGITS.fullmatch(PICTURE_NAME.sub("", name))
    return found[1] if found else None


def differs_in(wanted: str, found: str) -> str:
    """In what a name on the disk differs from the one that was looked for; "" for in nothing."""
    if wanted == found:
        return ""
    if unicodedata.normalize("NFC", wanted) == unicodedata.normalize("NFC", found):
        return "in another Unicode form"
    if name_key(wanted) == name_key(found):
        return "in other case"
    if stem_key(wanted) == stem_key(found):
        return "with another ending" if PICTURE_NAME.search(wanted) else "without their ending"
    return "as numbers without the zeros before them"


def _spelled(text: str, rule: str) -> Spelling:
    address = _ADDRESS.match(text)
    drive = _DRIVE.match(text)
    rest = text
    if address and not text.lower().startswith("file:"):
        server, _, rest = text[address.end() :].partition("/")
        anchor = f"{address[1].lower()}://{server}"
    elif drive:
        anchor, rest = drive[1].upper(), text[drive.end() :]
    elif text.startswith("//"):
        server, _, rest = text[2:].partition("/")
        anchor = f"//{server}"
    else:
        anchor = "/" if text.startswith("/") else ""
    return Spelling(text, _parts(rest), anchor, rule)


def _parts(text: str) -> tuple[str, ...]:
    parts: list[str] = []
    for part in text.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return tuple(parts)


def _unquoted(text: str) -> str:
    found = _QUOTED.match(text)
    return (found[2] if found else text).strip()


def _without_file(text: str) -> str:
    if not text.lower().startswith("file:"):
        return text
    return unquote(_FILE.sub("", text.replace("\\", "/"), count=1))


def _decoded(text: str) -> str:
    # A web address may have a question after the path; a file's name may hold a question mark.
    bare = re.split(r"[?#]", text, maxsplit=1)[0] if _ADDRESS.match(text) else text
    return unquote(bare) if "%" in bare else bare


_CHANGES = (
    ("without quotation marks", _unquoted),
    ("as file:// addresses", _without_file),
    ("with / for \\", lambda text: text.replace("\\", "/")),
    ("with % codes read", _decoded),
)
