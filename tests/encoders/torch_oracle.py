"""EfficientNet-Lite0 a second time: PyTorch, unfolded batch norm, padding worked out apart."""

import torch
from torch import Tensor
from torch.nn import functional as F

# width after each block; a stride of 2 enters blocks 1, 3, 5 and 11
STRIDES = {1: 2, 3: 2, 5: 2, 11: 2}
STAGE_ENDS = (0, 2, 4, 7, 10, 14, 15)


def _same(sizes: tuple[int, int], kernel: int, stride: int) -> list[int]:
    """Zeros at left, right, top, bottom as TensorFlow's "SAME": what the last window needs."""
    pads = []
    for size in sizes:
        need = max((size + stride - 1) // stride * stride - stride + kernel - size, 0)
        pads += [need // 2, need - need // 2]
    return pads


class Oracle:
    """Maps of every stage, the vector and the logits, from PyTorch's own state dict."""

    def __init__(self, state: dict[str, Tensor]) -> None:
        self.state = state

    def layer(self, x: Tensor, conv: str, norm: str, stride: int = 1) -> Tensor:
        """One convolution and its batch norm."""
        s = self.state
        weight = s[conv + ".weight"]
        groups = x.shape[1] if weight.shape[1] == 1 and x.shape[1] > 1 else 1
        left, right, top, bottom = _same((x.shape[3], x.shape[2]), weight.shape[2], stride)
        padding = (top, left)
        if (left, top) != (right, bottom):
            x, padding = F.pad(x, (left, right, top, bottom)), (0, 0)
        x = F.conv2d(x, weight, stride=stride, padding=padding, groups=groups)
        mean, var = s[norm + ".running_mean"], s[norm + ".running_var"]
        return F.batch_norm(x, mean, var, s[norm + ".weight"], s[norm + ".bias"], eps=1e-3)

    def maps(self, pixels: Tensor) -> dict[str, Tensor]:
        """What each stage puts out, and its widest form, for (n, h, w, 3) uint8."""
        x = (pixels.permute(0, 3, 1, 2).float() - 127) / 128
        x = F.relu6(self.layer(x, "_conv_stem", "_bn0", 2))
        found: dict[str, Tensor] = {}
        for place in range(16):
            prefix, entry, stride = f"_blocks.{place}.", x, STRIDES.get(place, 1)
            if place:
                x = F.relu6(self.layer(x, prefix + "_expand_conv", prefix + "_bn0"))
            wide = x
            x = F.relu6(self.layer(x, prefix + "_depthwise_conv", prefix + "_bn1", stride))
            x = self.layer(x, prefix + "_project_conv", prefix + "_bn2")
            if x.shape == entry.shape:
                x = x + entry
            if place in STAGE_ENDS:
                stage = STAGE_ENDS.index(place) + 1
                found[f"stage{stage}"] = x
                if stage >= 3:
                    found[f"stage{stage}.wide"] = wide
        found["head"] = F.relu6(self.layer(x, "_conv_head", "_bn1"))
        return found

    def __call__(self, pixels: Tensor) -> dict[str, Tensor]:
        """All outputs for (n, h, w, 3) uint8."""
        found = self.maps(pixels)
        numbers = []
        for name in sorted(found, key=lambda name: (name.endswith(".wide"), name == "head", name)):
            x = found[name]
            if name.endswith(".wide"):
                numbers.append(x.amax((2, 3)))
            else:
                numbers += [x.mean((2, 3)), x.double().std((2, 3), correction=0)]
        found["vector"] = torch.cat([one.float() for one in numbers], 1)
        pooled = found["head"].mean((2, 3))
        found["logits"] = F.linear(pooled, self.state["_fc.weight"], self.state["_fc.bias"])
        return found
