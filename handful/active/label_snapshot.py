"""Labels as they stand: what folders say and what the ledger says, which is believed first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from handful.active.bulk_labels import Lasso, lassos
from handful.estimate.audit import Lessons, lessons, reserved
from handful.items.item import Item
from handful.labels.event import MEASURES
from handful.labels.state import State


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Every label, by the items' places, and which of them may teach which head.

    Args:
        version: of the ledger: the number of its last event that is not a question.
        classes: names, in the order in which they began; those of the folders first.
        labels: (N,) place of each item's class; -1 where it has none.
        answered: (N,) items that somebody answered or that a folder labels, unsure ones too.
        reserve: (N,) items of the audit reserve, and their duplicates.
        lessons: what teaches, in the order in which it arrived; folder labels first.
        audited: (N,) reserve items whose duplicate cluster has its audit answer.
        population: clusters that the reserve was drawn from; 0: there is no reserve.
        lassos: those that label something, oldest first.
    """

    version: int
    classes: tuple[str, ...]
    labels: Int[np.ndarray, " n"]
    answered: Bool[np.ndarray, " n"]
    reserve: Bool[np.ndarray, " n"]
    lessons: Lessons
    audited: Bool[np.ndarray, " n"]
    population: int
    lassos: tuple[Lasso, ...]

    def teaches_as(self, other: Given) -> bool:
        """Whether the same would be learned from the two."""
        mine, theirs = self.lessons, other.lessons
        return (
            self.classes == other.classes
            and mine.names == theirs.names
            and mine.num_unsure == theirs.num_unsure
            and np.array_equal(mine.rows, theirs.rows)
            and np.array_equal(mine.audited, theirs.audited)
            and np.array_equal(mine.trust, theirs.trust)
            and int((self.labels < 0).sum()) == int((other.labels < 0).sum())
        )

    def num_new_since(self, before: Given) -> int:
        """Lessons that `before` did not have, or had otherwise."""
        old = dict(zip(before.lessons.rows.tolist(), before.lessons.names, strict=True))
        new = dict(zip(self.lessons.rows.tolist(), self.lessons.names, strict=True))
        return sum(old.get(at) != new.get(at) for at in old.keys() | new.keys())

    @property
    def num_audited(self) -> int:
        """Audit answers so far, "unsure" among them."""
        return int(self.lessons.audited.sum()) + self.lessons.num_unsure

    @property
    def counts(self) -> Int[np.ndarray, " c"]:
        """Labels of each class from single looks: no lasso's, and no audit answers."""
        rows = self.lessons.rows[~self.lessons.audited]
        thrown = [item for lasso in self.lassos for item in lasso.items]
        looked_at = rows[~np.isin(rows, thrown)]
        return np.bincount(self.labels[looked_at], minlength=len(self.classes))


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """The items by path, made once: there may be a hundred thousand.

    Args:
        paths: of all items, in their order.
        place: path to place.
        folders: path to class, for the items that a folder or a table labels.
        folder_classes: the classes in `folders`, sorted.
        folder_numbers: (N,) place in `folder_classes`; -1 where no folder or table labels.
    """

    paths: tuple[str, ...]
    place: Mapping[str, int]
    folders: Mapping[str, str]
    folder_classes: tuple[str, ...]
    folder_numbers: Int[np.ndarray, " n"]

    @classmethod
    def of(cls, items: Sequence[Item]) -> Roll:
        """The roll of these items."""
        paths = tuple(item.path for item in items)
        place = {path: at for at, path in enumerate(paths)}
        folders = {item.path: item.label for item in items if item.label}
        classes = tuple(sorted(set(folders.values())))
        number = {name: at for at, name in enumerate(classes)}
        numbers = [number[item.label] if item.label else -1 for item in items]
        return cls(paths, place, folders, classes, np.array(numbers, np.int64))


def given(roll: Roll, clusters: Int[np.ndarray, " n"], state: State) -> Given:
    """Read the labels. The ledger wins over the folder; "unsure" takes a folder's label away.

    It runs after every key press, so what depends on the items alone is made once, in `roll`.

    Args:
        roll: all items.
        clusters: (N,) near-duplicates share a number.
        state: of the ledger.
    """
    place, verdicts = roll.place, state.verdicts
    classes = class_names(roll, state)
    number = {name: at for at, name in enumerate(classes)}
    folder_names = [state.name_of(key) for key in roll.folder_classes]
    numbers = np.array([*(number[name] for name in folder_names), -1], np.int64)
    labels = numbers[roll.folder_numbers]  # where no folder labels, -1 takes the last: -1
    said = np.array([place[path] for path in verdicts if path in place], np.int64)
    labels[said] = -1
    for path, name in state.labels.items():
        if path in place:
            labels[place[path]] = number[name]
    answered = labels >= 0
    answered[said] = True
    in_reserve = reserved(place, clusters, state)
    thrown = lassos(place, clusters, in_reserve, state)
    trusted = {one.gesture for one in thrown if one.is_trusted}
    taught = lessons(place, in_reserve, state, trusted=trusted)
    by_folder = (roll.folder_numbers >= 0) & ~in_reserve
    by_folder[said] = False
    from_folders = np.flatnonzero(by_folder)
    names = np.array(folder_names, object)[roll.folder_numbers[from_folders]]
    audits = [
        place[path]
        for path in state.reserve_order
        if path in verdicts
        and path in place
        and any(e.source in MEASURES for e in state.answers(path))
    ]
    return Given(
        version=state.said,
        classes=classes,
        labels=labels,
        answered=answered,
        reserve=in_reserve,
        lessons=Lessons(
            np.concatenate([from_folders, taught.rows]),
            (*names.tolist(), *taught.names),
            np.concatenate([np.zeros(len(from_folders), bool), taught.audited]),
            taught.num_unsure,
            np.concatenate([np.ones(len(from_folders)), taught.trust]),
        ),
        audited=np.isin(clusters, clusters[audits]) & in_reserve,
        population=state.reserve_population,
        lassos=thrown,
    )


def current_labels(roll: Roll, state: State) -> dict[str, str]:
    """Path to class name, as things stand, in no settled order."""
    verdicts = state.verdicts
    labels = {
        path: state.name_of(key) for path, key in roll.folders.items() if path not in verdicts
    }
    labels.update((path, name) for path, name in state.labels.items() if path in roll.place)
    return labels


def class_names(roll: Roll, state: State) -> tuple[str, ...]:
    """Names of all classes: those of the folders, sorted, then others as they began."""
    return tuple(dict.fromkeys([*map(state.name_of, roll.folder_classes), *state.classes]))
