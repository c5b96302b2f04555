"""Labels follow their items: what was renamed or moved since is known again by its content.

What cannot be told stays where it was and is named: a label is never lost, and never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handful.datasets.contents import contents, last_contents
from handful.items.item import Item
from handful.labels.ledger import Ledger
from handful.labels.state import State

GONE = " (replaced)"  # behind the path of an item whose place another picture has taken
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of labels whose items are not where they were.

    Args:
        moved: labels whose items were found under other paths, just now.
        lost: paths, as they were, of labels that have no item any more.
        ambiguous: of these, how many are of pictures that now lie there several times.
        changed: paths of labels whose file has other content now.
    """

    moved: int = 0
    lost: tuple[str, ...] = ()
    ambiguous: int = 0
    changed: tuple[str, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """What a user has to know; nothing where all is as it was."""
        found = []
        if self.moved:
            their = "its picture to its new name" if self.moved == 1 else (
                "their pictures to new names")  # fmt: skip
            found.append(f"{_labels(self.moved)} followed {their}.")
        if self.lost:
            several = (
                f" Of {self.ambiguous:,} the picture lies there several times, and which is meant"
                " cannot be told."
                if self.ambiguous
                else ""
            )
            verb = "has" if len(self.lost) == 1 else "have"
            found.append(
                f"{_labels(len(self.lost))} {verb} no picture any more: {_some(self.lost)}."
                f"{several} They are kept, and exported as missing."
            )
        if self.changed:
            were = "picture was" if len(self.changed) == 1 else "pictures were"
            found.append(
                f"{len(self.changed):,} labelled {were} changed since: {_some(self.changed)}."
                " The labels are kept: look at them again under Second look."
            )
        return tuple(found)


def follow_items(ledger: Ledger, items: Sequence[Item], folder: Path) -> Followed:
    """Let what was said follow the items that lie elsewhere now, and tell what could not.

    Where nothing was moved no file is read.

    Args:
        ledger: what was said; the moves are written there.
        items: all that there are now.
        folder: of the project.
    Raises:
        StoreError: the ledger cannot be written.
    """
    with ledger.reading() as state:
        said = {path: state.digest_of(path) for path in state.mentioned}
        answered, num_moves = set(state.verdicts), state.num_moves
        names = {path: str(verdict.votes) for path, verdict in state.verdicts.items()}
    said |= last_contents(sorted(path for path, digest in said.items() if not digest), folder)
    here = {item.path: item for item in items}
    at_home = contents([here[path] for path in sorted(said) if path in here], folder)
    strayed = {
        path: digest
        for path, digest in said.items()
        if path not in here or (digest and at_home.get(path, digest) != digest)
    }
    if not strayed:
        return Followed()
    # Of what was drawn and never answered the content may be unknown: another may lie there now.
    settled = {path for path in said.keys() - strayed.keys() if said[path] or path in answered}
    free = [item for path, item in here.items() if path not in settled]
    found = contents(free, folder)
    moves, ambiguous = plan_moves(
        strayed,
        {item.path: found[item.path] for item in free if item.path in found},
        names,
    )
    # Another picture has come to where one with a label was: that label must not become its.
    taken = set(moves.values()) & (strayed.keys() - moves.keys())
    replaced = {path: _free_name(path, said) for path in sorted(taken)}
    ledger.move(moves | replaced, num_moves=num_moves)
    stayed = answered & (strayed.keys() - moves.keys())
    return Followed(
        moved=len(answered & moves.keys()),
        lost=tuple(sorted(path for path in stayed if path not in here or path in taken)),
        ambiguous=len(ambiguous & stayed),
        changed=tuple(sorted(path for path in stayed if path in here and path not in taken)),
    )


def plan_moves(
    strayed: Mapping[str, str], there: Mapping[str, str], names: Mapping[str, str]
) -> tuple[dict[str, str], set[str]]:
    """Which item lies where now, and those of which that cannot be told.

    An item follows its content where one place alone has it, or one place of the same file name.
    Several copies with the same answers may be told apart any way, so they follow in order.

    Args:
        strayed: path to content hash, empty where unknown, of items that are not where they were.
        there: path to content hash of the places that nothing is known of.
        names: path to what was answered, as a text that is equal for equal answers.
    Returns:
        Old path to new, and the ambiguous among the old paths.
    """
    old: dict[str, list[str]] = defaultdict(list)
    new: dict[str, list[str]] = defaultdict(list)
    for path, digest in sorted(strayed.items()):
        if digest:
            old[digest].append(path)
    for path, digest in sorted(there.items()):
        new[digest].append(path)
    moves: dict[str, str] = {}
    ambiguous: set[str] = set()
    for digest, paths in old.items():
        places = new.get(digest, [])
        moves |= _by_name(paths, places)
        paths = [path for path in paths if path not in moves]
        places = [place for place in places if place not in moves.values()]
        if not paths or not places:
            continue
        alike = len({names.get(path) for path in paths}) == 1
        if len(paths) == len(places) and alike:
            moves |= dict(zip(paths, places, strict=True))
        else:
            ambiguous.update(paths)
    return moves, ambiguous


def _by_name(paths: Sequence[str], places: Sequence[str]) -> dict[str, str]:
    """Those of one content whose file name stands once on either side."""
    old, new = _named(paths), _named(places)
    both = (name for name, own in old.items() if len(own) == 1 and len(new.get(name, ())) == 1)
    return {old[name][0]: new[name][0] for name in both}


def _named(paths: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        found[path.rpartition("/")[2]].append(path)
    return found


def labels_without_items(state: State, there: Mapping[str, int]) -> dict[str, str]:
    """Path as it was to class name, of labels whose item is not in the data, sorted."""
    return {path: name for path, name in sorted(state.labels.items()) if path not in there}


def _free_name(path: str, taken: Mapping[str, str]) -> str:
    name = path + GONE
    while name in taken:
        name += GONE
    return name


def _labels(number: int) -> str:
    return f"{number:,} label{'s' * (number != 1)}"


def _some(paths: Sequence[str]) -> str:
    rest = len(paths) - SHOWN
    return ", ".join(paths[:SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")
