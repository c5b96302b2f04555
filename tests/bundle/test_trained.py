"""Bundles of a partly trained encoder: prefix and tail in one graph, every array explained."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto, numpy_helper

from handful.bundle import archive
from handful.bundle.graph import BESIDE, WEIGHT, Trained, compose, trainable
from handful.bundle.inspect import inspect
from handful.bundle.load import load
from handful.bundle.verify import verify
from handful.heads.linear import LinearHead
from handful.targets.one_of_k import softmax
from tests.bundle.conftest import TinyEncoder, tiny_model, tiny_trained

FORMS = pytest.mark.parametrize("trained", [tiny_trained(beside=False), tiny_trained()])


def test_what_comes_behind_a_map_can_be_trained() -> None:
    """Weights of convolutions behind the map, and no constants of other operators."""
    graph = TinyEncoder().graph()
    assert trainable(graph, "b") == ("conv2.weight", "conv2.bias")
    assert len(trainable(graph, "scaled")) == 4
    assert trainable(graph, "nowhere") == ()


def test_beside_the_encoder_both_answer() -> None:
    """The graph adds the logits of the two heads, each for a vector of its own."""
    pictures = np.random.RandomState(3).randint(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    random = np.random.RandomState(5)
    weight, bias = random.normal(0, 0.2, (12, 3)).astype(np.float32), np.zeros(3, np.float32)
    encoder, trained = TinyEncoder().graph(), tiny_trained()
    assert trained.weight is not None

    def answers(weight: np.ndarray, trained: Trained | None) -> np.ndarray:
        head = LinearHead(weight, bias, ("a", "b", "c"))
        model = compose(encoder, head, size=32, trained=trained)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        said: np.ndarray = session.run(None, {"input": pictures})[0]
        return said

    frozen = np.log(answers(weight, None))
    deep = np.log(answers(trained.weight, Trained(trained.after, trained.arrays)))
    assert np.abs(answers(weight, trained) - softmax(frozen + deep)).max() < 1e-6


@FORMS
def test_a_trained_bundle_is_saved_loaded_verified_and_clean(
    trained: Trained, tmp_path: Path
) -> None:
    """The whole way, and the later formats say what they are."""
    path = tiny_model(trained=trained).save(tmp_path / "m.handful")
    model = load(path)
    assert model.manifest.format == (3 if trained.beside else 2)
    assert model.manifest.deep is not None
    assert "trained on the data after b" in model.card
    assert ("beside the frozen one" in model.card) == trained.beside
    assert verify(path).ok
    found = inspect(path, encoder=TinyEncoder())
    assert (found.ok, found.faults) == (True, ())


def test_a_frozen_bundle_keeps_the_first_format() -> None:
    """What an earlier handful can read, it may read."""
    model = tiny_model()
    assert model.manifest.format == 1
    assert b'"deep"' not in model.manifest.to_bytes()


def faults(trained: Trained, name: str, value: np.ndarray, folder: Path) -> tuple[str, ...]:
    """What inspection finds in a bundle of whose graph one array was replaced."""
    model = tiny_model(trained=trained)
    graph = ModelProto.FromString(model.contents[archive.MODEL])
    (array,) = (one for one in graph.graph.initializer if one.name == name)
    array.CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))
    contents = dict(model.contents) | {archive.MODEL: graph.SerializeToString(deterministic=True)}
    model = type(model)(model.manifest.sealed(contents), contents, predictor=model.predictor)
    return inspect(model.save(folder / "m.handful"), encoder=TinyEncoder()).faults


@FORMS
def test_an_array_before_the_cut_is_not_explained(trained: Trained, tmp_path: Path) -> None:
    """Inspection finds a change in the part that is said to be frozen."""
    found = faults(trained, "conv1.bias", np.ones(4), tmp_path)
    assert any("'conv1.bias' (4) differs from the encoder's" in fault for fault in found)


def test_beside_a_trained_part_the_pretrained_one_is_still_the_encoders(tmp_path: Path) -> None:
    """What may differ is named `trained.`; the original behind the cut may not."""
    found = faults(tiny_trained(), "conv2.bias", np.ones(6), tmp_path)
    assert any("'conv2.bias' (6) differs from the encoder's" in fault for fault in found)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (BESIDE + "conv2.bias", "is neither the encoder's nor the head's."),
        (BESIDE + WEIGHT, "differs from the encoder's."),
    ],
)
def test_a_trained_array_of_another_shape_is_not_explained(
    name: str, fault: str, tmp_path: Path
) -> None:
    """As many numbers as the encoder has there, and no more room for anything: it is named."""
    found = faults(tiny_trained(), name, np.ones((12, 4)), tmp_path)
    assert f"The array {name!r} (12 × 4) {fault}" in found
