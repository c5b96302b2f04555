"""Read a bundle that may come from anyone. Nothing in it is run, unpickled or written to disk.

In this order: the container, byte by byte (`archive`); the manifest, key by key (`manifest`); the
hash of every member; the graph, operator by operator (`graph`). Only then is there a Model.
"""

from __future__ import annotations

import re
from pathlib import Path

from handful.bundle import archive, graph, manifest
from handful.bundle.manifest import Manifest, Member
from handful.bundle.model import Model
from handful.bundle.predict import Predictor
from handful.errors import BundleError

_PICTURES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "bmp": b"BM"}


def load(path: str | Path) -> Model:
    """The model in a `.handful` file, after every byte of it was checked.

    A hash says that the file is as it was written, not who wrote it: `handful verify` and
    `handful inspect` say more.

    Args:
        path: of a file that `handful train` or `Model.save` wrote, by this or any earlier version.
    Raises:
        BundleError: there is no such file; or it is cut short, altered, hostile, or from a newer
            version. The message names the member.
    """
    return from_bytes(read_file(path), name=Path(path).name)


def from_bytes(data: bytes, *, name: str = "the bundle") -> Model:
    """The model in the bytes of a `.handful` file; see `load`."""
    try:
        contents = archive.unpack(data, name=name)
        found = manifest_of(contents, name=name)
        _check_members(found, contents, name)
        _check_graph(found, contents[archive.MODEL])
    except BundleError as fault:
        later = manifest.newer(
            archive.salvage(data, only=archive.MANIFEST).get(archive.MANIFEST, b"")
        )
        if later is not None:
            raise later from fault
        raise
    predictor = Predictor(
        contents[archive.MODEL],
        recipe=found.recipe,
        classes=found.classes,
        thresholds=found.thresholds,
        data=found.data,
        novelty=found.novelty,
    )
    rest = {name: content for name, content in contents.items() if name != archive.MANIFEST}
    return Model(found, rest, predictor=predictor)


def read_file(path: str | Path) -> bytes:
    """The bytes of a file that is not larger than a bundle may be."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_file() and size <= archive.MAX_BYTES:
            return path.read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    raise _unreadable(path, f"{size:,} bytes" if path.is_file() else "not a file")


def manifest_of(contents: dict[str, bytes], *, name: str) -> Manifest:
    """The manifest among the members of a bundle."""
    data = contents.get(archive.MANIFEST, b"")
    if not data or len(data) > archive.MAX_MANIFEST_BYTES:
        raise _wrong(name, f"manifest.json has {len(data):,} bytes", "one, of a sound size")
    return manifest.read(data)


def _check_members(found: Manifest, contents: dict[str, bytes], name: str) -> None:
    """The members are those that the manifest lists, and each is what it was."""
    listed = [archive.MANIFEST, *found.members]
    if missing := sorted({*listed, archive.MODEL, archive.CARD} - set(contents)):
        raise _wrong(name, f"{missing[0][:80]} is missing", "every file that the manifest lists")
    if strangers := sorted(set(contents) - set(listed)):
        raise _wrong(name, f"{strangers[0]} is not in the manifest", "no other files")
    for member, entry in found.members.items():
        if Member.of(contents[member]) != entry:
            raise _wrong(name, f"{member} was altered: its SHA-256 is another", entry.sha256[:80])
    for member in found.golden:
        if not contents[member].startswith(_PICTURES.get(member.rpartition(".")[2], b"-")):
            raise _wrong(name, f"{member} is not a picture", "a synthetic picture")
    try:
        card = contents[archive.CARD].decode()
    except UnicodeDecodeError as error:
        raise _wrong(name, f"card.md is not text ({error.reason})", "Markdown") from error
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", card):
        raise _wrong(name, "card.md holds control characters", "Markdown")


def _check_graph(found: Manifest, data: bytes) -> None:
    classes = len(found.classes)
    novelty = found.novelty is not None
    model = graph.parse(data, size=found.recipe.size, num_classes=classes, novelty=novelty)
    arrays = graph.head_arrays(model)
    shapes = [array.shape for array in arrays or ()]
    if shapes != [(found.encoder.dimension, classes), (classes,)]:
        raise graph.refusal(f"its head has the shapes {shapes}", "one number per feature and class")


def _unreadable(path: Path, why: str) -> BundleError:
    return BundleError(
        f"{path.name or path} cannot be read.",
        found=f"{path} ({why})",
        expected="a file that `handful train` or `Model.save` wrote",
        attempt="check the path; such files end in .handful",
    )


def _wrong(name: str, found: str, expected: str) -> BundleError:
    return BundleError(
        f"{name} is damaged or was changed.",
        found=found,
        expected=expected,
        attempt="copy or download the file again, or save the model anew",
    )
