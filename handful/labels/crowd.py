"""One label from several annotators' answers, with how far to trust it and each of them.

The extra `crowd` brings cleanlab, which does the computing (CROWDLAB); it is loaded where it is
used and nowhere else. Without it the majority stands, as everywhere before the export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec

import numpy as np
from jaxtyping import Float

from handful.labels.row import Consensus
from handful.system import installing

LEAST = 1e-6  # probability: what the model rules out, the annotators may still have seen


@cache
def is_installed() -> bool:
    """Whether the extra is there. Nothing is loaded to find out."""
    return find_spec("cleanlab") is not None


def what_would_add_it(shared: int) -> str:
    """One line for whoever has answers of several people and not the extra."""
    return (
        f"{shared:,} {'item was' if shared == 1 else 'items were'} answered by several people:"
        f" {installing.extra('crowd')} adds the consensus, its quality and each annotator's."
    )


def consensus(
    votes: Mapping[str, Mapping[str, str]],
    classes: Sequence[str],
    probabilities: Float[np.ndarray, "n k"],
) -> dict[str, Consensus]:
    """The likeliest class of each item, from all votes and a model that did not learn from it.

    Annotators weigh as much as they agree with the others, the model as much as it agrees with
    them. The consensus may be a class of the minority, and where the model is good even one that
    nobody named.

    Args:
        votes: n items → annotator → class name, of two annotators or more each.
        classes: k names.
        probabilities: of the items in their order.
    Returns:
        By item; empty where no two annotators agree on any, for then nothing tells who is right.
    Raises:
        ImportError: the extra `crowd` is not installed.
    Source:
        CROWDLAB (arXiv:2210.06812), by cleanlab's code, with the best quality as consensus.
    """
    if not any(len(set(said.values())) < len(said) for said in votes.values()):
        return {}
    from cleanlab.multiannotator import get_label_quality_multiannotator

    annotators = sorted({by for said in votes.values() for by in said})
    place = {name: at for at, name in enumerate(classes)}
    table = np.full((len(votes), len(annotators)), np.nan)
    for row, said in enumerate(votes.values()):
        for by, name in said.items():
            table[row, annotators.index(by)] = place[name]
    sure = np.maximum(probabilities.astype(np.float64), LEAST)
    found = get_label_quality_multiannotator(
        table,
        sure / sure.sum(axis=1, keepdims=True),
        consensus_method="best_quality",
        return_detailed_quality=False,
        verbose=False,
    )
    quality = found["annotator_stats"]["annotator_quality"].to_dict()
    labels = found["label_quality"]
    return {
        item: Consensus(
            classes[int(label)],
            _share(score),
            {by: _share(quality[annotators.index(by)]) for by in sorted(said)},
        )
        for (item, said), label, score in zip(
            votes.items(),
            labels["consensus_label"],
            labels["consensus_quality_score"],
            strict=True,
        )
    }


def _share(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), 4)
