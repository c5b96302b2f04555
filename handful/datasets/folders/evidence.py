"""Which reading of its folders suits a set: what their names and their repetition say.

Where it is plain there is one reading. Where it is not there are two or three, and a person is
asked: a wrong class is worse than a question. A single level of folders stays classes, unless its
names are days, cameras or numbered things such as `site_3`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from handful.datasets.folders.level_names import (
    Shape,
    are_individuals,
    bins_among,
    is_bin,
    shape_of,
)
from handful.datasets.folders.reading import Level, Reading
from handful.items.split_names import part_named

# Folders beside train and test that hold no more than this share of the pictures are strays.
_STRAYS = 0.05
# A level counts if at least this share of the pictures lies as deep.
_DEEP_ENOUGH = 0.9
# So many folders with so few pictures each are people or things rather than classes.
_MANY_FOLDERS, _FEW_PICTURES = 8, 10
# So many more folders above than names below: the names below are what is repeated.
_MANY_PARENTS = 4

_Meaning = tuple[Level, ...]
_Judgement = tuple[tuple[_Meaning, ...], tuple[str, ...]]  # meanings that are possible, and notes
_CLASS: _Meaning = ("class",)
_GROUP: _Meaning = ("group",)
_NOTHING: _Meaning = ("ignore",)


@dataclass(frozen=True, slots=True)
class Judged:
    """Readings, the likeliest first, and what is worth a line; one reading where it is plain."""

    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()


def judge(paths: Sequence[str]) -> Judged:
    """The reading that suits pictures at these relative paths, or the two or three that may."""
    wrapper = wrapper_of(paths)
    notes = []
    if wrapper:
        notes.append(f"All pictures lie in {wrapper}, so labels are read from the folders in it.")
    inner = [path[len(wrapper) :].split("/")[:-1] for path in paths]
    split, more = _split_level(inner)
    notes += more
    levels = _Levels.of(inner, split)
    bins = levels.bins()
    kinds, more = _meaning(levels, bins)
    notes += more
    if bins:
        held = sum(any(name in bins for name in folders) for folders in inner)
        notes.append(f"No label: {held:,} in {_named(bins)}; the name says that nobody gave one.")
    readings = tuple(
        Reading(_with_split(kind, split), wrapper, bins) for kind in dict.fromkeys(kinds)
    )
    return Judged(readings, tuple(notes))


def wrapper_of(paths: Sequence[str]) -> str:
    """The folders around all others, as long as each holds further folders and stands alone."""
    wrapper = ""
    while True:
        tops = {path[len(wrapper) :].partition("/")[0] for path in paths}
        inner = wrapper + next(iter(tops)) + "/"
        is_alone = len(tops) == 1 and part_named(next(iter(tops))) is None
        if not is_alone or not any("/" in path[len(inner) :] for path in paths):
            return wrapper
        wrapper = inner


@dataclass(frozen=True, slots=True)
class _Levels:
    """The levels of folders that may mean something, without the split.

    Args:
        folders: of each picture, from the top.
        names: of each level, those that are there.
        shapes: of each level.
        depths: how many folders lie above each picture, and how often.
    """

    folders: list[tuple[str, ...]]
    names: list[list[str]]
    shapes: list[Shape]
    depths: Counter[int]

    @staticmethod
    def of(inner: Sequence[Sequence[str]], split: int | None) -> _Levels:
        kept = [tuple(name for at, name in enumerate(folders) if at != split) for folders in inner]
        depths = Counter(map(len, kept))
        # Bins and strays may lie less deep; what is deeper than most pictures is not judged.
        bins = bins_among({folders[0] for folders in kept if folders})
        deep = [folders for folders in kept if folders and folders[0] not in bins]
        num = 0
        while deep and sum(len(one) > num for one in deep) >= _DEEP_ENOUGH * len(deep):
            num += 1
        names = [sorted({one[at] for one in kept if len(one) > at}) for at in range(num)]
        shapes = [
            shape_of([name for name in level if name not in bins_among(level)] or level)
            for level in names
        ]
        return _Levels(kept, names, shapes, depths)

    def bins(self) -> frozenset[str]:
        """Folders of any level whose pictures have no label."""
        found: set[str] = set()
        for at in range(max(self.depths, default=0)):
            here = [one for one in self.folders if len(one) > at]
            holding = {one[at] for one in here if len(one) > at + 1}
            found |= {
                name
                for name in bins_among({one[at] for one in here})
                if is_bin(name) or name not in holding  # raw/cat and raw/dog say what they are
            }
        return frozenset(found)

    def parents(self, at: int) -> dict[str, set[tuple[str, ...]]]:
        """Under which folders each name of a level is found."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for one in self.folders:
            if len(one) > at:
                found.setdefault(one[at], set()).add(one[:at])
        return found

    def is_repeated(self, at: int) -> bool:
        """Whether most names of a level are found under several parents."""
        parents = self.parents(at)
        return sum(len(above) > 1 for above in parents.values()) > len(parents) / 2


def _meaning(levels: _Levels, bins: frozenset[str]) -> _Judgement:
    """The readings of all levels but the split, and notes."""
    num = len(levels.names)
    tops = {one[0] for one in levels.folders if one}
    if tops <= bins:
        return (_NOTHING,), ()
    if num == 0:  # most pictures lie loose at the top
        return (_CLASS * max(levels.depths),), ()
    if max(levels.depths) > num and num == 1:
        # Some classes have folders of their own below them: the whole way is the class.
        return (_CLASS * max(levels.depths),), ()
    if num == 1:
        return _one_level(levels)
    words = [at for at, shape in enumerate(levels.shapes) if shape in ("word", "place")]
    if not words:
        return _no_words(levels)
    if len(words) == 1:
        return _one_word_level(levels, words[0])
    return _several_word_levels(levels, words)


def _one_level(levels: _Levels) -> _Judgement:
    shape, names = levels.shapes[0], levels.names[0]
    said = _named(names)
    if shape == "container":
        return (_NOTHING,), (f"{said} names what lies in it, not a class: no label.",)
    if shape == "camera":
        return (_NOTHING,), (
            f"{said}: cameras name folders so; no label (--folders class if they are classes).",
        )
    if shape in ("day", "numbered"):
        what = "days" if shape == "day" else "numbered things"
        return (_GROUP,), (
            f"{said}: these are names of {what}, so they were taken for groups, not for classes"
            " (--folders class if they are classes).",
        )
    if shape == "code" and len(names) > 1:
        each = sum(levels.depths.values()) / len(names)
        many_and_small = len(names) >= _MANY_FOLDERS and each < _FEW_PICTURES
        many_and_small = many_and_small and all(re.search(r"\d\d", name) for name in names)
        if many_and_small or _are_years(names) or _are_counted(names):
            return (_CLASS, _GROUP), ()
    return (_CLASS,), ()


def _no_words(levels: _Levels) -> _Judgement:
    """Days, cameras, codes and numbers alone."""
    num = len(levels.names)
    last = num - 1
    if levels.shapes[last] == "number" and levels.is_repeated(last):
        # 10253/0, 10253/1, 10254/0, ...: few numbers repeated below many codes are classes.
        if len(levels.names[last]) < len(levels.names[0]):
            return (_levels(levels, last),), (_class_note(levels, last),)
        return (_levels(levels, last), _GROUP * num), ()
    if levels.shapes[0] == "number" and levels.shapes[last] in ("code", "numbered"):
        return (_levels(levels, 0),), (_class_note(levels, 0),)
    groups: _Meaning = tuple(
        "ignore" if shape in ("camera", "container") else "group" for shape in levels.shapes
    )
    return (groups if "group" in groups else _NOTHING,), (
        f"{_named(levels.names[0])}: no level of folders has names of classes: no label"
        " (--folders class/group if the first has).",
    )


def _one_word_level(levels: _Levels, at: int) -> _Judgement:
    reading = _levels(levels, at)
    below = set(levels.shapes[at + 1 :])
    if len(levels.names[at]) == 1:
        return (_NOTHING,), ()
    if below & {"day", "camera"}:
        # site/day and class/day look alike.
        nothing: _Meaning = tuple("ignore" if one == "ignore" else "group" for one in reading)
        if levels.shapes[at] == "place":
            return (nothing,), (
                f"{_named(levels.names[at])}: these look like places and days, so they were taken"
                " for groups, not for classes (--folders class/group if they are classes).",
            )
        return (reading, nothing), ()
    return (reading,), (_class_note(levels, at),) if "group" in reading else ()


def _several_word_levels(levels: _Levels, words: Sequence[int]) -> _Judgement:
    num, upper, lower = len(levels.names), words[0], words[-1]
    upper_class, lower_class = _levels(levels, upper), _levels(levels, lower)
    if levels.is_repeated(lower):
        few, many = len(levels.names[lower]), len(levels.names[upper])
        if levels.shapes[upper] == "place" or many >= _MANY_PARENTS * few:
            return (lower_class,), (_class_note(levels, lower),)
        return (lower_class, upper_class), ()
    return (upper_class, _CLASS * num), ()


def _levels(levels: _Levels, at: int) -> _Meaning:
    """One level the class, the others groups, but for folders of cameras and mere containers.

    Below a person or a thing (`P001/left`) nothing is a group: it would part what belongs together.
    """
    meaning: list[Level] = []
    whole = False
    for level, (shape, names) in enumerate(zip(levels.shapes, levels.names, strict=True)):
        if level == at:
            meaning.append("class")
        elif whole or shape in ("camera", "container"):
            meaning.append("ignore")
        else:
            meaning.append("group")
            whole = are_individuals(names)
    return tuple(meaning)


def _are_years(names: Sequence[str]) -> bool:
    return all(len(name) == 4 and name[:2] in ("19", "20") for name in names)


def _are_counted(names: Sequence[str]) -> bool:
    """P001, P002, P003: one word and numbers that begin with noughts."""
    stems = {name.rstrip("0123456789") for name in names}
    padded = any(re.search(r"(?<!\d)0\d", name) for name in names)
    return len(names) > 2 and len(stems) == 1 and padded


def _class_note(levels: _Levels, at: int) -> str:
    others = next(names for level, names in enumerate(levels.names) if level != at)
    return (
        f"{_named(levels.names[at])} were taken for classes, {_named(others)} for groups that are"
        " not parted (--folders says otherwise)."
    )


def _split_level(inner: Sequence[Sequence[str]]) -> tuple[int | None, tuple[str, ...]]:
    """The level whose folders are the parts of a split, and notes."""
    for at in range(max(map(len, inner), default=0)):
        counts = Counter(folders[at] for folders in inner if len(folders) > at)
        named = sorted(name for name in counts if part_named(name))
        others = sorted(set(counts) - set(named))
        strays = sum(counts[name] for name in others if name not in bins_among(others))
        if not any(part_named(name) == "train" for name in named):
            continue
        if strays <= _STRAYS * sum(counts.values()):
            notes = [f"The folders {', '.join(named)} were taken for a split."]
            notes += [
                f"{name}/ is learned from: no validation set is needed."
                for name in named
                if part_named(name) == "validation"
            ]
            if others:
                notes.append(f"{_named(others)}: beside the split, so neither learned nor tested.")
            return at, tuple(notes)
        if len(named) > 1:
            return None, (
                f"{', '.join(named)} were taken for classes, as {others[0]}/ lies beside them.",
            )
    return None, ()


def _with_split(kind: _Meaning, split: int | None) -> _Meaning:
    if split is None:
        return kind
    padded: _Meaning = kind + _NOTHING * (split - len(kind))
    return (*padded[:split], "split", *padded[split:])


def _named(names: Sequence[str] | frozenset[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - 3:,} more" if len(shown) > 3 else ""
    return ", ".join(f"{name}/" for name in shown[:3]) + more
