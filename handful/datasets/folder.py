"""A folder of items: which files are pictures, and what their folders say of them.

- What each level of folders means (class, group, split, nothing) is told by names and repetition
  (`folders/evidence.py`), or chosen (`folders/reading.py`). One level of folders is classes.
- A single folder around all the others is looked through (`archive/cat/1.jpg` is a "cat").
- A picture that lies at the top, or in a folder such as `unlabeled`, has no label.
- Symbolic links are followed; a folder is read once, however many ways lead to it.
- Hidden files and what systems leave behind are passed over, other files that are no pictures are
  named in a note, pictures of kinds that are not read here are set aside (`folders/walk.py`).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path

from handful.datasets.folders.documents import DOCUMENTS
from handful.datasets.folders.evidence import judge, wrapper_of
from handful.datasets.folders.reading import Reading, chosen, described
from handful.datasets.folders.walk import Walk
from handful.datasets.vanished import vanished
from handful.errors import AmbiguousFoldersError, DataError
from handful.items.groups import group_by_pattern
from handful.items.item import Collection, Item, Quarantined
from handful.items.names import printable
from handful.modalities.files import expected

# So many files of a kind that nobody here knows, in a folder beside classes, are a class.
_ENOUGH_FOR_A_CLASS = 3


def read_folder(
    folder: Path, *, group: str | None = None, folders: str | None = None
) -> Collection:
    """The pictures below a folder, with labels, groups and split as its folders' names give them.

    Args:
        folder: where to look.
        group: a regular expression on the relative path; None: as the folders say.
        folders: what each level of folders means, such as "class/group"; None: as is plain.
    Raises:
        DataError: there is no picture, or the folder cannot be listed.
        AmbiguousFoldersError: the folders can be read in more than one way.
        SettingError: `group` is no regular expression or is found in no path, or `folders` is no
            way to read folders.
    """
    root = folder.resolve()
    walk = Walk(root)
    found = sorted(walk.items())
    if not found:
        raise _nothing(folder, walk)
    unread = [one.path for one in walk.quarantined if _ending(one.path)]
    reading, told = _reading([path for path, _ in found], unread, folders)
    items: tuple[Item, ...] = tuple(
        Item(
            path,
            source,
            label=reading.label(path),
            group=reading.group(path),
            split=reading.split(path),
        )
        for path, source in found
    )
    quarantined = _set_aside(walk, reading, {item.label for item in items})
    notes = (*told, *walk.notes(), *_unlabelled(items, reading))
    notes += tuple(f"Not read: {gone}." for gone in vanished(items, quarantined))
    if group is not None:
        items, more = group_by_pattern(items, group)
        notes += more
    return Collection(root=root, items=items, quarantined=quarantined, notes=notes)


def _set_aside(
    walk: Walk, reading: Reading, labels: Container[str | None]
) -> tuple[Quarantined, ...]:
    """What was set aside, with the classes that its folders name.

    Files that are no pictures by their names are passed over, but not where all of a class is such
    files: then they are its pictures, in a format that nobody here knows.
    """
    foreign: dict[str, list[str]] = defaultdict(list)
    for path in walk.others:
        label = reading.label(path)
        if label not in labels and label is not None and _ending(path) not in DOCUMENTS:
            foreign[label].append(path)
    for label, paths in foreign.items():
        if len(paths) >= _ENOUGH_FOR_A_CLASS:
            walk.others = [path for path in walk.others if path not in set(paths)]
            walk.quarantined += [
                Quarantined(path, f"{_ending(path)[1:].upper() or 'this'} is not read here", label)
                for path in paths
            ]
    return tuple(
        sorted(
            (replace(one, label=reading.label(one.path)) for one in walk.quarantined),
            key=lambda one: one.path,
        )
    )


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122  (text, not a place)


def _reading(
    paths: Sequence[str], unread: Sequence[str], folders: str | None
) -> tuple[Reading, tuple[str, ...]]:
    """What the folders mean, and notes on it.

    Args:
        paths: of the pictures.
        unread: of pictures that cannot be read; their folders mean something, too.
        folders: as `read_folder` takes it.
    """
    everything = (*paths, *unread)
    if folders is not None:
        reading = chosen(folders, everything, wrapper_of(everything))
        return reading, (f"Folders are read as {described(reading, paths)}.",)
    judged = judge(everything)
    if len(judged.readings) > 1:
        told = [described(one, paths) for one in judged.readings]
        examples = sorted({path.rpartition("/")[0] for path in paths if "/" in path})
        raise AmbiguousFoldersError(
            "The folders can be read in more than one way.",
            found=f"{len(examples):,} folders such as {', '.join(examples[:3])}",
            expected="one of: " + "; ".join(told),
            attempt=" or ".join(f"--folders {one}" for one in judged.readings)
            + ", or --folders ignore to give labels yourself",
            readings=tuple(zip(map(str, judged.readings), told, strict=True)),
        )
    return judged.readings[0], judged.notes


def _unlabelled(items: Sequence[Item], reading: Reading) -> tuple[str, ...]:
    """How many pictures lie beside the class folders; those in bins are told elsewhere."""
    without = sum(item.label is None and not reading.is_in_bin(item.path) for item in items)
    if 0 < without < len(items):
        return (f"{without:,} of {len(items):,} pictures lie in no class folder: no label.",)
    return ()


def _nothing(folder: Path, walk: Walk) -> DataError:
    place = printable(str(folder))
    if walk.quarantined:
        bad = walk.quarantined[0]
        found = f"{bad.path} ({bad.why}); {len(walk.quarantined):,} such"
    elif walk.others:
        found = f"{place} holds {len(walk.others):,} other files, such as {walk.others[0]}"
    else:
        found = f"{place} is empty" + (" but for hidden files" if walk.num_hidden else "")
    return DataError(
        "No picture was found.",
        found=found,
        expected=f"{expected()}, in one folder for each class, or a table that names them",
        attempt="give the folder that holds the class folders",
    )
