"""The trained head that every fitting method ends in, and the record of one fit.

A head is a linear map on the encoder's vector, scaled by a temperature, then its target's link
(a softmax for one of K): so it fuses into the encoder's graph. Standardisation and stage weights
are folded into `weight`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from handful.heads.standardise import Rows
from handful.system.cores import on_every_core, own_products
from handful.targets.one_of_k import ONE_OF_K
from handful.targets.target import Target

if TYPE_CHECKING:
    from handful.heads.calibration import Scale
    from handful.heads.leave_out import LeaveOut


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """probabilities = link(vector @ weight + bias). The temperature is already inside.

    Args:
        weight: (d, k), float32.
        bias: (k,), float32.
        classes: k class names, sorted.
        target: what an answer is; its link is a softmax where it is one of K.
    """

    weight: Float[np.ndarray, "d k"]
    bias: Float[np.ndarray, " k"]
    classes: tuple[str, ...]
    target: Target = ONE_OF_K

    def logits(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        """What the link takes: for one of K, calibrated log-odds up to a constant per row."""
        return X @ self.weight + self.bias

    @own_products()
    def probabilities(self, X: Rows) -> Float[np.ndarray, "n k"]:
        """Calibrated probabilities of (n, d) vectors, read in slices."""
        said = np.empty((X.shape[0], len(self.classes)), np.float32)

        def say(share: list[slice]) -> None:
            for rows in share:
                said[rows] = self.target.probabilities(self.logits(np.asarray(X[rows])))

        on_every_core(len(said), say)
        return said


@dataclass(frozen=True, slots=True)
class Candidate:
    """One head that was tried: its name, its out-of-sample log-loss, its settings."""

    name: str
    log_loss: float
    settings: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class RidgeFit:
    """One ridge fit of n items, to be asked what it says without any of them.

    Args:
        leaving_out: takes the places of s items, and makes ready to leave out any part of them.
        scale: how its left-out scores become logits.
        log_prior: (k,) log shares of the classes.
    """

    leaving_out: Callable[[Int[np.ndarray, " s"]], LeaveOut]
    scale: Scale
    log_prior: Float[np.ndarray, " k"]


@dataclass(frozen=True, slots=True, eq=False)
class HeadFit:
    """A head, and what it would have said of each training item without having seen its group.

    Args:
        head: fitted on all items given.
        probabilities: (n, k), out of sample, leave-group-out, calibrated on out-of-sample scores.
        candidates: every method tried, the winner first.
        seconds: wall time of the whole fit.
        ridge: the ridge fit, whether or not it won; None unless it was asked to be kept.
    """

    head: LinearHead
    probabilities: Float[np.ndarray, "n k"]
    candidates: tuple[Candidate, ...]
    seconds: float
    ridge: RidgeFit | None = None
