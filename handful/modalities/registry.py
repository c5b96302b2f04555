"""The modalities by their names, each imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module

import numpy as np
from jaxtyping import Int

from handful.modalities.files import KINDS
from handful.modalities.modality import Facts, Modality


@cache
def modality(name: str = KINDS[0]) -> Modality:
    """The modality of that name, one of `KINDS`."""
    found: Modality = import_module(f"handful.modalities.{name}.modality").MODALITY
    return found


def alike(facts: Sequence[Facts]) -> Int[np.ndarray, " n"]:
    """A cluster number for each item, from 0; copies and near copies share one.

    Args:
        facts: n of them, all of one modality.
    """
    if not facts:
        return np.zeros(0, np.int64)
    return modality(facts[0].modality).alike(facts)
