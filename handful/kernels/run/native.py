"""A program as native code: plan, loops, C, shared object, and the call through ctypes."""

from __future__ import annotations

import ctypes
import math
from array import array
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import torch

from handful.kernels.c.build import Runtime, build, kept, runtime
from handful.kernels.c.printer import Source, emit
from handful.kernels.ir.nodes import Array
from handful.kernels.ir.program import Program
from handful.kernels.loops.lower import lower
from handful.kernels.rewrite.specialise import unify
from handful.kernels.run.call_cache import CallCache
from handful.kernels.run.memory import LARGE, LINE, lasting, workspace
from handful.kernels.schedule.partial_sums import with_parts
from handful.kernels.schedule.plan import plan

Shapes = list[tuple[list[int], torch.dtype]]
Results = list[tuple[Callable[..., torch.Tensor], list[int], torch.dtype]]
CallPlan = tuple[Results, list[int], int, "ctypes.Array[ctypes.c_int64]"]

POISON = -(2**62)
"""Fresh integers, where poison is asked for: no index."""

_REAL = {torch.float32: "float", torch.float64: "double"}


class Native:
    """One program for one float type. Sizes are arguments of the code, so it is compiled once.

    `equal` are the pairs of axes that the code may take to have one size (see `specialise.py`).
    With `rematerialise` it computes large arrays where it reads them (see `rematerialise.py`).
    """

    def __init__(
        self,
        program: Program,
        dtype: torch.dtype,
        equal: frozenset[tuple[str, str]],
        rematerialise: bool = False,
    ) -> None:
        self.program, self.dtype = unify(program, equal), dtype
        self.rematerialise = rematerialise
        self.call_plans: CallCache[tuple[int, ...], CallPlan] = CallCache()
        self.edited: Path | None = None
        self.compiled: tuple[int, ctypes._FuncPointer] | None = None
        self.begun: Future[Path] | None = None

    def begin(self) -> None:
        """Starts the compiler beside us, after our own passes, if there is something to compile:
        the code will be called soon."""
        if self.begun or self.compiled or self.edited:
            return
        if not kept(self.text).exists():
            compilers = ThreadPoolExecutor(2, thread_name_prefix="compiler")
            self.begun = compilers.submit(build, self.text)
            compilers.submit(lambda: self.borrowed)  # with the product, if that is new
            compilers.shutdown(wait=False)  # a pool that were kept would not outlive a fork

    @cached_property
    def source(self) -> Source:
        """The C text."""
        p = self.program
        return emit(
            p.name,
            p.inputs,
            p.outputs,
            lower(p, plan(p, rematerialise=self.rematerialise)),
            _REAL[self.dtype],
            dict(p.counts),
        )

    @property
    def text(self) -> str:
        """The C text, or what a user has made of it."""
        return self.edited.read_text(encoding="utf-8") if self.edited else self.source.text

    @property
    def entry(self) -> ctypes._FuncPointer:
        """The compiled function, made anew when the edited text has changed."""
        stamp = self.edited.stat().st_mtime_ns if self.edited else 0
        if self.compiled is None or self.compiled[0] != stamp:
            self.begin()
            begun, self.begun = self.begun, None
            path = build(self.text) if self.edited or begun is None else begun.result()
            function = ctypes.CDLL(str(path)).run
            function.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
            self.compiled = stamp, function
        return self.compiled[1]

    @cached_property
    def borrowed(self) -> Runtime:
        """Threads, and products if there are any."""
        s = self.source
        return runtime(_REAL[self.dtype], products=s.products, picked=s.picked)

    def launch(
        self, arguments: list[torch.Tensor], call_plan: CallPlan
    ) -> tuple[torch.Tensor, ...]:
        """The outputs, for sizes that were planned for."""
        entry, borrowed = self.entry, self.borrowed
        given = [a if a.is_contiguous() else a.contiguous() for a in arguments]
        results, offsets, size, extents = call_plan
        made = [make(shape, dtype=dtype) for make, shape, dtype in results]
        scratch = workspace(size) if size else None
        base = scratch.data_ptr() if scratch is not None else 0
        if borrowed.poison:
            ctypes.memset(base, 255, size)  # NaN, and for integers -1
            for tensor in made:
                tensor.fill_(float("nan") if tensor.is_floating_point() else POISON)
        every = [*[t.data_ptr() for t in (*given, *made)], *[base + at for at in offsets]]
        pointers = array("Q", every)  # filled in half the time that one of ctypes takes
        if entry(ctypes.addressof(borrowed), pointers.buffer_info()[0], extents):
            raise RuntimeError(f"{self.program.name}: torch_parallel_for failed")
        return tuple(made)

    def call_plan(self, sizes: Mapping[str, int]) -> CallPlan:
        """How the outputs are made, places and bytes of the temporaries, and the sizes as the code
        takes them. No size may be zero: the caller sends those to the fallback."""
        key = tuple(sizes.values())
        found = self.call_plans.get(key)
        if found is None:
            sizes = with_parts(sizes)
            offsets, size = [], 0
            for shape, dtype in self.shapes(self.source.temporaries, sizes):
                offsets.append(size)
                size += -(-math.prod(shape) * dtype.itemsize // LINE) * LINE
            axes = self.source.axes
            extents = (ctypes.c_int64 * len(axes))(*[sizes[a] for a in axes])
            made = self.shapes(self.program.outputs, sizes)
            results = [(_maker(shape, dtype), shape, dtype) for shape, dtype in made]
            found = results, offsets, size, extents
            self.call_plans[key] = found
        return found

    def shapes(self, arrays: tuple[Array, ...], sizes: Mapping[str, int]) -> Shapes:
        """Shape and type of each."""
        return [
            (
                [sizes[axis] + extra for axis, extra in array.dims],
                self.dtype if array.kind == "f" else torch.int64,
            )
            for array in arrays
        ]


def _maker(shape: list[int], dtype: torch.dtype) -> Callable[..., torch.Tensor]:
    """What makes a tensor of this size."""
    return lasting if math.prod(shape) * dtype.itemsize >= LARGE else torch.empty
