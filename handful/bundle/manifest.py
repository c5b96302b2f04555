"""`manifest.json`: what a bundle says of itself, as dataclasses. Reading files is `load.py`.

Adding a key raises `FORMAT`, so that an older handful says "a newer one is needed" instead of
passing over what it does not know; a later handful reads every earlier file, because a key that
came later has a default. A file that does not use the new key keeps the earlier format.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from handful.bundle import archive, schema
from handful.errors import BundleError
from handful.estimate.figure import Caveats, Estimate
from handful.heads.conformal import Thresholds
from handful.modalities.image.prepare import RECIPE_VERSION
from handful.modalities.image.recipe import Recipe
from handful.system import installing
from handful.system.machine import Conditions
from handful.targets.one_of_k import ONE_OF_K

FORMAT = 6
NEEDS = "0.1.0"  # the first handful that reads this format


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the bundle: its SHA-256 in hexadecimal, and its length in bytes."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> Member:
        """The entry for this content."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """Which frozen network is inside.

    Args:
        name: as `handful encoders` lists it.
        identity: hash over its weights, graph and recipe.
        dimension: numbers in its vector.
        licence: of its weights, as an SPDX name; may be empty.
    """

    name: str
    identity: str
    dimension: int
    licence: str = ""


@dataclass(frozen=True, slots=True)
class DeepFacts:
    """What of the encoder was trained on the data (since format 2).

    Args:
        after: the map behind which its arrays are trained.
        beside: the pretrained arrays are there too, and the logits of both are added (since
            format 3).
    """

    after: str
    beside: bool = False


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What may leave of the data: counts and ranges, never an item.

    Args:
        fingerprint: hash over the contents and labels of all items, in hexadecimal.
        items: learned from.
        per_class: items of each class.
        units: groups of items that belong together; as many as items where none do.
        shorter_side: smallest and largest, in pixels, of the pictures' shorter side.
        colour: how many of the pictures have colour; "unknown" where nobody looked.
    """

    fingerprint: str
    items: int
    per_class: Mapping[str, int] = field(default_factory=dict)
    units: int = 0
    shorter_side: tuple[int, ...] = ()
    colour: Literal["all", "some", "none", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class NoveltyFacts:
    """When a picture is unlike all that was learned from (since format 6).

    Args:
        limit: the graph's output `novelty` above it says so.
        units: how many units were left out to find the limit.
        lost: the share of left-out items above it, in [0, 1].
        colour: how many of the pictures learned from show colour, by their pixels.
        blank: some of them are one even surface.
        aspect: smallest and largest width by height of them.
    """

    limit: float
    units: int
    lost: float
    colour: Literal["all", "some", "none"] = "some"
    blank: bool = True
    aspect: tuple[float, ...] = ()

    def calibration(self) -> dict[str, float]:
        """The limit and how it was found, as `--json` and the report tell it."""
        return {"limit": self.limit, "units": self.units, "lost": self.lost}


@dataclass(frozen=True, slots=True)
class Golden:
    """A synthetic picture in the bundle and what the model said of it when it was saved.

    Args:
        probabilities: of each class.
        label, set, abstained: what follows from them alone, however unlike the data it is.
        novelty: the score; None where the model has none (before format 6).
    """

    probabilities: tuple[float, ...]
    label: str
    set: tuple[str, ...]
    abstained: bool
    novelty: float | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that a bundle says of itself.

    Args:
        format: of the file, the lowest that can say what it says; `needs` is the first handful
            that reads it.
        classes: at least two, sorted.
        deep: what of the encoder was trained; None: it is frozen.
        caveats: what must stand beside the figures (since format 5); None: nothing.
        novelty: when a picture is unlike all that was learned from; None: it cannot tell.
        golden: member name to what is expected.
        tolerance: largest difference of a golden probability that `verify` lets pass.
        members: every other file in the bundle.
        digest: SHA-256 over the manifest itself, written with an empty digest.
    """

    classes: tuple[str, ...]
    encoder: EncoderFacts
    recipe: Recipe
    thresholds: Thresholds
    estimate: Estimate
    test: Estimate | None
    data: DataFacts
    conditions: Conditions
    golden: Mapping[str, Golden]
    tolerance: float
    members: Mapping[str, Member]
    card: int
    deep: DeepFacts | None = None
    caveats: Caveats | None = None
    novelty: NoveltyFacts | None = None
    format: int = 1
    needs: str = NEEDS
    digest: str = ""

    def sealed(self, contents: Mapping[str, bytes]) -> Manifest:
        """With the hashes of `contents`, and its own."""
        members = {name: Member.of(content) for name, content in contents.items()}
        return replace(self, members=members, digest="").with_digest()

    def with_digest(self) -> Manifest:
        """With the hash of everything else in it."""
        blank = replace(self, digest="")
        return replace(self, digest=hashlib.sha256(blank.to_bytes()).hexdigest())

    def to_bytes(self) -> bytes:
        """The text of `manifest.json`. What came with a later format is left out where unused."""
        value = schema.plain(self)
        if not self.recipe.levels:
            del value["recipe"]["levels"]
        if self.caveats is None:
            del value["caveats"]
        if self.deep is None:
            del value["deep"]
        elif not self.deep.beside:
            del value["deep"]["beside"]
        if self.novelty is None:
            del value["novelty"]
            for case in value["golden"].values():
                del case["novelty"]
        return schema.dumps(value)


def lowest_format(
    recipe: Recipe,
    deep: DeepFacts | None,
    caveats: Caveats | None,
    novelty: NoveltyFacts | None,
) -> int:
    """The first that can say this; `Recipe.levels` came with format 4, caveats with 5."""
    if novelty is not None:
        return 6
    if caveats is not None:
        return 5
    if recipe.levels:
        return 4
    if deep is None:
        return 1
    return 3 if deep.beside else 2


def newer(data: bytes) -> BundleError | None:
    """The error for a manifest of a format to come; None if it is not one. Never raises."""
    try:
        raw = json.loads(data[: archive.MAX_MANIFEST_BYTES])
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or type(raw.get("format")) is not int or raw["format"] <= FORMAT:
        return None
    needs = raw.get("needs")
    known = isinstance(needs, str) and len(needs) < 40 and needs.replace(".", "").isalnum()
    return BundleError(
        "This bundle was written by a newer handful.",
        found=f"format {raw['format']}; this handful reads formats up to {FORMAT}",
        expected=f"handful {needs} or newer" if known else "a newer handful",
        attempt=installing.upgrade(),
    )


def read(data: bytes) -> Manifest:
    """The manifest in `data`, every key of it checked.

    Raises:
        BundleError: not a manifest of this format; the message names the key.
    """
    try:
        raw = schema.loads(data)
        manifest: Manifest = schema.read(Manifest, raw, "")
        _check(manifest, raw)
    except (schema.SchemaFault, TypeError, ValueError) as fault:
        raise BundleError(
            "manifest.json is damaged or was changed.",
            found=str(fault)[:400],
            expected="the manifest as handful wrote it",
            attempt="copy or download the file again, or save the model anew",
        ) from fault
    return manifest


def _check(manifest: Manifest, raw: dict[str, Any]) -> None:
    """What types alone do not say."""
    lowest = lowest_format(manifest.recipe, manifest.deep, manifest.caveats, manifest.novelty)
    if manifest.format != lowest:
        raise schema.SchemaFault(f"format is {manifest.format}, and its keys are of another")
    blank = hashlib.sha256(schema.dumps({**raw, "digest": ""})).hexdigest()
    if manifest.digest != blank:
        raise schema.SchemaFault("its digest does not fit: something in it was changed")
    classes = manifest.classes
    if len(classes) < 2 or list(classes) != sorted(set(classes)):
        raise schema.SchemaFault("classes are not two or more sorted names")
    if not all(name.isprintable() for name in classes):
        raise schema.SchemaFault("classes hold characters that cannot be shown")
    if not 8 <= manifest.recipe.size <= 4096 or manifest.encoder.dimension < 1:
        raise schema.SchemaFault(f"recipe.size is {manifest.recipe.size}")
    if manifest.recipe.version > RECIPE_VERSION:
        raise schema.SchemaFault(
            f"recipe.version is {manifest.recipe.version}, from a newer handful"
        )
    kinds = [one.kind for one in manifest.recipe.levels]
    if len(set(kinds)) < len(kinds) or any(one.high <= one.low for one in manifest.recipe.levels):
        raise schema.SchemaFault("recipe.levels are not ranges, one of a kind")
    if len(manifest.thresholds.plausible_from) != len(classes):
        raise schema.SchemaFault("thresholds.plausible_from has not one number per class")
    if not 0 < manifest.tolerance <= 0.01:
        raise schema.SchemaFault(f"tolerance is {manifest.tolerance}")
    if len(manifest.data.shorter_side) not in (0, 2):
        raise schema.SchemaFault("data.shorter_side is not two numbers")
    novelty = manifest.novelty
    if novelty is not None and (
        not math.isfinite(novelty.limit) or len(novelty.aspect) not in (0, 2)
    ):
        raise schema.SchemaFault("novelty has no limit, or an aspect that is not two numbers")
    for name, case in manifest.golden.items():
        if (case.novelty is None) != (novelty is None):
            raise schema.SchemaFault(f"golden.{name[:80]} lacks a novelty, or has one too many")
        inside = len(case.probabilities) == len(classes) and {case.label, *case.set} <= {*classes}
        if name not in manifest.members or not inside or not ONE_OF_K.possible(case.probabilities):
            raise schema.SchemaFault(f"golden.{name[:80]} is not an answer of this model")
