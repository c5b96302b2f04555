"""What is wrong with the data, before anything is learned. What is looked for is in `checks/`."""

from __future__ import annotations

from handful.datasets.checks import classes, copies, depth, files, proposals, shapes
from handful.datasets.checks.examined import Check, Examined
from handful.datasets.scan import Scan
from handful.items.finding import Finding
from handful.items.item import Collection

CHECKS: tuple[Check, ...] = (
    files.quarantined,
    files.wrong_ending,
    files.several_frames,
    copies.copies,
    copies.groups_across_splits,
    classes.no_picture,
    classes.unlabelled,
    classes.one_class,
    classes.too_few,
    classes.missing_from_a_split,
    classes.names_alike,
    classes.shortcuts,
    shapes.tiny,
    shapes.elongated,
    shapes.odd_size,
    shapes.odd_colour,
    depth.one_range,
    depth.bands,
    proposals.group_candidates,
)

_SEVERITIES = ("fault", "warning", "note")


def doctor(collection: Collection, scan: Scan) -> list[Finding]:
    """All findings, faults first, then by how sure they are. Nothing is changed or deleted.

    A fault spoils learning or estimates, a warning may, a note is for information.

    Args:
        collection: what there is.
        scan: what a look at every item gave.
    """
    examined = Examined.of(collection, scan)
    findings = [finding for check in CHECKS for finding in check(examined)]
    return sorted(findings, key=_order)


def _order(finding: Finding) -> tuple[int, float, str, tuple[str, ...]]:
    return _SEVERITIES.index(finding.severity), -finding.score, finding.kind, finding.paths
