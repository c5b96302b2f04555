"""The batches of an epoch in order, made when they are asked for or ahead of that on threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from handful.deep.batch import Batch, Data, sound
from handful.deep.device import Place
from handful.deep.run import Run


def batches(
    data: Data, parts: Sequence[np.ndarray], run: Run, place: Place, *, ahead: int
) -> Iterator[list[Batch]]:
    """The batch of each step from `run.step` on, on the device, in parts for memory.

    What a batch draws from its generator is a function of (seed, epoch, step). So batches that are
    made ahead are the same, as long as the data draws from that generator alone.

    Args:
        data: asked from several threads at once if `ahead` is not 0.
        parts: of this epoch, the items of each step.
        run: its settings, epoch and step; read now, not when a batch is made.
        place: takes its share of the items.
        ahead: batches being made while a step computes, each on its own thread; 0: none.
    """
    seed, epoch, accumulate = run.training.seed, run.epoch, run.training.accumulate
    steps = range(run.step, (epoch + 1) * run.per_epoch)

    def made(step: int) -> list[Batch]:
        random = np.random.default_rng([seed, epoch, step])
        items = place.share(parts[step - epoch * run.per_epoch])
        smaller = np.array_split(items, min(accumulate, max(1, len(items))))
        found = [place.take(sound(data.batch(part, random))) for part in smaller]
        return [batch for batch in found if len(batch)]

    if not ahead:
        return map(made, steps)
    return _ahead(made, steps, ahead)


def _ahead(made: Callable[[int], list[Batch]], steps: range, ahead: int) -> Iterator[list[Batch]]:
    """The same in the same order, so many at once."""
    waiting: deque[Future[list[Batch]]] = deque()
    with ThreadPoolExecutor(ahead, thread_name_prefix="handful-batches") as threads:
        try:
            for step in steps:
                waiting.append(threads.submit(made, step))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # an epoch may end early: what was not begun need not be made
            for one in waiting:
                one.cancel()
