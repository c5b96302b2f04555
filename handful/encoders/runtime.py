"""Runs an ONNX graph: on every core that the process may use, or on a GPU where there is one.

What the graph computes is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from handful.errors import EncoderError
from handful.system.machine import num_cores

# In the order of preference; each is used only where the installed ONNX Runtime was built with it.
GPU_PROVIDERS = {
    "CUDAExecutionProvider": "cuda",
    "MIGraphXExecutionProvider": "migraphx",
    "ROCMExecutionProvider": "rocm",
    "DmlExecutionProvider": "directml",
}
CPU_PROVIDER = "CPUExecutionProvider"

# Measured on one core (AVX2) at 224 px: 13.7 ms a picture in batches of 1 or 2, 15.9 from 8 up,
# where activations no longer fit the cache; at 32 px: 1.1 ms alone, 0.47 in batches of 64 or more.
BATCH_PIXELS = 2 * 224 * 224
MAX_BATCH = 64


def batch_size(size: int) -> int:
    """Pictures of `size` by `size` pixels that one core best takes at a time."""
    return max(1, min(MAX_BATCH, BATCH_PIXELS // size**2))


def device() -> str:
    """Where graphs run here: "cpu", or the kind of GPU that ONNX Runtime was built for."""
    import onnxruntime

    available = onnxruntime.get_available_providers()
    return next((kind for name, kind in GPU_PROVIDERS.items() if name in available), "cpu")


@final
class Session:
    """A graph made ready to run. Thread-safe.

    Args:
        graph: a serialized ONNX model.
        threads: of the CPU; None: every core that the process may use.
        gpu: use one where there is one.
    Raises:
        EncoderError: ONNX Runtime refuses the graph.
    """

    def __init__(self, graph: bytes, *, threads: int | None = None, gpu: bool = True) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or num_cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors are raised; its warnings are not for users
        options.use_deterministic_compute = True
        # Threads that wait hand their core to decoding instead of spinning on it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = [CPU_PROVIDER]
        if gpu:
            available = onnxruntime.get_available_providers()
            providers = [*(name for name in GPU_PROVIDERS if name in available), CPU_PROVIDER]
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=providers)
        except Exception as error:  # its own exception classes share no other root
            raise EncoderError(
                "ONNX Runtime cannot run the encoder.",
                found=str(error).strip().splitlines()[0][:200],
                expected="a graph that this version of onnxruntime reads",
                attempt="pip install --upgrade onnxruntime",
            ) from error

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda", ..."""
        return GPU_PROVIDERS.get(self._session.get_providers()[0], "cpu")

    def run(self, batch: np.ndarray | Mapping[str, np.ndarray], *outputs: str) -> list[np.ndarray]:
        """The named outputs, or all, for a batch at `input`, or at the inputs that are named."""
        inputs = {"input": batch} if isinstance(batch, np.ndarray) else dict(batch)
        return list(self._session.run(list(outputs) or None, inputs))
