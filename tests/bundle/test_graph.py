"""The graph: composed, and checked when it comes from a stranger."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from handful.bundle.archive import MODEL
from handful.bundle.graph import (
    MAX_STRUCTURE_BYTES,
    compose,
    head_arrays,
    parse,
    structure_bytes,
)
from handful.errors import BundleError
from handful.heads.linear import LinearHead
from tests.bundle.conftest import TinyEncoder
from tests.bundle.tampering import members


@pytest.fixture(scope="module")
def network(data: bytes) -> bytes:
    """The graph of the small model."""
    return members(data)[MODEL]


def refused(network: bytes | onnx.ModelProto) -> str:
    """What the error says first about this graph."""
    raw = network if isinstance(network, bytes) else network.SerializeToString()
    with pytest.raises(BundleError) as caught:
        parse(raw, size=32, num_classes=3)
    assert "not to be trusted" in caught.value.what
    return caught.value.found


def changed(network: bytes, change: Callable[[Any], object]) -> onnx.ModelProto:
    """The graph with a change."""
    model = onnx.ModelProto.FromString(network)
    change(model)
    return model


def test_the_composed_graph_passes_onnx_own_checker(network: bytes) -> None:
    """ONNX's full check, an independent reader, accepts what is composed."""
    onnx.checker.check_model(onnx.ModelProto.FromString(network), full_check=True)


def test_the_head_comes_out_as_it_went_in() -> None:
    """The head's numbers are in the graph, bit by bit."""
    weight = np.arange(24, dtype=np.float32).reshape(12, 2)
    head = LinearHead(weight, np.array([1, -1], np.float32), ("a", "b"))
    arrays = head_arrays(compose(TinyEncoder().graph(), head, size=32))
    assert arrays is not None
    assert (arrays[0] == weight).all()
    assert arrays[1].tolist() == [1, -1]


def test_notes_of_the_encoder_are_left_out() -> None:
    """Doc strings, metadata and the producer's name do not get into a bundle."""
    graph = TinyEncoder().graph()
    graph.doc_string = graph.producer_name = graph.graph.doc_string = "/home/ann"
    graph.graph.node[0].doc_string = "/home/ann"
    helper.set_model_props(graph, {"by": "/home/ann"})
    head = LinearHead(np.zeros((12, 2), np.float32), np.zeros(2, np.float32), ("a", "b"))
    assert b"/home/ann" not in compose(graph, head, size=32).SerializeToString()


def add_node(model: Any, *nodes: Any) -> None:
    """Put nodes in front of the graph's own."""
    own = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *own])


def add_array(model: Any, name: str, array: np.ndarray) -> None:
    """One more initialiser."""
    model.graph.initializer.append(numpy_helper.from_array(array, name))


def widen(model: Any) -> None:
    """An operator that makes a terabyte out of nothing."""
    add_array(model, "big", np.array([0, 0, 0, 0, 0, 0, 2**19, 2**19], np.int64))
    add_node(model, helper.make_node("Pad", ["numbers", "big"], ["wide"], "wide"))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes[1:3], nodes[0], *nodes[3:]])


BRANCH = helper.make_graph([], "branch", [], [])
CHANGES: list[tuple[str, Callable[[Any], object]]] = [
    ("graph.sparse_initializer", lambda m: m.graph.sparse_initializer.add()),
    ("ModelProto.functions", lambda m: m.functions.add(name="f")),
    ("ModelProto.metadata_props", lambda m: m.metadata_props.add(key="a", value="b")),
    ("ModelProto.training_info", lambda m: m.training_info.add()),
    ("NodeProto.domain", lambda m: m.graph.node[0].MergeFrom(onnx.NodeProto(domain="evil"))),
    ("NodeProto.doc_string", lambda m: m.graph.node[0].MergeFrom(onnx.NodeProto(doc_string="x"))),
    ("operator sets", lambda m: m.opset_import.add(domain="com.microsoft", version=1)),
    ("operator sets", lambda m: m.opset_import[0].MergeFrom(helper.make_opsetid("", 999))),
    ("'Loop'", lambda m: add_node(m, helper.make_node("Loop", [], ["x"]))),
    (
        "AttributeProto.g",
        lambda m: add_node(m, helper.make_node("If", [], ["x"], then_branch=BRANCH)),
    ),
    ("'ConstantOfShape'", lambda m: add_node(m, helper.make_node("ConstantOfShape", [], ["x"]))),
    ("TensorProto.float_data", lambda m: m.graph.initializer[0].float_data.append(1.0)),
    ("bytes for a shape of", lambda m: m.graph.initializer[0].dims.append(10**12)),
    ("of type 8", lambda m: m.graph.initializer.add(name="s", data_type=TensorProto.STRING)),
    ("its ends are", lambda m: m.graph.output.add().CopyFrom(m.graph.output[0])),
    ("its ends are", lambda m: m.graph.input.add().CopyFrom(m.graph.input[0])),
    (
        "its ends are",
        lambda m: (
            m.graph.output[0]
            .type.tensor_type.shape.dim[1]
            .MergeFrom(onnx.TensorShapeProto.Dimension(dim_value=4))
        ),
    ),
    ("its shapes do not fit", lambda m: m.graph.node[3].input.pop()),
    ("numbers for one picture", widen),
]


@pytest.mark.parametrize(
    ("words", "change"), CHANGES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CHANGES)]
)
def test_whatever_could_do_more_than_compute_is_refused(
    network: bytes, words: str, change: Callable[[Any], object]
) -> None:
    """Files outside, code, loops, branches, foreign operators and arrays without bounds."""
    assert words.replace("graph.", "GraphProto.") in refused(changed(network, change))


def test_many_small_parts_are_counted_before_they_are_built() -> None:
    """A file of empty nodes, a hundred times larger in memory, is refused by its count of bytes."""
    empty_nodes = b"\x0a\x00" * MAX_STRUCTURE_BYTES
    length = len(empty_nodes)
    varint = bytes(
        [length & 127 | 128, length >> 7 & 127 | 128, length >> 14 & 127 | 128, length >> 21]
    )
    assert "far more parts" in refused(b"\x3a" + varint + empty_nodes)


def test_only_weights_are_left_out_of_the_count(network: bytes) -> None:
    """The count is the file's length less the weights', however large they are."""
    before = structure_bytes(network)
    larger = changed(network, lambda m: add_array(m, "more", np.zeros(10_000, np.float32)))
    assert before < 3_000
    assert before < structure_bytes(larger.SerializeToString()) < before + 40


@pytest.mark.parametrize(
    "noise", [b"", b"\x80\x04.", b"\x3a\xff", b"\x07", b"PK\x03\x04", b"\xff" * 99]
)
def test_what_is_no_graph_is_refused(noise: bytes) -> None:
    """Noise, a pickle and an archive in the graph's place."""
    refused(noise)
