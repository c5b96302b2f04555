"""Sessions run where they can, and refuse in plain words."""

import numpy as np
import onnxruntime
import pytest

from handful.encoders import efficientnet_lite
from handful.encoders.runtime import CPU_PROVIDER, Session, batch_size
from handful.errors import EncoderError
from handful.system.machine import num_cores


class Recorded:
    """Stands in for ONNX Runtime's session and keeps what it was asked for."""

    asked: tuple[int, list[str]]

    def __init__(
        self, graph: bytes, options: onnxruntime.SessionOptions, providers: list[str]
    ) -> None:
        Recorded.asked = (options.intra_op_num_threads, providers)

    def get_providers(self) -> list[str]:
        """As asked."""
        return Recorded.asked[1]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> type[Recorded]:
    """No session is opened; a machine with a GPU is played."""
    available = ["TensorrtExecutionProvider", "CUDAExecutionProvider", CPU_PROVIDER]
    monkeypatch.setattr(onnxruntime, "InferenceSession", Recorded)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    return Recorded


def test_graph_that_is_none_is_an_encoder_error() -> None:
    """Bytes that are no graph are refused in four lines."""
    with pytest.raises(EncoderError) as caught:
        Session(b"no graph")
    assert 4 == len(str(caught.value).splitlines())


def test_real_session_runs_on_this_machine(weights: dict[str, np.ndarray]) -> None:
    """Without a GPU the device is the CPU, and the output asked for comes back."""
    session = Session(efficientnet_lite.build(weights, size=32).SerializeToString())
    assert "cpu" == session.device
    (vector,) = session.run(np.zeros((1, 32, 32, 3), np.uint8), "vector")
    assert (1, 7824) == vector.shape


def test_gpu_is_taken_where_there_is_one(recorded: type[Recorded]) -> None:
    """A known GPU provider comes first, the CPU stays behind it; what is not known is left out."""
    assert "cuda" == Session(b"").device
    assert (num_cores(), ["CUDAExecutionProvider", CPU_PROVIDER]) == recorded.asked


def test_gpu_and_threads_can_be_declined(recorded: type[Recorded]) -> None:
    """With gpu=False and threads=1 one core of the CPU is used."""
    assert "cpu" == Session(b"", gpu=False, threads=1).device
    assert (1, [CPU_PROVIDER]) == recorded.asked


@pytest.mark.parametrize(("size", "expected"), [(224, 2), (96, 10), (32, 64), (1000, 1)])
def test_batches_hold_about_as_many_pixels(size: int, expected: int) -> None:
    """Two pictures of 224 pixels, more of smaller ones, never fewer than one or more than 64."""
    assert expected == batch_size(size)
