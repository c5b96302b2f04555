"""In what a picture is unlike all that a model learned from, in words.

The distance between vectors is computed in the graph (`distance.py`); here are the plain facts of
a picture that no vector is needed for, and what is said of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from handful.bundle.manifest import DataFacts, NoveltyFacts
from handful.modalities.image.decode import Picture
from handful.modalities.image.facts import BLANK_SPREAD, looks_grey

FAR = "unlike all that it learned from"
STRETCH = 2.0  # times wider or narrower than any that was learned from


@dataclass(frozen=True, slots=True)
class Unlike:
    """How unlike all that a model learned from one picture is.

    Args:
        score: 0 for an ordinary picture of the same source; larger is stranger.
        limit: a score above it is unlike all that was learned from.
        facts: in which plain facts it differs (it is blank, it has colour, its shape).
    """

    score: float
    limit: float
    facts: tuple[str, ...] = ()

    @property
    def why(self) -> tuple[str, ...]:
        """The reasons to answer "cannot say"; empty where there are none."""
        return (*self.facts, FAR) if self.score > self.limit else self.facts

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return {"score": self.score, "limit": self.limit, "why": list(self.why)}


def strange_facts(
    picture: Picture, tensor: UInt8[np.ndarray, "h w 3"], learned: NoveltyFacts
) -> Iterator[str]:
    """The plain facts in which a picture differs from every one that was learned from."""
    if not learned.blank and int(np.ptp(tensor, axis=(0, 1)).max()) <= BLANK_SPREAD:
        yield "it is one even surface; none of those that it learned from is"
    yield from _colour(looks_grey(picture.image), learned.colour)
    if learned.aspect:
        shape, (low, high) = picture.width / picture.height, learned.aspect
        if shape * STRETCH < low or shape > high * STRETCH:
            yield (
                f"its width is {shape:.2g} times its height; the model learned from "
                f"{low:.2g} to {high:.2g}"
            )


def differences(picture: Picture, data: DataFacts, *, colour: bool) -> Iterator[str]:
    """What is worth a warning: it differs, but an answer may still be right.

    Args:
        picture: that was asked about.
        data: what the pictures that were learned from were like.
        colour: warn of colour too (where it is no reason to say nothing; by the file's mode, as
            bundles before format 6 counted).
    """
    if data.shorter_side:
        side, (low, high) = min(picture.width, picture.height), data.shorter_side
        if side * 2 < low or side > high * 2:
            yield f"its shorter side is {side} pixels; the model learned from {low} to {high}"
    if colour:
        yield from _colour(picture.image.mode == "L", data.colour)


def _colour(grey: bool, learned: str) -> Iterator[str]:
    if learned == "none" and not grey:
        yield "it is in colour; the model learned from grey pictures alone"
    if learned == "all" and grey:
        yield "it is grey; the model learned from coloured pictures alone"
