"""From a collection to a model with its figures: in which order the parts are asked.

What the parts do is theirs (`datasets/`, `features/`, `heads/`, `estimate/`, `bundle/`); what is
kept between two questions of a user is `project.py`'s.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.errors import DataError, SettingError
from handful.items.item import Collection, Item, Quarantined
from handful.modalities.files import expected
from handful.targets.one_of_k import ONE_OF_K

if TYPE_CHECKING:
    from handful.bundle.graph import Trained
    from handful.bundle.manifest import DataFacts, NoveltyFacts
    from handful.bundle.model import Model
    from handful.encoders.encoder import Encoder
    from handful.estimate.figure import Blocked, Estimate
    from handful.features.store import Store, StoredRows
    from handful.heads.linear import HeadFit
    from handful.heads.novelty import Distance

GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "F")

Progress = Callable[..., None] | None


@dataclass(frozen=True)
class Settings:
    """What a user may choose about learning.

    Args:
        test: share of the labelled items to keep out of learning, in (0, 1); None: no test split,
            or the table's own.
        encoder: a name that `handful encoders` lists.
        coverage: how often the prediction set must hold the right class, in (0, 1).
        max_error: abstain so that at most this share of the answers given is wrong, in (0, 1).
        seed: of every random choice.
        minutes: that training part of the encoder may take; None: it stays frozen.
        turns: how pictures may be turned without changing their class, for that: "none",
            "mirror", "flips", "turns", or "auto": a test on the data decides.
        zoom: pictures may be seen nearer and farther away too, for that.
    Raises:
        SettingError: a fraction or the seed is out of its range.
    """

    test: float | None = None
    encoder: str = "efficientnet-lite0"
    coverage: float = 0.95
    max_error: float | None = None
    seed: int = 0
    minutes: float | None = None
    turns: str = "auto"
    zoom: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingError(
                "The seed must not be negative.",
                found=f"seed = {self.seed}",
                expected="a whole number from 0 up",
                attempt="--seed 0",
            )
        fractions = {"test": self.test, "coverage": self.coverage, "max_error": self.max_error}
        for name, value in fractions.items():
            if value is not None and not 0 < value < 1:
                option = "--" + name.replace("_", "-")
                raise SettingError(
                    f"{name} must lie between 0 and 1.",
                    found=f"{name} = {value:g}",
                    expected="a fraction such as 0.25, not a percentage",
                    attempt=f"{option} {value / 100:g}" if value > 1 else f"{option} 0.25",
                )


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """The items that could be read, and where their vectors lie.

    Args:
        items: n items, sorted by path.
        rows: (n,) rows of the store.
        facts: what is known of each item.
        clusters: (n,) duplicate cluster of each.
        units: (n,) what must not be parted: groups and duplicates joined.
        quarantined: what could not be read.
        computed: vectors that were not known before.
    """

    items: tuple[Item, ...]
    rows: Int[np.ndarray, " n"]
    facts: tuple[Any, ...]
    clusters: Int[np.ndarray, " n"]
    units: Int[np.ndarray, " n"]
    quarantined: tuple[Quarantined, ...]
    computed: int
    store: Store
    encoder: Encoder

    def vectors(self, chosen: Int[np.ndarray, " m"]) -> StoredRows:
        """The vectors of the items at these places, (m, d), read when they are sliced."""
        return self.store.view(self.rows[chosen])


def embed(
    collection: Collection, folder: Path, settings: Settings, *, progress: Progress = None
) -> Embedded:
    """Every item's vector, computed where it is not known yet, and what belongs together.

    Args:
        folder: of the project.
        progress: called with (done, total, items per second).
    Raises:
        DataError: no item can be read.
        StoreError: the project folder cannot be written, or the disk is full.
    """
    from handful.datasets.index import Index
    from handful.features.extract import extract
    from handful.features.store import Store
    from handful.features.suited import suited_encoder
    from handful.items.units import units
    from handful.modalities.registry import alike

    with Index(folder) as index:
        encoder = suited_encoder(settings.encoder, collection.items, index)
        store = Store(folder / "features", encoder)
        found = extract(collection.items, encoder, store, index, progress=progress)
    if not found.items:
        raise _nothing_readable(found.quarantined)
    same = alike(found.facts)
    return Embedded(
        items=found.items,
        rows=found.rows,
        facts=found.facts,
        clusters=same,
        units=units([item.group for item in found.items], same),
        quarantined=found.quarantined,
        computed=found.computed,
        store=store,
        encoder=encoder,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """One fit and what was measured with it.

    Args:
        classes: k names, those that were learned.
        chosen: (m,) places among the embedded items: those with a label of these classes.
        targets: (m,) place of each one's class.
        held_out: (m,) True where the item was kept aside to test on.
        probabilities: (m, k) out of sample: leave-group-out, or of the test items.
        measured: (m,) True where the estimate is of the item: not where it is held out, nor, once
            queries chose what was labelled, where it is no audit item.
        fit: the head.
        model: what is shipped.
        beside: what was found out that bears on the figures.
    """

    classes: tuple[str, ...]
    chosen: Int[np.ndarray, " m"]
    targets: Int[np.ndarray, " m"]
    held_out: Bool[np.ndarray, " m"]
    probabilities: Float[np.ndarray, "m k"]
    measured: Bool[np.ndarray, " m"]
    fit: HeadFit
    model: Model
    beside: Beside


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What bears on the figures and is not in the probabilities.

    Args:
        strangers: (s,) unit of each test item whose class was not learned.
        warnings: what is to be said.
        blocked: how good the frozen model is when runs of neighbours are left out; None where that
            cannot be told, or there is nothing to tell.
    """

    strangers: Int[np.ndarray, " s"]
    warnings: tuple[str, ...]
    blocked: Blocked | None


def learn(
    embedded: Embedded,
    collection: Collection,
    settings: Settings,
    *,
    audited: Bool[np.ndarray, " n"] | None = None,
    trust: Float[np.ndarray, " n"] | None = None,
) -> Learned:
    """A model from every label that is not kept aside, measured on what it did not learn from.

    Args:
        audited: (n,) embedded items whose label was drawn and asked blind: the estimate is then of
            these alone, each left out, and the head is ridge, whose left-out scores are exact.
            None: labels were not chosen by queries, and the estimate is of all.
        trust: (n,) in (0, 1], how much each embedded item's label counts; None: all alike.
    Raises:
        DataError: there are no labels, or only one class has any.
    """
    from handful.estimate.caveats import learned_already, strange_classes, two_labels
    from handful.heads.fit import METHODS, fit

    chosen = np.array([at for at, item in enumerate(embedded.items) if item.label], dtype=np.int64)
    if not len(chosen):
        raise _no_labels(collection)
    labels = np.array([str(embedded.items[at].label) for at in chosen])
    held_out = _held_out(embedded, chosen, labels.tolist(), settings)
    if held_out.all():
        raise DataError(
            "Every item with a label is kept aside to test on, so there is nothing to learn from.",
            found=f"{len(labels):,} items, all of the split `test`",
            expected="most of them with `train` in the column `split`",
            attempt="change `split`, or leave the column out and give --test 0.25",
        )
    warnings = two_labels(embedded.clusters[chosen], labels.tolist())
    spoilt, said = learned_already(held_out, embedded.clusters[chosen], embedded.units[chosen])
    chosen, labels, held_out = chosen[~spoilt], labels[~spoilt], held_out[~spoilt]
    classes = tuple(sorted(set(labels[~held_out].tolist())))
    known = np.isin(labels, classes)
    strangers = embedded.units[chosen[~known]]
    warnings += [*said, *strange_classes(labels[~known].tolist())]
    chosen, labels, held_out = chosen[known], labels[known], held_out[known]
    targets = np.searchsorted(np.array(classes), labels)
    learning, testing = np.flatnonzero(~held_out), np.flatnonzero(held_out)

    head = fit(
        embedded.vectors(chosen[learning]),
        labels[learning].tolist(),
        units=embedded.units[chosen[learning]],
        blocks=embedded.encoder.blocks,
        methods=METHODS if audited is None else ("ridge",),
        seed=settings.seed,
        trust=None if trust is None else trust[chosen[learning]],
        keep_ridge=True,
    )
    blocked = _blocked(embedded, chosen[learning], targets[learning], head, audited, settings)
    head = replace(head, ridge=None)  # it is as large as the problem
    probabilities = np.empty((len(chosen), len(classes)), dtype=np.float32)
    probabilities[learning] = head.probabilities
    if len(testing):
        probabilities[testing] = head.head.probabilities(embedded.vectors(chosen[testing]))
    return shipped(
        embedded,
        collection,
        settings,
        classes=classes,
        chosen=chosen,
        targets=targets,
        held_out=held_out,
        probabilities=probabilities,
        fit=head,
        beside=Beside(strangers, tuple(warnings), blocked),
        audited=audited,
    )


def shipped(
    embedded: Embedded,
    collection: Collection,
    settings: Settings,
    *,
    classes: tuple[str, ...],
    chosen: Int[np.ndarray, " m"],
    targets: Int[np.ndarray, " m"],
    held_out: Bool[np.ndarray, " m"],
    probabilities: Float[np.ndarray, "m k"],
    fit: HeadFit,
    beside: Beside,
    audited: Bool[np.ndarray, " n"] | None = None,
    trained: Trained | None = None,
) -> Learned:
    """Measured by what it says out of sample, and packed as it will be saved.

    Args:
        fit: with the head that is shipped; see `Learned` for the others.
        beside: what else bears on the figures.
        audited: as for `learn`.
        trained: the part of the encoder that was trained; None: it is frozen.
    """
    from handful.bundle.build import build
    from handful.encoders.registry import find
    from handful.estimate.caveats import with_strangers
    from handful.estimate.figure import Caveats
    from handful.heads.conformal import thresholds
    from handful.system.machine import conditions

    learning, testing = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    units = embedded.units[chosen]
    drawn = learning if audited is None else learning[audited[chosen[learning]]]
    by_audit = bool(len(drawn)) and audited is not None
    estimated = drawn if by_audit else learning

    def measured(at: Int[np.ndarray, " j"], method: str) -> Estimate:
        from handful.estimate.estimate import estimate

        return estimate(
            probabilities[at],
            targets[at],
            classes,
            units=units[at],
            method=method,
            seed=settings.seed,
        )

    def tested() -> Estimate:
        found = measured(testing, "test split")
        hits = (ONE_OF_K.decide(probabilities[testing]) == targets[testing]).astype(np.float64)
        return with_strangers(found, hits, units[testing], beside.strangers)

    leading = beside.blocked if beside.blocked and beside.blocked.leads else None
    model = build(
        embedded.encoder,
        fit.head,
        estimate=(
            measured(estimated, "leave-group-out on audit items" if by_audit else "leave-group-out")
        ),
        test=tested() if len(testing) else None,
        thresholds=thresholds(
            probabilities[learning],
            targets[learning],
            coverage=settings.coverage,
            max_error=settings.max_error,
            units=units[learning],
        ),
        data=_data_facts(
            embedded, chosen[learning], [classes[target] for target in targets[learning]]
        ),
        conditions=conditions(seed=settings.seed),
        licence=find(settings.encoder).licence,
        root=collection.root,
        trained=trained,
        caveats=Caveats(leading, beside.warnings) if leading or beside.warnings else None,
        novelty=_novelty(embedded, chosen[learning], targets[learning]),
    )
    of_estimate = np.zeros(len(chosen), dtype=bool)
    of_estimate[estimated] = True
    return Learned(
        classes, chosen, targets, held_out, probabilities, of_estimate, fit, model, beside
    )


def _blocked(
    embedded: Embedded,
    places: Int[np.ndarray, " m"],
    targets: Int[np.ndarray, " m"],
    head: HeadFit,
    audited: Bool[np.ndarray, " n"] | None,
    settings: Settings,
) -> Blocked | None:
    """How good the ridge fit of these items is when runs of neighbours are left out."""
    from handful.estimate.blocked import Labelled, blocked
    from handful.items.series import orders

    judged = np.ones(len(places), bool) if audited is None else audited[places]
    assert head.ridge is not None, "it was asked to be kept"
    classes = head.head.classes
    items = [embedded.items[at] for at in places]
    return blocked(
        head.ridge,
        Labelled(targets, classes, embedded.units[places], judged if judged.any() else ~judged),
        orders(items, [embedded.facts[at].taken for at in places]),
        seed=settings.seed,
    )


def _held_out(
    embedded: Embedded, chosen: Int[np.ndarray, " m"], labels: Sequence[str], settings: Settings
) -> Bool[np.ndarray, " m"]:
    """Which of the labelled items are kept out of learning."""
    items = [embedded.items[at] for at in chosen]
    if settings.test is None:
        return np.array([item.split == "test" for item in items])
    from handful.items.split import split

    return split(
        labels,
        embedded.units[chosen],
        test_fraction=settings.test,
        seed=settings.seed,
        keys=[item.path for item in items],
    )


def _data_facts(
    embedded: Embedded, rows: Int[np.ndarray, " n"], labels: Sequence[str]
) -> DataFacts:
    """What may leave of the data that was learned from: counts and ranges, and one hash."""
    from handful.bundle.manifest import DataFacts
    from handful.modalities.image.odd_tiff import is_taken_as_grey

    seen = [embedded.facts[row] for row in rows]
    facts = hashlib.sha256()
    for content, label in sorted(zip((one.content for one in seen), labels, strict=True)):
        facts.update(f"{content}\t{label}\n".encode("utf-8", "surrogatepass"))
    sides = [min(one.width, one.height) for one in seen]
    grey = sum(one.mode in GREY_MODES or is_taken_as_grey(one.mode) for one in seen)
    return DataFacts(
        fingerprint=facts.hexdigest(),
        items=len(rows),
        per_class=dict(sorted(Counter(labels).items())),
        units=len(np.unique(embedded.units[rows])),
        shorter_side=(min(sides), max(sides)),
        colour="none" if grey == len(seen) else "all" if grey == 0 else "some",
    )


def _novelty(
    embedded: Embedded, rows: Int[np.ndarray, " n"], targets: Int[np.ndarray, " n"]
) -> tuple[Distance, NoveltyFacts] | None:
    """The distance to what was learned from and when it is too large; None where items are few."""
    from handful.bundle.manifest import NoveltyFacts
    from handful.heads.novelty import novelty

    found = novelty(
        embedded.vectors(rows), targets, blocks=embedded.encoder.blocks, units=embedded.units[rows]
    )
    if found is None:
        return None
    seen = [embedded.facts[row] for row in rows]
    grey = sum(one.is_grey for one in seen)
    aspects = [one.width / one.height for one in seen]
    return found.distance, NoveltyFacts(
        limit=found.limit,
        units=found.units,
        lost=found.lost,
        colour="none" if grey == len(seen) else "all" if grey == 0 else "some",
        blank=any(one.is_blank for one in seen),
        aspect=(min(aspects), max(aspects)),
    )


def _nothing_readable(quarantined: Sequence[Quarantined]) -> DataError:
    first = quarantined[0]
    return DataError(
        f"None of the {len(quarantined):,} pictures can be read.",
        found=f"{first.path} ({first.why})",
        expected=expected(),
        attempt="open one of them in a viewer",
    )


def _no_labels(collection: Collection) -> DataError:
    return DataError(
        "No item has a label, so there is nothing to learn from.",
        found=collection.notes[0] if collection.notes else f"{len(collection):,} items in no class",
        expected="one folder of pictures per class, or a table with a column `label`",
        attempt="class folders (--folders class if these are), --labels COLUMN for a table, or"
        " handful label to give them",
    )
