"""Everything in a bundle, listed; and a fault for everything that a model does not need.

The rule is not to look for what leaks look like, but to explain every byte. The container has one
spelling (`archive`), the manifest one schema, the card is written anew and compared, the golden
pictures are drawn anew and compared, the graph is composed anew from the encoder that is installed
here and compared. What remains are the head's numbers, one per feature and class, a mean and a
scale per feature, the weights of a part that was trained (as many as the encoder has there) and of
its head, and the short texts of the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handful.bundle import archive, graph, manifest, schema
from handful.bundle.archive import CARD, GOLDEN, MANIFEST, MODEL
from handful.bundle.card import VERSION, card
from handful.bundle.listing import Array, Text, leaves, unexplained
from handful.bundle.load import from_bytes, read_file
from handful.bundle.manifest import Manifest
from handful.encoders import registry
from handful.encoders.encoder import Encoder
from handful.errors import BundleError, EncoderError, SettingError
from handful.modalities.image.golden import golden_files
from handful.system.machine import RECORDED_PACKAGES

if TYPE_CHECKING:
    from rich.console import RenderableType

LONGEST_TEXT = 200  # characters, of a text in the manifest that is not a class name
# A drive, a home folder, a place from the root, three names in a row, a file of data, an address.
_PRIVATE = re.compile(
    r"""(?:^|[\s"'(=:,])(?:~|\.{1,2})?[/\\]\w | \b[A-Za-z]:[/\\] | \w[/\\][^\s/\\]+[/\\]\w
    | \w\.(?:png|jpe?g|tiff?|webp|bmp|gif|dcm|csv|tsv|parquet|xlsx?|sqlite|npy|txt|json)\b
    | \w@\w+\.\w""",
    re.VERBOSE | re.IGNORECASE,
)
_HEX = re.compile(r"[0-9a-f]{32,128}")


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that is in a file.

    Args:
        ok: everything in it is explained; nothing of the user's data but the class names is inside.
        arrays, strings: every one, in the order of the file.
        faults: what is not explained, a sentence each.
    """

    ok: bool
    arrays: tuple[Array, ...]
    strings: tuple[Text, ...]
    faults: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)

    def summary(self, *, full: bool = True) -> RenderableType:
        """For a person: the verdict, the faults, and with `full` the two lists."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text as Line

        word, style = ("clean", "bold green") if self.ok else ("not clean", "bold red")
        numbers = f": {len(self.arrays):,} arrays and {len(self.strings):,} strings, "
        verdict = (
            "each of them explained"
            if self.ok
            else f"{len(self.faults)} fault{'s' * (len(self.faults) != 1)}"
        )
        lines = [Line.assemble((word, style), numbers, verdict)]
        lines += [Line(f"  {_shown(fault)}") for fault in self.faults]
        if not full:
            return Group(*lines)
        arrays = Table("array", "shape", "type", "bytes", box=None, pad_edge=False)
        for one in self.arrays:
            shape = " × ".join(map(str, one.shape))
            arrays.add_row(Line(_shown(one.name)), shape, one.dtype, f"{one.bytes:,}")
        places: dict[str, list[str]] = {}
        for text in self.strings:
            places.setdefault(text.text, []).append(text.where)
        strings = Table("string", "where", box=None, pad_edge=False)
        for string, where in places.items():
            more = f" and {len(where) - 1:,} more" if len(where) > 1 else ""
            strings.add_row(Line(_shown(string)), Line(_shown(where[0]) + more))
        return Group(*lines, Line(), arrays, Line(), strings)


def _shown(text: str) -> str:
    """Text from a stranger's file for a terminal: what is not printable is spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def inspect(path: str | Path, *, encoder: Encoder | None = None) -> Inspection:
    """List every array and string in a bundle, and find what does not belong there.

    Also a file that `load` refuses is taken apart as far as it goes.

    Args:
        path: of the bundle.
        encoder: that the bundle was made with; by default the installed one of its name. Without
            it the encoder's arrays cannot be explained, and that is a fault.
    Raises:
        BundleError: there is no such file, or it is no bundle at all.
    """
    data = read_file(path)
    listing = _Listing()
    try:
        from_bytes(data)
    except BundleError as fault:
        listing.faults.append(f"It does not load: {fault.what} {fault.found}".strip())
    try:
        contents = archive.unpack(data, name=Path(path).name)
    except BundleError:
        contents = archive.salvage(data)
        if not contents and not data.startswith(archive.START):
            raise
    listing.strings += [Text("member", name) for name in contents]
    found = _inspect_manifest(contents.get(MANIFEST, b""), listing)
    for name, content in contents.items():
        if name == MODEL:
            _inspect_graph(content, found, encoder, listing)
        elif name == CARD:
            _inspect_card(content, found, listing)
        elif name.startswith(GOLDEN):
            _inspect_golden(name, content, listing)
        elif name != MANIFEST:
            listing.faults.append(f"{name} does not belong in a bundle ({len(content):,} bytes).")
    faults = tuple(dict.fromkeys(listing.faults))
    return Inspection(not faults, tuple(listing.arrays), tuple(listing.strings), faults)


@dataclass(slots=True)
class _Listing:
    """What was seen so far."""

    arrays: list[Array] = field(default_factory=list)
    strings: list[Text] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _inspect_manifest(data: bytes, listing: _Listing) -> Manifest | None:
    """List its strings and explain each. None where it is no manifest: `load` has said why."""
    try:
        raw = schema.loads(data)
    except schema.SchemaFault:
        listing.strings.append(Text(MANIFEST, data[:1000].decode("utf-8", "replace")))
        return None
    texts = list(_texts(raw))
    listing.strings += [Text(f"{MANIFEST} {where}", text) for where, text in texts]
    try:
        found = manifest.read(data)
    except BundleError:
        return None
    explained = {*found.classes, *found.golden, *found.members}
    for where, text in texts:
        if text in explained or _HEX.fullmatch(text):
            continue
        if len(text) > LONGEST_TEXT or _PRIVATE.search(text):
            listing.faults.append(
                f"{MANIFEST} {where} holds a path, an address or a long text: {text[:80]!r}."
            )
    keys = {
        "data.per_class": set(found.data.per_class) - {*found.classes},
        "estimate.per_class": set(found.estimate.per_class) - {*found.classes},
        "test.per_class": set(found.test.per_class if found.test else ()) - {*found.classes},
        "caveats.blocked.estimate.per_class": set(_per_class_of_blocked(found)) - {*found.classes},
        "conditions.versions": set(found.conditions.versions) - {*RECORDED_PACKAGES},
    }
    for where, strangers in keys.items():
        listing.faults += [
            f"{MANIFEST} {where} has a strange key {one[:80]!r}." for one in strangers
        ]
    return found


def _per_class_of_blocked(found: Manifest) -> tuple[str, ...]:
    caveats = found.caveats
    return tuple(caveats.blocked.estimate.per_class) if caveats and caveats.blocked else ()


def _texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a JSON value and where it stands; keys are part of the place."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts(item, f"{where}[{place}]")


def _inspect_card(content: bytes, found: Manifest | None, listing: _Listing) -> None:
    text = content.decode("utf-8", "replace")
    lines = enumerate(text.splitlines(), 1)
    listing.strings += [Text(f"{CARD} line {number}", line) for number, line in lines if line]
    if found is None:
        return
    if found.card == VERSION and content != card(found).encode():
        listing.faults.append(f"{CARD} has words that the manifest does not account for.")
    elif found.card != VERSION and _PRIVATE.search(text):
        listing.faults.append(f"{CARD} holds something like a path or an address.")


def _inspect_golden(name: str, content: bytes, listing: _Listing) -> None:
    from handful.modalities.failure import DecodeFailure
    from handful.modalities.image.decode import decode

    try:
        shape = decode(content).pixels.shape
    except DecodeFailure:
        shape = ()
    listing.arrays.append(Array(name, shape, "uint8", len(content)))
    if golden_files().get(name) != content:
        listing.faults.append(f"{name} is not the synthetic picture of that name.")


def _inspect_graph(
    data: bytes, found: Manifest | None, encoder: Encoder | None, listing: _Listing
) -> None:
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    try:
        if graph.structure_bytes(data) > graph.MAX_STRUCTURE_BYTES:
            raise DecodeError("too many parts")
        model = ModelProto.FromString(data)
        inside = list(leaves(model))
    except (BundleError, DecodeError, UnicodeDecodeError):
        listing.faults.append(f"{MODEL} is not a graph that can be listed.")
        return
    for leaf in inside:
        if isinstance(leaf, Array):
            listing.arrays.append(leaf)
        else:
            listing.strings.append(Text(f"{MODEL} {leaf.where}", leaf.text))
    known = ModelProto.FromString(data)
    known.DiscardUnknownFields()
    if known.SerializeToString(deterministic=True) != data:
        listing.faults.append(f"{MODEL} holds bytes that are no part of a graph.")
    if found is None:
        return
    encoder = encoder or _installed(found)
    if encoder is None or encoder.identity != found.encoder.identity:
        listing.faults.append(
            f"The encoder {found.encoder.name!r} of this bundle is not installed here (or another "
            "version of it is): its arrays cannot be compared with the originals."
        )
        return
    listing.faults += unexplained(
        model, encoder, found.classes, found.deep, novelty=found.novelty is not None
    )


def _installed(found: Manifest) -> Encoder | None:
    """The encoder of that name and input size, where its weights are installed."""
    try:
        return registry.load(found.encoder.name, size=found.recipe.size, levels=found.recipe.levels)
    except (EncoderError, SettingError):
        return None
