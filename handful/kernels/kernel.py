"""`@kernel`: a traced function that can be called, read and differentiated. The one public door."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from handful.errors import KernelError
from handful.kernels.front.arguments import Arguments
from handful.kernels.front.normalise import normalise
from handful.kernels.front.trace import trace
from handful.kernels.run.definition import DTYPES, Definition, one_or_all


class Kernel(Definition):
    """Equations that can be called.

    Call it with torch tensors (and it is differentiable, any number of times up to three) or with
    NumPy arrays (and it returns NumPy arrays). Sizes that no argument shows are keywords:
    `segment_sum(messages, target, n=100)`.

    Raises:
        KernelError: an argument's kind, shape or index range does not fit the equations.
    """

    def __call__(self, *arguments: Any, **sizes: int) -> Any:
        """The result, or a tuple of the results, in the arguments' own library and float type."""
        torch, call = _torch()
        for argument in arguments:
            if type(argument).__module__.startswith("torch"):
                break
        else:
            arrays = [torch.from_numpy(_readable(a)) for a in self.numpy_arguments(arguments)]
            with torch.no_grad():
                return one_or_all(tuple(r.numpy() for r in call(self, arrays, sizes)))
        if torch.compiler.is_compiling():
            from handful.kernels.torch.library import register, run

            names, values = " ".join(sizes), list(sizes.values())
            return one_or_all(tuple(run(register(self), list(arguments), names, values)))
        return one_or_all(call(self, list(arguments), sizes))

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

        return explain(self, arguments, sizes, lambda: self(*arguments, **sizes))

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

        from handful.kernels.torch.autograd import plain

        if dtype not in DTYPES:
            raise KernelError(f"{self.name}: no code for {dtype}", expected=" or ".join(DTYPES))
        executable = plain(self)
        return executable.native(getattr(torch, dtype), executable.pairs)


@cache
def _torch() -> tuple[Any, Any]:
    """torch, and the call among its tensors: found once, when a kernel is first called."""
    import torch

    from handful.kernels.torch.autograd import call

    return torch, call


def _readable(array: np.ndarray) -> np.ndarray:
    # torch warns of read-only memory, and knows no negative strides
    good = array.flags.writeable and all(s >= 0 for s in array.strides)
    return array if good else array.copy()


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
        importlib.import_module("handful.kernels.torch.library")
    return made
