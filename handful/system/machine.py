"""The machine and the conditions of a run, recorded with every result."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata

RECORDED_PACKAGES = ("handful", "numpy", "scipy", "onnxruntime", "onnx", "pillow", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a figure depends on besides the data: never a user name, host name or path."""

    cores: int
    memory_gib: float
    processor: str
    system: str
    python: str
    versions: dict[str, str] = field(default_factory=dict)
    seed: int = 0

    def to_json(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return asdict(self)


def num_cores() -> int:
    """Cores that this process may use (a container's or `taskset`'s limit is obeyed)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def memory_gib() -> float:
    """Physical memory in GiB; 0.0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return 0.0


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: the general answer below serves
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def conditions(*, seed: int = 0) -> Conditions:
    """The conditions of a run that starts now with `seed`."""
    return Conditions(
        cores=num_cores(),
        memory_gib=round(memory_gib(), 1),
        processor=processor(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: _version(name) for name in RECORDED_PACKAGES},
        seed=seed,
    )
