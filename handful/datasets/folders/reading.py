"""A reading of the levels of folders: which of them is the class, the group, the split.

Written as `--folders` takes it, from the top: `class/group`, `split/class`, `ignore`. Which reading
suits a folder is judged in `evidence.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from handful.datasets.folders.level_names import is_bin
from handful.errors import SettingError
from handful.items.item import SplitName
from handful.items.split_names import part_named, side_of

Level = Literal["class", "group", "split", "ignore"]
EXAMPLES = "class, class/group, group/class, split/class, ignore"


@dataclass(frozen=True, slots=True)
class Reading:
    """What each level of folders means.

    Args:
        levels: from the top; what lies deeper means nothing.
        wrapper: the folder around all others, with a slash at its end; "" if there is none.
        bins: names of folders, beside classes, whose pictures have no label.
    """

    levels: tuple[Level, ...]
    wrapper: str = ""
    bins: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return "/".join(self.levels) or "ignore"

    def label(self, path: str) -> str | None:
        """The class that the path's folders name; several levels of it are joined by a slash."""
        if self.is_stray(path) or self.is_in_bin(path):
            return None
        return "/".join(self._at(path, "class")) or None

    def group(self, path: str) -> str | None:
        """What the path's folders say must not be parted."""
        return "/".join(self._at(path, "group")) or None

    def split(self, path: str) -> SplitName | None:
        """On which side of the split the path's folders put it."""
        for name in self._at(path, "split"):
            if part := part_named(name):
                return side_of(part)
        return None

    def is_stray(self, path: str) -> bool:
        """Whether it lies in a folder beside the parts of a split, so that it belongs to none."""
        names = self._at(path, "split")
        return any(part_named(name) is None for name in names)

    def is_in_bin(self, path: str) -> bool:
        """Whether the name of one of its folders says that nobody labelled it."""
        return any(name in self.bins or is_bin(name) for name in self._folders(path))

    def _folders(self, path: str) -> list[str]:
        return path[len(self.wrapper) :].split("/")[:-1]

    def _at(self, path: str, level: Level) -> list[str]:
        pairs = zip(self.levels, self._folders(path), strict=False)
        return [name for kind, name in pairs if kind == level]


def chosen(text: str, paths: Sequence[str], wrapper: str) -> Reading:
    """The reading that a user chose.

    Args:
        text: as `--folders` takes it.
        paths: of the pictures, relative.
        wrapper: the folder around all others; looked through, unless its level was named, too.
    Raises:
        SettingError: a word is none of class, group, split, ignore.
    """
    levels = parse(text)
    below = max(path.count("/", len(wrapper)) for path in paths)
    return Reading(levels, wrapper if len(levels) <= below else "")


def parse(text: str) -> tuple[Level, ...]:
    """The levels that `--folders` names; none for "ignore".

    Raises:
        SettingError: a word is none of class, group, split, ignore.
    """
    words = [word.strip().casefold() for word in text.strip().strip("/").split("/")]
    known = get_args(Level)
    for word in words:
        if word not in known:
            raise SettingError(
                "This is no way to read folders.",
                found=f"--folders {text}",
                expected="one of class, group, split, ignore for each level, from the top",
                attempt=f"one of {EXAMPLES}",
            )
    if words.count("split") > 1:
        raise SettingError(
            "Only one level of folders can be the split.",
            found=f"--folders {text}",
            expected="split once, or not at all",
            attempt="--folders split/class",
        )
    return tuple(level for word in words for level in known if level == word)


def described(reading: Reading, paths: Sequence[str]) -> str:
    """A reading with what it makes of pictures: "class/group: 2 classes (cat 8, dog 8), ..."."""
    classes = Counter(label for path in paths if (label := reading.label(path)))
    groups = {group for path in paths if (group := reading.group(path))}
    if not classes:
        told = "no labels"
    else:
        named = ", ".join(f"{name} {count:,}" for name, count in classes.most_common(3))
        more = f" and {len(classes) - 3:,} more" if len(classes) > 3 else ""
        told = f"{len(classes):,} {'class' if len(classes) == 1 else 'classes'} ({named}{more})"
    if groups:
        told += f", {len(groups):,} {'group' if len(groups) == 1 else 'groups'}"
    return f"{reading}: {told}"
