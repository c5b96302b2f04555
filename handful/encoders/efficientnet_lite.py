"""EfficientNet-Lite as an ONNX graph, built from its weights: layers and their statistics.

Reading the weights is `weights.py`, running the graph is `runtime.py`. Batch norm is folded into
the convolutions; padding is "same" as TensorFlow has it (the odd pixel at the right and bottom).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from handful.encoders.encoder import Block

if TYPE_CHECKING:
    import onnx


class Stage(NamedTuple):
    """Blocks of one width; `stride` is that of the first, `expansion` the widening inside each."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# EfficientNet-B0's table (Tan & Le, arXiv:1905.11946), which Lite0 keeps
LITE0 = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
FIRST_WIDE = 3  # before it a map is large, and pooling its widest form costs more than it gives


def _wide(place: int) -> int:
    """Channels between the widening and the filter of a stage's last block."""
    stage, before = LITE0[place - 1], LITE0[max(place - 2, 0)]
    return stage.expansion * (stage if stage.blocks > 1 else before).channels


STAGES = {f"stage{place}": stage.channels for place, stage in enumerate(LITE0, 1)} | {"head": 1280}
WIDE = {f"stage{place}.wide": _wide(place) for place in range(FIRST_WIDE, len(LITE0) + 1)}
WIDTHS = STAGES | WIDE
# What is kept of a map. On the solar cells, mean of five splits, accuracy and AUROC: mean, maximum
# and deviation of the stages 0.8756 and 0.928; the maxima of the wide maps instead of the stages'
# own 0.886 and 0.934. On 1,500 of Fashion-MNIST 0.883 and 0.895.
STAGE_STATISTICS, WIDE_STATISTICS = ("mean", "std"), ("max",)
EPSILON = 1e-3  # of batch norm, as the weights were trained
OPSET, IR_VERSION = 17, 8  # read by every ONNX Runtime since 1.14

GRAPH_VERSION = 2
"""Raised by any change here that alters a number in the vector."""


def statistics(name: str) -> tuple[str, ...]:
    """What the vector holds of the map of this name, in order."""
    return WIDE_STATISTICS if name in WIDE else STAGE_STATISTICS


def before(cut: str) -> tuple[str, ...]:
    """The maps up to the end of stage `cut` that the vector knows, in its order."""
    stages = list(STAGES)[: list(STAGES).index(cut) + 1]
    return tuple(name for name in WIDTHS if name.removesuffix(".wide") in stages)


def blocks() -> tuple[Block, ...]:
    """Where each map stands in the vector: its means, then its deviations; or its maxima."""
    ends = np.cumsum([len(statistics(name)) * width for name, width in WIDTHS.items()]).tolist()
    starts = [0, *ends[:-1]]
    return tuple(Block(*run) for run in zip(WIDTHS, starts, ends, strict=True))


def build(
    weights: Mapping[str, np.ndarray], *, size: int = 224, outputs: Sequence[str] = ("vector",)
) -> onnx.ModelProto:
    """The network as ONNX, from `input` (n, size, size, 3), uint8 RGB, to the named outputs.

    Args:
        weights: the state dict, by the names of the PyTorch port.
        size: height and width of the input in pixels, a multiple of 32.
        outputs: of "stage1" … "stage7", "stage3.wide" … "stage7.wide", "head" (maps, n c h w),
            "vector" (n d), "logits" (n 1000), and "vector.stage1" … "vector.stage7": what the
            vector holds of the maps `before` that stage's end.
    """
    graph = _Graph(weights)
    x, side = graph.stem(size)
    sides: dict[str, int] = {}
    prefixes = (f"_blocks.{place}." for place in range(len(weights)))
    for place, stage in enumerate(LITE0, 1):
        for repeat in range(stage.blocks):
            name = f"stage{place}" if repeat == stage.blocks - 1 else None
            entry_side = side
            x, side = graph.block(x, side, next(prefixes), stage, first=repeat == 0, name=name)
        sides |= {x: side, f"{x}.wide": entry_side}
    x, side = graph.convolution(x, side, "_conv_head", "_bn1", name="head")
    sides[x] = side
    for name, width in WIDTHS.items():
        graph.shapes[name] = (width, sides[name], sides[name])
    graph.vector(sides)
    graph.logits("head")
    graph.beginnings()
    return graph.model(size, outputs)


class _Graph:
    """Nodes and constants as they are collected; a node is named after its one output."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.numbers: dict[str, list[str]] = {}

    def node(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        from onnx import helper

        name = name or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: np.ndarray | float) -> str:
        """Add a constant in float32; returns its name."""
        self.constants[name] = np.asarray(value, np.float32)
        return name

    def stem(self, size: int) -> tuple[str, int]:
        """Pixels less 127; the division by 128, a power of two, is exact inside the weights."""
        planes = self.node("Transpose", "input", perm=[0, 3, 1, 2])
        numbers = self.node("Cast", planes, to=1)
        centred = self.node("Sub", numbers, self.constant("grey", 127.0))
        return self.convolution(centred, size, "_conv_stem", "_bn0", stride=2, scale=1 / 128)

    def block(
        self, x: str, side: int, prefix: str, stage: Stage, *, first: bool, name: str | None
    ) -> tuple[str, int]:
        """Widen, filter each channel, narrow; after a stage's first block, add what came in."""
        entry = x
        if stage.expansion > 1:
            wide = f"{name}.wide" if name else None
            x, side = self.convolution(x, side, prefix + "_expand_conv", prefix + "_bn0", name=wide)
        stride = stage.stride if first else 1
        depthwise = prefix + "_depthwise_conv"
        x, side = self.convolution(x, side, depthwise, prefix + "_bn1", stride=stride)
        narrow = prefix + "_project_conv"
        if first:
            return self.convolution(x, side, narrow, prefix + "_bn2", active=False, name=name)
        x, side = self.convolution(x, side, narrow, prefix + "_bn2", active=False)
        return self.node("Add", x, entry, name=name), side

    def convolution(
        self,
        x: str,
        side: int,
        layer: str,
        norm: str,
        *,
        stride: int = 1,
        scale: float = 1.0,
        active: bool = True,
        name: str | None = None,
    ) -> tuple[str, int]:
        """Convolution with its batch norm folded in, then ReLU6 if `active`; the new side too."""
        weight, bias = fold(self.weights, layer, norm)
        kernel = weight.shape[-1]
        out = -(-side // stride)
        padding = max((out - 1) * stride + kernel - side, 0)
        near, far = padding // 2, padding - padding // 2
        x = self.node(
            "Conv",
            x,
            self.constant(layer + ".weight", weight * scale),
            self.constant(layer + ".bias", bias),
            name=None if active else name,
            group=weight.shape[0] if weight.shape[1] == 1 else 1,
            kernel_shape=[kernel, kernel],
            pads=[near, near, far, far],
            strides=[stride, stride],
        )
        if active:
            x = self.node(
                "Clip", x, self.constant("zero", 0.0), self.constant("six", 6.0), name=name
            )
        return x, out

    def vector(self, sides: Mapping[str, int]) -> None:
        """The statistics of every channel of every map that `WIDTHS` names.

        The deviation is taken from the mean (not as E[x²] − E[x]²): exact, and never a root of
        something negative.
        """
        for name in WIDTHS:
            if name in WIDE:
                self.numbers[name] = [self.node("GlobalMaxPool", name)]
                continue
            mean = self.node("GlobalAveragePool", name)
            length = self.node("ReduceL2", self.node("Sub", name, mean), axes=[2, 3], keepdims=1)
            root = self.constant(f"{name}.root", 1 / sides[name])
            self.numbers[name] = [mean, self.node("Mul", length, root)]
        numbers = [number for one in self.numbers.values() for number in one]
        self.node("Flatten", self.node("Concat", *numbers, axis=1), axis=1, name="vector")
        self.shapes["vector"] = (blocks()[-1].stop,)

    def logits(self, name: str) -> None:
        """ImageNet's thousand classes."""
        mean = self.node("Flatten", self.node("GlobalAveragePool", name), axis=1)
        weight = self.constant("_fc.weight", self.weights["_fc.weight"])
        bias = self.constant("_fc.bias", self.weights["_fc.bias"])
        self.node("Gemm", mean, weight, bias, transB=1, name="logits")
        self.shapes["logits"] = (1000,)

    def beginnings(self) -> None:
        """For each stage, what the vector holds of it and those before it."""
        for cut in list(STAGES)[:-1]:
            names = before(cut)
            joined = self.node("Concat", *(n for m in names for n in self.numbers[m]), axis=1)
            self.node("Flatten", joined, axis=1, name=f"vector.{cut}")
            self.shapes[f"vector.{cut}"] = (
                sum(len(statistics(name)) * WIDTHS[name] for name in names),
            )

    def model(self, size: int, outputs: Sequence[str]) -> onnx.ModelProto:
        """What the outputs need, and nothing else."""
        from onnx import TensorProto, helper, numpy_helper

        needed = set(outputs)
        nodes: list[onnx.NodeProto] = []
        for node in reversed(self.nodes):
            if node.name in needed:
                nodes.insert(0, node)
                needed.update(node.input)
        graph = helper.make_graph(
            nodes,
            "efficientnet-lite",
            [helper.make_tensor_value_info("input", TensorProto.UINT8, ["n", size, size, 3])],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *self.shapes[name]])
                for name in outputs
            ],
            [numpy_helper.from_array(v, k) for k, v in self.constants.items() if k in needed],
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)


def fold(weights: Mapping[str, np.ndarray], layer: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of one convolution that equals `layer` followed by batch norm `norm`."""
    gain = weights[norm + ".weight"] / np.sqrt(weights[norm + ".running_var"] + EPSILON)
    bias = weights[norm + ".bias"] - weights[norm + ".running_mean"] * gain
    return weights[layer + ".weight"] * gain[:, None, None, None], bias
