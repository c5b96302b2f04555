"""EfficientNet-Lite in PyTorch: the same layers, names and padding as the ONNX graph, trainable.

Batch norm is folded into the convolutions as in the graph, so a trained layer goes back into the
graph by its name, and nothing in a step depends on what else is in the batch. `norm="live"` keeps
batch norm as layers of its own: slower by half, and on the solar cells no better (docs/log.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from handful.deep.depthwise import depthwise, suits
from handful.encoders.efficientnet_lite import (
    EPSILON,
    LITE0,
    STAGES,
    WIDE,
    WIDTHS,
    Stage,
    before,
    blocks,
    fold,
)
from handful.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

Norm = Literal["folded", "live"]
PLACES = tuple(STAGES)
"""Where the network can be cut, in order: after "stage1", … "stage7"; after "head" is its end."""


@final
class Convolution(nn.Module):
    """One convolution of the graph, with its padding and then ReLU6 if `active`.

    Args:
        layer, norm: names in the weights.
        stride: of the convolution.
        active: followed by ReLU6.
        live: batch norm as a layer of its own, with running statistics.
    """

    def __init__(
        self,
        weights: Mapping[str, np.ndarray],
        layer: str,
        norm: str,
        *,
        stride: int = 1,
        active: bool = True,
        live: bool = False,
    ) -> None:
        super().__init__()
        self.layer, self.stride, self.active = layer, stride, active
        weight, bias = fold(weights, layer, norm)
        self.norm: nn.BatchNorm2d | None = None
        if live:
            self.norm = nn.BatchNorm2d(len(bias), eps=EPSILON, momentum=0.01)
            names = ("weight", "bias", "running_mean", "running_var")
            state = {name: torch.from_numpy(weights[f"{norm}.{name}"].copy()) for name in names}
            self.norm.load_state_dict(state, strict=False)
            weight = weights[layer + ".weight"]
        self.weight = nn.Parameter(torch.from_numpy(np.array(weight, np.float32)))
        self.bias = nn.Parameter(torch.from_numpy(np.array(bias, np.float32)), not live)
        self.kernel = self.weight.shape[-1]
        self.groups = self.weight.shape[0] if self.weight.shape[1] == 1 else 1

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """The map after this layer."""
        near, far = same_padding(x.shape[-1], self.kernel, self.stride)
        padding = near
        if near != far:
            x, padding = F.pad(x, (near, far, near, far)), 0
        bias = self.bias if self.norm is None else None
        if suits(x, self.weight, self.stride):
            x = depthwise(x, self.weight, bias, self.stride, padding)
        else:
            x = F.conv2d(x, self.weight, bias, self.stride, padding, groups=self.groups)
        if self.norm is not None:
            x = self.norm(x)
        return F.relu6(x, inplace=True) if self.active else x

    def arrays(self) -> dict[str, np.ndarray]:
        """Weight and bias by their names in the graph, batch norm folded in."""
        weight, bias = self.weight.detach(), self.bias.detach()
        if self.norm is not None:
            mean, var = self.norm.running_mean, self.norm.running_var
            assert mean is not None
            assert var is not None
            gain = self.norm.weight.detach() / torch.sqrt(var + EPSILON)
            weight, bias = weight * gain[:, None, None, None], self.norm.bias - mean * gain
        pair = {"weight": weight, "bias": bias.detach()}
        return {f"{self.layer}.{name}": one.cpu().numpy().copy() for name, one in pair.items()}


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, as TensorFlow's "same" has them: the odd one comes after."""
    out = -(-side // stride)
    padding = max((out - 1) * stride + kernel - side, 0)
    return padding // 2, padding - padding // 2


@final
class Block(nn.Module):
    """Widen, filter each channel, narrow; after a stage's first block, add what came in."""

    def __init__(
        self,
        weights: Mapping[str, np.ndarray],
        prefix: str,
        stage: Stage,
        *,
        first: bool,
        live: bool = False,
    ) -> None:
        super().__init__()
        self.widen: Convolution | None = None
        if stage.expansion > 1:
            self.widen = Convolution(weights, prefix + "_expand_conv", prefix + "_bn0", live=live)
        stride = stage.stride if first else 1
        depthwise, narrow = prefix + "_depthwise_conv", prefix + "_project_conv"
        self.filter = Convolution(weights, depthwise, prefix + "_bn1", stride=stride, live=live)
        self.narrow = Convolution(weights, narrow, prefix + "_bn2", active=False, live=live)
        self.residual = not first

    def forward(
        self, x: Float[Tensor, "n c h w"]
    ) -> tuple[Float[Tensor, "n c2 h2 w2"], Float[Tensor, "n c3 h w"]]:
        """The map after this block, and its widest form inside."""
        wide = x if self.widen is None else self.widen(x)
        y = self.narrow(self.filter(wide))
        return x + y if self.residual else y, wide


@final
class Tail(nn.Module):
    """The stages after a cut: from its map and the frozen statistics before it to the vector.

    Args:
        weights: the encoder's, as `encoders.weights` reads them.
        cut: the stage after which it begins, one of `PLACES` but the last; None: the whole
            network, which takes pixels (n, 3, h, w) less 127, over 128.
        norm: "folded", or "live" for batch norm with running statistics.
    Raises:
        SettingError: the network has no such place.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray], *, cut: str | None, norm: Norm = "folded"
    ) -> None:
        super().__init__()
        if cut is not None and cut not in PLACES[:-1]:
            raise SettingError(
                "The network cannot be cut there.",
                found=f"cut = {cut!r}",
                expected=", ".join(PLACES[:-1]),
                attempt='cut="stage5"',
            )
        live = norm == "live"
        self.cut = cut
        known = before(cut) if cut else ()
        self._early = [block for block in blocks() if block.name in known]
        self.stem: Convolution | None = None
        if cut is None:
            self.stem = Convolution(weights, "_conv_stem", "_bn0", stride=2, live=live)
        later = PLACES[PLACES.index(cut) + 1 :] if cut else PLACES
        self.stages = nn.ModuleDict()
        number = 0
        for place, stage in zip(PLACES, LITE0, strict=False):
            numbers = range(number, number + stage.blocks)
            number += stage.blocks
            if place in later:
                self.stages[place] = nn.Sequential(
                    *(
                        Block(weights, f"_blocks.{at}.", stage, first=at == numbers[0], live=live)
                        for at in numbers
                    )
                )
        self.head = Convolution(weights, "_conv_head", "_bn1", live=live)
        # a keyword of `nn.Module.to` that its stub leaves out
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(
        self, x: Float[Tensor, "n c h w"], early: Float[Tensor, "n e"]
    ) -> Float[Tensor, "n d"]:
        """The whole vector, in the graph's order: `early`, and the statistics of each map here."""
        parts = torch.split(early, [block.stop - block.start for block in self._early], 1)
        numbers = {block.name: one for block, one in zip(self._early, parts, strict=True)}
        x = x.contiguous(memory_format=torch.channels_last)
        if self.stem is not None:
            x = self.stem(x)
        for name, stage in self.stages.items():
            for block in stage.children():
                x, wide = block(x)
            if f"{name}.wide" in WIDE:
                numbers[f"{name}.wide"] = wide.float().flatten(2).amax(2)
            numbers[name] = statistics(x)
        numbers["head"] = statistics(self.head(x))
        return torch.cat([numbers[name] for name in WIDTHS], 1)

    def convolutions(self) -> Iterator[Convolution]:
        """All of them, first to last."""
        return (one for one in self.modules() if isinstance(one, Convolution))

    def arrays(self) -> dict[str, np.ndarray]:
        """Every weight and bias by its name in the ONNX graph."""
        return {name: one for layer in self.convolutions() for name, one in layer.arrays().items()}

    def put(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes every weight and bias by its name in the ONNX graph; batch norm must be folded."""
        with torch.no_grad():
            for layer in self.convolutions():
                layer.weight.copy_(torch.from_numpy(arrays[f"{layer.layer}.weight"]))
                layer.bias.copy_(torch.from_numpy(arrays[f"{layer.layer}.bias"]))


def statistics(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n s"]:
    """Mean and standard deviation of every channel, as the graph computes them."""
    result: Tensor = _Statistics.apply(x.float())  # type: ignore[no-untyped-call]
    return result


class _Statistics(torch.autograd.Function):
    """By hand, because the two derivatives apart take a tenth of a training step.

    d mean = 1/s, d deviation = (x − mean) / (s deviation), 0 where a channel is flat; s places.
    """

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        mean = x.mean((2, 3))
        deviation = (x - mean[..., None, None]).square_().mean((2, 3)).sqrt_()
        context.save_for_backward(x, mean, deviation)
        return torch.cat([mean, deviation], 1)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> Tensor:
        x, mean, deviation = context.saved_tensors
        of_mean, of_deviation = slopes[0].chunk(2, 1)
        places = x.shape[2] * x.shape[3]
        gain = torch.where(deviation > 0, of_deviation / (places * deviation), 0.0)
        shift = of_mean / places - gain * mean
        return torch.addcmul(shift[..., None, None], gain[..., None, None], x)
