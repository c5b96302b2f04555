"""`handful train DATA`: labels known; learn, estimate, report, save."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from handful.cli.asking import open_asking
from handful.cli.options import DATA, SEED, reading
from handful.cli.output import Output, common
from handful.cli.places import check_model, check_report
from handful.errors import SettingError

MINUTES = 5.0  # of --deep


@click.command()
@DATA
@reading
@click.option(
    "-o",
    "--output",
    "model_path",
    metavar="MODEL",
    default="model.handful",
    show_default=True,
    help="Where to write the model.",
)
@click.option(
    "--report",
    "report_path",
    metavar="PAGE",
    help="Where to write the report; default: report.html beside the model.",
)
@click.option(
    "--test",
    metavar="FRACTION",
    type=float,
    help="Hold out this share (it is not trained on) and measure on it, e.g. 0.25.",
)
@click.option(
    "--encoder",
    metavar="NAME",
    default="efficientnet-lite0",
    show_default=True,
    help="What turns a picture into numbers; `handful encoders` lists them.",
)
@click.option(
    "--coverage",
    type=float,
    default=0.95,
    show_default=True,
    help="How often the prediction set must hold the right class.",
)
@click.option(
    "--max-error",
    metavar="FRACTION",
    type=float,
    help="Say 'cannot say' as often as needed to be wrong on no more than this share of answers.",
)
@SEED
@click.option(
    "--deep", is_flag=True, help="Train part of the encoder too, where it is clearly better."
)
@click.option(
    "--minutes", type=float, metavar="M", help="With --deep: all that it may take; default 5."
)
@click.option(
    "--turns",
    type=click.Choice(["auto", "none", "mirror", "flips", "turns"]),
    help="With --deep: how a picture may be turned and stay of its class; default: a test decides.",
)
@click.option(
    "--zoom",
    is_flag=True,
    help="With --deep: pictures may be seen a little nearer and farther away too.",
)
@common
def train(
    data: str,
    *,
    model_path: str,
    report_path: str | None,
    how: Mapping[str, Any],
    test: float | None,
    encoder: str,
    coverage: float,
    max_error: float | None,
    seed: int,
    deep: bool,
    minutes: float | None,
    turns: str | None,
    zoom: bool,
    output: Output,
) -> None:
    """Learn from labelled pictures, estimate honestly, write a report and a model file.

    DATA is a folder with one folder of pictures per class, or a table (CSV, TSV, Parquet, Excel)
    with the columns `path` and `label`, and if you like `group` and `split`.
    """
    from handful.review.terminal import summary

    of_deep = {"--minutes": minutes is not None, "--turns": turns is not None, "--zoom": zoom}
    if not deep and any(of_deep.values()):
        raise SettingError(
            "This would have been ignored.",
            found=next(name for name, given in of_deep.items() if given),
            expected="it belongs to --deep",
            attempt="handful train DATA --deep --minutes 5",
        )
    start = time.perf_counter()
    place = check_model(model_path)
    page = check_report(report_path or place.with_name("report.html"))
    opened = open_asking(
        output,
        data,
        test=test,
        encoder=encoder,
        coverage=coverage,
        max_error=max_error,
        seed=seed,
        minutes=(MINUTES if minutes is None else minutes) if deep else None,
        turns=turns or "auto",
        zoom=zoom,
        **how,
    )
    output.note(*opened.notes)
    plan = opened.plan()
    if plan:
        output.note(*plan.lines())
    with output.progress("Looking") as progress:
        model = opened.fit(progress=progress)
    saved = model.save(place)  # first: a report that cannot be written costs no model
    opened.review(page)
    seconds = {**opened.seconds, "total": time.perf_counter() - start}

    for gone in opened.vanished:
        output.line(f"Not learned: {gone}")
    output.say(summary(opened.reviewed()))
    if opened.deep:
        output.steps(*opened.deep.lines())
    output.remark(
        f"\nModel   {saved}\nReport  {page}\nNext    handful predict {saved} NEW_PICTURES"
    )
    output.answer(
        {
            "items": len(opened.items),
            "classes": list(model.classes),
            "quarantined": [one.to_json() for one in opened.quarantined],
            "vanished": [one.to_json() for one in opened.vanished],
            "notes": list(opened.notes),
            "encoder": model.encoder,
            "device": opened.device,
            "levels": [asdict(one) for one in opened.embed().encoder.recipe.levels],
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
            "estimate": model.estimate.to_json(),
            "test": model.test.to_json() if model.test else None,
            "blocked": opened.blocked.to_json() if opened.blocked else None,
            "warnings": list(model.warnings),
            "novelty": (model.manifest.novelty.calibration() if model.manifest.novelty else None),
            "candidates": [
                {"name": one.name, "log_loss": one.log_loss} for one in opened.candidates
            ],
            "deep": opened.deep.to_json() if opened.deep else None,
            "model": str(saved),
            "report": str(page),
        }
    )
