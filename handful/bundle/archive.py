"""The container: a ZIP of stored members that can be written in one way only. No meaning here.

A `.handful` file is an ordinary ZIP to every other program. To handful it is stricter: members
are stored, not compressed, lie one behind the other, carry one fixed date and no comment, no
extra field, no flag. So one content has one byte string on every machine; nothing can hide
before, between or behind the members; and a file cannot grow when it is read.

    local header, content          for each member in turn
    directory                      the same names, sizes and checksums once more
    end record                     without a comment
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

from handful.errors import BundleError

MANIFEST, MODEL, CARD, GOLDEN = "manifest.json", "model.onnx", "card.md", "golden/"
START = b"PK\x03\x04"  # of every ZIP that is not empty
MAX_BYTES = 1 << 30  # of a whole file, far below ZIP's own 4 GiB and protobuf's 2 GiB
MAX_MEMBERS = 64
MAX_MANIFEST_BYTES = 16 << 20  # 20,000 classes with all their figures

_NAME = re.compile(r"manifest\.json|model\.onnx|card\.md|golden/[a-z0-9-]{1,40}\.(?:bmp|jpg|png)")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _FLAGS, _STORED, _TIME, _DATE = 20, 0, 0, 0, 0x21  # 1 January 1980, ZIP's first day
_MADE_ON_UNIX, _PLAIN_FILE = 3 << 8, 0o100644 << 16
_KNOWN_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_AGAIN = "copy or download the file again, or save the model anew"


def pack(members: Mapping[str, bytes]) -> bytes:
    """The bytes of a bundle that holds `members`, in the order given.

    Raises:
        BundleError: the whole would pass `MAX_BYTES`.
    """
    size = sum(map(len, members.values()))
    if size > MAX_BYTES:
        raise BundleError(
            f"The model is too large for a bundle: {size:,} bytes.",
            expected=f"at most {MAX_BYTES:,} bytes",
            attempt="choose a smaller encoder: handful encoders",
        )
    body, directory, offset = [], [], 0
    for name, content in members.items():
        local, central = _headers(name, zlib.crc32(content), len(content), offset)
        body += [local, content]
        directory.append(central)
        offset += len(local) + len(content)
    return b"".join([*body, *directory, _end(directory, offset)])


def unpack(data: bytes, *, name: str) -> dict[str, bytes]:
    """The members of a bundle, after a check of every byte that is not content.

    Args:
        data: the whole file.
        name: of the file, for messages.
    Raises:
        BundleError: the file is cut short, altered, packed by another program, or holds a
            member that no bundle has; the message names the member.
    """
    if not data.startswith(START):
        raise BundleError(
            f"{name} is not a bundle of handful.",
            found=f"it starts with {data[:8]!r}" if data else "the file is empty",
            expected="a file that `handful train` or `Model.save` wrote",
            attempt="name a file that ends in .handful",
        )
    places, offset = _places(data, name)
    directory = []
    for member, (header, start, stop) in places.items():
        local, central = _headers(member, zlib.crc32(data[start:stop]), stop - start, header)
        if local != data[header:start]:
            raise _altered(name, f"{member}: its checksum or its header does not fit its content")
        directory.append(central)
    expected = b"".join([*directory, _end(directory, offset)])
    rest = memoryview(data)[offset:]
    if len(rest) < len(expected) and expected.startswith(rest):
        raise _short(name, "directory", len(rest), len(expected))
    if rest != expected:
        foreign = rest[: len(expected)] == expected
        what = "after its end" if foreign else "in its directory"
        raise _altered(name, f"{len(rest):,} bytes where {len(expected):,} belong: foreign {what}")
    return {member: data[start:stop] for member, (_, start, stop) in places.items()}


def salvage(data: bytes, *, only: str | None = None) -> dict[str, bytes]:
    """Whatever members another program would find in a file that `unpack` refuses.

    For `inspect`, which must show what is inside, and for the manifest of a format to come. Never
    more is unpacked than the file is long, or `MAX_MANIFEST_BYTES`. What cannot be read is left
    out.
    """
    found: dict[str, bytes] = {}
    if data.count(b"PK\x01\x02") > 1000:
        return found  # a directory that would fill the memory before a member is read
    left = max(len(data), MAX_MANIFEST_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            for info in pack.infolist()[:MAX_MEMBERS]:
                if only in (None, info.filename) and info.compress_type in _KNOWN_PACKINGS:
                    with pack.open(info) as stream:
                        content = stream.read(left)
                    found[info.filename] = content
                    left -= len(content)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError):
        return found  # RuntimeError: encrypted, or a way of packing that zipfile does not know
    return found


def _places(data: bytes, file: str) -> tuple[dict[str, tuple[int, int, int]], int]:
    """Of each member: where its header, its content and what follows begin. And where all ends."""
    places: dict[str, tuple[int, int, int]] = {}
    offset = 0
    while data[offset : offset + 4] == START:
        header = data[offset : offset + _LOCAL.size]
        if len(header) < _LOCAL.size:
            raise _short(file, "a member's header", len(header), _LOCAL.size)
        (_, _, flags, method, _, _, _, packed, size, name_size, more) = _LOCAL.unpack(header)
        start = offset + _LOCAL.size + name_size
        raw = data[offset + _LOCAL.size : start]
        member = raw.decode("ascii", "replace")
        if not _NAME.fullmatch(member):
            raise _stranger(file, raw)
        if flags & 1 or method != _STORED or packed != size:
            how = "encrypted" if flags & 1 else "compressed"
            raise _altered(file, f"{member} is {how}: {packed:,} bytes for {size:,}")
        if len(data) < start + size:
            raise _short(file, member, len(data) - start, size)
        if member in places or len(places) == MAX_MEMBERS:
            raise _altered(file, f"{member} is there twice, or there are too many members")
        places[member] = (offset, start, start + size)
        offset = start + more + size
    return places, offset


def _headers(name: str, crc: int, size: int, offset: int) -> tuple[bytes, bytes]:
    raw = name.encode("ascii")
    common = (_FLAGS, _STORED, _TIME, _DATE, crc, size, size, len(raw), 0)
    local = _LOCAL.pack(START, _VERSION, *common) + raw
    made, place = _MADE_ON_UNIX | _VERSION, (0, 0, 0, _PLAIN_FILE, offset)
    return local, _CENTRAL.pack(b"PK\x01\x02", made, _VERSION, *common, *place) + raw


def _end(directory: list[bytes], offset: int) -> bytes:
    size, count = sum(map(len, directory)), len(directory)
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


def _altered(file: str, found: str) -> BundleError:
    return BundleError(
        f"{file} is not as handful wrote it.",
        found=found,
        expected="a bundle that no other program has packed or changed",
        attempt=_AGAIN,
    )


def _short(file: str, what: str, seen: int, size: int) -> BundleError:
    return BundleError(
        f"{file} is cut short.",
        found=f"{what} stops after {seen:,} of {size:,} bytes",
        expected="the whole file",
        attempt=_AGAIN,
    )


def _stranger(file: str, raw: bytes) -> BundleError:
    return BundleError(
        f"{file} holds a member that no bundle has; it was not opened.",
        found=f"{raw[:80]!r}; a pickle or a script in its place could run code",
        expected=f"{MANIFEST}, {MODEL}, {CARD} and pictures in {GOLDEN}",
        attempt="ask whoever sent it for a file that handful wrote",
    )
