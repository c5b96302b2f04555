"""Lassos: many labels by one stroke, half believed until a few of the pictures were seen singly.

A stroke round a cloud of points names pictures that nobody has looked at, so a few of them, drawn
by lot, are asked again one by one and without a hint. Where all bear the lasso out, its labels
count like any others. Where one does not, they go on counting half, and the lasso is offered to be
looked through.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from handful.labels.event import Event
from handful.labels.state import State

CHECKED = 5  # pictures of a lasso that are asked singly


@dataclass(frozen=True, slots=True)
class Lasso:
    """The labels of one lasso, and what looking at a few of its pictures has shown.

    Args:
        gesture: its id in the ledger.
        label: what the class is called now.
        items: places of the pictures that still have their label from it, ascending.
        unanswered: places of those that are to be asked singly and were not answered yet.
        answered: how many were.
        agreed: how many of these answers were the lasso's label.
    """

    gesture: str
    label: str
    items: tuple[int, ...]
    unanswered: tuple[int, ...]
    answered: int
    agreed: int

    @property
    def is_trusted(self) -> bool:
        """Whether all that were asked singly bear the lasso out."""
        return not self.unanswered and self.agreed == self.answered

    @property
    def is_doubtful(self) -> bool:
        """Whether one that was asked singly does not."""
        return self.agreed < self.answered


def lassos(
    place: Mapping[str, int],
    clusters: Int[np.ndarray, " n"],
    reserve: Bool[np.ndarray, " n"],
    state: State,
) -> tuple[Lasso, ...]:
    """Every lasso that counts and still labels something, oldest first.

    Args:
        place: path to place.
        clusters: (N,) near-duplicates share a number; one of each is asked.
        reserve: (N,) items of the audit reserve: these are asked only to measure.
        state: of the ledger.
    """
    found, verdicts = [], state.verdicts
    for gesture in state.lassos:
        events = [e for e in state.events_of(gesture) if e.item in place and e.kind == "label"]
        standing = [e for e in events if (v := verdicts.get(e.item)) and v.event.seq == e.seq]
        if not standing:
            continue
        drawn = _drawn(events, place, clusters, reserve)
        answers = [(event, _seen_singly(event, state)) for event in drawn]
        found.append(
            Lasso(
                gesture=gesture,
                label=state.name_of(events[0].label),
                items=tuple(sorted(place[e.item] for e in standing)),
                unanswered=tuple(place[e.item] for e, answer in answers if answer is None),
                answered=sum(answer is not None for _, answer in answers),
                agreed=sum(
                    answer is not None
                    and answer.kind == "label"
                    and state.name_of(answer.label) == state.name_of(event.label)
                    for event, answer in answers
                ),
            )
        )
    return tuple(found)


def _drawn(
    events: Iterable[Event],
    place: Mapping[str, int],
    clusters: Int[np.ndarray, " n"],
    reserve: Bool[np.ndarray, " n"],
) -> list[Event]:
    """A few events by lot, the same whenever it is drawn: one a cluster, none of the reserve."""
    seen: set[int] = set()
    drawn: list[Event] = []
    for event in sorted(events, key=lambda e: zlib.crc32(e.uuid.encode())):
        at = place[event.item]
        if not reserve[at] and int(clusters[at]) not in seen and len(drawn) < CHECKED:
            seen.add(int(clusters[at]))
            drawn.append(event)
    return drawn


def _seen_singly(event: Event, state: State) -> Event | None:
    """The latest answer about a lasso's item that came after the lasso, and from no lasso."""
    later = (
        e
        for e in reversed(state.counted(event.item))
        if e.seq > event.seq and e.kind in {"label", "unsure"} and e.source != "lasso"
    )
    return next(later, None)
