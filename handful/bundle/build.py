"""Build a model from encoder and head: one graph, its card, and pictures that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from handful.bundle import card, graph
from handful.bundle.archive import CARD, MODEL
from handful.bundle.manifest import (
    DataFacts,
    DeepFacts,
    EncoderFacts,
    Golden,
    Manifest,
    NoveltyFacts,
    lowest_format,
)
from handful.bundle.model import Model
from handful.bundle.predict import Predictor
from handful.encoders import registry
from handful.encoders.encoder import Encoder
from handful.errors import SettingError
from handful.estimate.figure import Caveats, Estimate
from handful.heads.conformal import Thresholds
from handful.heads.linear import LinearHead
from handful.heads.novelty import Distance
from handful.modalities.image.golden import golden_files
from handful.system.machine import Conditions
from handful.targets.one_of_k import ONE_OF_K

TOLERANCE = 1e-4
"""Largest difference of a golden probability. Other versions of ONNX Runtime, thread counts and
instruction sets add float32 numbers in another order: up to 2e-6 was seen (docs/decisions/0008).
A wrong channel order, scale or size moves probabilities by a hundred times this and more."""


def build(
    encoder: Encoder,
    head: LinearHead,
    *,
    estimate: Estimate,
    thresholds: Thresholds,
    data: DataFacts,
    conditions: Conditions,
    test: Estimate | None = None,
    licence: str | None = None,
    root: Path | None = None,
    trained: graph.Trained | None = None,
    caveats: Caveats | None = None,
    novelty: tuple[Distance, NoveltyFacts] | None = None,
) -> Model:
    """A model from its parts: one graph, its card, and synthetic pictures with the answers to them.

    The same arguments give the same bytes on every run of one machine.

    Args:
        encoder: what turns a picture into d numbers.
        head: (d, k), calibrated.
        estimate: from items that `head` had not learned from.
        thresholds: when a class is plausible and when to abstain.
        data: counts and ranges of what was learned from.
        conditions: of the run.
        test: on items kept aside; None where there are none.
        licence: of the encoder's weights, as an SPDX name; None: as the registry has it.
        root: the data folder, for paths relative to it; it is not saved.
        trained: the part of the encoder that was trained; None: it is frozen.
        caveats: what must stand beside the figures; None: nothing.
        novelty: the distance to what was learned from, and when it is too large; None: the model
            cannot tell what is unlike that.
    Raises:
        SettingError: the head does not fit the encoder, its answers are not one of K, or a class
            name cannot be written as text.
    """
    _check_fit(encoder, head)
    if licence is None:
        known = {entry.name: entry.licence for entry in registry.catalogue()}
        licence = known.get(encoder.name, "")
    facts = EncoderFacts(encoder.name, encoder.identity, encoder.dimension, licence)
    distance, limits = (None, None) if novelty is None else novelty
    size = encoder.recipe.size
    joined = graph.compose(encoder.graph(), head, size=size, trained=trained, distance=distance)
    network = joined.SerializeToString(deterministic=True)
    graph.parse(network, size=size, num_classes=len(head.classes), novelty=limits is not None)
    pictures = golden_files()
    deep = DeepFacts(trained.after, trained.beside) if trained else None
    predictor = Predictor(
        network,
        recipe=encoder.recipe,
        classes=head.classes,
        thresholds=thresholds,
        data=data,
        novelty=limits,
    )
    manifest = Manifest(
        classes=tuple(head.classes),
        encoder=facts,
        recipe=encoder.recipe,
        thresholds=thresholds,
        estimate=estimate,
        test=test,
        data=data,
        conditions=conditions,
        golden=dict(zip(pictures, _answers(predictor, pictures.values()), strict=True)),
        tolerance=TOLERANCE,
        members={},
        card=card.VERSION,
        deep=deep,
        caveats=caveats,
        novelty=limits,
        format=lowest_format(encoder.recipe, deep, caveats, limits),
    )
    contents = {MODEL: network, CARD: card.card(manifest).encode(), **pictures}
    return Model(manifest.sealed(contents), contents, predictor=predictor, root=root)


def with_test(model: Model, test: Estimate) -> Model:
    """The same network, and what was found out about it since: the figures of a test."""
    manifest = replace(model.manifest, test=test, card=card.VERSION)
    contents = {**model.contents, CARD: card.card(manifest).encode()}
    return Model(manifest.sealed(contents), contents, predictor=model.predictor)


def _answers(predictor: Predictor, pictures: Iterable[bytes]) -> Iterator[Golden]:
    for said in predictor.predict_many(pictures, roots=()):
        assert said.label is not None, said.error
        numbers = tuple(said.probabilities.values())
        # Drawings are unlike any data: decided by their probabilities alone they prove more.
        (ruled,) = predictor.decide(np.array([numbers], np.float32))
        score = said.unlike.score if said.unlike else None
        yield Golden(numbers, said.label, ruled.set, ruled.abstained, score)


def _check_fit(encoder: Encoder, head: LinearHead) -> None:
    shape = (encoder.dimension, len(head.classes))
    if head.weight.shape != shape or head.bias.shape != shape[1:]:
        raise SettingError(
            "The head does not fit the encoder.",
            found=f"its weight is {head.weight.shape}, its bias {head.bias.shape}",
            expected=f"{shape} and {shape[1:]}",
            attempt="fit the head on vectors of this encoder",
        )
    if head.target != ONE_OF_K:  # a bundle decides as one of K does, whatever its graph computes
        raise SettingError(
            "A model file cannot say what the answers of this head are.",
            found=f"the target {type(head.target).__name__}",
            expected="a head that names one of K classes",
            attempt="use the head itself on vectors: head.probabilities(X)",
        )
    if len(head.classes) < 2 or list(head.classes) != sorted(set(head.classes)):
        raise SettingError(
            "The classes cannot be those of a model.",
            found=", ".join(head.classes[:5]),
            expected="two or more different names, sorted",
            attempt="give each class once, in alphabetical order",
        )
    for name in head.classes:
        if not name.isprintable():  # lone surrogates, from file names that are not UTF-8, too
            raise SettingError(
                "A class has a name that cannot be written as text.",
                found=ascii(name),
                expected="printable characters",
                attempt="rename the folder, or the label in the table",
            )
