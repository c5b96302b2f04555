"""The public names are a promise."""

import handful

PROMISED = [
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


def test_public_names_are_the_promised_ones_in_order() -> None:
    """`handful.__all__` is sorted and is what the docs promise."""
    assert sorted(PROMISED, key=str) == handful.__all__


def test_every_public_name_loads() -> None:
    """Each public name can be had and carries a docstring."""
    undocumented = [name for name in handful.__all__ if not getattr(handful, name).__doc__]
    assert undocumented == []
