"""One project's learning: embed once, learn again when something was said, deepen where asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, final

from handful.items.item import Collection
from handful.learning.learn import Embedded, Learned, Progress, Settings, embed, learn
from handful.project.labelling import with_labels, with_what_was_said

if TYPE_CHECKING:
    from handful.active.session import Session
    from handful.deep.plan import Plan
    from handful.learning.deep import Deepening, Outcome


@final
class Learner:
    """Learns from a collection's labels and keeps what it learned until a label changes.

    Args:
        collection: what was found.
        folder: where vectors are kept.
        settings: how to learn.
        session: gives the session once anybody was asked; None until then.
    """

    def __init__(
        self,
        collection: Collection,
        folder: Path,
        settings: Settings,
        session: Callable[[], Session | None],
    ) -> None:
        self.seconds: dict[str, float] = {}
        self.deep: Outcome | None = None
        self.embedded: Embedded | None = None
        self._collection = collection
        self._folder = folder
        self._settings = settings
        self._session = session
        self._learned: Learned | None = None
        self._learned_from: int | None = None
        self._deepening: Deepening | None = None
        self._deepening_from: int | None = None

    def embed(self, progress: Progress = None) -> Embedded:
        """Every item's vector, computed once."""
        if self.embedded is None:
            start = time.perf_counter()
            self.embedded = embed(self._collection, self._folder, self._settings, progress=progress)
            self.seconds["embed"] = time.perf_counter() - start
        return self.embedded

    def plan(self) -> Plan | None:
        """What training part of the encoder will take here; None where it stays frozen."""
        if self._settings.minutes is None:
            return None
        session = self._session()
        version = _version(session)
        if self._deepening is None or self._deepening_from != version:
            from handful.learning.deep import Deepening

            collection = with_labels(self._collection, session) if session else self._collection
            self._deepening = Deepening(collection, self._folder, self._settings)
            self._deepening_from = version
        return self._deepening.plan()

    def learn(self, progress: Progress = None) -> Learned:
        """What is learned from the labels as they are now."""
        session = self._session()
        version = _version(session)
        if self._learned is None or self._learned_from != version:
            plan, audited, trust = self.plan(), None, None
            if self._deepening and plan:
                self._deepening.look(plan, progress=progress)
            embedded = self.embed(progress)
            start = time.perf_counter()
            if session is not None:
                embedded, audited, trust = with_what_was_said(
                    embedded, self._collection.items, session
                )
            learned = learn(
                embedded, self._collection, self._settings, audited=audited, trust=trust
            )
            self._learned_from = version
            self.seconds["fit"] = time.perf_counter() - start
            if self._deepening and plan:
                learned, self.deep = self._deepening.deepen(
                    embedded, learned, plan, audited=audited, trust=trust, progress=progress
                )
                self.seconds["deep"] = time.perf_counter() - start - self.seconds["fit"]
            self._learned = learned
        return self._learned


def _version(session: Session | None) -> int | None:
    """Which state of the labels a session holds; None where nobody was ever asked."""
    return None if session is None else session.given().version
