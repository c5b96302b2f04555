"""Everything in a bundle, listed, and every kind of leak found."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from PIL import Image
from rich.console import Console

from handful.bundle.archive import CARD, MODEL
from handful.bundle.inspect import Inspection, inspect
from handful.errors import BundleError
from tests.bundle.conftest import TinyEncoder, tiny_model
from tests.bundle.tampering import members, with_graph, with_manifest, with_member
from tests.bundle.test_archive import zipped

Saved = Callable[[bytes], Path]
SECRET = "/home/ann/scans/patient7.png"


def test_a_sound_bundle_is_clean(saved: Saved, data: bytes, encoder: TinyEncoder) -> None:
    """Every array and string of it is listed and explained."""
    seen = inspect(saved(data), encoder=encoder)
    assert seen.faults == ()
    assert seen.ok
    arrays = {one.name: one for one in seen.arrays}
    assert arrays["conv2.weight"].shape == (6, 4, 3, 3)
    assert (arrays["handful.head.weight"].shape, arrays["handful.head.weight"].bytes) == (
        (12, 3),
        144,
    )
    assert arrays["golden/colour.png"].shape == (48, 64, 3)
    texts = {one.text for one in seen.strings}
    assert {"unsure", "conv1.weight", "Apache-2.0", "# Model card", "golden/grey.png"} <= texts


def test_every_string_of_the_graph_is_listed(saved: Saved, data: bytes) -> None:
    """The list has every string that an independent walk over the graph's text form finds."""
    import re

    from google.protobuf import text_format
    from onnx import ModelProto

    text = text_format.MessageToString(ModelProto.FromString(members(data)[MODEL]))
    text = re.sub(r"(?m)^\s*raw_data: .*$", "", text)
    expected = set(re.findall(r'"([^"]*)"', text))
    listed = {one.text for one in inspect(saved(data)).strings if one.where.startswith(MODEL)}
    assert len(expected) > 40
    assert listed == expected


def test_it_speaks_to_people_and_programs(saved: Saved, data: bytes, encoder: TinyEncoder) -> None:
    """A summary for the terminal, short or full, and plain values for JSON."""
    seen = inspect(saved(data), encoder=encoder)
    assert json.loads(json.dumps(seen.to_json()))["ok"] is True
    console = Console(file=io.StringIO(), width=160)
    console.print(seen.summary(full=False))
    short = console.file.getvalue()  # type: ignore[attr-defined]
    assert short.startswith(f"clean: {len(seen.arrays)} arrays and {len(seen.strings)} strings")
    console.print(seen.summary())
    assert "handful.head.weight" in console.file.getvalue()  # type: ignore[attr-defined]


def picture(**options: Any) -> bytes:
    """A photograph, as someone might slip it in."""
    stream = io.BytesIO()
    Image.new("RGB", (48, 48), "red").save(stream, "png", **options)
    return stream.getvalue()


def exif_comment() -> bytes:
    """The golden JPEG with a comment in its EXIF."""
    from handful.modalities.image.golden import make

    exif = Image.Exif()
    exif[0x9286] = SECRET
    block = exif.tobytes()
    segment = b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block
    whole = make("large.jpg")
    return whole[:2] + segment + whole[2:]


def wider_head(model: Any) -> None:
    """A row of features appended to the head's weight."""
    tensor = model.graph.initializer[-2]
    array = numpy_helper.to_array(tensor)
    longer = np.concatenate([array, np.ones((1, 3), np.float32)])
    tensor.CopyFrom(numpy_helper.from_array(longer, tensor.name))


def thumbnail(model: Any) -> None:
    """A small photograph as one more initialiser."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    model.graph.initializer.append(numpy_helper.from_array(pixels, "thumbnail"))


def hidden_in_weights(model: Any) -> None:
    """A photograph in the low bits of an array of the encoder."""
    tensor = model.graph.initializer[2]
    raw = bytearray(tensor.raw_data)
    raw[0] ^= 1
    tensor.raw_data = bytes(raw)


def features_in_settings(model: Any) -> None:
    """A row of features as a setting of an operator that does not use it."""
    model.graph.node[5].attribute.append(helper.make_attribute("alpha", [0.25] * 12))


def unknown_field(data: bytes) -> bytes:
    """Bytes in a protobuf field that no version of ONNX has."""
    secret = SECRET.encode()
    return with_member(
        data, MODEL, members(data)[MODEL] + b"\xfa\x7f" + bytes([len(secret)]) + secret
    )


def in_text(key: str) -> Callable[[bytes], bytes]:
    """A path in a text of the manifest; the card is written anew to fit."""

    def plant(data: bytes) -> bytes:
        from handful.bundle import manifest
        from handful.bundle.archive import MANIFEST
        from handful.bundle.card import card

        def change(raw: dict[str, Any]) -> None:
            part, _, name = key.rpartition(".")
            (raw[part] if part else raw)[name] = SECRET

        planted = with_manifest(data, change)
        text = card(manifest.read(members(planted)[MANIFEST])).encode()
        return with_member(planted, CARD, text)

    return plant


# fmt: off
LEAKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "path in a doc string": (
        lambda d: with_graph(d, lambda m: setattr(m.graph.node[3], "doc_string", SECRET)),
        "graph.node[3].doc_string is not the encoder's: '/home/ann/scans/patient7.png'",
    ),
    "path as producer": (
        lambda d: with_graph(d, lambda m: setattr(m, "producer_name", SECRET)), "producer_name"
    ),
    "path in metadata": (
        lambda d: with_graph(d, lambda m: m.metadata_props.add(key="from", value=SECRET)),
        "metadata_props[0].value",
    ),
    "path as an operator's name": (
        lambda d: with_graph(d, lambda m: setattr(m.graph.node[3], "name", SECRET)),
        "graph.node[3].name",
    ),
    "path as a dimension's name": (
        lambda d: with_graph(d, lambda m: setattr(
            m.graph.input[0].type.tensor_type.shape.dim[0], "dim_param", SECRET)),
        "dim_param",
    ),
    "thumbnail as an array": (
        lambda d: with_graph(d, thumbnail), "'thumbnail' (8 × 8 × 3) is neither"
    ),
    "feature row in the head": (lambda d: with_graph(d, wider_head), "shapes [(13, 3), (3,)]"),
    "features in a setting": (lambda d: with_graph(d, features_in_settings), "'alpha'"),
    "low bits of the weights": (
        lambda d: with_graph(d, hidden_in_weights), "'conv1.weight' (4 × 3"
    ),
    "unknown protobuf field": (unknown_field, "no part of a graph"),
    "another picture as golden": (
        lambda d: with_member(d, "golden/grey.png", picture()), "golden/grey.png is not"
    ),
    "one picture more": (
        lambda d: with_member(d, "golden/ann.png", picture()), "golden/ann.png is not"
    ),
    "EXIF comment in a golden file": (
        lambda d: with_member(d, "golden/large.jpg", exif_comment()), "golden/large.jpg is not"
    ),
    "bytes after a golden file": (
        lambda d: with_member(d, "golden/grey.png", members(d)["golden/grey.png"] + b"ann"),
        "golden/grey.png is not",
    ),
    "path in the card": (
        lambda d: with_member(d, CARD, members(d)[CARD] + SECRET.encode()), "card.md has words"
    ),
    "path in a method": (
        lambda d: with_manifest(d, lambda m: m["estimate"]["accuracy"].update(
            method=f"of {SECRET}")),
        "estimate.accuracy.method holds",
    ),
    "path as processor": (in_text("conditions.processor"), "conditions.processor holds"),
    "path as licence": (in_text("encoder.licence"), "encoder.licence holds"),
    "path as fingerprint": (in_text("data.fingerprint"), "data.fingerprint holds"),
    "file name as a package": (
        lambda d: with_manifest(d, lambda m: m["conditions"]["versions"].update(
            {"IMG_7.jpg": "1"})),
        "strange key 'IMG_7.jpg'",
    ),
    "item as a class": (
        lambda d: with_manifest(d, lambda m: m["data"]["per_class"].update({"IMG_7.jpg": 1})),
        "strange key 'IMG_7.jpg'",
    ),
    "unknown key": (lambda d: with_manifest(d, lambda m: m.update(rows=[1.0])), "unknown key"),
    "one member more": (
        lambda d: zipped({**members(d), "rows.csv": b"a,b"}), "rows.csv does not belong"
    ),
    "ZIP comment": (lambda d: d[:-2] + b"\3\0ann", "foreign"),
    "bytes after the ZIP": (lambda d: d + picture(), "foreign after its end"),
    "bytes before the ZIP": (lambda d: b"#!/bin/sh\n" + d, "not a bundle"),
    "bytes between members": (
        lambda d: d.replace(b"PK\x03\x04", b"annPK\x03\x04", 2)[3:], "It does not load"
    ),
}
# fmt: on


@pytest.mark.parametrize("leak", LEAKS)
def test_each_kind_of_leak_is_found(
    leak: str, saved: Saved, data: bytes, encoder: TinyEncoder
) -> None:
    """Planted in a sound bundle, with every hash made good, it is found and named."""
    plant, words = LEAKS[leak]
    planted = plant(data)
    assert planted != data
    seen = inspect(saved(planted), encoder=encoder)
    assert not seen.ok
    assert words in "\n".join(seen.faults)


def test_class_names_may_be_anything(saved: Saved, encoder: TinyEncoder) -> None:
    """Class names are the user's, told to leave: not even one like a path is a fault."""
    odd = tiny_model(("a/b/c", "ann@home.org", "x.png"))
    assert inspect(saved(odd.to_bytes()), encoder=encoder).faults == ()


def test_without_the_encoder_nothing_is_promised(saved: Saved, data: bytes) -> None:
    """An encoder that is not installed cannot be compared with: that is a fault, and said."""
    (fault,) = inspect(saved(data)).faults
    assert "'tiny' of this bundle is not installed here" in fault


def test_a_strangers_text_does_not_steer_the_terminal(saved: Saved, data: bytes) -> None:
    """Escape sequences in a graph are spelled out in the summary."""
    evil = with_graph(data, lambda m: setattr(m, "producer_name", "\x1b[2J\x07"))
    console = Console(file=io.StringIO(), width=160)
    console.print(inspect(saved(evil)).summary())
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in shown
    assert "\\x1b[2J\\x07" in shown


def test_what_is_no_bundle_is_an_error(tmp_path: Path) -> None:
    """A file with no member in it, and a missing file, are errors."""
    (tmp_path / "a.handful").write_bytes(b"hello")
    for name in ("a.handful", "none.handful"):
        with pytest.raises(BundleError):
            inspect(tmp_path / name)


SOUND = tiny_model().to_bytes()


@given(place=st.integers(0, 10**9), change=st.integers(1, 255), hashed=st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_altered_byte_is_a_fault(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int, hashed: bool
) -> None:
    """One changed byte anywhere, be the hashes made good or not, is never clean."""
    altered = bytearray(SOUND)
    if hashed:
        graph = bytearray(members(SOUND)[MODEL])
        weights = graph.index(b"handful.head.weight")  # the head's own numbers may be any
        graph[place % weights] ^= change
        altered = bytearray(with_member(SOUND, MODEL, bytes(graph)))
    else:
        altered[place % len(altered)] ^= change
    path = tmp_path_factory.mktemp("x") / "model.handful"
    path.write_bytes(bytes(altered))
    try:
        seen: Inspection = inspect(path, encoder=TinyEncoder())
    except BundleError:
        return
    assert not seen.ok
