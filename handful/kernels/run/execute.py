"""A program made ready to run: native code where it can be had, torch operations elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch

from handful.kernels.c.build import available
from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array
from handful.kernels.ir.program import Program, flat
from handful.kernels.oracle import fallback
from handful.kernels.rewrite.scatter_to_gather import Inverse, scatter_to_gather
from handful.kernels.rewrite.specialise import pairs
from handful.kernels.run.call_cache import CallCache
from handful.kernels.run.native import CallPlan, Native
from handful.kernels.run.tables import inverse, stays
from handful.kernels.schedule.plan import added, avoidable
from handful.kernels.schedule.search_by_bound import bounded

CACHED = 4 << 20
"""Numbers that a processor's caches hold, about: sums among so many are quicker scattered."""

_backend: ContextVar[str] = ContextVar("backend", default="native")


@contextmanager
def backend(name: str) -> Iterator[None]:
    """Within this block kernels run as "native" code or as "torch" operations."""
    token = _backend.set(name)
    try:
        yield
    finally:
        _backend.reset(token)


class Executable:
    """One program; compiled at its first run for a float type, kept for all sizes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.counts = dict(program.counts)
        self.pairs = pairs(program)
        self.avoidable = avoidable(program)
        self.added = added(program) if self.avoidable else ()
        self.natives: dict[tuple[torch.dtype, frozenset[tuple[str, str]], bool], Native] = {}
        self.scattered = {e.target for e, _ in flat(program.body) if nodes.loads(*e.index)}
        self.inverses = scatter_to_gather(program)[1] if self.scattered else ()
        self.plain = bool(self.scattered) and not self.inverses
        if self.plain:
            self.inverses = scatter_to_gather(program, plain=True)[1]
        self.gathering: dict[bool, Executable] = {}
        self.bounded = bounded(program)
        self.by_bound: Executable | None = None
        self.known: CallCache[tuple[Any, ...], tuple[Native, CallPlan]] = CallCache()

    def native(
        self, dtype: torch.dtype, equal: frozenset[tuple[str, str]], rematerialise: bool = False
    ) -> Native:
        """The native code for a float type, and for pairs of axes that have one size."""
        key = dtype, equal, rematerialise
        if key not in self.natives:
            self.natives[key] = Native(self.program, *key)
        return self.natives[key]

    def knows(self, arguments: list[torch.Tensor], sizes: Mapping[str, int]) -> bool:
        """Whether native code has run with such arguments, and will again."""
        return (_dtype(arguments), *sizes.values()) in self.known

    def begin(self, arguments: list[torch.Tensor], sizes: Mapping[str, int]) -> None:
        """Has the code compiled beside other work, for a run with such arguments; not where it
        depends on what stands in a table."""
        all_sizes = {**sizes, **self.counts}
        native = _backend.get() == "native" and 0 not in all_sizes.values() and available()
        if native and not self.inverses:
            one, dtype = self.looking(all_sizes), _dtype(arguments)
            one.native(dtype, one.equal(all_sizes), one.rematerialises(all_sizes)).begin()

    def run(
        self, arguments: list[torch.Tensor], sizes: Mapping[str, int]
    ) -> tuple[torch.Tensor, ...]:
        """The outputs."""
        dtype = _dtype(arguments)
        if _backend.get() == "native" and (known := self.known.get((dtype, *sizes.values()))):
            return known[0].launch(arguments, known[1])
        all_sizes: Mapping[str, int] = {**sizes, **self.counts}
        # over nothing there is nothing to gain, and C would need a guard at every load
        if _backend.get() != "native" or 0 in all_sizes.values() or not available():
            return tuple(fallback.run(self.program, arguments, all_sizes, dtype))
        one, arguments, all_sizes = self.gathered(arguments, all_sizes)
        native = one.native(dtype, one.equal(all_sizes), one.rematerialises(all_sizes))
        call_plan = native.call_plan(all_sizes)
        if not self.inverses:  # what runs then depends on sizes alone
            self.known[dtype, *sizes.values()] = native, call_plan
        return native.launch(arguments, call_plan)

    def gathered(
        self, arguments: list[torch.Tensor], sizes: Mapping[str, int]
    ) -> tuple[Executable, list[torch.Tensor], Mapping[str, int]]:
        """What runs as native code, with what: products gathered by inverted tables, where those
        are worth making."""
        tables = self.tables(arguments, sizes) if self.inverses else None
        if tables is None:
            return self.looking(sizes), arguments, sizes
        once = all(t.shape[-1] == 1 for t in tables)
        if once not in self.gathering:
            program = scatter_to_gather(self.program, once=once, plain=self.plain)[0]
            self.gathering[once] = Executable(program)
        if once:
            tables, ranks = [t.squeeze(-1) for t in tables], {}
        else:
            names = [i.array.dims[-1].axis for i in self.inverses]
            ranks = {name: t.shape[-1] for name, t in zip(names, tables, strict=True)}
        return self.gathering[once].gathered([*arguments, *tables], {**sizes, **ranks})

    def looking(self, sizes: Mapping[str, int]) -> Executable:
        """What looks for the nearest by a bound, where that is sooner had than the distances."""
        if self.bounded is None or not self.bounded.pays(sizes):
            return self
        if self.by_bound is None:
            self.by_bound = Executable(self.bounded.program)
        return self.by_bound

    def equal(self, sizes: Mapping[str, int]) -> frozenset[tuple[str, str]]:
        """The pairs of axes that have one size in this call."""
        return frozenset(p for p in self.pairs if sizes[p[0]] == sizes[p[1]])

    def rematerialises(self, sizes: Mapping[str, int]) -> bool:
        """Whether large arrays are computed again where they are read: where they would take more
        memory than all arguments and results together, and than what is held in their place."""
        if not self.avoidable:
            return False
        ends = (*self.program.inputs, *self.program.outputs)
        large, rest, more = (
            sum(_elements(a, sizes) for a in some) for some in (self.avoidable, ends, self.added)
        )
        return large > max(rest, more)

    def tables(
        self, arguments: list[torch.Tensor], sizes: Mapping[str, int]
    ) -> list[torch.Tensor] | None:
        """The inverses that the gathering program takes; None if one is not worth making, or not
        yet."""
        if self.plain and not (
            max(_elements(a, sizes) for a in self.scattered) > CACHED
            and all(stays(arguments[self.place(i)]) for i in self.inverses)
        ):
            return None
        found = []
        for one in self.inverses:
            made = inverse(arguments[self.place(one)], one.dim, sizes[one.array.dims[0].axis])
            if made is None:
                return None
            found.append(made)
        return found

    def place(self, one: Inverse) -> int:
        """Which argument is the table."""
        return self.program.inputs.index(one.table)


def _dtype(arguments: list[torch.Tensor]) -> torch.dtype:
    for one in arguments:  # at every call, so no generator
        if one.dtype.is_floating_point:
            return one.dtype
    return torch.float32


def _elements(array: Array, sizes: Mapping[str, int]) -> int:
    return math.prod(sizes[d.axis] + d.extra for d in array.dims)
