"""From C text to a callable: find a compiler, compile once per machine, borrow torch's threads.

The cache is a folder of shared objects named by the hash of source, flags, compiler and processor.
A file is written under a name of its own and then renamed, so processes may race.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from handful.errors import KernelError
from handful.kernels.c.prelude import PANELS, PICKED
from handful.system.machine import num_cores, processor

FLAGS = [
    "-O3",
    "-march=native",
    "-std=gnu11",
    "-fPIC",
    "-shared",
    "-fopenmp-simd",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-w",
]
GCC_FLAGS = ["-fno-tree-loop-distribute-patterns"]
"""Sums begun by memset would stand in memory, not in registers. Only gcc makes that of them."""

BLAS = {"float": "sgemm_", "double": "dgemm_"}


def flags() -> list[str]:
    """The compiler's flags: ours, then those of `$HANDFUL_KERNELS_FLAGS`."""
    own = FLAGS if "clang" in version() else [*FLAGS, *GCC_FLAGS]
    return [*own, *shlex.split(os.environ.get("HANDFUL_KERNELS_FLAGS", ""))]


class NoCompiler(Exception):  # noqa: N818  (not an error: the fallback serves)
    """No C compiler was found on this machine."""


@cache
def compiler() -> tuple[str, ...]:
    """The command that compiles C: `$CC`, cc, gcc, clang, or the package ziglang."""
    wanted = shlex.split(os.environ.get("CC", ""))
    for command in [wanted] if wanted else [["cc"], ["gcc"], ["clang"]]:
        if shutil.which(command[0]):
            return tuple(command)
    if find_spec("ziglang") is None:
        raise NoCompiler
    return (sys.executable, "-m", "ziglang", "cc")


@cache
def available() -> bool:
    """Whether native code can be made; says so once if it cannot."""
    if os.environ.get("HANDFUL_KERNELS") == "torch":
        return False
    try:
        compiler()
    except NoCompiler:
        warnings.warn(
            "no C compiler was found, so kernels run as torch operations: right, but slower. "
            "Install gcc or clang, or `pip install ziglang`.",
            stacklevel=2,
        )
        return False
    return True


@cache
def version() -> str:
    """What the compiler says of itself."""
    command = [*compiler(), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@cache
def _identity() -> str:
    """What a shared object depends on besides its source."""
    features = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        features = next((line for line in lines if line.startswith("flags")), "")
    return "\n".join([version(), processor(), features, *flags()])


def folder() -> Path:
    """Where shared objects are kept: `$HANDFUL_CACHE`, else the user's cache folder."""
    root = os.environ.get("HANDFUL_CACHE") or os.environ.get("XDG_CACHE_HOME")
    path = (Path(root) if root else Path.home() / ".cache") / "handful" / "kernels"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _temporary()
    return path if os.access(path, os.W_OK) else _temporary()


@cache
def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="handful-kernels-"))


def kept(source: str) -> Path:
    """Where the shared object of `source` is, once it is compiled."""
    name = hashlib.sha256((source + _identity()).encode()).hexdigest()[:32]
    return folder() / f"{name}.so"


def build(source: str) -> Path:
    """The shared object of `source`, compiled if it is not there yet."""
    path = kept(source)
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        text, made = Path(work) / "kernel.c", Path(work) / "kernel.so"
        text.write_text(source, encoding="utf-8")
        command = [*compiler(), *flags(), str(text), "-o", str(made), "-lm"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode:
            raise KernelError(
                f"the C compiler refused a kernel ({' '.join(compiler())}).",
                found=next(iter(found.stderr.splitlines()), ""),
                expected="gcc 9, clang 12, or later",
                attempt="HANDFUL_KERNELS=torch runs without native code; please report this",
            )
        made.replace(path)
    return path


def source_of(file: str, real: str) -> str:
    """Our matrix products of `file`, "product.c" or "picked.c", for "float" or "double"."""
    here = Path(__file__)
    texts = [here.with_name(name).read_text(encoding="utf-8") for name in ("vectors.h", file)]
    defined = [f"#define PICKED {PICKED}", f"#define PANELS {PANELS}"]
    return "\n".join([f"typedef {real} real;", *defined, *texts])


class Runtime(ctypes.Structure):
    """`rt_t` of the prelude: what native code borrows."""

    _fields_ = [
        ("pfor", ctypes.c_void_p),
        ("product", ctypes.c_void_p),
        ("lay", ctypes.c_void_p),
        ("blas", ctypes.c_void_p),
        ("picked_rows", ctypes.c_void_p),
        ("picked_sum", ctypes.c_void_p),
        ("cores", ctypes.c_int64),
        ("poison", ctypes.c_int64),
    ]


@cache
def runtime(real: str, *, products: bool, picked: bool) -> Runtime:
    """Threads of the torch in this process, and for code with matrix products of "float" or
    "double" our own and torch's; null where there is none."""
    import torch

    folder = Path(torch.__file__).parent / "lib"
    names = ("libtorch_cpu.so", "libtorch_cpu.dylib")
    path = next((folder / n for n in names if (folder / n).exists()), None)
    library = ctypes.CDLL(str(path)) if path else None
    found = Runtime(pfor=_address(library, "torch_parallel_for"), cores=num_cores())
    found.poison = int(os.environ.get("HANDFUL_KERNELS_POISON", "0"))
    if products:
        own = ctypes.CDLL(str(build(source_of("product.c", real))))
        found.product, found.lay = _address(own, "product"), _address(own, "lay")
        found.blas = _address(library, BLAS[real])
    if picked:
        own = ctypes.CDLL(str(build(source_of("picked.c", real))))
        found.picked_rows = _address(own, "picked_rows")
        found.picked_sum = _address(own, "picked_sum")
    return found


def _address(library: ctypes.CDLL | None, symbol: str) -> int | None:
    try:
        return ctypes.cast(getattr(library, symbol), ctypes.c_void_p).value
    except AttributeError:
        return None
