"""The same picture more than once: copies, two labels on one picture, leaks between splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from handful.datasets.checks.examined import Examined, counted, paths_of
from handful.items.finding import Finding, Severity
from handful.items.item import Item
from handful.modalities.image.facts import Fingerprint


def copies(examined: Examined) -> Iterator[Finding]:
    """Every picture that is there more than once, with what that spoils."""
    members: dict[int, list[int]] = defaultdict(list)
    for i, cluster in enumerate(examined.clusters.tolist()):
        members[cluster].append(i)
    for cluster in members.values():
        if len(cluster) > 1:
            items = [examined.items[i] for i in cluster]
            yield _copies(items, [examined.facts[i] for i in cluster])


def groups_across_splits(examined: Examined) -> Iterator[Finding]:
    """Groups with some items to learn from and some to test on."""
    members: dict[str, list[Item]] = defaultdict(list)
    for item in examined.items:
        if item.group is not None:
            members[item.group].append(item)
    for group, items in members.items():
        if _is_across_splits(items):
            tested = sum(item.split == "test" for item in items)
            yield Finding(
                kind="leak",
                paths=paths_of(items),
                reason=f"group {group!r} is on both sides of the split:"
                f" {len(items) - tested:,} to learn from, {tested:,} to test on",
                severity="fault",
                suggestion="Put the whole group on one side.",
            )


def _copies(items: Sequence[Item], seen: Sequence[Fingerprint]) -> Finding:
    how, score = _sameness(seen)
    labels = sorted({item.label for item in items if item.label is not None})
    kind = "duplicate" if score == 1 else "near-duplicate"
    severity: Severity = "warning"
    reason = f"{counted(len(items), 'picture')}, {how}"
    suggestion = "Keep one; until then they stay together in every split."
    if _is_across_splits(items):
        kind, severity = "leak", "fault"
        reason += ", on both sides of the split"
        suggestion = "Put them on one side, or keep one: a test on what was learned flatters."
    if len(labels) > 1:
        kind, severity = "two-labels", "fault" if score == 1 or kind == "leak" else "warning"
        reason += ", labelled " + " and ".join(repr(label) for label in labels)
        suggestion = "Decide which label is right, and keep one."
    return Finding(kind, paths_of(items), reason, score, severity, suggestion)


def _sameness(seen: Sequence[Fingerprint]) -> tuple[str, float]:
    """In which respect pictures are the same, and how sure that is."""
    if len({one.content for one in seen}) == 1:
        return "the same file", 1.0
    if len({one.pixels for one in seen}) == 1:
        return "the same pixels in different files", 1.0
    bits = max((one.phash ^ seen[0].phash).bit_count() for one in seen)
    return f"nearly the same ({bits} of 64 hash bits differ)", 1 - bits / 64


def _is_across_splits(items: Sequence[Item]) -> bool:
    return len({item.split == "test" for item in items}) > 1
