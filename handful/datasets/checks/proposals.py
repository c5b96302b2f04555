r"""Groups that file names speak of: patients, sites, days, bursts. Proposed, never assumed.

A proposal is a regular expression for `--group`. It is made only if it is plausible: most names
match, there are many groups, most items have company in theirs, and no class is a single group
(then it is the class's name and not a group).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from handful.datasets.checks.examined import Examined, counted, span
from handful.items.finding import Finding
from handful.items.item import Item

_SPEAKING = (
    "patient|pat|subject|subj|sub|case|person|participant|volunteer|animal|mouse|rat|dog|cat|horse"
    "|specimen|slide|plate|site|station|plot|transect|camera|cam|video|vid|clip|seq|sequence|burst"
    "|series|study|session|visit|scene|module|panel|batch|lot|id|p|s"
)
_START, _GAP, _TOKEN = r"(?:^|[/_\-. ])", r"[_\-. ]", r"[^/_\-. ]+"
_ENDING = r"\.[^/.]+$"  # apart, or `cat/001.jpg` and `dog/001.jpg` would be a group

# After names that speak ("patient03") come times to the minute (20240131_120455), days, and the
# first parts of names. The first group of each pattern names the items' group.
_PATTERNS = (
    rf"{_START}(\d{{8}}{_GAP}?\d{{4}})\d{{2}}(?!\d)",
    rf"{_START}((?:19|20)\d\d[-_.]?\d\d[-_.]?\d\d)(?!\d)",
    rf"(?:^|/)({_TOKEN}){_GAP}[^/]*{_ENDING}",
    rf"(?:^|/)({_TOKEN}{_GAP}{_TOKEN}){_GAP}[^/]*{_ENDING}",
)

_MIN_ITEMS = 10
_MIN_GROUPS = 4
_MIN_MATCHED = 0.8
_MIN_IN_COMPANY = 0.6
_MAX_SHARE = 0.5
_MIN_GROUPS_A_CLASS = 2.0
_SHOWN = 6


def group_candidates(examined: Examined) -> Iterator[Finding]:
    """At most one proposal, and none where groups are known already."""
    items = examined.items
    if len(items) < _MIN_ITEMS or any(item.group is not None for item in items):
        return
    for pattern in (*_speaking_patterns(items), *_PATTERNS, *_run_patterns(items)):
        proposal = _Proposal.of(pattern, items)
        if proposal.is_plausible():
            yield proposal.finding()
            return


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A pattern, and the groups that it makes of the items.

    Args:
        groups: the paths in each group.
        alone: how many items the pattern does not match.
        groups_a_class: groups that a class's items are in, the mean over the classes.
    """

    pattern: str
    groups: dict[str, list[str]]
    alone: int
    groups_a_class: float

    @staticmethod
    def of(pattern: str, items: Sequence[Item]) -> _Proposal:
        search = re.compile(pattern).search
        groups: dict[str, list[str]] = defaultdict(list)
        of_class: dict[str, set[str]] = defaultdict(set)
        for item in items:
            if found := search(item.path):
                groups[found[1]].append(item.path)
                of_class[item.label or ""].add(found[1])
        matched = sum(map(len, groups.values()))
        mean = sum(map(len, of_class.values())) / max(1, len(of_class))
        return _Proposal(pattern, dict(groups), len(items) - matched, mean)

    def is_plausible(self) -> bool:
        """Whether people would say that these are groups."""
        sizes = Counter({group: len(paths) for group, paths in self.groups.items()})
        matched = sizes.total()
        return (
            len(sizes) >= _MIN_GROUPS
            and matched >= _MIN_MATCHED * (matched + self.alone)
            and sum(size for size in sizes.values() if size > 1) >= _MIN_IN_COMPANY * matched
            and max(sizes.values()) <= _MAX_SHARE * matched
            and self.groups_a_class >= _MIN_GROUPS_A_CLASS
        )

    def finding(self) -> Finding:
        """The proposal in words, with the paths of its largest group."""
        sizes = [len(paths) for paths in self.groups.values()]
        in_company = sum(size for size in sizes if size > 1) / (sum(sizes) + self.alone)
        largest = max(self.groups, key=lambda group: (len(self.groups[group]), group))
        named = ", ".join(sorted(self.groups)[:3])
        return Finding(
            kind="group-candidate",
            paths=tuple(self.groups[largest][:_SHOWN]),
            reason=f"the names speak of {counted(len(sizes), 'group')} of"
            f" {span(min(sizes), max(sizes))} pictures: {named}, ...",
            score=0.5 * in_company,  # half: only a person knows what the names mean
            severity="warning",
            suggestion=f"If they belong together, pass --group '{self.pattern}'.",
        )


def _speaking_patterns(items: Sequence[Item]) -> Iterator[str]:
    """A pattern for each word of `_SPEAKING` that most names hold before a number."""
    word = re.compile(rf"{_START}({_SPEAKING}){_GAP}?\d", re.IGNORECASE)
    counts = Counter(
        found for item in items for found in {one.lower() for one in word.findall(item.path)}
    )
    for found, count in counts.most_common():
        if count >= _MIN_MATCHED * len(items):
            yield rf"(?i){_START}({found}{_GAP}?\d+)"


def _run_patterns(items: Sequence[Item]) -> Iterator[str]:
    """Patterns that leave off a number's last digits, where that parts runs of numbers.

    `frame0001 ... frame0030, frame0101 ... frame0130` are runs of thirty, told by the hundreds.
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    widths = set()
    for item in items:
        stem = PurePosixPath(item.path).stem
        if found := re.search(r"\d+$", stem):
            numbers[
                item.path[: -len(PurePosixPath(item.path).name)] + stem[: found.start()]
            ].append(int(found[0]))
            widths.add(len(found[0]))
    if len(widths) != 1:  # without leading zeros, digits cannot be counted from the right
        return
    for digits in range(1, widths.pop()):
        if all(_parts_runs(sorted(run), 10**digits) for run in numbers.values()):
            yield rf"([^/]*\d)\d{{{digits}}}\.[^./]+$"


def _parts_runs(numbers: Sequence[int], step: int) -> bool:
    """Whether numbers are consecutive exactly where they agree but for the last digits."""
    return all(
        (after - before == 1) == (after // step == before // step)
        for before, after in pairwise(numbers)
    )
