"""The ONNX graph of a bundle: encoder and head joined, and what a stranger's graph is checked for.

    input (n, size, size, 3) uint8 ── encoder ── vector (n, d) ─┬─ head ── probabilities (n, k)
                                                                └─ distance ── novelty (n, 1)

The second output came with format 6 (`distance.py`). Where part of the encoder was trained, the
trained part stands beside the pretrained one, behind the same map, with a head of its own; the
logits of the two are added (format 2: in its place).

A graph can only compute: operators are on a list, loops and branches and files outside are not,
and every array between two operators has a known size. So reading one costs a bounded amount of
memory, and running one too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from handful.bundle.distance import NOVELTY, add_distance
from handful.errors import BundleError
from handful.heads.linear import LinearHead
from handful.heads.novelty import Distance

if TYPE_CHECKING:
    import onnx

INPUT, VECTOR, OUTPUT = "input", "vector", "probabilities"
WEIGHT, BIAS = "handful.head.weight", "handful.head.bias"
PRODUCT, SUM, LOGITS = "handful.head.product", "handful.head.sum", "handful.head.logits"
BESIDE = "trained."  # stands before the names of what was trained beside the encoder's own
NAME = "handful"

MAX_STRUCTURE_BYTES = 2 << 20  # all of the file but weights; EfficientNet-Lite0 has 30 thousand
MAX_PARTS = 20_000  # operators, arrays, ends; EfficientNet-Lite0 has 250
MAX_ELEMENTS = 1 << 24  # in one array per picture; EfficientNet-Lite0 has 1.2 million
# fmt: off
OPERATORS = frozenset((
    "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Conv", "Div",
    "Flatten", "Gather", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid",
    "HardSwish", "Identity", "LayerNormalization", "Log", "MatMul", "Max", "MaxPool", "Min", "Mul",
    "Neg", "Pad", "Pow", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceSum",
    "ReduceSumSquare", "Relu", "Reshape", "Sigmoid", "Slice", "Softmax", "Sqrt", "Squeeze",
    "Sub", "Tanh", "Transpose", "Unsqueeze",
))
# fmt: on
# The only fields that a graph of ours fills; a further one would be a place for something else.
_FIELDS = {
    "ModelProto": {"ir_version", "opset_import", "graph"},
    "GraphProto": {"name", "node", "initializer", "input", "output"},
    "NodeProto": {"name", "op_type", "input", "output", "attribute"},
    "AttributeProto": {"name", "type", "f", "i", "s", "floats", "ints"},
    "TensorProto": {"name", "dims", "data_type", "raw_data"},
    "OperatorSetIdProto": {"domain", "version"},
    "ValueInfoProto": {"name", "type"},
    "TypeProto": {"tensor_type"},
    "Tensor": {"elem_type", "shape"},
    "TensorShapeProto": {"dim"},
    "Dimension": {"dim_value", "dim_param"},
}


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What was trained of the encoder itself.

    Args:
        after: the name of the map behind which its arrays are trained.
        arrays: by the names of the encoder's own, in their shapes.
        weight: (d, k) of a second head, for the vector that these arrays give; its logits are added
            to those of the first, for the encoder's own vector. None: there is one vector, and the
            trained arrays stand in the encoder's places.
    """

    after: str
    arrays: Mapping[str, np.ndarray]
    weight: Float[np.ndarray, "d k"] | None = None

    @property
    def beside(self) -> bool:
        """Whether the pretrained part is there too."""
        return self.weight is not None


def compose(
    encoder: onnx.ModelProto,
    head: LinearHead,
    *,
    size: int,
    trained: Trained | None = None,
    distance: Distance | None = None,
) -> onnx.ModelProto:
    """One graph from picture to probabilities. Names and notes that compute nothing are left out.

    Args:
        encoder: with the input `input` and an output `vector`.
        head: (d, k), as wide as the vector.
        size: height and width of the input, in pixels.
        trained: arrays that stand in the encoder's places or, with a head, beside them.
        distance: of the encoder's own vector to those that were learned from; None: one output.
    """
    from onnx import ModelProto, TensorProto, helper, numpy_helper

    model = ModelProto(ir_version=encoder.ir_version)
    model.opset_import.extend(one for one in encoder.opset_import if one.domain in ("", "ai.onnx"))
    graph = model.graph
    graph.name = NAME
    graph.node.extend(encoder.graph.node)
    for node in graph.node:
        node.ClearField("doc_string")
    ours = dict(trained.arrays) if trained and not trained.beside else {}
    for array in encoder.graph.initializer:
        new = ours.pop(array.name, None)
        graph.initializer.append(
            array if new is None else numpy_helper.from_array(_float32(new), array.name)
        )
    assert not ours, f"the encoder has no {next(iter(ours))}"
    graph.initializer.append(numpy_helper.from_array(_float32(head.weight), WEIGHT))
    graph.initializer.append(numpy_helper.from_array(_float32(head.bias), BIAS))
    graph.node.append(helper.make_node("MatMul", [VECTOR, WEIGHT], [PRODUCT], name=PRODUCT))
    added = PRODUCT
    if trained and trained.beside:
        added = _add_beside(graph, trained)
    graph.node.append(helper.make_node("Add", [added, BIAS], [LOGITS], name=LOGITS))
    target = head.target
    link = helper.make_node(target.operator, [LOGITS], [OUTPUT], name=OUTPUT, **target.attributes)
    graph.node.append(link)
    picture: list[str | int | None] = ["n", size, size, 3]
    graph.input.append(helper.make_tensor_value_info(INPUT, TensorProto.UINT8, picture))
    answer: list[str | int | None] = ["n", len(head.classes)]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, answer))
    if distance is not None:
        assert trained is None or trained.beside, "the vector would not be the encoder's own"
        add_distance(graph, distance, vector=VECTOR)
    return model


def _add_beside(graph: onnx.GraphProto, trained: Trained) -> str:
    """A copy of all that depends on the trained arrays, and its head; the name of both's sum."""
    from onnx import helper, numpy_helper

    assert trained.weight is not None
    unknown = {*trained.arrays} - {array.name for array in graph.initializer}
    assert not unknown, f"the encoder has no {min(unknown)}"
    arrays = {BESIDE + name: array for name, array in trained.arrays.items()}
    arrays[BESIDE + WEIGHT] = trained.weight
    graph.initializer.extend(
        numpy_helper.from_array(_float32(array), name) for name, array in arrays.items()
    )
    renamed = {name: BESIDE + name for name in (*trained.arrays, WEIGHT)}
    for node in list(graph.node):
        if any(name in renamed for name in node.input):
            renamed |= {name: BESIDE + name for name in node.output}
            copy = graph.node.add()
            copy.CopyFrom(node)
            copy.name = BESIDE + node.name
            copy.input[:] = [renamed.get(name, name) for name in node.input]
            copy.output[:] = [BESIDE + name for name in node.output]
    graph.node.append(helper.make_node("Add", [PRODUCT, BESIDE + PRODUCT], [SUM], name=SUM))
    return SUM


def trainable(encoder: onnx.ModelProto, after: str) -> tuple[str, ...]:
    """Names of the encoder's arrays that come behind the map `after`; none if there is no such map.

    Weights and biases of convolutions: constants of other operators are no parameters.
    """
    nodes = list(encoder.graph.node)
    at = next((place for place, node in enumerate(nodes) if after in node.output), len(nodes))
    constants = {array.name for array in encoder.graph.initializer}
    convolutions = [node for node in nodes[at + 1 :] if node.op_type == "Conv"]
    return tuple(name for node in convolutions for name in node.input if name in constants)


def head_arrays(model: onnx.ModelProto) -> tuple[np.ndarray, np.ndarray] | None:
    """Weight and bias of the head in float32, or None where the graph has no such two arrays."""
    found = arrays_of(model, (WEIGHT, BIAS))
    return (found[WEIGHT], found[BIAS]) if len(found) == 2 else None


def arrays_of(model: onnx.ModelProto, names: Collection[str]) -> dict[str, np.ndarray]:
    """Those of these arrays that the graph has, in its order, where they are float32 and whole."""
    from onnx import TensorProto

    return {
        one.name: np.frombuffer(one.raw_data, np.float32).reshape(one.dims)
        for one in model.graph.initializer
        if one.name in names
        and one.data_type == TensorProto.FLOAT
        and len(one.raw_data) == 4 * math.prod(one.dims)
    }


def parse(data: bytes, *, size: int, num_classes: int, novelty: bool = False) -> onnx.ModelProto:
    """A graph from a file that may be hostile.

    Args:
        data: of `model.onnx`.
        size: height and width of its input, in pixels.
        num_classes: how many probabilities it gives.
        novelty: it gives the distance to what was learned from too.
    Raises:
        BundleError: it is not ONNX, could do more than compute, is larger inside than outside, or
            does not go from a picture of `size` to `num_classes` probabilities.
    """
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    if structure_bytes(data) > MAX_STRUCTURE_BYTES:
        raise refusal(
            "it has far more parts than a network needs", f"{MAX_STRUCTURE_BYTES:,} bytes"
        )
    try:
        model: onnx.ModelProto = ModelProto.FromString(data)
        _check_fields(model)
        _check_operators(model)
        for tensor in model.graph.initializer:
            _check_tensor(tensor)
        _check_ends(model, size, num_classes, novelty)
        _check_shapes(model)
    except (DecodeError, UnicodeDecodeError) as error:
        raise refusal(f"it is not an ONNX graph ({error})") from error
    return model


def refusal(found: str, expected: str = "a network that handful composed") -> BundleError:
    """The error for a graph that is not to be run."""
    return BundleError(
        "model.onnx is not to be trusted.",
        found=" ".join(found.split())[:400],
        expected=expected,
        attempt="a newer handful, if the file comes from one; else ask its sender for a sound file",
    )


def structure_bytes(data: bytes) -> int:
    """Bytes of an ONNX file that are not weights, counted before anything is built from them.

    Empty parts take two bytes in a file and a hundred in memory: this keeps that in bounds.
    """
    weights = 0
    budget = itertools.count()
    try:
        for number, start, stop in _wire(data, 0, len(data), budget):
            if number != 7:  # ModelProto.graph
                continue
            for inner, first, last in _wire(data, start, stop, budget):
                if inner == 5:  # GraphProto.initializer
                    parts = _wire(data, first, last, budget)
                    weights += sum(end - begin for field, begin, end in parts if field == 9)
    except (IndexError, ValueError) as error:
        raise refusal(f"it is not an ONNX graph ({error})") from error
    return len(data) - weights


def _wire(
    data: bytes, start: int, stop: int, budget: Iterator[int]
) -> Iterator[tuple[int, int, int]]:
    """Field number, start and stop of each length-delimited field of a protobuf message."""
    at = start
    while at < stop:
        if next(budget) > MAX_PARTS:
            raise ValueError("it has far more parts than a network needs")
        key, at = _varint(data, at, stop)
        kind = key & 7
        if kind == 0:
            _, at = _varint(data, at, stop)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        elif kind == 2:
            length, at = _varint(data, at, stop)
            if at + length > stop:
                raise ValueError(f"a part of {length:,} bytes is cut short")
            yield key >> 3, at, at + length
            at += length
        else:
            raise ValueError(f"wire type {kind}")
    if at != stop:
        raise ValueError("a part runs over its end")


def _varint(data: bytes, at: int, stop: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= stop:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without an end")


def _check_fields(message: Any) -> None:
    """Every message has only the fields that ours have: nothing else can be asked of a runtime."""
    kind = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        if field.name not in _FIELDS.get(kind, ()):
            raise refusal(
                f"{kind}.{field.name} is used", "operators and their weights, nothing else"
            )
        if field.type == field.TYPE_STRING and not all(isinstance(s, str) for s in _texts(value)):
            raise refusal(f"{kind}.{field.name} is not text")
        if field.message_type is not None and kind != "TensorProto":
            for part in _parts(value):
                _check_fields(part)


def _parts(value: Any) -> Any:
    """The messages of a field, be it one or a list."""
    return (value,) if hasattr(value, "ListFields") else value


def _texts(value: Any) -> Any:
    """The strings of a field, be it one or a list; bytes where they are not UTF-8."""
    return (value,) if isinstance(value, (str, bytes)) else value


def _check_operators(model: onnx.ModelProto) -> None:
    from onnx.defs import onnx_opset_version

    (opset, *more) = [(one.domain, one.version) for one in model.opset_import] or [("", 0)]
    if more or opset[0] not in ("", "ai.onnx") or not 11 <= opset[1] <= onnx_opset_version():
        raise refusal(f"operator sets {[opset, *more]}", f"ONNX up to {onnx_opset_version()}")
    for node in model.graph.node:
        if node.op_type not in OPERATORS:
            raise refusal(
                f"the operator {node.op_type[:80]!r}", "operators of feed-forward networks"
            )


def _check_tensor(tensor: onnx.TensorProto) -> None:
    """Numbers only, and as many bytes as its shape says."""
    from onnx import TensorProto

    widths: dict[int, int] = {
        TensorProto.FLOAT: 4,
        TensorProto.FLOAT16: 2,
        TensorProto.INT64: 8,
        TensorProto.INT32: 4,
        TensorProto.INT8: 1,
        TensorProto.UINT8: 1,
    }
    if tensor.data_type not in widths or len(tensor.dims) > 8 or any(d < 0 for d in tensor.dims):
        raise refusal(f"array {tensor.name[:80]!r} is of type {tensor.data_type}", "numbers")
    size = math.prod(tensor.dims) * widths[tensor.data_type]
    if len(tensor.raw_data) != size:
        raise refusal(
            f"array {tensor.name[:80]!r} has {len(tensor.raw_data):,} bytes for a shape of {size:,}"
        )


def _check_ends(model: onnx.ModelProto, size: int, num_classes: int, novelty: bool) -> None:
    from onnx import TensorProto

    graph = model.graph
    ends = [_signature(one) for one in (*graph.input, *graph.output)]
    expected = [
        (INPUT, TensorProto.UINT8, (None, size, size, 3)),
        (OUTPUT, TensorProto.FLOAT, (None, num_classes)),
    ]
    if novelty:
        expected.append((NOVELTY, TensorProto.FLOAT, (None, 1)))
    if len(graph.input) != 1 or ends != expected:
        raise refusal(f"its ends are {ends}", f"{expected}")


def _signature(value: onnx.ValueInfoProto) -> tuple[str, int, tuple[int | None, ...]]:
    tensor = value.type.tensor_type
    dims = tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)
    return value.name, tensor.elem_type, dims


def _check_shapes(model: onnx.ModelProto) -> None:
    """Every array between operators has a known, bounded size per picture.

    Weights are left out of the copy that is asked, but for the small ones that hold shapes.
    """
    from onnx import ModelProto, shape_inference

    light = ModelProto()
    light.CopyFrom(model)
    for tensor in light.graph.initializer:
        if len(tensor.raw_data) > 1024:
            tensor.ClearField("raw_data")
    try:
        inferred = shape_inference.infer_shapes(light, strict_mode=True, data_prop=True).graph
    except Exception as error:  # the C++ side raises several unrelated kinds
        raise refusal(f"its shapes do not fit ({error})") from error
    known = {one.name: _signature(one)[2] for one in (*inferred.value_info, *inferred.output)}
    for node in model.graph.node:
        for name in filter(None, node.output):
            dims = known.get(name, ())
            if not dims or None in dims[1:]:
                raise refusal(f"the size of {name[:80]!r} cannot be told beforehand")
            elements = math.prod(d for d in dims if d is not None)
            if not 0 < elements <= MAX_ELEMENTS:
                raise refusal(
                    f"{name[:80]!r} has {elements:,} numbers for one picture", f"{MAX_ELEMENTS:,}"
                )


def _float32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)
