"""Groups that file names speak of are proposed, with a pattern that makes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from handful.datasets.checks.proposals import group_candidates
from handful.items.groups import group_by_pattern
from tests.datasets.checks.cases import examined, item, only

N = range(6)

SPEAKING = {
    "patients": ([f"{c}/patient{i:02}_view{v}.png" for c in "ab" for i in N for v in N], 6),
    "patient folders": ([f"{c}/Patient {i}/{v}.png" for c in "ab" for i in N for v in N], 6),
    "short": ([f"{c}/P{i}-{v}.png" for c in "ab" for i in N for v in N], 6),
    "plates": ([f"plate-{i}_well{v}_dapi.tif" for i in N for v in N], 6),
    "names": ([f"{n}_{v}.jpg" for n in ("ann", "bob", "cy", "dee", "eve") for v in N], 5),
    "two parts": ([f"run_{i}_{v}.jpg" for i in N for v in N], 6),
    "minutes": ([f"IMG_2024013{d}_1204{v:02}.jpg" for d in N for v in (3, 9, 31)], 6),
    "runs": ([f"frame{100 * i + v:04}.png" for i in range(1, 7) for v in range(1, 13)], 6),
    "days": ([f"2024-01-{d:02}_{v}.jpg" for d in range(1, 9) for v in N], 8),
}

SILENT = {
    "numbers": [f"cell{i:04}.png" for i in range(1, 60)],
    "camera": [f"IMG_{i:04}.jpg" for i in range(60)],
    "classes": [f"{c}/{c}_{i}.png" for c in ("cat", "dog", "emu", "fox", "gnu") for i in N],
    "all different": [f"{i:x}{i * 7919:x}.png" for i in range(60)],
    "too few": [f"patient{i}_{v}.png" for i in range(2) for v in range(4)],
    "two patients": [f"patient{i}_{v}.png" for i in range(2) for v in range(40)],
    "numbers in each class": [f"{c}/{i:03}.jpg" for c in ("cat", "dog") for i in range(30)],
    "counters in each class": [f"{c}/img_{i:03}.jpg" for c in ("cat", "dog") for i in range(30)],
    "half": [f"patient{i}_{v}.png" for i in N for v in N] + [f"{i}.png" for i in range(40)],
}


def proposed(paths: Sequence[str]) -> list[str]:
    """The pattern in each suggestion."""
    items = [item(path, path.split("/")[0] if "/" in path else None) for path in paths]
    found = list(group_candidates(examined(items)))
    return [re.search(r"--group '(.*)'\.", one.suggestion)[1] for one in found]  # type: ignore[index]


@pytest.mark.parametrize("name", SPEAKING)
def test_names_that_speak_of_groups(name: str) -> None:
    """The pattern proposed makes as many groups as there are, when it is passed to --group."""
    paths, num_groups = SPEAKING[name]
    [pattern] = proposed(paths)
    grouped, _ = group_by_pattern([item(path) for path in paths], pattern)
    assert num_groups == len({one.group for one in grouped})
    assert all(one.group is not None for one in grouped)


@pytest.mark.parametrize("name", SILENT)
def test_names_that_speak_of_none(name: str) -> None:
    """Counters, class names and single items make no groups."""
    assert [] == proposed(SILENT[name])


def test_groups_that_are_known_are_not_guessed() -> None:
    """Where items have groups, none is proposed."""
    paths, _ = SPEAKING["patients"]
    assert [] == list(group_candidates(examined([item(path, group="g") for path in paths])))


def test_a_proposal_in_words() -> None:
    """The reason counts the groups and names some; it is a warning and never sure."""
    paths, _ = SPEAKING["patients"]
    finding = only(list(group_candidates(examined([item(p, p[0]) for p in paths]))))
    assert "the names speak of 6 groups of 12 pictures: patient00, patient01, patient02, ..." == (
        finding.reason
    )
    assert ("warning", 0.5, 6) == (finding.severity, finding.score, len(finding.paths))
