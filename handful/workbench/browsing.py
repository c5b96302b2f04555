"""All that is labelled, and all that is not, found by name, class and confidence."""

from __future__ import annotations

import time

import numpy as np

from handful.active.assignment import Pick, probabilities_for
from handful.errors import SettingError
from handful.targets.one_of_k import ONE_OF_K
from handful.workbench.bench import Bench

HOW = {
    "key": "by key",
    "grid": "several at once",
    "lasso": "by lasso",
    "suggestion": "as suggested",
    "reask": "asked again",
    "import": "imported",
    "api": "from Python",
    "audit": "audit question",
    "exam": "exam question",
}


def labelled(bench: Bench, text: str, label: str) -> list[Pick]:
    """Everything that has a label, what people labelled last first, with who, when and how.

    Args:
        bench: the workbench.
        text: what the path must hold, in any case; empty: anything.
        label: name of the class; empty: any.
    """
    session = bench.session
    with session.ledger.reading() as state:
        said = {path: verdict.event for path, verdict in state.verdicts.items()}
    found = []
    for path, name in session.labels.items():
        if path not in session.place or not _fits(path, name, text, label):
            continue
        event = said.get(path)
        reason = "given by the data"
        if event is not None:
            moment = time.localtime(event.time)
            when = f"{moment.tm_mday} {time.strftime('%b %Y, %H:%M', moment)}"
            reason = f"{event.annotator}, {when}, {HOW.get(event.source, event.source)}"
        order = 0 if event is None else event.seq
        found.append((-order, session.place[path], Pick(session.place[path], reason, given=name)))
    return [pick for _, _, pick in sorted(found, key=lambda one: one[:2])]


def unlabelled(bench: Bench, text: str, label: str, least: float, most: float) -> list[Pick]:
    """Everything without a label by what the model says of it, the surest first.

    The audit reserve is left out: what measures the model is asked without a hint.

    Args:
        bench: the workbench.
        text: what the path must hold, in any case; empty: anything.
        label: name of the class that is suggested; empty: any.
        least, most: the suggestion's probability, in [0, 1].
    """
    session = bench.session
    known, steered, given = session.known, session.steered, session.given()
    said = None if known is None else probabilities_for(known, steered)
    found = []
    if said is None or known is None or steered is None:
        return []
    reserve = set(np.arange(len(session.items))[given.reserve].tolist())
    for row, at in enumerate(known.places.tolist()):
        best = int(ONE_OF_K.decide(said[row : row + 1])[0])
        share, name = float(said[row, best]), steered.given.classes[best]
        if given.labels[at] >= 0 or at in reserve or not least <= share <= most:
            continue
        if _fits(session.items[at].path, name, text, label):
            found.append(Pick(at, "without a label", suggestion=(name, share)))
    return sorted(found, key=lambda pick: -(pick.suggestion or ("", 0.0))[1])


def shares(texts: list[str]) -> tuple[float, float]:
    """Least and most probability, as they stand in the name of a kind.

    Raises:
        SettingError: they are no numbers in [0, 1].
    """
    try:
        least, most = (float(text) for text in texts or ["0", "1"])
        if not 0 <= least <= most <= 1:
            raise ValueError
    except ValueError:
        raise SettingError(
            "These are no two probabilities.",
            found=":".join(texts),
            expected="the least and the most, between 0 and 1",
            attempt="unlabelled::cat:0.5:0.9",
        ) from None
    return least, most


def _fits(path: str, name: str, text: str, label: str) -> bool:
    return text.casefold() in path.casefold() and label in ("", name)
