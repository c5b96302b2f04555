"""What a kernel is, apart from how it is run: its equations, their checks, their derivative."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from handful.errors import KernelError
from handful.kernels.front.arguments import Arguments
from handful.kernels.front.normalise import share_states
from handful.kernels.front.trace import Traced
from handful.kernels.ir.nodes import Array
from handful.kernels.ir.program import Program, show_program
from handful.kernels.oracle.interpreter import run_program, run_traced
from handful.kernels.rewrite.fuse_products import fuse_products
from handful.kernels.rewrite.grad import differentiate
from handful.kernels.run.call_cache import CallCache

DTYPES = ("float32", "float64")
D = TypeVar("D", bound="Definition")


class Definition:
    """Equations and what a call of them must look like.

    Args:
        traced: the terms as they were written, which the interpreter follows; None: a derivative.
    """

    def __init__(
        self, program: Program, arguments: Arguments, traced: Traced | None = None
    ) -> None:
        self.program, self.arguments, self.traced = program, arguments, traced
        self.name = program.name
        self.__name__ = program.name
        self.__doc__ = None

    def __repr__(self) -> str:
        return f"<kernel {show_program(self.program).splitlines()[0]}>"

    def numpy_arguments(self, arguments: tuple[Any, ...]) -> list[np.ndarray]:
        """Arguments as arrays of one float type and of int64."""
        self.check_count(len(arguments))
        floats = [a for a, p in zip(arguments, self.program.inputs, strict=True) if p.kind == "f"]
        kinds = {np.asarray(a).dtype.name for a in floats if hasattr(a, "dtype")}
        dtype = kinds.pop() if len(kinds) == 1 and kinds <= set(DTYPES) else "float64"
        out = []
        for a, p in zip(arguments, self.program.inputs, strict=True):
            if hasattr(a, "dtype"):
                self.check_dtype(p, a.dtype.name, dtype)
            out.append(np.asarray(a, dtype if p.kind == "f" else np.int64))
        return out

    def check_count(self, found: int) -> None:
        """As many arguments as parameters."""
        if found != len(self.program.inputs):
            wanted = ", ".join(
                f"{a.name}[{', '.join(d.axis for d in a.dims)}]" for a in self.program.inputs
            )
            raise KernelError(
                f"{self.name}: takes {len(self.program.inputs)} arguments but got {found}",
                expected=wanted,
            )

    def check_dtype(self, parameter: Array, found: str, floats: str) -> None:
        """Floats are float32 or float64 and all the same; integers are int32 or int64."""
        allowed = (floats,) if parameter.kind == "f" else ("int64", "int32")
        if found not in allowed:
            shown = "I" if parameter.kind == "i" else "F"
            axes = ", ".join(d.axis for d in parameter.dims)
            why = (
                f"the other floats are {floats}" if found in DTYPES else f"{shown} means otherwise"
            )
            raise KernelError(
                f"{self.name}: {parameter.name} is declared {shown}[{axes}] but is {found} ({why})",
                expected=" or ".join(allowed if parameter.kind == "i" else DTYPES),
            )

    def sizes(self, arguments: list[Any], given: dict[str, int]) -> dict[str, int]:
        """The size of every axis at this call."""
        own = len(self.arguments.parameters)
        sizes = self.arguments.sizes(arguments[:own], given)
        for array, value in zip(self.program.inputs[own:], arguments[own:], strict=True):
            wanted = tuple(sizes[d.axis] + d.extra for d in array.dims)
            if tuple(value.shape) != wanted:
                raise KernelError(
                    f"{self.name}: {array.name} has shape {tuple(value.shape)}, not {wanted}"
                )
        return sizes

    def check_ranges(
        self, sizes: dict[str, int], spans: dict[str, tuple[int, int]], arguments: list[Any]
    ) -> None:
        """Every index table stays inside of what it points to; `spans` are least and greatest."""

        def find(name: str, low: int, high: int) -> tuple[tuple[int, ...], int]:
            value = np.asarray(next(arguments[i] for i, a in self.tables if a.name == name))
            place = np.argwhere((value < low) | (value > high))[0]
            return tuple(int(i) for i in place), int(value[tuple(place)])

        self.arguments.ranges(sizes, spans, find)

    def reference(self, *arguments: Any, **sizes: int) -> Any:
        """The same in NumPy, by the interpreter: float64, slow, and right by definition."""
        arrays = self.numpy_arguments(tuple(_to_numpy(a) for a in arguments))
        found = self.sizes(list(arrays), sizes)
        spans = {p.name: (int(arrays[i].min()), int(arrays[i].max()))
                 for i, p in self.tables if arrays[i].size}  # fmt: skip
        self.check_ranges(found, spans, arrays)
        named = {p.name: a for p, a in zip(self.program.inputs, arrays, strict=True)}
        if self.traced is not None:
            out = run_traced(self.traced, named, found)
        else:
            out = run_program(self.program, named, found)
        return one_or_all(tuple(out))

    def equations(self) -> str:
        """The program: one equation for each reduction, state and result."""
        return show_program(self.program)

    @property
    def grad(self: D) -> D:
        """The derivative, a kernel too: (arguments, cotangents of the float results) → cotangents
        of the float arguments."""
        if "grad" not in self.variants:
            self.variants["grad"] = type(self)(differentiate(self.program), self.arguments)
        found: D = self.variants["grad"]
        return found

    @cached_property
    def wide(self) -> Program:
        """The program as it is run: what two states share is computed once, and products of the
        same rows are one (see `rewrite/fuse_products.py`)."""
        return fuse_products(share_states(self.program))

    @cached_property
    def key(self) -> str:
        """A name that two kernels share only if their equations are the same."""
        return f"{self.name}_{hashlib.sha256(self.equations().encode()).hexdigest()[:16]}"

    @cached_property
    def known_sizes(self) -> CallCache[Any, dict[str, int]]:
        """Sizes of the calls that passed all checks, by the arguments' shapes and types."""
        return CallCache()

    @cached_property
    def tables(self) -> list[tuple[int, Array]]:
        """The integer arguments, with their positions."""
        return [(i, a) for i, a in enumerate(self.program.inputs) if a.kind == "i"]

    @cached_property
    def variants(self) -> dict[Any, Any]:
        """What has been made of this kernel, by what it was asked for."""
        return {}


def one_or_all(results: tuple[Any, ...]) -> Any:
    """What a call returns: the one result itself, or all of them."""
    return results[0] if len(results) == 1 else results


def _to_numpy(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value
