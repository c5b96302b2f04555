"""Does a bundle still answer as it did?"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import handful.bundle.predict
from handful.bundle.model import Model
from handful.bundle.verify import Verification, verify
from handful.errors import BundleError
from tests.bundle.tampering import with_graph, with_manifest


def shown(result: Verification) -> str:
    """What a person reads."""
    console = Console(file=io.StringIO(), width=200)
    console.print(result.summary())
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_sound_bundle_is_verified(model: Model, saved: Callable[[], Path]) -> None:
    """On the machine that saved it, every answer is the one recorded; so for a live model."""
    for asked in (saved(), model):
        result = verify(asked)
        assert result.ok
        assert result.messages == ()
        assert (result.cases, result.tolerance) == (8, 1e-4)
        assert result.max_difference <= 1e-6
    assert "verified: 8 test pictures" in shown(result)
    assert "numpy: 2.0 then" in shown(result)


def test_a_changed_network_is_seen(data: bytes, saved: Callable[[bytes], Path]) -> None:
    """One weight of one convolution moved by a tenth: the answers tell."""

    def move(model: Any) -> None:
        tensor = model.graph.initializer[2]
        array = np.frombuffer(tensor.raw_data, np.float32).copy()
        array[0] += 0.1
        tensor.raw_data = array.tobytes()

    result = verify(saved(with_graph(data, move)))
    assert not result.ok
    assert result.max_difference > result.tolerance
    assert "a probability differs by" in result.messages[0]
    assert "not as it was" in shown(result)
    json.dumps(result.to_json(), allow_nan=False)


@pytest.mark.parametrize("fault", ["channels", "turned", "scale"])
def test_a_changed_way_to_the_pixels_is_seen(
    saved: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """BGR for RGB, a picture not turned, other brightness: what users of other tools ran into."""
    right = handful.bundle.predict.prepare_picture

    def wrong(*arguments: Any) -> np.ndarray:
        pixels = right(*arguments)
        if fault == "channels":
            return pixels[:, :, ::-1]
        return pixels.transpose(1, 0, 2) if fault == "turned" else pixels // 2

    monkeypatch.setattr(handful.bundle.predict, "prepare_picture", wrong)
    result = verify(saved())
    assert not result.ok
    assert result.max_difference > 100 * result.tolerance


def test_a_changed_decision_is_seen(data: bytes, saved: Callable[[bytes], Path]) -> None:
    """From the same numbers, another label, set or abstention: the rule has changed."""

    def other(raw: dict[str, Any]) -> None:
        case = raw["golden"]["golden/grey.png"]
        case["label"] = next(name for name in raw["classes"] if name != case["label"])

    result = verify(saved(with_manifest(data, other)))
    assert result.max_difference == 0
    (message,) = result.messages
    assert "golden/grey.png: from the same numbers" in message


def test_a_bundle_that_cannot_prove_itself_is_not_verified(
    data: bytes, saved: Callable[[bytes], Path]
) -> None:
    """Without golden answers there is no proof, and that is said."""
    result = verify(saved(with_manifest(data, lambda m: m["golden"].clear())))
    assert not result.ok
    assert result.messages == ("there is no test picture in the file",)


def test_a_fault_hidden_by_certainty_is_seen(data: bytes, saved: Callable[[bytes], Path]) -> None:
    """Where every probability is 0 or 1 to many digits, their logarithms still tell."""
    from handful.bundle.verify import _log_difference

    sure, other = np.array([1 - 1e-9, 1e-9]), np.array([1 - 3e-9, 3e-9])
    assert abs(sure - other).max() < 1e-8
    assert _log_difference(sure, other) > 1


def test_a_damaged_file_is_an_error(data: bytes, saved: Callable[[bytes], Path]) -> None:
    """The hash of every member is checked before any is asked."""
    altered = bytearray(data)
    altered[len(data) // 2] ^= 1
    with pytest.raises(BundleError):
        verify(saved(bytes(altered)))
