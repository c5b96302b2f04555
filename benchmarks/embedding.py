"""Claim: photographs from disk become vectors at 80 % of ONNX Runtime's own speed, 5 × PyTorch's.

Four ways in turn, in one process, on the same photographs of solar cells:

- handful: from files to rows of the store, reading, decoding, fingerprints and writing included;
- ONNX Runtime alone, as most people run it: tensors ready, batches of 32, all cores in one call;
- ONNX Runtime alone, as handful runs it: tensors ready, two at a time, one call on each core;
- PyTorch eager, channels last, all cores, tensors ready, batches of 32.

`python -m benchmarks.embedding [PHOTOGRAPHS [REPEATS]]`
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from benchmarks.report import print_conditions, seconds_of, spread
from handful.datasets.index import Index
from handful.datasets.solar_cells import solar_cells
from handful.encoders.image import ImageEncoder
from handful.encoders.registry import load
from handful.encoders.runtime import Session
from handful.features.extract import extract
from handful.features.store import Store
from handful.items.item import Item
from handful.modalities.image.facts import examine
from handful.system.machine import num_cores
from tests.encoders.torch_oracle import Oracle

TORCH_SHARE = 8  # PyTorch gets an eighth of the photographs: it is that slow


def main(count: int = 512, repeats: int = 5) -> None:
    """Measure the four in turn and print rates and ratios."""
    items = solar_cells().items[:count]
    encoder = load()
    assert isinstance(encoder, ImageEncoder)
    tensors = np.stack([encoder.prepare(examine(item)[1]) for item in items])
    some = tensors[: max(32, count // TORCH_SHARE)]
    graph = encoder.graph().SerializeToString()
    together, alone = Session(graph, threads=num_cores()), Session(graph, threads=1)
    runs: dict[str, tuple[int, Callable[[], object]]] = {
        "handful, from disk": (count, lambda: _from_disk(items, encoder)),
        "ONNX Runtime, batches of 32": (count, lambda: _batches(together, tensors, 32, 1)),
        "ONNX Runtime, as handful": (count, lambda: _batches(alone, tensors, 2, num_cores())),
        "PyTorch eager, channels last": (len(some), _pytorch(encoder, some)),
    }
    print_conditions(f"Embedding {count} photographs of 300 × 300, {repeats} repeats in turn")
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for _, run in runs.values():
        run()  # sessions opened, caches filled
    for _ in range(repeats):
        for name, (num, run) in runs.items():
            rates[name].append(num / seconds_of(run, repeats=1)[0])
    for name, values in rates.items():
        print(f"{name:<30}{spread(values, 'pictures/s')}")
    ours = statistics.median(rates.pop("handful, from disk"))
    for name, values in rates.items():
        print(f"handful / {name:<30}{ours / statistics.median(values):.2f}")


def _from_disk(items: tuple[Item, ...], encoder: ImageEncoder) -> None:
    with tempfile.TemporaryDirectory() as folder, Index(Path(folder)) as index:
        found = extract(items, encoder, Store(Path(folder), encoder), index)
    assert found.computed == len(items)


def _batches(session: Session, tensors: np.ndarray, size: int, callers: int) -> None:
    parts = [tensors[start : start + size] for start in range(0, len(tensors), size)]
    with ThreadPoolExecutor(callers) as pool:
        for _ in pool.map(lambda part: session.run(part, "vector"), parts):
            pass


def _pytorch(encoder: ImageEncoder, tensors: np.ndarray) -> Callable[[], None]:
    state = torch.load(encoder.weights_path, weights_only=True)
    for name, tensor in state.items():
        if tensor.ndim == 4:
            state[name] = tensor.to(memory_format=torch.channels_last)
    network = Oracle(state)
    torch.set_num_threads(num_cores())

    def run() -> None:
        with torch.inference_mode():
            for start in range(0, len(tensors), 32):
                # a permuted NHWC tensor is channels last already
                network.maps(torch.from_numpy(tensors[start : start + 32]))

    return run


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
