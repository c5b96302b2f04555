"""What a picture and a training step cost on this machine: tried on a few of the user's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from handful.deep.batch import Batch
from handful.deep.cut import CUTS, CutEncoder
from handful.deep.loop import train
from handful.deep.model import Deepened, Head
from handful.deep.run import Training
from handful.encoders.image import ImageEncoder
from handful.heads.linear import LinearHead
from handful.modalities.failure import DecodeFailure
from handful.modalities.image.decode import decode
from handful.modalities.image.views import PLAIN
from handful.system.machine import num_cores

if TYPE_CHECKING:
    from handful.items.item import Item

BATCH = 32
SAMPLE = 24  # pictures that are tried, twice
TRIED_STEPS = 4


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds on this machine, all cores at work.

    Args:
        plain, view: a picture through the frozen part, with the whole vector or without.
        item: one item of a training step.
        memory_bytes: of the process after the trial.
    """

    plain: float
    view: float
    item: float
    memory_bytes: int = 0


def measure(
    encoder: ImageEncoder,
    items: Sequence[Item],
    weights: dict[str, np.ndarray],
    *,
    classes: int,
    cuts: Sequence[str] = CUTS,
) -> dict[str, Costs]:
    """What each cut costs here; takes some seconds for each.

    Args:
        items: pictures of the user's, of which a few are tried.
        cuts: that are tried.
    """
    pictures = []
    for item in items[:: max(1, len(items) // SAMPLE)][:SAMPLE]:
        try:
            content = item.source.read_bytes()
            decode(content)
        except (OSError, DecodeFailure):
            continue
        pictures.append(content)
    found = {}
    for cut in cuts:
        item_s = _step_seconds(encoder, weights, cut, classes)
        plain, view = (
            _picture_seconds(CutEncoder(encoder, cut, name), pictures) for name in (PLAIN, "flip")
        )
        found[cut] = Costs(plain, view, item_s, _resident_bytes())
    return found


def _picture_seconds(encoder: CutEncoder, contents: Sequence[bytes]) -> float:
    """Wall time of a picture from bytes to activations, every core at work."""

    def work(content: bytes) -> None:
        recipe = encoder.recipe
        picture = decode(content, target=recipe.detail, levels=recipe.levels)
        encoder.encode(encoder.prepare(picture)[None])

    if not contents:
        return 0.0
    with ThreadPoolExecutor(num_cores()) as pool:
        list(pool.map(work, contents[: num_cores()]))
        start = time.perf_counter()
        list(pool.map(work, contents))
        return (time.perf_counter() - start) / len(contents)


def _step_seconds(
    encoder: ImageEncoder, weights: dict[str, np.ndarray], cut: str, classes: int
) -> float:
    """Wall time of a training step, per item."""
    part = CutEncoder(encoder, cut, "flip")
    d = encoder.dimension
    names = tuple(f"{number:06}" for number in range(classes))
    head = LinearHead(np.zeros((d, classes), np.float32), np.zeros(classes, np.float32), names)
    vectors = np.random.default_rng(0).random((2, d), np.float32)
    model = Deepened(weights, Head(vectors, head, names), cut=cut)
    early = part.blocks[1].stop - part.blocks[1].start
    times: list[float] = []

    class Noise:
        """As many numbers as there will be."""

        def __len__(self) -> int:
            return BATCH

        def batch(self, items: np.ndarray, random: np.random.Generator) -> Any:
            del items, random
            times.append(time.perf_counter())
            return Batch(
                (torch.rand(BATCH, *part.map_shape), torch.rand(BATCH, early)),
                torch.full((BATCH, classes), 1 / classes),
            )

    train(model, Noise(), Training(epochs=TRIED_STEPS + 2, batch_size=BATCH, rate=1e-9))
    return float(np.median(np.diff(times)[1:])) / BATCH


def _resident_bytes() -> int:
    """The most memory that this process has had; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
