"""A run on disk: every array by its name, and the few facts beside them. No pickle.

A run's random numbers are a function of its seed and step, so there is no generator to keep: with
weights, the optimizer's moments, the average and the step, the next step is the same to the bit.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from handful.errors import StoreError
from handful.whole_file import whole_file

FACTS = "facts"
FORMAT = 1


def save(path: Path, arrays: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Writes a checkpoint; afterwards the whole of it is there, or the one before.

    Raises:
        StoreError: the place cannot be written, or is full.
    """
    text = np.frombuffer(json.dumps({"format": FORMAT, **facts}).encode(), np.uint8)
    numbers: dict[str, Any] = {
        name: one.detach().cpu().contiguous().numpy() for name, one in arrays.items()
    }
    try:
        with whole_file(path) as file:
            np.savez(file, allow_pickle=False, **{FACTS: text}, **numbers)
    except OSError as error:
        raise StoreError(
            "The checkpoint cannot be written.",
            found=f"{path} ({error.strerror or error})",
            expected="a folder that can be written, on a disk with room",
            attempt="free some space; the run goes on from the last checkpoint",
        ) from error


def load(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """The arrays and facts of a checkpoint; None where there is none.

    Raises:
        StoreError: the file is no checkpoint, or of another format.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            facts = json.loads(found[FACTS].tobytes())
            arrays = {
                name: torch.from_numpy(found[name].copy()) for name in found.files if name != FACTS
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _unusable(path, str(error)) from error
    if facts.pop("format", None) != FORMAT:
        raise _unusable(path, "another format")
    return arrays, facts


def optimizer_arrays(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The optimizer's moments, by the number of the parameter and the name of the moment."""
    return {
        f"optimizer/{number}/{name}": value
        for number, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, arrays: dict[str, torch.Tensor]) -> None:
    """Puts back what `optimizer_arrays` gave."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for name, value in arrays.items():
        if name.startswith("optimizer/"):
            _, number, moment = name.split("/")
            own = parameters[int(number)]
            if value.shape == own.shape:  # fused optimizers need the parameter's own memory format
                value = torch.empty_like(own, dtype=value.dtype).copy_(value)
            state.setdefault(int(number), {})[moment] = value
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(
        "The checkpoint cannot be used.",
        found=f"{path} ({' '.join(why.split())[:200]})",
        expected="a checkpoint that this version of handful wrote",
        attempt=f"delete {path}: the run starts over",
    )
