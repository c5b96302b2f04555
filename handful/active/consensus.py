"""The labels as they leave: what stands, and where several people answered, their consensus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from handful.active.session import Session
from handful.active.session_model import Taught, spread
from handful.labels.crowd import consensus, is_installed
from handful.labels.row import Consensus, Row
from handful.labels.state import State


def num_shared(state: State) -> int:
    """Items that two annotators or more gave a class."""
    return sum(len(verdict.votes) > 1 for verdict in state.verdicts.values())


def rows_to_take(session: Session) -> list[Row]:
    """The session's labels as rows, with the consensus where it can be said.

    That takes the extra `crowd`, a model, and answers of several people to the same items. What
    somebody decided stands: its consensus is the decision, without a quality.
    """
    rows = session.rows()
    agreed = _agreed(session)
    return [replace(row, consensus=agreed.get(row.path)) for row in rows]


def _agreed(session: Session) -> dict[str, Consensus]:
    taught = session.taught
    if not is_installed() or taught is None or taught.shipped is None:
        return {}
    with session.ledger.reading() as state:
        shared = {item: v for item, v in state.verdicts.items() if len(v.votes) > 1}
        votes = {item: dict(verdict.votes) for item, verdict in sorted(shared.items())}
        decided = {item: v.label for item, v in shared.items() if v.decided_by and v.label}
    place = np.array([session.place.get(item, -1) for item in votes], np.int64)
    known = (place >= 0) & (taught.known.rows_of(place) >= 0)
    votes = {item: said for (item, said), one in zip(votes.items(), known, strict=True) if one}
    names = {name for said in votes.values() for name in said.values()}
    classes = (*taught.given.classes, *sorted(names - {*taught.given.classes}))
    found = consensus(votes, classes, _out_of_sample(taught, place[known], classes))
    return {
        item: replace(one, label=decided[item], quality=None) if item in decided else one
        for item, one in found.items()
    }


def _out_of_sample(
    taught: Taught, items: Int[np.ndarray, " n"], classes: tuple[str, ...]
) -> Float[np.ndarray, "n k"]:
    """What head B says of items, each by a fit that did not learn from its unit."""
    assert taught.shipped is not None
    head = taught.shipped.head
    X, _ = taught.known.whole_vectors(taught.known.rows_of(items))
    said = spread(head.probabilities(X), head.classes, classes)
    lesson = {int(item): row for row, item in enumerate(taught.items)}
    for at, item in enumerate(items.tolist()):
        if item in lesson:
            said[at] = 0.0
            said[at, : taught.left_out.shape[1]] = taught.left_out[lesson[item]]
    return said
