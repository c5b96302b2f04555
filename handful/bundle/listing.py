"""What stands in a graph: every array and string of it, and what of that its encoder explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from handful.bundle.distance import FACTOR, LEVEL, SHIFT, distance_in
from handful.bundle.distance import WEIGHT as STAGE_WEIGHT
from handful.bundle.graph import (
    BESIDE,
    BIAS,
    WEIGHT,
    Trained,
    arrays_of,
    compose,
    head_arrays,
    trainable,
)
from handful.bundle.manifest import DeepFacts
from handful.encoders.encoder import Encoder
from handful.heads.linear import LinearHead

if TYPE_CHECKING:
    import onnx


_FREE = (WEIGHT, BIAS, SHIFT, FACTOR, STAGE_WEIGHT, LEVEL)  # arrays that data have made


@dataclass(frozen=True, slots=True)
class Array:
    """An array in the file: its name, its shape, its type, its size in bytes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string in the file, and where it stands."""

    where: str
    text: str


def leaves(message: Any, where: str = "") -> Iterator[Array | Text]:
    """Every array and string in a protobuf message, whatever its kind: no field is left out."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield _array(message)
    for field, value in message.ListFields():
        place = f"{where}.{field.name}" if where else field.name
        if field.message_type is not None:
            if hasattr(value, "ListFields"):
                yield from leaves(value, place)
            else:
                for number, part in enumerate(value):
                    yield from leaves(part, f"{place}[{number}]")
        elif place.endswith((".raw_data", ".dims")):
            continue  # the array above
        elif isinstance(value, (str, bytes)):
            yield Text(place, _text(value))
        elif not isinstance(value, (int, float)):
            values = list(value)
            if isinstance(values[0], (str, bytes)):
                yield from (Text(f"{place}[{n}]", _text(one)) for n, one in enumerate(values))
            else:
                yield Array(place, (len(values),), type(values[0]).__name__, 8 * len(values))


def unexplained(
    model: onnx.ModelProto,
    encoder: Encoder,
    classes: tuple[str, ...],
    deep: DeepFacts | None = None,
    *,
    novelty: bool = False,
) -> Iterator[str]:
    """What stands in `model` beyond the encoder's graph and a head, a sentence each.

    The graph is composed anew from the encoder, the head's numbers, those of the part that says
    it was trained, and those of the distance to what was learned from; where the two differ, the
    differences are named.

    Args:
        model: the graph of a bundle.
        encoder: that it says it was made with.
        classes: k names.
        deep: what of the encoder it says was trained.
        novelty: it says that it gives a distance.
    """
    found = head_arrays(model)
    shapes = [array.shape for array in found or ()]
    weight_shape, bias_shape = (encoder.dimension, len(classes)), (len(classes),)
    if found is None or shapes != [weight_shape, bias_shape]:
        yield f"The head has arrays of the shapes {shapes}, not {[weight_shape, bias_shape]}."
        found = np.zeros(weight_shape, np.float32), np.zeros(bias_shape, np.float32)
    head = LinearHead(found[0], found[1], classes)
    original = encoder.graph()
    trained = _trained(model, original, deep, weight_shape) if deep else None
    distance = distance_in(model, encoder.blocks) if novelty else None
    if novelty and distance is None:
        yield "The distance has not one mean and one scale per number of the vector."
    made = compose(original, head, size=encoder.recipe.size, trained=trained, distance=distance)
    if made == model:
        return
    ours = {tensor.name: tensor for tensor in made.graph.initializer}
    named = False
    for tensor in model.graph.initializer:
        shape = " × ".join(map(str, tensor.dims))
        if tensor.name not in ours:
            named = True
            yield f"The array {tensor.name!r} ({shape}) is neither the encoder's nor the head's."
        elif tensor != ours[tensor.name] and tensor.name not in _FREE:
            named = True
            yield f"The array {tensor.name!r} ({shape}) differs from the encoder's."
    known = {leaf.text for leaf in leaves(made) if isinstance(leaf, Text)}
    for leaf in leaves(model):
        if isinstance(leaf, Text) and leaf.text not in known:
            named = True
            yield f"The string at {leaf.where} is not the encoder's: {leaf.text[:80]!r}."
    if not named:
        yield "The graph differs from the encoder's in its operators or their settings."


def _trained(
    model: onnx.ModelProto,
    original: onnx.ModelProto,
    deep: DeepFacts,
    weight_shape: tuple[int, int],
) -> Trained:
    """The arrays of the trained part and its head, where they have the shapes that they must."""
    before = BESIDE if deep.beside else ""
    names = {*trainable(original, deep.after)}
    shapes = {before + one.name: tuple(one.dims) for one in original.graph.initializer}
    found = arrays_of(model, {before + name for name in names})
    arrays = {
        name.removeprefix(before): array
        for name, array in found.items()
        if array.shape == shapes[name]
    }
    if not deep.beside:
        return Trained(deep.after, arrays)
    weight = arrays_of(model, {BESIDE + WEIGHT}).get(BESIDE + WEIGHT)
    if weight is None or weight.shape != weight_shape:
        weight = np.zeros(weight_shape, np.float32)
    return Trained(deep.after, arrays, weight)


def _array(tensor: onnx.TensorProto) -> Array:
    from onnx import TensorProto

    kind = (
        TensorProto.DataType.Name(tensor.data_type) if tensor.data_type in _kinds() else "unknown"
    )
    size = len(tensor.raw_data) or tensor.ByteSize()
    return Array(tensor.name, tuple(tensor.dims), kind.lower(), size)


def _kinds() -> frozenset[int]:
    from onnx import TensorProto

    return frozenset(TensorProto.DataType.values())


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
