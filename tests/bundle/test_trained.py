"""Bundles of a partly trained encoder: prefix and tail in one graph, every array explained."""

from pathlib import Path

import numpy as np
from onnx import ModelProto, numpy_helper

from handful.bundle import archive
from handful.bundle.graph import trainable
from handful.bundle.inspect import inspect
from handful.bundle.load import load
from handful.bundle.verify import verify
from tests.bundle.conftest import TinyEncoder, tiny_model, tiny_trained


def test_what_comes_behind_a_map_can_be_trained() -> None:
    """Weights of convolutions behind the map, and no constants of other operators."""
    graph = TinyEncoder().graph()
    assert trainable(graph, "b") == ("conv2.weight", "conv2.bias")
    assert len(trainable(graph, "scaled")) == 4
    assert trainable(graph, "nowhere") == ()


def test_a_trained_bundle_is_saved_loaded_verified_and_clean(tmp_path: Path) -> None:
    """The whole way, and the second format says what it is."""
    path = tiny_model(trained=tiny_trained()).save(tmp_path / "m.handful")
    model = load(path)
    assert model.manifest.format == 2
    assert model.manifest.deep is not None
    assert "trained on the data after b" in model.card
    assert verify(path).ok
    found = inspect(path, encoder=TinyEncoder())
    assert (found.ok, found.faults) == (True, ())


def test_a_frozen_bundle_keeps_the_first_format() -> None:
    """What an earlier handful can read, it may read."""
    model = tiny_model()
    assert model.manifest.format == 1
    assert b'"deep"' not in model.manifest.to_bytes()


def test_an_array_before_the_cut_is_not_explained(tmp_path: Path) -> None:
    """Inspection finds a change in the part that is said to be frozen."""
    model = tiny_model(trained=tiny_trained())
    graph = ModelProto.FromString(model.contents[archive.MODEL])
    for array in graph.graph.initializer:
        if array.name == "conv1.bias":
            array.CopyFrom(numpy_helper.from_array(np.ones(4, np.float32), array.name))
    contents = dict(model.contents) | {archive.MODEL: graph.SerializeToString(deterministic=True)}
    model = type(model)(model.manifest.sealed(contents), contents, predictor=model.predictor)
    path = model.save(tmp_path / "m.handful")
    faults = inspect(path, encoder=TinyEncoder()).faults
    assert any("'conv1.bias' (4) differs from the encoder's" in fault for fault in faults)
