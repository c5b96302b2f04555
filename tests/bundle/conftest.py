"""A tiny encoder in the form of the real ones, a head, and a model made of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handful.bundle.build import build
from handful.bundle.graph import Trained
from handful.bundle.manifest import DataFacts, NoveltyFacts
from handful.bundle.model import Model
from handful.encoders.encoder import Block
from handful.estimate.figure import Blocked, Caveats, ClassFigures, Estimate, Figure
from handful.heads.conformal import Thresholds
from handful.heads.linear import LinearHead
from handful.heads.novelty import Distance
from handful.modalities.image.decode import Picture
from handful.modalities.image.levels import Levels
from handful.modalities.image.prepare import prepare_picture
from handful.modalities.image.recipe import Recipe
from handful.system.machine import Conditions


class TinyEncoder:
    """Two convolutions with fixed weights: mean and maximum of six maps, twelve numbers."""

    name = "tiny"
    identity = "0123456789abcdef" * 4
    recipe = Recipe(size=32)
    dimension = 12
    blocks: Sequence[Block] = (Block("maps", 0, 12),)

    def prepare(self, content: Picture) -> np.ndarray:
        """As the recipe says."""
        return prepare_picture(content, self.recipe)

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """By a session of its own: the second route that bundles are compared with."""
        import onnxruntime

        session = onnxruntime.InferenceSession(self.graph().SerializeToString())
        return np.asarray(session.run(["vector"], {"input": batch})[0])

    def graph(self):  # type: ignore[no-untyped-def]
        """The graph, as an encoder gives it."""
        from onnx import TensorProto, helper, numpy_helper

        random = np.random.RandomState(7)
        arrays = {
            "grey": np.float32(127),
            "scale": np.float32(1 / 64),
            "conv1.weight": random.normal(0, 0.4, (4, 3, 3, 3)).astype(np.float32),
            "conv1.bias": random.normal(0, 0.1, 4).astype(np.float32),
            "conv2.weight": random.normal(0, 0.4, (6, 4, 3, 3)).astype(np.float32),
            "conv2.bias": random.normal(0, 0.1, 6).astype(np.float32),
        }
        node = helper.make_node
        nodes = [
            node("Transpose", ["input"], ["planes"], "planes", perm=[0, 3, 1, 2]),
            node("Cast", ["planes"], ["numbers"], "numbers", to=TensorProto.FLOAT),
            node("Sub", ["numbers", "grey"], ["centred"], "centred"),
            node("Mul", ["centred", "scale"], ["scaled"], "scaled"),
            node("Conv", ["scaled", "conv1.weight", "conv1.bias"], ["a"], "a", strides=[2, 2]),
            node("Relu", ["a"], ["b"], "b"),
            node("Conv", ["b", "conv2.weight", "conv2.bias"], ["c"], "c", strides=[2, 2]),
            node("GlobalAveragePool", ["c"], ["mean"], "mean"),
            node("GlobalMaxPool", ["c"], ["max"], "max"),
            node("Concat", ["mean", "max"], ["joined"], "joined", axis=1),
            node("Flatten", ["joined"], ["vector"], "vector", axis=1),
        ]
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("input", TensorProto.UINT8, ["n", 32, 32, 3])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", 12])],
            [numpy_helper.from_array(np.asarray(value), name) for name, value in arrays.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def tiny_trained(*, beside: bool = True) -> Trained:
    """Other numbers behind the first convolution, beside the encoder's or in their places."""
    random = np.random.RandomState(23)
    weight = np.random.RandomState(29).normal(0, 0.2, (12, 3)).astype(np.float32)
    return Trained(
        "b",
        {
            "conv2.weight": random.normal(0, 0.4, (6, 4, 3, 3)).astype(np.float32),
            "conv2.bias": random.normal(0, 0.1, 6).astype(np.float32),
        },
        weight if beside else None,
    )


def tiny_novelty(limit: float = 1.5, **facts: object) -> tuple[Distance, NoveltyFacts]:
    """A distance over the tiny encoder's one stage, that some golden pictures pass."""
    random = np.random.RandomState(31)
    distance = Distance(
        random.normal(0, 0.3, 12).astype(np.float32),
        random.uniform(0.5, 2, 12).astype(np.float32),
        np.array([1.25], np.float32),
        0.5,
        (slice(0, 12),),
    )
    return distance, NoveltyFacts(limit, 100, 0.01, **facts)


def figure(value: float) -> Figure:
    """A figure as estimates hold it."""
    return Figure(value, value - 0.05, value + 0.05, 0.95, 120, "leave-group-out, 120 units")


def estimate(classes: Sequence[str]) -> Estimate:
    """An estimate with figures for every class."""
    return Estimate(
        n=120,
        method="leave-group-out",
        accuracy=figure(0.8),
        balanced_accuracy=figure(0.79),
        log_loss=figure(0.4),
        brier=figure(0.2),
        calibration_error=figure(0.06),
        auroc=figure(0.9),
        positive=classes[0],
        per_class={name: ClassFigures(60, figure(0.8), figure(0.7)) for name in classes},
    )


def tiny_caveats(classes: Sequence[str] = ("defect", "ok", "unsure")) -> Caveats:
    """Neighbours that help each other, and a copy across the split."""
    blocked = Blocked("file names", 12, 10, estimate(classes), 0.85, 0.05, leads=True)
    return Caveats(blocked, ("1 test item is a copy of learned ones: left out of the test.",))


def tiny_model(
    classes: Sequence[str] = ("defect", "ok", "unsure"),
    *,
    levels: tuple[Levels, ...] = (),
    **changes: object,
) -> Model:
    """A small model that gives every class now and then."""
    encoder = TinyEncoder()
    encoder.recipe = replace(encoder.recipe, levels=levels)
    random = np.random.RandomState(11)
    weight = random.normal(0, 0.3, (12, len(classes))).astype(np.float32)
    bias = random.normal(0, 0.1, len(classes)).astype(np.float32)
    parts = {
        "estimate": estimate(classes),
        "thresholds": Thresholds(0.95, (0.12,) * len(classes)),
        "data": DataFacts("ab" * 32, 120, dict.fromkeys(classes, 40), 100, (64, 4000), "some"),
        "conditions": Conditions(2, 8.0, "A processor", "Linux x86_64", "3.11.7", {"numpy": "2.0"}),
        "licence": "Apache-2.0",
    }
    return build(encoder, LinearHead(weight, bias, tuple(classes)), **{**parts, **changes})


@pytest.fixture(scope="session")
def encoder() -> TinyEncoder:
    """The encoder that `model` was made with."""
    return TinyEncoder()


@pytest.fixture(scope="session")
def model() -> Model:
    """A small model of three classes."""
    return tiny_model()


@pytest.fixture(scope="session")
def data(model: Model) -> bytes:
    """The bytes of its file."""
    return model.to_bytes()


@pytest.fixture
def saved(data: bytes, tmp_path: Path) -> Callable[[bytes | None], Path]:
    """Writes bytes (by default the sound file's) to a bundle and gives its path."""

    def save(content: bytes | None = None) -> Path:
        path = tmp_path / "model.handful"
        path.write_bytes(data if content is None else content)
        return path

    return save
