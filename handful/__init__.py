"""handful: learn from a handful of labels, on one machine, and say honestly how well it worked.

    import handful

    project = handful.open("panels/")
    model = project.fit()
    print(model.estimate.accuracy)
    model.save("panels.handful")

Importing this module imports nothing heavy: each public name is loaded when it is first used. It
sets `ORT_DISABLE_TELEMETRY` in this process, so that ONNX Runtime tells its maker nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from handful.system.telemetry import switch_off

if TYPE_CHECKING:
    from handful.bundle.load import load
    from handful.bundle.model import Model, Prediction
    from handful.errors import (
        BundleError,
        DataError,
        EncoderError,
        HandfulError,
        SettingError,
        StoreError,
    )
    from handful.estimate.figure import Estimate, Figure
    from handful.items.finding import Finding
    from handful.items.item import Item
    from handful.project import Project, open

switch_off()

__version__ = "0.1.0"

_HOMES = {
    "BundleError": "handful.errors",
    "DataError": "handful.errors",
    "EncoderError": "handful.errors",
    "Estimate": "handful.estimate.figure",
    "Figure": "handful.estimate.figure",
    "Finding": "handful.items.finding",
    "HandfulError": "handful.errors",
    "Item": "handful.items.item",
    "Model": "handful.bundle.model",
    "Prediction": "handful.bundle.model",
    "Project": "handful.project",
    "SettingError": "handful.errors",
    "StoreError": "handful.errors",
    "load": "handful.bundle.load",
    "open": "handful.project",
}
_SUBPACKAGES = ("encoders", "features", "heads", "items")

__all__ = [
    "BundleError",
    "DataError",
    "EncoderError",
    "Estimate",
    "Figure",
    "Finding",
    "HandfulError",
    "Item",
    "Model",
    "Prediction",
    "Project",
    "SettingError",
    "StoreError",
    "load",
    "open",
]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return import_module(f"handful.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'handful' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__", *_SUBPACKAGES])
