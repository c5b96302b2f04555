"""Labels from elsewhere come into the session; who and when are kept, and what is there stays.

What a file of labels looks like is `labels/formats.py`; which item it means, `labels/matching.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handful.active.session import Session
from handful.items.item import Quarantined
from handful.labels.formats import marks_of, read_labels

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that has another label already: its path, what it has, what the file says."""

    path: str
    has: str
    says: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of labels.

    Args:
        file: its name.
        labels: that are new here, "unsure" among them.
        same: rows that say what is known already.
        differing: items that had another label; they keep it unless overwriting was asked for.
        overwritten: whether it was.
        rejected: rows that were not used, each with its place in the file and why.
        annotators: who said the new ones.
    """

    file: str
    labels: int
    same: int
    differing: tuple[Difference, ...]
    overwritten: bool
    rejected: tuple[Quarantined, ...]
    annotators: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """In a line each: what came in, what was there, what differs, what does not match."""
        found = [f"{self.file}: {_counted(self.labels, 'label')} imported."]
        if self.same:
            were = "was" if self.same == 1 else "were"
            found.append(f"{_counted(self.same, 'label')} {were} there already.")
        if self.differing:
            one = self.differing[0]
            labels = _counted(len(self.differing), "label")
            found.append(
                f"{labels} changed: {one.path} was {one.has}, and is {one.says}."
                if self.overwritten
                else f"{labels} not taken, for another is there: {one.path} is {one.has}, the file"
                f" says {one.says}. With `overwrite` the file's are taken."
            )
        if self.rejected:
            rows = ", ".join(f"{one.path}: {one.why}" for one in self.rejected[:SHOWN])
            more = len(self.rejected) - SHOWN
            found.append(
                f"{_counted(len(self.rejected), 'row')} not used: {rows}"
                + (f", and {more:,} more." if more > 0 else ".")
            )
        return tuple(found)

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return {
            "file": self.file,
            "labels": self.labels,
            "same": self.same,
            "differing": [[one.path, one.has, one.says] for one in self.differing],
            "overwritten": self.overwritten,
            "rejected": [one.to_json() for one in self.rejected],
            "annotators": list(self.annotators),
        }


def import_file(session: Session, path: Path, *, by: str, overwrite: bool = False) -> Imported:
    """Take in the labels of a file, one gesture for each annotator, who can undo it.

    The audit reserve, where it was not drawn yet, is drawn among items that the file does not
    label: what it says was not asked blind.

    Args:
        session: takes the labels in.
        path: the file, or a folder of Pascal VOC's XML files.
        by: who says so where the file does not.
        overwrite: whether items that have another label take the file's.
    Raises:
        SettingError: the ending names no format that is read.
        DataError: the file as a whole cannot be read.
        StoreError: the ledger cannot be written.
    """
    reading = read_labels(path, items=session.place.keys())
    session.draw_reserve(without={row.path for row in reading.rows})
    with session.ledger.reading() as state:
        has = {path: verdict.label or "" for path, verdict in state.verdicts.items()}
    has = {**session.roll.folders, **has}
    same, num_new, annotators = 0, 0, []
    differing: dict[str, Difference] = {}
    for annotator, marks in marks_of(reading, by=by).items():
        wanted = []
        for mark in marks:
            there = has.get(mark.item)
            if there == mark.label:
                same += 1
                continue
            if there is not None:
                differing[mark.item] = _difference(mark.item, there, mark.label)
            if there is None or overwrite:
                wanted.append(mark)
        if wanted:
            session.record(wanted, by=annotator)
            num_new += len(wanted)
            annotators.append(annotator)
    return Imported(
        path.name,
        num_new,
        same,
        tuple(differing.values()),
        overwrite,
        reading.rejected,
        tuple(annotators),
    )


def _difference(path: str, has: str, says: str) -> Difference:
    return Difference(path, has or "unsure", says or "unsure")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
