"""Bundles changed on purpose, with every hash made good again: only the meaning is wrong."""

import hashlib
from collections.abc import Callable
from typing import Any

from handful.bundle import schema
from handful.bundle.archive import MANIFEST, MODEL, pack, unpack


def members(data: bytes) -> dict[str, bytes]:
    """The members of a sound file."""
    return unpack(data, name="sound")


def with_manifest(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with its manifest changed and sealed anew."""
    inside = members(data)
    raw = schema.loads(inside[MANIFEST])
    change(raw)
    return pack({**inside, MANIFEST: sealed(raw)})


def with_member(data: bytes, name: str, content: bytes | None) -> bytes:
    """The file with one member replaced, added, or (None) taken out; the manifest fits."""
    inside = members(data)
    raw = schema.loads(inside[MANIFEST])
    inside.pop(name, None)
    raw["members"].pop(name, None)
    if content is not None:
        inside[name] = content
        entry = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        raw["members"][name] = entry
    return pack({**inside, MANIFEST: sealed(raw)})


def with_graph(data: bytes, change: Callable[[Any], object]) -> bytes:
    """The file with its graph changed; the manifest fits."""
    from onnx import ModelProto

    model = ModelProto.FromString(members(data)[MODEL])
    change(model)
    return with_member(data, MODEL, model.SerializeToString(deterministic=True))


def sealed(raw: dict[str, Any]) -> bytes:
    """The text of a manifest whose digest fits."""
    blank = schema.dumps({**raw, "digest": ""})
    return schema.dumps({**raw, "digest": hashlib.sha256(blank).hexdigest()})
