"""`cell.cpp` as a function of tensors: compiled with OpenMP, and with the same matrix products."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch

from handful.kernels.c import build

SOURCE = Path(__file__).with_name("cell.cpp")
FLAGS = ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-std=c++17", "-fPIC"]


@cache
def library() -> ctypes.CDLL | None:
    """The compiled file; None without a C++ compiler.

    Torch has loaded its OpenMP before, so both share one pool of threads. It is linked without
    -ffast-math: gcc would put in a start-up that takes subnormal numbers from the whole process.
    """
    folder = Path(tempfile.mkdtemp())
    compiled, made = str(folder / "cell.o"), str(folder / "cell.so")
    own, product = folder / "product.c", str(folder / "product.o")
    own.write_text(build.source_of("product.c", "float"), encoding="utf-8")
    libraries = Path(torch.__file__).parent / "lib"
    link = [f"-L{libraries}", "-ltorch_cpu", f"-Wl,-rpath,{libraries}", "-lm", "-fopenmp"]
    try:
        subprocess.run(["g++", *FLAGS, "-c", str(SOURCE), "-o", compiled], check=True)
        subprocess.run(["gcc", *build.FLAGS, "-c", str(own), "-o", product], check=True)
        subprocess.run(["g++", "-shared", compiled, product, "-o", made, *link], check=True)
    except FileNotFoundError:
        return None
    return ctypes.CDLL(made)


def _call(name: str, sizes: list[int], tensors: list[torch.Tensor | None]) -> None:
    found = library()
    assert found is not None
    pointers = [ctypes.c_void_p(None if t is None else t.data_ptr()) for t in tensors]
    getattr(found, name)(*map(ctypes.c_int64, sizes), *pointers)


class _Cell(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *tensors: torch.Tensor) -> torch.Tensor:
        (length, batch, width), hidden = tensors[0].shape, tensors[1].shape[1]
        sizes = [length, batch, width, hidden]
        out = tensors[0].new_empty(length, batch, hidden)
        saved = [torch.empty_like(out) if any(ctx.needs_input_grad) else None for _ in range(3)]
        _call("cell_forward", sizes, [*tensors, out, *saved])
        ctx.sizes = sizes
        ctx.save_for_backward(*tensors, out, *saved)
        return out

    @staticmethod
    def backward(ctx: Any, dout: torch.Tensor) -> tuple[torch.Tensor, ...]:
        *tensors, out, z, g, u = ctx.saved_tensors
        found = [torch.empty_like(t) for t in tensors]
        given = [*tensors[:-1], out, z, g, u, dout.contiguous()]
        _call("cell_backward", ctx.sizes, [*given, *found])
        return tuple(found)


def cell(*arguments: torch.Tensor) -> torch.Tensor:
    """x, h0, Wz, Wg, Uz, Ug, bz → all states."""
    found: torch.Tensor = _Cell.apply(*arguments)
    return found
