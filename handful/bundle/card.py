"""The model card: what a person should know before trusting the file, in plain words.

It is written from the manifest alone, so it can be made again and compared: nothing else is in it.
"""

from __future__ import annotations

import math

from handful.bundle.manifest import Manifest, NoveltyFacts
from handful.estimate.figure import Estimate, Figure

VERSION = 3
"""Of the wording. Raised with any change to it: `inspect` compares cards of its own version."""


def card(manifest: Manifest) -> str:
    """The card of a model in Markdown."""
    parts = (_purpose, _quality, _classes, _data, _doubt, _inside, _check)
    return "\n".join(part(manifest) for part in parts)


def _purpose(m: Manifest) -> str:
    names = ", ".join(map(_text, m.classes[:12])) + (", …" if len(m.classes) > 12 else "")
    return f"""# Model card

This model sorts pictures into {len(m.classes)} classes: {names}.

**What it is for.** Pictures taken in the same way, of the same kind of thing, as those that it
learned from. It answers with a probability for each class and with the set of classes that are
plausible, or says that it cannot say.

**What it is not for.** It does not know classes outside its list: {_foreign(m)}
The figures below hold for new pictures like those it was measured on; for another camera, site or
season, measure again. It is no substitute for a person where a wrong answer can hurt someone.
"""


def _foreign(m: Manifest) -> str:
    if m.novelty is None:
        return "of a picture of something else\nit still names one of them."
    return (
        'of a picture unlike all that it\nlearned from it says "cannot say"; of one that looks '
        "like them it may still name a class."
    )


def _quality(m: Manifest) -> str:
    lines = ["## How good it is", ""]
    blocked = m.caveats.blocked if m.caveats else None
    if blocked is not None:
        lines += [
            f"Neighbours by {blocked.order} resemble each other. **On a new series** expect what "
            f"leaving\nout whole runs of {blocked.length} neighbours gives:",
            "",
            _figures(blocked.estimate),
            "On more of the same series:",
            "",
        ]
    lines += [_figures(m.estimate)]
    if m.test is not None:
        lines += [f"On {m.test.n:,} items held out for a test:", "", _figures(m.test)]
    for warning in m.caveats.warnings if m.caveats else ():
        lines += [f"**Mind:** {_text(warning)}", ""]
    return "\n".join(lines)


def _figures(estimate: Estimate) -> str:
    named = {
        "accuracy": estimate.accuracy,
        "balanced accuracy": estimate.balanced_accuracy,
        "AUROC": estimate.auroc,
        "log-loss": estimate.log_loss,
        "Brier score": estimate.brier,
        "calibration error": estimate.calibration_error,
    }
    rows = [f"| {name} | {_figure(one)} |" for name, one in named.items() if one is not None]
    baseline = estimate.baseline
    if baseline is not None:
        rows.append(f"| always answering {_text(baseline.label)} | {baseline.accuracy:.3f} |")
    share = f"{estimate.accuracy.confidence:.0%}"
    return "\n".join(
        [
            f"| figure | value ({share} interval) |",
            "| --- | --- |",
            *rows,
            "",
            f"Measured on {estimate.n:,} items that the model had not learned from "
            f"({_text(estimate.method)}).",
            "",
        ]
    )


def _figure(figure: Figure | None) -> str:
    if figure is None or math.isnan(figure.value):
        return "not measured"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _classes(m: Manifest) -> str:
    shown = m.test or m.estimate
    rows = [
        "## Classes",
        "",
        "| class | learned from | found (recall) | right when named (precision) |",
    ]
    rows.append("| --- | ---: | --- | --- |")
    for name in m.classes:
        figures = shown.per_class.get(name)
        found = _figure(figures.recall if figures else None)
        right = _figure(figures.precision if figures else None)
        rows.append(f"| {_text(name)} | {m.data.per_class.get(name, 0):,} | {found} | {right} |")
    return "\n".join([*rows, ""])


def _data(m: Manifest) -> str:
    data = m.data
    sides = ""
    if data.shorter_side:
        low, high = data.shorter_side
        sides = f" The shorter side of the pictures was {low:,} to\n{high:,} pixels."
    groups = ""
    if 0 < data.units < data.items:
        groups = (
            f" They form {data.units:,} groups of items that belong together; none was parted\n"
            "between learning and measuring."
        )
    return f"""## What it learned from

{data.items:,} labelled items.{groups}{sides}
None of them is in this file; `handful inspect` lists all that is.

Fingerprint of the data: `{data.fingerprint}`.
"""


def _doubt(m: Manifest) -> str:
    limits = m.thresholds
    when = "where more than one class is plausible"
    if limits.max_error is not None:
        when = (
            f"where it is less than {min(limits.answer_from, 1.0):.1%} sure, so\n"
            f"that at most {limits.max_error:.1%} of its answers are wrong"
        )
    note = f" {_text(limits.note)}" if limits.note else ""
    if m.novelty is not None:
        note += f"\n\n{_novelty(m.novelty)}"
    return f"""## When it cannot say

Each answer comes with the set of classes that are plausible. On new pictures like those that it
was measured on, the right class is in the set {limits.coverage:.0%} of the time or more. It says
"cannot say" {when}.{note}
"""


def _novelty(novelty: NoveltyFacts) -> str:
    limit, units, lost = f"{novelty.limit:.2f}", f"{novelty.units:,}", f"{novelty.lost:.1%}"
    return f"""It also says so of a picture that is unlike all that it learned from: where its score
of novelty is above {limit} (those of ordinary pictures lie around 0); and where it is blank, has
colour or has none, or is far wider or narrower, when none of those learned from is so.
{units} units were left out in runs of neighbours to find that limit; {lost} lay above it."""


def _distance(m: Manifest) -> str:
    """What the arrays of the distance say of single items."""
    if m.novelty is None:
        return ""
    numbers, items = f"{m.encoder.dimension:,}", f"{m.data.items:,}"
    return f"""
- Distance: of each of the {numbers} numbers, the mean and the spread over {items} items. None of
  them is an item. But the fewer items, the more a mean says of each: who has this file and a
  picture may be able to guess whether the model learned from it."""


def _frozen(m: Manifest) -> str:
    if m.deep is None:
        return "frozen"
    also = ", beside the frozen one" if m.deep.beside else ""
    return f"trained on the data after {_text(m.deep.after)}{also}"


def _inside(m: Manifest) -> str:
    encoder = m.encoder
    licence = _text(encoder.licence) or "see its source"
    return f"""## What is inside

- Encoder: {_text(encoder.name)}, {_frozen(m)}, {encoder.dimension:,} numbers per picture.
  Licence of its weights: {licence}.
- Head: a linear map with a softmax, calibrated on answers given out of sample.{_distance(m)}
- Input: 8-bit RGB, {m.recipe.size} × {m.recipe.size} pixels; the whole picture is squeezed into it.

## Conditions

{_conditions(m)}
"""


def _conditions(m: Manifest) -> str:
    c = m.conditions
    versions = ", ".join(f"{name} {version}" for name, version in sorted(c.versions.items()))
    return f"""- Made on: {_text(c.processor)}, {c.cores} cores, {c.memory_gib:g} GiB
- System: {_text(c.system)}, Python {_text(c.python)}
- With: {_text(versions)}
- Seed: {c.seed}"""


def _check(m: Manifest) -> str:
    return f"""## How to check it

The file carries {len(m.golden)} synthetic pictures and the answers that the model gave when it
was saved.

    handful verify MODEL     does it answer the same on this machine? (within {m.tolerance:g})
    handful inspect MODEL    every array and string in the file
"""


def _text(text: str) -> str:
    """Text from outside as plain words in Markdown: no markup, no line of its own."""
    flat = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#|!~" else c for c in flat)
