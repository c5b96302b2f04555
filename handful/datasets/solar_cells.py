"""Real photographs to try things on: the solar cells of the package `elpv-dataset`.

2,624 electroluminescence photographs of cells, 300 × 300, grey, judged by experts. The data is
CC BY-NC-SA 4.0; it is read where that package installed it and never copied.

Source: Deitsch et al., Solar Energy 185 (2019), arXiv:1807.02894.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from handful.errors import DataError
from handful.items.item import Collection, Item
from handful.system import installing

DEFECT, SOUND = "defect", "ok"
DEFECT_FROM = 0.5  # the paper's experts gave 0, 1/3, 2/3 or 1


def solar_cells() -> Collection:
    """The photographs, labelled "defect" where the experts' probability is 0.5 or more, else "ok".

    Raises:
        DataError: the package `elpv-dataset` is not installed.
    """
    spec = find_spec("elpv_dataset")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "The demonstration photographs are not installed.",
            found="package elpv-dataset (CC BY-NC-SA 4.0, 92 MB)",
            expected="handful installed with its extra `demo`",
            attempt=installing.extra("demo"),
        )
    root = Path(spec.submodule_search_locations[0]) / "data"
    rows = (root / "labels.csv").read_text(encoding="utf-8").splitlines()
    items = []
    for row in rows:
        path, probability, _cell_type = row.split()
        label = DEFECT if float(probability) >= DEFECT_FROM else SOUND
        items.append(Item(path=path, source=root / path, label=label))
    return Collection(root=root, items=tuple(sorted(items, key=lambda item: item.path)))
