"""`handful demo`: the whole journey, on real photographs of solar cells."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handful.cli.findings import tally
from handful.cli.options import SEED
from handful.cli.output import Output, common
from handful.cli.places import check_model, check_report

if TYPE_CHECKING:
    from handful.project import Project

BUDGETS = (20, 50, 100)
TEST_FRACTION = 0.25
# Deitsch et al. 2019, Solar Energy 185, table of results: also three quarters to learn from.
APART = "   [dim]Splits and label binning differ a little between the three.[/]"
PUBLISHED = (
    ("SVM on hand-made features (Deitsch et al. 2019)", 0.8244),
    ("VGG19 fine-tuned on a GPU (the same paper)", 0.8842),
)


@click.command()
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    default="handful-demo",
    show_default=True,
    help="Where to write model, report and features.",
)
@SEED
@click.option(
    "--label",
    "labelling",
    is_flag=True,
    help="Begin without labels, and play a session in which an expert is asked.",
)
@common
def demo(*, folder: str, seed: int, labelling: bool, output: Output) -> int:
    """Show the whole journey on 2,624 real photographs of solar cells."""
    import time

    if labelling:
        from handful.cli.play import play

        return play(Path(folder), seed=seed, output=output)

    from handful.bundle.verify import verify
    from handful.datasets.solar_cells import solar_cells
    from handful.learning.learn import Settings
    from handful.project import Project

    start = time.perf_counter()
    place = Path(folder)
    model_path = check_model(place / "solar-cells.handful")
    page_path = check_report(place / "report.html")
    project = Project(
        solar_cells(), folder=place / ".handful", settings=Settings(test=TEST_FRACTION, seed=seed)
    )
    output.say(
        f"\n[bold]{len(project.items):,} photographs of solar cells[/]: which are defective?\n"
        "Experts judged each. handful sees three quarters of the answers\n"
        "and is asked the rest.\n"
        "Data: elpv-dataset, CC BY-NC-SA 4.0, Deitsch et al. 2019.\n"
    )
    with output.progress("Embedding") as progress:
        project.embed(progress=progress)
    output.steps(_step(1, "Check the data"), _checked(project))
    output.steps(_step(2, "Turn each photograph into numbers, once"), _embedding(project))

    curve = project.learning_curve(BUDGETS)
    model = project.fit()
    assert model.test is not None
    curve.append((model.estimate.n, model.test))
    output.say(
        _step(3, f"Learn, and measure on {model.test.n:,} held-out photographs"), _curve(curve)
    )
    output.steps(_step(4, "Beside published results"), _beside(curve), APART)
    blocked = project.blocked
    if blocked is not None and blocked.leads:
        output.steps(_step(5, "What to expect of new modules"), _on_new_series(blocked, model.test))

    saved = model.save(model_path)
    page = project.review(page_path)
    check = verify(saved)
    output.steps(
        _step(6, "Save, and prove that the file answers as the live model does"), check.summary()
    )
    shown = project.held_out[0]
    answer = model.predict(shown.source)
    output.steps(_step(7, "Ask it about one photograph"), _answer(shown.path, shown.label, answer))
    output.line(
        f"\nDone in {time.perf_counter() - start:.0f} s.\n"
        f"Model    {saved}\nReport   {page}   (open it in a browser)\n"
    )
    output.say(
        "[bold]Next, with your own pictures[/], one folder per class:\n  handful train photos/\n"
    )
    output.answer(
        {
            "items": len(project.items),
            "curve": [{"labels": n, "test": one.to_json()} for n, one in curve],
            "published": dict(PUBLISHED),
            "blocked": blocked.to_json() if blocked else None,
            "verify": check.to_json(),
            "prediction": answer.to_json(),
            "seconds": {**project.seconds, "total": time.perf_counter() - start},
            "model": str(saved),
            "report": str(page),
        }
    )
    return 0 if check.ok else 1


def _step(number: int, title: str) -> str:
    return f"\n[bold cyan]{number}[/]  [bold]{title}[/]"


def _checked(project: Project) -> str:
    findings = project.doctor()
    kinds = dict.fromkeys(one.kind for one in findings)
    return f"   {tally(findings)}" + (f" ({', '.join(kinds)})" if kinds else "")


def _embedding(project: Project) -> str:
    computed, seconds = project.embed().computed, project.seconds["embed"]
    if not computed:
        return f"   all {len(project.items):,} were computed by an earlier run and kept"
    return f"   {computed:,} photographs in {seconds:.1f} s: {computed / seconds:,.0f} a second"


def _curve(curve: list[tuple[int, Any]]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("   labels", "accuracy", "95 % interval", "AUROC", "calibration error"):
        table.add_column(name, justify="right")
    for labels, one in curve:
        accuracy = one.accuracy
        table.add_row(
            f"{labels:,}",
            f"{accuracy.value:.1%}",
            f"{accuracy.low:.1%}–{accuracy.high:.1%}",
            f"{one.auroc.value:.3f}",
            f"{one.calibration_error.value:.3f} (at most {one.calibration_error.high:.3f})",
        )
    return table


def _beside(curve: list[tuple[int, Any]]) -> Any:
    from rich.table import Table

    labels, best = curve[-1]
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, accuracy in PUBLISHED:
        table.add_row(f"   {name}", f"{accuracy:.2%}", "")
    interval = f"({best.accuracy.low:.1%}–{best.accuracy.high:.1%})"
    table.add_row(
        f"   [bold]handful, {labels:,} labels, no GPU[/]",
        f"[bold]{best.accuracy.value:.2%}[/]",
        interval,
    )
    return table


def _on_new_series(blocked: Any, test: Any) -> str:
    from handful.review.wording import baseline_words, series_note

    lines = (
        "The cells come from 44 modules and lie in module order, so a random test holds cells",
        "of modules that were learned from.",
        f"{series_note(blocked, test)}",
        f"With {blocked.estimate.accuracy.confidence:.0%} confidence "
        f"{blocked.estimate.accuracy.low:.1%} to {blocked.estimate.accuracy.high:.1%} on new "
        f"modules. {baseline_words(test.baseline)}.",
    )
    margin = "   "
    return textwrap.fill(" ".join(lines), 76, initial_indent=margin, subsequent_indent=margin)


def _answer(path: str, label: str | None, answer: Any) -> str:
    said = "cannot say" if answer.abstained else answer.label
    sure = f"{answer.probability:.1%} {answer.label}"
    return f"   {path}: [bold]{said}[/], {sure} (the experts said: {label})"
