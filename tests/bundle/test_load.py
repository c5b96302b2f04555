"""Reading bundles that may come from anyone."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handful
from handful.bundle.archive import CARD, MANIFEST, MODEL, pack
from handful.bundle.load import from_bytes, load
from handful.bundle.manifest import FORMAT
from handful.bundle.model import Model
from handful.errors import BundleError
from handful.system import installing
from tests.bundle.conftest import tiny_model
from tests.bundle.tampering import members, sealed, with_graph, with_manifest, with_member
from tests.bundle.test_archive import zipped

FUZZ = settings(max_examples=int(os.environ.get("FUZZ", "25")), deadline=None)


@cache
def sound() -> bytes:
    """A sound file; not a fixture, so that a failing example is printed without it."""
    return tiny_model().to_bytes()


def refused(data: bytes) -> BundleError:
    """The error that these bytes give."""
    with pytest.raises(BundleError) as caught:
        from_bytes(data, name="a.handful")
    return caught.value


def test_what_was_saved_is_loaded(model: Model, saved: Callable[[], Path]) -> None:
    """A loaded model is the saved one: the same manifest, the same bytes, the same identity."""
    loaded = handful.load(saved())
    assert loaded.manifest == model.manifest
    assert loaded.to_bytes() == model.to_bytes()
    assert loaded.identity == model.identity
    assert (loaded.classes, loaded.encoder) == (("defect", "ok", "unsure"), "tiny")


def test_a_path_without_a_bundle_is_named(tmp_path: Path) -> None:
    """A missing file, a folder and a picture each get four lines."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    for name, words in (("no.handful", "No such file"), (".", "not a file"), ("a.png", "PNG")):
        with pytest.raises(BundleError) as caught:
            load(tmp_path / name)
        assert words in caught.value.found
        assert len(str(caught.value).splitlines()) == 4


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file past the limit is refused by its size alone."""
    path = tmp_path / "huge.handful"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 3 << 30)  # sparse: takes no room on the disk
    with pytest.raises(BundleError) as caught:
        load(path)
    assert "3,221,225,472 bytes" in caught.value.found


@pytest.mark.parametrize("name", [MODEL, CARD, "golden/grey.png"])
def test_an_altered_member_is_named(data: bytes, name: str) -> None:
    """Each member's SHA-256 is checked, also where every checksum of the ZIP is right."""
    inside = members(data)
    inside[name] = inside[name][:-1] + b"?"
    assert refused(pack(inside)).found.startswith(f"{name} was altered")


@pytest.mark.parametrize("name", [MANIFEST, MODEL, CARD, "golden/grey.png"])
def test_a_missing_member_is_named(data: bytes, name: str) -> None:
    """Every member that the manifest lists must be there."""
    inside = members(data)
    del inside[name]
    assert name in refused(pack(inside)).found


def test_a_member_beyond_the_manifest_is_refused(data: bytes) -> None:
    """A picture that the manifest does not list does not ride along."""
    error = refused(pack({**members(data), "golden/ann.png": b"\x89PNG\r\n\x1a\n"}))
    assert error.found == "golden/ann.png is not in the manifest"


def test_a_newer_format_says_which_handful_is_needed(data: bytes) -> None:
    """The message of a file from the future tells what to install, whatever else is new in it."""

    def later(raw: dict[str, Any]) -> None:
        raw.update(format=FORMAT + 1, needs="3.1.0", novelty={"a": 1})

    new_manifest = with_manifest(data, later)
    new_container = zipped({**members(new_manifest), "novelty.bin": b"x"}, method=8)
    for future in (new_manifest, new_container):
        error = refused(future)
        assert error.what == "This bundle was written by a newer handful."
        assert error.found == f"format {FORMAT + 1}; this handful reads formats up to {FORMAT}"
        assert error.expected == "handful 3.1.0 or newer"
        assert error.attempt == installing.upgrade()


def test_a_pickle_is_refused_and_not_run(data: bytes, tmp_path: Path) -> None:
    """A pickle in any place gives an error that names it; its code does not run."""
    trace = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {trace}",)

    evil = pickle.dumps(Evil())
    for name in (MODEL, CARD, "golden/grey.png"):
        assert name in str(refused(with_member(data, name, evil)))
    for name in ("model.pkl", "weights.pt"):
        assert name in refused(zipped({**members(data), name: evil})).found
    assert MANIFEST in str(refused(pack({**members(data), MANIFEST: evil})))
    assert "not a bundle" in refused(evil).what
    assert not trace.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.update(classes=["ok"]), "classes"),
        (lambda m: m.update(classes=["ok", "defect", "unsure"]), "sorted"),
        (lambda m: m.update(classes=["\x1b[2J", "ok", "unsure"]), "cannot be shown"),
        (lambda m: m.update(classes=["a", "b", "c"]), "golden"),
        (lambda m: m.update(owner="ann"), "unknown key 'owner'"),
        (lambda m: m.pop("thresholds"), "lacks the key 'thresholds'"),
        (lambda m: m["recipe"].update(size=10**6), "recipe.size"),
        (lambda m: m["recipe"].update(fit="crop"), "recipe.fit"),
        (lambda m: m.update(tolerance=5.0), "tolerance"),
        (lambda m: m["thresholds"]["plausible_from"].pop(), "plausible_from"),
        (lambda m: m.update(format=0), "format"),
        (lambda m: m.update(format="1"), "format"),
        (lambda m: m["data"].update(shorter_side=[1, 2, 3]), "shorter_side"),
        (lambda m: m["golden"]["golden/grey.png"].update(probabilities=[0.9, 0.9, 0.9]), "golden"),
        (lambda m: m["golden"]["golden/grey.png"].update(label="cat"), "golden"),
        (lambda m: m["encoder"].update(dimension=13), "head"),
        (lambda m: m["recipe"].update(size=64), "its ends are"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    data: bytes, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    """A well-formed manifest with wrong content is refused by the key that is wrong."""
    assert words in refused(with_manifest(data, change)).found


def test_a_manifest_edited_by_hand_is_refused(data: bytes) -> None:
    """The manifest carries its own hash, so an edit is seen also where the text is sound."""
    inside = members(data)
    inside[MANIFEST] = inside[MANIFEST].replace(b'"licence": "Apache-2.0"', b'"licence": "MIT"')
    error = refused(pack(inside))
    assert error.what == "manifest.json is damaged or was changed."
    assert "digest" in error.found


@given(place=st.integers(0, 10**9), change=st.integers(1, 255))
@FUZZ
def test_any_altered_byte_is_refused(place: int, change: int) -> None:
    """One changed byte anywhere gives a BundleError."""
    altered = bytearray(sound())
    altered[place % len(altered)] ^= change
    refused(bytes(altered))


@given(changes=st.lists(st.tuples(st.integers(0, 10**9), st.binary(max_size=8)), max_size=6))
@FUZZ
def test_a_mutated_graph_gives_a_model_or_an_error(changes: list[tuple[int, bytes]]) -> None:
    """Bytes written over the graph, hashes made good: a Model or a BundleError, nothing else."""
    graph = bytearray(members(sound())[MODEL])
    for place, content in changes:
        place %= len(graph)
        graph[place : place + len(content)] = content
    outcome(with_member(sound(), MODEL, bytes(graph)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(place=st.integers(0, 10**6), value=JSON, away=st.booleans())
@FUZZ
def test_a_mutated_manifest_gives_a_model_or_an_error(place: int, value: Any, away: bool) -> None:
    """Any value of the manifest replaced by any other, or taken out: a Model or a BundleError."""
    from handful.bundle import schema

    inside = members(sound())
    raw = schema.loads(inside[MANIFEST])
    spots = list(nodes(raw))
    parent, key = spots[place % len(spots)]
    if away:
        del parent[key]
    else:
        parent[key] = value
    try:
        manifest = sealed(raw)
    except ValueError:
        return  # this value cannot be written as JSON at all
    outcome(pack({**inside, MANIFEST: manifest}))


@given(noise=st.binary(max_size=300), place=st.integers(0, 10**9))
@FUZZ
def test_noise_is_refused(noise: bytes, place: int) -> None:
    """Noise alone, and noise put in anywhere, gives a BundleError."""
    data = sound()
    place %= len(data)
    refused(noise)
    if noise:
        refused(data[:place] + noise + data[place:])


def outcome(data: bytes) -> None:
    """A model that can be asked, or a BundleError."""
    try:
        loaded = from_bytes(data)
    except BundleError as error:
        assert len(str(error).splitlines()) == 4
        return
    assert isinstance(loaded, Model)


def nodes(value: Any) -> Any:
    """Every place in a JSON value, as parent and key."""
    spots = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(spots):
        yield value, key
        if isinstance(item, (dict, list)):
            yield from nodes(item)


def test_the_graph_of_a_stranger_is_checked(data: bytes) -> None:
    """A graph that reads a file outside is refused when the bundle is loaded, not later."""

    def outside(model: Any) -> None:
        tensor = model.graph.initializer[2]
        tensor.ClearField("raw_data")
        tensor.data_location = 1
        tensor.external_data.add(key="location", value="/etc/passwd")

    error = refused(with_graph(data, outside))
    assert error.what == "model.onnx is not to be trusted."
    assert "external_data" in error.found


def test_nothing_heavy_is_needed(saved: Callable[[], Path]) -> None:
    """Loading and asking work where scikit-learn, SciPy and PyTorch cannot be imported."""
    code = """
import sys
for name in ("sklearn", "scipy", "torch", "pandas"):
    sys.modules[name] = None
import handful
model = handful.load(sys.argv[1])
answers = model.predict([c for n, c in model.contents.items() if n.startswith("golden/")])
print(len(answers), {one.label for one in answers} <= set(model.classes))
"""
    command = [sys.executable, "-c", code, str(saved())]
    root = Path(handful.__file__).parents[1]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)
    assert shown.stdout.split() == ["8", "True"]
