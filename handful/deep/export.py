"""Any module of yours as an ONNX graph: it runs without PyTorch, here or elsewhere."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from handful.deep.batch import tensors
from handful.encoders.runtime import Session
from handful.errors import SettingError, StoreError
from handful.system.whole_file import write_whole

CLOSE = 1e-3  # of the largest number that a module gives: graph and module round in another order


@final
class Exported:
    """A module as a graph, ready to run by ONNX Runtime.

    Args:
        graph: a serialized ONNX model.
        inputs, outputs: their names, in the module's order.
    Raises:
        EncoderError: ONNX Runtime refuses the graph.
    """

    def __init__(self, graph: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        self.graph, self.inputs, self.outputs = graph, tuple(inputs), tuple(outputs)
        self._session = Session(graph)

    def run(self, batch: np.ndarray | Sequence[np.ndarray], *outputs: str) -> list[np.ndarray]:
        """The named outputs, or all, for a batch of any number of items.

        Args:
            batch: the input, or a tuple of them in the module's order.
            outputs: "output", or of several "output_1" and so on.
        Raises:
            SettingError: there are more or fewer arrays than the module has inputs.
        """
        arrays = (batch,) if isinstance(batch, np.ndarray) else tuple(batch)
        if len(arrays) != len(self.inputs):
            raise SettingError(
                "The graph has another number of inputs.",
                found=f"{len(arrays)} arrays",
                expected=f"{len(self.inputs)}: {', '.join(self.inputs)}",
                attempt="run((first, second), ...) for a module of two arguments",
            )
        return self._session.run(dict(zip(self.inputs, arrays, strict=True)), *outputs)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the graph as a file of ONNX, whole or not at all.

        Args:
            path: of the file.
            overwrite: whether a file that is there is replaced.
        Raises:
            StoreError: there is a file already, or the place cannot be written.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise StoreError(
                "There is a file of this name already.",
                found=str(path),
                expected="a new name",
                attempt="save(path, overwrite=True) to replace it",
            )
        try:
            write_whole(path, self.graph)
        except OSError as error:
            raise StoreError(
                "The graph cannot be written.",
                found=f"{path} ({error.strerror or error})",
                expected="a folder that can be written, on a disk with room",
                attempt="choose another place",
            ) from error
        return path


def exported(module: nn.Module, *examples: Tensor) -> Exported:
    """The module as a graph: `run(batch)`, `save("model.onnx")`.

    Exported as it answers in evaluation; the mode of its layers is left as it was. The graph is
    then asked about one item more than the examples have, and must answer as the module does: what
    depends on the data or on the number of items would be frozen into it as it was for them.

    Args:
        module: that gives a tensor, or several in a tuple, list or dict.
        examples: one for each argument of the module, items in rows, as few as one.
    Raises:
        SettingError: there is no example, an operator cannot be exported, or the graph answers
            otherwise than the module; the message says which.
        EncoderError: ONNX Runtime refuses the graph.
    """
    if not examples:
        raise SettingError(
            "A module is exported along an example.",
            found="no example",
            expected="one tensor for each argument of the module",
            attempt="exported(module, torch.zeros(1, 3, 64, 64))",
        )
    modes = {layer: layer.training for layer in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            one_more = [torch.cat([one, one[:1]]) for one in examples]
            expected = list(tensors(module(*one_more)))
        inputs = _numbered("input", len(examples))
        outputs = _numbered("output", len(expected))
        graph = Exported(_graph(module, examples, inputs, outputs), inputs, outputs)
    finally:
        for layer, mode in modes.items():
            layer.training = mode
    _check(graph, module, one_more, expected)
    return graph


def _graph(
    module: nn.Module, examples: Sequence[Tensor], inputs: list[str], outputs: list[str]
) -> bytes:
    file = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter that needs no further package is old
            torch.onnx.export(
                module,
                tuple(examples),
                file,  # type: ignore[arg-type]  # the old exporter takes a file object
                input_names=inputs,
                output_names=outputs,
                dynamic_axes={name: {0: "n"} for name in (*inputs, *outputs)},
                dynamo=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        raise _unsuited(module, " ".join(str(error).split())[:200]) from error
    return file.getvalue()


def _check(
    graph: Exported, module: nn.Module, batch: Sequence[Tensor], expected: Sequence[Tensor]
) -> None:
    """That the graph answers as the module."""
    try:
        found = graph.run([one.detach().cpu().numpy() for one in batch])
    except Exception as error:  # ONNX Runtime's own classes share no other root
        raise _unsuited(module, " ".join(str(error).split())[:200]) from error
    for name, ours, theirs in zip(graph.outputs, found, expected, strict=True):
        wanted = theirs.detach().cpu().numpy()
        most = float(np.abs(wanted).max(initial=0.0)) or 1.0
        if ours.shape != wanted.shape or not np.allclose(
            ours, wanted, rtol=0, atol=CLOSE * most, equal_nan=True
        ):
            far = "another shape" if ours.shape != wanted.shape else "other numbers"
            raise _unsuited(module, f"{name}: {far} for {len(wanted)} items than the module gives")


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}_{at + 1}" for at in range(count)]


def _unsuited(module: nn.Module, found: str) -> SettingError:
    return SettingError(
        f"{type(module).__name__} cannot be exported.",
        found=found,
        expected="operators that ONNX has, and a flow that is the same for any items",
        attempt="run it in PyTorch: `module(batch)`",
    )
