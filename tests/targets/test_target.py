"""A second kind of answer, made here alone: heads and graphs take it as they take the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from scipy.special import expit, softmax

from handful.bundle.build import build
from handful.bundle.graph import compose
from handful.errors import SettingError
from handful.heads.linear import LinearHead
from handful.targets.one_of_k import ONE_OF_K
from handful.targets.target import Target
from tests.bundle.conftest import TinyEncoder, tiny_model


@dataclass(frozen=True)
class AnyOfK:
    """Each class belongs to an item or not, whatever the others do."""

    operator: str = "Sigmoid"

    @property
    def attributes(self) -> Mapping[str, Any]:
        """None: a sigmoid works on each number alone."""
        return {}

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """The sigmoid of each number."""
        return np.asarray(expit(logits))

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Every class that is likelier than not: (n, k) booleans."""
        return np.asarray(probabilities > 0.5)

    def possible(self, probabilities: Sequence[float]) -> bool:
        """Whether each is a probability."""
        return all(0 <= p <= 1 for p in probabilities)


@pytest.mark.parametrize("target", [ONE_OF_K, AnyOfK()], ids=["one of K", "any of K"])
def test_the_graph_links_as_the_head_does(target: Target) -> None:
    """Pictures through the composed graph give what the head says of their vectors."""
    random = np.random.default_rng(3)
    encoder = TinyEncoder()
    weight = random.normal(0, 1, (12, 3)).astype(np.float32)
    bias = np.array([0.5, -1, 0], np.float32)
    head = LinearHead(weight, bias, ("a", "b", "c"), target)
    pictures = random.integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    graph = compose(encoder.graph(), head, size=32)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    (said,) = session.run(["probabilities"], {"input": pictures})
    vectors = encoder.encode(pictures)
    assert said == pytest.approx(head.probabilities(vectors), abs=1e-5)
    logits = vectors @ weight + bias
    by_scipy = softmax(logits, axis=1) if target is ONE_OF_K else expit(logits)
    assert said == pytest.approx(by_scipy, abs=1e-5)
    assert all(target.possible(row) for row in said.tolist())


def test_a_model_file_is_not_made_of_a_target_that_it_cannot_name() -> None:
    """A head with another target is refused: the file would answer as one of K."""
    known = tiny_model().manifest
    head = LinearHead(np.zeros((12, 3), np.float32), np.zeros(3, np.float32), known.classes)
    parts = {
        "estimate": known.estimate,
        "thresholds": known.thresholds,
        "data": known.data,
        "conditions": known.conditions,
    }
    assert build(TinyEncoder(), head, **parts).manifest.classes == known.classes
    with pytest.raises(SettingError) as caught:
        build(TinyEncoder(), replace(head, target=AnyOfK()), **parts)
    assert caught.value.found == "the target AnyOfK"
