"""A run on disk: every array by its name, and the few facts beside them. No pickle.

A run's random numbers are a function of its seed and step, so there is no generator to keep: with
weights, the optimizer's state, the average, the hooks' states and the step, the next step is the
same to the bit. What of a run is written, and how it is put back, is `resuming.py`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from handful.errors import SettingError, StoreError
from handful.system.whole_file import whole_file

FACTS = "facts"
FORMAT = 2


def save(path: Path, arrays: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Writes a checkpoint; afterwards the whole of it is there, or the one before.

    Raises:
        StoreError: the place cannot be written, or is full.
    """
    text = np.frombuffer(json.dumps({"format": FORMAT, **facts}).encode(), np.uint8)
    numbers: dict[str, Any] = {
        name: _plain(one.detach().cpu()).contiguous().numpy() for name, one in arrays.items()
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


def packed(value: object, name: str, arrays: dict[str, torch.Tensor]) -> list[Any]:
    """A state as JSON: every tensor and array in it goes to `arrays`, under a name below `name`.

    Args:
        value: numbers, texts, None, tensors, arrays, and lists, tuples and dicts of such.
        name: of the whole.
        arrays: where the tensors are put.
    Raises:
        SettingError: something else is in it, which could not be read back.
    """
    if isinstance(value, torch.Tensor):
        arrays[name] = value
        return ["tensor", name, str(value.dtype).removeprefix("torch.")]
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        arrays[name] = torch.from_numpy(np.array(value))
        return ["array" if isinstance(value, np.ndarray) else "number", name]
    if value is None or isinstance(value, bool | int | float | str):
        return ["value", value]
    if isinstance(value, list | tuple):
        parts = [packed(one, f"{name}/{at}", arrays) for at, one in enumerate(value)]
        return ["tuple" if isinstance(value, tuple) else "list", parts]
    if isinstance(value, dict):  # pairs, because the keys of JSON are texts
        return [
            "dict",
            [
                [packed(key, f"{name}/{at}/key", arrays), packed(one, f"{name}/{at}", arrays)]
                for at, (key, one) in enumerate(value.items())
            ],
        ]
    raise SettingError(
        "A state cannot be written to the checkpoint.",
        found=f"{type(value).__name__} in {name}",
        expected="numbers, texts, tensors, arrays, and lists, tuples and dicts of them",
        attempt="give only such in state_dict(), or train without a checkpoint",
    )


def unpacked(value: list[Any], arrays: Mapping[str, torch.Tensor]) -> Any:
    """The state that `packed` was given."""
    kind, content = value[:2]
    if kind == "tensor":
        return arrays[content].to(getattr(torch, value[2]))
    if kind in ("array", "number"):
        found = arrays[content].numpy()
        return found if kind == "array" else found[()]
    if kind in ("list", "tuple"):
        parts = [unpacked(one, arrays) for one in content]
        return parts if kind == "list" else tuple(parts)
    if kind == "dict":
        return {unpacked(key, arrays): unpacked(one, arrays) for key, one in content}
    return content


def _plain(one: torch.Tensor) -> torch.Tensor:
    """NumPy has no bfloat16; every one of its numbers is a float32 too."""
    return one.float() if one.dtype is torch.bfloat16 else one


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(
        "The checkpoint cannot be used.",
        found=f"{path} ({' '.join(why.split())[:200]})",
        expected="a checkpoint that this version of handful wrote",
        attempt=f"delete {path}: the run starts over",
    )
