"""The graph is EfficientNet-Lite0, as an independent implementation computes it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import skimage.data
import torch
from PIL import Image

from handful.encoders import efficientnet_lite
from handful.encoders.runtime import Session
from tests.encoders.torch_oracle import Oracle

STAGES = tuple(efficientnet_lite.WIDTHS)


def photographs(size: int) -> np.ndarray:
    """Three photographs and a flat grey, as the graph takes them."""
    names = ("chelsea", "coffee", "rocket")
    pictures = [Image.fromarray(getattr(skimage.data, name)()) for name in names]
    tensors = [np.asarray(one.resize((size, size), Image.Resampling.BICUBIC)) for one in pictures]
    return np.stack([*tensors, np.full((size, size, 3), 90, np.uint8)])


@pytest.fixture(scope="module")
def oracle(weights_path: Path) -> Oracle:
    """The PyTorch implementation, on what PyTorch itself reads."""
    return Oracle(torch.load(weights_path, weights_only=True))


@pytest.mark.parametrize("size", [32, 96, 224])
@torch.inference_mode()
def test_every_stage_equals_pytorch(
    weights: dict[str, np.ndarray], oracle: Oracle, size: int
) -> None:
    """All maps, the vector and the logits agree with unfolded PyTorch to 1e-4 of their scale."""
    batch = photographs(size)
    names = (*STAGES, "vector", "logits")
    graph = efficientnet_lite.build(weights, size=size, outputs=names)
    found = Session(graph.SerializeToString()).run(batch, *names)
    expected = oracle(torch.from_numpy(batch))
    assert [tuple(expected[name].shape) for name in names] == [one.shape for one in found]
    for name, ours in zip(names, found, strict=True):
        right = expected[name].numpy()
        assert np.abs(ours - right).max() <= 1e-4 * np.abs(right).max(), name


def test_each_number_of_the_vector_equals_pytorch(
    weights: dict[str, np.ndarray], oracle: Oracle
) -> None:
    """Every column keeps to 1e-3 of its own stage's and statistic's scale, deviations too."""
    batch = photographs(64)
    graph = efficientnet_lite.build(weights, size=64)
    (ours,) = Session(graph.SerializeToString()).run(batch, "vector")
    with torch.inference_mode():
        right = oracle(torch.from_numpy(batch))["vector"].numpy()
    for block in efficientnet_lite.blocks():
        width = efficientnet_lite.WIDTHS[block.name]
        for start in range(block.start, block.stop, width):
            columns = slice(start, start + width)
            scale = np.abs(right[:, columns]).max()
            assert np.abs(ours[:, columns] - right[:, columns]).max() <= 1e-3 * scale, block


@pytest.mark.parametrize(("name", "expected"), [("chelsea", 285), ("coffee", 967)])
def test_photographs_are_recognised(
    weights: dict[str, np.ndarray], name: str, expected: int
) -> None:
    """The cat is an Egyptian cat and the cup an espresso among ImageNet's thousand."""
    picture = Image.fromarray(getattr(skimage.data, name)())
    tensor = np.asarray(picture.resize((224, 224), Image.Resampling.BICUBIC))[None]
    graph = efficientnet_lite.build(weights, outputs=("logits",))
    (logits,) = Session(graph.SerializeToString()).run(tensor, "logits")
    assert expected == int(logits.argmax())


def test_one_picture_gives_what_it_gives_in_a_batch(weights: dict[str, np.ndarray]) -> None:
    """A vector does not depend on what stands beside it: killed runs go on with equal numbers."""
    batch = photographs(64)
    session = Session(efficientnet_lite.build(weights, size=64).SerializeToString())
    (together,) = session.run(batch, "vector")
    alone = np.concatenate([session.run(one[None], "vector")[0] for one in batch])
    np.testing.assert_array_equal(together, alone)


def test_blocks_cover_the_vector() -> None:
    """Eight stages and five widest forms, side by side, in order, are 7,824 numbers."""
    blocks = efficientnet_lite.blocks()
    assert STAGES == tuple(block.name for block in blocks)
    assert [0, *(block.stop for block in blocks)] == [*(block.start for block in blocks), 7824]


def test_graph_is_valid_and_holds_only_what_its_outputs_need(
    weights: dict[str, np.ndarray],
) -> None:
    """ONNX's checker accepts the graph; the classifier's weights are in it only for logits."""
    plain = efficientnet_lite.build(weights)
    onnx.checker.check_model(plain, full_check=True)
    named = {constant.name for constant in plain.graph.initializer}
    assert "_fc.weight" not in named
    with_logits = efficientnet_lite.build(weights, outputs=("logits",))
    assert "_fc.weight" in {constant.name for constant in with_logits.graph.initializer}
    assert not {node.op_type for node in with_logits.graph.node} & {"ReduceL2", "GlobalMaxPool"}
