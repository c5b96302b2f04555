"""The review in short, for the terminal: it reads without colour and in 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from handful.items.item import Quarantined
from handful.review.confusion import confusion_matrix, mix_ups
from handful.review.mislabels import Suspect, suspects
from handful.review.review import Review, Scope
from handful.review.wording import (
    baseline_words,
    count,
    headline,
    percent,
    percent_range,
    population,
    printable,
    series_headline,
    series_note,
)

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table
    from rich.text import Text

MAX_CLASSES = 12
MAX_MIX_UPS = 5
MAX_SUSPECTS = 5
MAX_SET_ASIDE = 5


def summary(review: Review) -> Group:
    """What the page shows, in about a screen: `rich.print` it, or give it to a console."""
    from rich.console import Group
    from rich.text import Text

    scope, *others = review.scopes()
    leading = review.leading
    if leading is None:
        first, notes = headline(scope.estimate, review.noun), []
    else:
        first = series_headline(leading, review.noun)
        notes = [series_note(leading, scope.estimate)]
    if scope.estimate.baseline:
        notes.append(f"{baseline_words(scope.estimate.baseline)}.")
    parts: list[RenderableType] = [Text(first + ".", style="bold")]
    parts += [Text(one, style="yellow") for one in review.warnings]
    parts += map(Text, notes)
    parts += [
        Text(f"{_side(other)}: {percent(other.estimate.accuracy.value)} of "
             f"{count(other.estimate.n)} ({percent_range(other.estimate.accuracy)}).")
        for other in others
    ]  # fmt: skip
    parts += [Text(), _classes(scope, review.noun)]
    mixed = _mix_ups(review, scope)
    if mixed is not None:
        parts += [Text(), mixed]
    found = suspects(
        review.labels,
        review.probabilities,
        review.neighbours,
        review.similarities,
        review.clusters,
    )
    if found:
        parts += [Text(), _suspects(review, found)]
    if review.quarantined:
        parts += [Text(), _set_aside(review.quarantined)]
    return Group(*parts)


def _set_aside(quarantined: Sequence[Quarantined]) -> Text:
    """Which files were left out of learning, and why: the first of them, and how many."""
    from rich.text import Text

    files = "file was" if len(quarantined) == 1 else "files were"
    lines = [f"{count(len(quarantined))} {files} set aside; the rest went on without."]
    lines += [f"  {printable(one.path)}: {one.why}" for one in quarantined[:MAX_SET_ASIDE]]
    more = len(quarantined) - MAX_SET_ASIDE
    if more > 0:
        lines.append(f"  and {count(more)} more: the report names them all, as does handful doctor")
    return Text("\n".join(lines))


def _side(scope: Scope) -> str:
    return "On the test split" if scope.name == "test" else "Leave-group-out on the others"


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)


def _titled(title: str, table: Table) -> Group:
    """A table's own title would be wrapped to the table's width."""
    from rich.console import Group
    from rich.text import Text

    return Group(Text(title, style="bold"), table)


def _classes(scope: Scope, noun: str) -> Group:
    from rich.text import Text

    estimate = scope.estimate
    ranked = sorted(estimate.per_class.items(), key=lambda of: of[1].recall.value)
    shown = ranked[:MAX_CLASSES]
    some = len(shown) < len(ranked)
    title = f"The {len(shown)} worst of {count(len(ranked))} classes" if some else "Classes"
    table = _table()
    table.add_column("class", overflow="ellipsis", no_wrap=True, max_width=20)
    for name in ("items", "found", "", "right if named", ""):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name) or 9)
    for name, of in shown:
        table.add_row(
            Text(printable(name)),
            count(of.n),
            percent(of.recall.value),
            percent_range(of.recall),
            percent(of.precision.value),
            percent_range(of.precision),
        )
    return _titled(f"{title}: {population(estimate, noun)}", table)


def _mix_ups(review: Review, scope: Scope) -> Group | None:
    from rich.text import Text

    matrix = confusion_matrix(
        review.labels[scope.index], review.predictions[scope.index], len(review.classes)
    )
    mixed = mix_ups(matrix)[:MAX_MIX_UPS]
    if not mixed:
        return None
    table = _table()
    table.add_column("times", justify="right")
    for name in ("label", "answer"):
        table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=26)
    table.add_column("of the class", justify="right")
    for m in mixed:
        names = (Text(printable(review.classes[k])) for k in (m.given, m.predicted))
        table.add_row(count(m.count), *names, percent(m.share))
    return _titled(f"Most frequent mistakes: {population(scope.estimate, review.noun)}", table)


def _suspects(review: Review, found: list[Suspect]) -> Group:
    from rich.text import Text

    labels = "label looks" if len(found) == 1 else "labels look"
    table = _table()
    table.add_column("file", overflow="ellipsis", no_wrap=True, max_width=32)
    for name in ("label", "perhaps"):
        table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=14)
    table.add_column("score", justify="right")
    for s in found[:MAX_SUSPECTS]:
        classes = (review.classes[k] for k in (review.labels[s.item], s.suggested))
        table.add_row(
            Text(printable(review.items[s.item].path)),
            *(Text(printable(name)) for name in classes),
            f"{s.score:.2f}",
        )
    title = f"{count(len(found))} {labels} wrong, of all {count(len(review.labels))}"
    return _titled(title, table)
