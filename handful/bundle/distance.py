"""The distance to what was learned from, as nodes of a bundle's graph, and back.

    vector (n, d) ── z = (x − shift) · factor ── mean of z² per stage ── log ── weights ── novelty

What it means and how it is found is `heads/novelty.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from handful.encoders.encoder import Block
from handful.heads.novelty import OFFSET, Distance

if TYPE_CHECKING:
    import onnx

NOVELTY = "novelty"  # the output, (n, 1)
_OURS = "handful.novelty."
SHIFT, FACTOR, WEIGHT, LEVEL = (_OURS + one for one in ("shift", "factor", "weight", "level"))


def add_distance(graph: onnx.GraphProto, distance: Distance, *, vector: str) -> None:
    """Add the nodes from the output `vector` to the output `novelty`, and their arrays."""
    from onnx import TensorProto, helper, numpy_helper

    def array(name: str, value: np.ndarray) -> str:
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        graph.node.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    centred = node("Sub", [vector, array(SHIFT, distance.shift)], _OURS + "centred")
    z = node("Mul", [centred, array(FACTOR, distance.factor)], _OURS + "z")
    axis = array(_OURS + "axis", np.array([1], np.int64))
    means = []
    for number, stage in enumerate(distance.stages):
        name = f"{_OURS}stage{number}."
        ends = [
            array(name + end, np.array([at], np.int64))
            for end, at in (("start", stage.start), ("stop", stage.stop))
        ]
        part = node("Slice", [z, *ends, axis], name + "z")
        square = node("Mul", [part, part], name + "square")
        means.append(node("ReduceMean", [square], name + "mean", axes=[1], keepdims=1))
    joined = node("Concat", means, _OURS + "means", axis=1)
    offset = array(_OURS + "offset", np.float32(OFFSET).reshape(1))
    logs = node("Log", [node("Add", [joined, offset], _OURS + "raised")], _OURS + "logs")
    weight = array(WEIGHT, distance.weight.reshape(-1, 1))
    level = array(LEVEL, np.float32(distance.level).reshape(1))
    node("Add", [node("MatMul", [logs, weight], _OURS + "product"), level], NOVELTY)
    answer: list[str | int | None] = ["n", 1]
    graph.output.append(helper.make_tensor_value_info(NOVELTY, TensorProto.FLOAT, answer))


def distance_in(model: onnx.ModelProto, blocks: Sequence[Block]) -> Distance | None:
    """The distance that a graph computes, where its arrays are there in the shapes they must have.

    Args:
        model: a graph that was read.
        blocks: the stages of its encoder.
    """
    from handful.bundle.graph import arrays_of

    found = arrays_of(model, (SHIFT, FACTOR, WEIGHT, LEVEL))
    width = blocks[-1].stop
    wanted = {SHIFT: (width,), FACTOR: (width,), WEIGHT: (len(blocks), 1), LEVEL: (1,)}
    if {name: array.shape for name, array in found.items()} != wanted:
        return None
    return Distance(
        found[SHIFT],
        found[FACTOR],
        found[WEIGHT][:, 0],
        float(found[LEVEL][0]),
        tuple(slice(block.start, block.stop) for block in blocks),
    )
