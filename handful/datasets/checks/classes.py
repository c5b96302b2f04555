"""Labels and classes: too few, too alike in name, missing."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from handful.datasets.checks.examined import Examined, counted, paths_of
from handful.items.finding import Finding, Severity
from handful.items.item import Item

_FAULT_BELOW, _WARNING_BELOW = 2, 10
_ENOUGH_FOR_SHORTCUTS = 10
_TELLING = 0.9


def unlabelled(examined: Examined) -> Iterator[Finding]:
    """Items without a label."""
    without = [item for item in examined.items if item.label is None]
    if without:
        every = len(without) == len(examined.items)
        yield Finding(
            kind="unlabelled",
            paths=paths_of(without),
            reason=f"{counted(len(without), 'picture')} of {len(examined.items):,} have no label",
            severity="note",
            suggestion="Put them into class folders, or name the column with --labels."
            if every
            else "They are not used for training.",
        )


def no_picture(examined: Examined) -> Iterator[Finding]:
    """Classes of which no picture can be read: nothing of them is learned."""
    for gone in examined.vanished:
        yield Finding(
            kind="vanished-class",
            paths=gone.paths,
            reason=str(gone),
            severity="fault",
            suggestion="Export them in a format that is read, or take the folder out.",
        )


def one_class(examined: Examined) -> Iterator[Finding]:
    """All labels the same: there is nothing to tell apart."""
    classes = _by_class(examined)
    if len(classes) == 1:
        name, places = next(iter(classes.items()))
        yield Finding(
            kind="one-class",
            paths=(),
            reason=f"all {counted(len(places), 'label')} are {name!r}",
            severity="fault",
            suggestion="Add pictures of what it is to be told from, in a folder or with a label.",
        )


def too_few(examined: Examined) -> Iterator[Finding]:
    """Classes with too few independent items; copies and items of one group count once."""
    for name, places in _by_class(examined).items():
        num_units = len(set(examined.units[places].tolist()))
        if num_units < _WARNING_BELOW:
            bound = f" in {counted(num_units, 'group of its own', 'groups of their own')}"
            reason = f"class {name!r} has {counted(len(places), 'picture')}"
            spoils = num_units < _FAULT_BELOW
            yield Finding(
                kind="few-items",
                paths=paths_of(examined.items[i] for i in places),
                reason=reason + (bound if num_units < len(places) else ""),
                severity="fault" if spoils else "warning",
                suggestion="It cannot be learned and tested both: add some, or leave the class out."
                if spoils
                else "Add some: from ten on its figures begin to mean something.",
            )


def missing_from_a_split(examined: Examined) -> Iterator[Finding]:
    """Classes that are on one side of a given split alone."""
    if all(item.split is None for item in examined.items):
        return
    for name, places in _by_class(examined).items():
        items = [examined.items[i] for i in places]
        tested = sum(item.split == "test" for item in items)
        if tested == len(items):
            yield _one_sided(name, items, "only among those to test on", "fault")
        elif tested == 0:
            yield _one_sided(name, items, "not among those to test on", "warning")


def _one_sided(name: str, items: list[Item], where: str, severity: Severity) -> Finding:
    return Finding(
        kind="one-sided-class",
        paths=paths_of(items),
        reason=f"class {name!r} ({counted(len(items), 'picture')}) is {where}",
        severity=severity,
        suggestion="Give each class to both sides of the split.",
    )


def names_alike(examined: Examined) -> Iterator[Finding]:
    """Classes whose names differ only in case, in white space, or in how accents are encoded."""
    classes = _by_class(examined)
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        plain = unicodedata.normalize("NFKC", name).casefold()
        spellings["".join(plain.split())].append(name)
    for names in spellings.values():
        if len(names) > 1:
            rarest = min(names, key=lambda name: len(classes[name]))
            yield Finding(
                kind="names-alike",
                paths=paths_of(examined.items[i] for i in classes[rarest]),
                reason="classes "
                + " and ".join(f"{name!r} ({len(classes[name]):,})" for name in sorted(names))
                + " differ only in case or white space",
                score=0.95,
                severity="warning",
                suggestion="If they are one class, give them one name.",
            )


def shortcuts(examined: Examined) -> Iterator[Finding]:
    """What tells a class apart without a look at the picture: file format, colour, or size."""
    classes = _by_class(examined)
    if len(classes) < 2:
        return
    traits = {
        "format": [seen.format for seen in examined.facts],
        "colour": ["grey" if seen.is_grey else "colour" for seen in examined.facts],
        "size": [f"{seen.width} x {seen.height}" for seen in examined.facts],
    }
    for trait, values in traits.items():
        for name, places in classes.items():
            others = [i for other, rest in classes.items() if other != name for i in rest]
            if min(len(places), len(others)) < _ENOUGH_FOR_SHORTCUTS:
                continue
            inside = [values[i] for i in places]
            value = max(set(inside), key=inside.count)
            share = inside.count(value) / len(inside)
            share_of_others = sum(values[i] == value for i in others) / len(others)
            if share >= _TELLING and share_of_others <= 1 - _TELLING:
                yield Finding(
                    kind="shortcut",
                    paths=(),
                    reason=f"the {trait} tells class {name!r}: {share:.0%} of it are {value},"
                    f" of the others {share_of_others:.0%}",
                    score=share - share_of_others,
                    severity="warning",
                    suggestion="A model may learn that and nothing else: make them alike.",
                )


def _by_class(examined: Examined) -> dict[str, list[int]]:
    """Where each class's items stand, classes in the order of their names."""
    classes: dict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(examined.items):
        if item.label is not None:
            classes[item.label].append(i)
    return dict(sorted(classes.items()))
