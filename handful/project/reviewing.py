"""The review of a project's model, and its report: what both are made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from handful.items.item import Item
from handful.learning.learn import Embedded, Learned

if TYPE_CHECKING:
    from handful.modalities.image.facts import Fingerprint
    from handful.project.project import Project
    from handful.review.review import Review

SHOWN_NEIGHBOURS = 6  # beside a suspect label
MAP_NEIGHBOURS = 12  # that the map draws together
THUMBNAIL_TARGET = 448  # pixels: originals are decoded no smaller than this before they shrink


def look(project: Project, embedded: Embedded, learned: Learned) -> Review:
    """Everything that the report and the terminal show of one model.

    Args:
        project: whose findings, exams and settings stand in it.
        embedded: all items that could be read.
        learned: the model and what was measured of it.
    """
    from datetime import UTC, datetime

    from handful.features.map2d import map2d
    from handful.features.neighbours import neighbours
    from handful.features.reduce import reduced
    from handful.review.review import Review

    vectors = reduced(embedded.store, embedded.rows[learned.chosen])
    nearest, similarities = neighbours(vectors, MAP_NEIGHBOURS)
    manifest = learned.model.manifest
    fingerprints = [embedded.facts[at] for at in learned.chosen]
    return Review(
        name=project.name,
        model=learned.model.identity,
        items=[embedded.items[at] for at in learned.chosen],
        classes=learned.classes,
        labels=learned.targets,
        probabilities=learned.probabilities,
        held_out=learned.held_out,
        measured=learned.measured,
        clusters=embedded.clusters[learned.chosen],
        units=embedded.units[learned.chosen],
        neighbours=nearest[:, :SHOWN_NEIGHBOURS],
        similarities=similarities[:, :SHOWN_NEIGHBOURS],
        positions=map2d(vectors, nearest),
        estimate=manifest.estimate,
        test=manifest.test,
        candidates=learned.fit.candidates,
        findings=project.doctor(),
        quarantined=project.quarantined,
        conditions=manifest.conditions,
        seconds=project.seconds,
        encoder=project.settings.encoder,
        coverage=project.settings.coverage,
        created=datetime.now(UTC),
        exams={one.short: one.accuracy for one in project.exams if one.accuracy and one.accuracy.n},
        novelty=manifest.novelty.calibration() if manifest.novelty else None,
        deep=project.deep.to_json() if project.deep else None,
        attributes=_attributes(fingerprints),
        sizes=np.array([(one.width, one.height) for one in fingerprints], dtype=np.int64),
        blocked=learned.beside.blocked,
        warnings=learned.beside.warnings,
        test_at_random=project.settings.test is not None,
    )


def write_page(project: Project, embedded: Embedded, page: Path) -> None:
    """Writes the report of a project's model to `page`.

    Raises:
        StoreError: the page cannot be written.
    """
    from handful.modalities.image.thumbnails import PREVIEW_SIDE, Thumbnails
    from handful.review.report import write_report

    contents = {
        item.path: one.content for item, one in zip(embedded.items, embedded.facts, strict=True)
    }
    levels = embedded.encoder.recipe.levels

    def pixels(source: Path, target: int) -> UInt8[np.ndarray, "h w 3"]:
        from handful.modalities.image.decode import decode

        return decode(source.read_bytes(), target=target, levels=levels).pixels

    small = Thumbnails(project.folder / "thumbs", levels=levels)
    sources = {contents[item.path]: item.source for item in embedded.items}
    small.make(sources, lambda source: pixels(source, THUMBNAIL_TARGET))
    large = Thumbnails(project.folder / "thumbs", side=PREVIEW_SIDE, levels=levels)

    def preview(item: Item) -> bytes | None:
        one = {contents[item.path]: item.source}
        large.make(one, lambda source: pixels(source, PREVIEW_SIDE))
        return large.get(contents[item.path])

    write_report(
        project.reviewed(),
        page,
        thumbnail=lambda item: small.get(contents[item.path]),
        preview=preview,
    )


def _attributes(fingerprints: Sequence[Fingerprint]) -> dict[str, list[str] | list[float]]:
    """Facts of each picture by which the report looks for failures that cluster."""
    return {
        "colour mode": [one.mode for one in fingerprints],
        "file format": [one.format for one in fingerprints],
        "shorter side": [float(min(one.width, one.height)) for one in fingerprints],
    }
