"""`@kernel`: a traced function that can be called, read and differentiated. The one public door."""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from handful.errors import KernelError
from handful.kernels.arguments import Arguments
from handful.kernels.beside import side_by_side
from handful.kernels.grad import differentiate
from handful.kernels.interp import run_program, run_traced
from handful.kernels.nodes import Array
from handful.kernels.normal import normalise, share_states
from handful.kernels.program import Program, show_program
from handful.kernels.trace import Traced, trace

DTYPES = ("float32", "float64")


class Kernel:
    """Equations that can be called.

    Call it with torch tensors (and it is differentiable, any number of times up to three) or with
    NumPy arrays (and it returns NumPy arrays). Sizes that no argument shows are keywords:
    `segment_sum(messages, target, n=100)`.

    Raises:
        KernelError: an argument's kind, shape or index range does not fit the equations.
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

    def __call__(self, *arguments: Any, **sizes: int) -> Any:
        """The result, or a tuple of the results, in the arguments' own library and float type."""
        if any(type(a).__module__.startswith("torch") for a in arguments):
            import torch

            if torch.compiler.is_compiling():
                from handful.kernels.library import register, run

                names, values = " ".join(sizes), list(sizes.values())
                return _one_or_all(tuple(run(register(self), list(arguments), names, values)))
            from handful.kernels.torch_op import call

            return _one_or_all(call(self, list(arguments), sizes))
        import torch

        from handful.kernels.torch_op import call

        arrays = self.numpy_arguments(arguments)
        with torch.no_grad():
            results = call(self, [torch.from_numpy(_readable(a)) for a in arrays], sizes)
        return _one_or_all(tuple(r.numpy() for r in results))

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

    def reference(self, *arguments: Any, **sizes: int) -> Any:
        """The same in NumPy, by the interpreter: float64, slow, and right by definition."""
        arrays = self.numpy_arguments(tuple(_to_numpy(a) for a in arguments))
        found = self.sizes(list(arrays), sizes)
        self.arguments.ranges(found, _ranges(self.program, arrays), _finder(self.program, arrays))
        named = {p.name: a for p, a in zip(self.program.inputs, arrays, strict=True)}
        if self.traced is not None:
            out = run_traced(self.traced, named, found)
        else:
            out = run_program(self.program, named, found)
        return out[0] if len(out) == 1 else tuple(out)

    def equations(self) -> str:
        """The program: one equation for each reduction, state and result."""
        return show_program(self.program)

    @cached_property
    def grad(self) -> Kernel:
        """The derivative, a kernel too: (arguments, cotangents of the float results) → cotangents
        of the float arguments."""
        return Kernel(differentiate(self.program), self.arguments)

    @cached_property
    def wide(self) -> Program:
        """The program as it is run: what two states share is computed once, and products of the
        same rows are one (see `beside.py`)."""
        return side_by_side(share_states(self.program))

    @cached_property
    def key(self) -> str:
        """A name that two kernels share only if their equations are the same."""
        return f"{self.name}_{hashlib.sha256(self.equations().encode()).hexdigest()[:16]}"

    def source(self, **settings: Any) -> str:
        """The C text of the forward pass, in float32 (or `dtype="float64"`).

        Axes that index one dimension under two names are taken to have one size, as they mostly do.
        """
        text: str = self._native(**settings).text
        return text

    def explain(self, *arguments: Any, **sizes: int) -> str:
        """What runs in parallel, what is a matrix product, what is scratch, saved or computed
        again; operations and bytes; time measured, and at the machine's roof."""
        from handful.kernels.explain import explain

        return explain(self, arguments, sizes)

    def edit(self, path: str | Path, **settings: Any) -> Path:
        """Write the C text to `path` if nothing is there, and run what stands there from now on.

        The file is compiled again when it has changed. It serves calls of the kernel without
        gradients, in the float type and for the equal axes that it was written for.
        """
        native = self._native(**settings)
        path = Path(path)
        if not path.exists():
            path.write_text(native.text, encoding="utf-8")
        native.edited = path
        return path

    def _native(self, *, dtype: str = "float32") -> Any:
        import torch

        from handful.kernels.torch_op import plain

        if dtype not in DTYPES:
            raise KernelError(f"{self.name}: no code for {dtype}", expected=" or ".join(DTYPES))
        executable = plain(self)
        return executable.native(getattr(torch, dtype), executable.pairs)

    @cached_property
    def known_sizes(self) -> dict[Any, dict[str, int]]:
        """Sizes of the calls that passed all checks, by the arguments' shapes."""
        return {}

    @cached_property
    def tables(self) -> list[int]:
        """Positions of the integer arguments."""
        return [i for i, a in enumerate(self.program.inputs) if a.kind == "i"]

    @cached_property
    def variants(self) -> dict[Any, Any]:
        """What the torch side has prepared of this kernel, by what it was asked for."""
        return {}


def _one_or_all(results: tuple[Any, ...]) -> Any:
    return results[0] if len(results) == 1 else results


def _readable(array: np.ndarray) -> np.ndarray:
    # torch warns of read-only memory, and knows no negative strides
    good = array.flags.writeable and all(s >= 0 for s in array.strides)
    return array if good else array.copy()


def _to_numpy(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _ranges(program: Program, arrays: list[np.ndarray]) -> dict[str, tuple[int, int]]:
    pairs = zip(program.inputs, arrays, strict=True)
    return {p.name: (int(a.min()), int(a.max())) for p, a in pairs if p.kind == "i" and a.size}


def _finder(program: Program, arrays: list[Any]) -> Callable[..., Any]:
    def find(name: str, low: int, high: int) -> tuple[tuple[int, ...], int]:
        value = next(a for p, a in zip(program.inputs, arrays, strict=True) if p.name == name)
        value = np.asarray(value)
        place = np.argwhere((value < low) | (value > high))[0]
        return tuple(int(i) for i in place), int(value[tuple(place)])

    return find


def kernel(function: Callable[..., Any]) -> Kernel:
    """Turn a function over axes into a kernel.

    The function is called once, now, with symbolic tensors; its annotations say the axes of each
    argument and result.

        n, k, m = axes("n k m")

        @kernel
        def linear(x: F[n, k], w: F[k, m], bias: F[m]) -> F[n, m]:
            return sum(k, x[n, k] * w[k, m]) + bias[m]

    Raises:
        KernelError: the equations do not fit together; the message names the axes and the line.
    """
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith("<@beartype"):
        frame = frame.f_back
    scope = {**frame.f_globals, **frame.f_locals}
    traced = trace(function, scope)
    made = Kernel(normalise(traced), Arguments(traced), traced)
    made.__doc__ = function.__doc__
    if "torch" in sys.modules:
        # torch.compile cannot follow the first import of an operator, only its use
        importlib.import_module("handful.kernels.library")
    return made
