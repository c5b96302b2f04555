"""Columns of numbers as the page takes them: base64 of little-endian arrays."""

from __future__ import annotations

import base64

import numpy as np


def packed(values: np.ndarray, kind: str) -> str:
    """`values` as numbers of `kind` ("<f4", "<u2", "u1"), in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")
