"""Numbers to probabilities: fit, calibrate, abstain."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handful.heads.estimators import Logistic, Ridge

__all__ = ["Logistic", "Ridge"]


def __getattr__(name: str) -> object:
    """The estimators, and scikit-learn with them, are imported when they are asked for."""
    if name in __all__:
        return getattr(import_module("handful.heads.estimators"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
