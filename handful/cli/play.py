"""`handful demo --label`: a session on the solar cells, answered by an expert made of known labels.

The expert is asked as a person would be, and nothing else knows the answers, so what the meter says
can be held against the truth.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from handful.cli.output import Output
from handful.targets.one_of_k import ONE_OF_K

if TYPE_CHECKING:
    from handful.project import Project

LABELS, SCREEN = 150, 10
SHOWN_AT = (20, 50, 100, 150)


def play(folder: Path, *, seed: int, output: Output) -> int:
    """Label photographs with the simulated expert, and say what the meter said and what is true."""
    from dataclasses import replace

    from handful.datasets.solar_cells import solar_cells
    from handful.items.item import Collection
    from handful.learning.learn import Settings
    from handful.project import LEDGER, Project

    start = time.perf_counter()
    cells = solar_cells()
    truth = {item.path: str(item.label) for item in cells}
    unlabelled = Collection(cells.root, tuple(replace(item, label=None) for item in cells))
    place = folder / ".handful-label"
    (place / LEDGER).unlink(missing_ok=True)  # the session begins anew; vectors are kept
    project = Project(unlabelled, folder=place, settings=Settings(seed=seed))
    output.say(
        f"\n[bold]{len(truth):,} photographs of solar cells[/], and nobody has said yet which are\n"
        "defective. An expert who knows is asked, one picture at a time.\n"
        "Data: elpv-dataset, CC BY-NC-SA 4.0, Deitsch et al. 2019.\n"
    )
    with output.progress("Embedding") as progress:
        project.embed(progress=progress)
    output.say(
        f"[bold]{'labels':>8}  {'the meter says':<24}{'is true':>8}  {'next 50 labels':<26}audit[/]"
    )
    rows = played(project, truth, output)
    model = project.fit()
    saved = model.save(folder / "labelled.handful")
    output.line(
        f"\n{LABELS} answers in {time.perf_counter() - start:.0f} s, embedding included.\n"
        f"The model is {saved}\n"
    )
    output.say("[bold]Next, with your own pictures[/]:\n  handful label photos/\n")
    output.answer({"items": len(truth), "session": rows, "model": str(saved)})
    return 0


def played(project: Project, truth: dict[str, str], output: Output) -> list[dict[str, Any]]:
    """Ask and answer; a row for each of the numbers of labels to be shown."""
    session = project.session
    rows = []
    said = 0
    while said < LABELS:
        asked = project.ask(SCREEN, by="expert")
        if not asked:
            break
        project.label({item: truth[item.path] for item in asked}, by="expert")
        said += len(asked)
        if said not in SHOWN_AT:
            continue
        taught = session.learn()
        meter = session.meter
        if taught is None or taught.shipped is None or meter is None:
            continue
        true = _true_accuracy(taught, truth, project)
        rows.append(
            {
                "labels": said,
                "accuracy": None if not meter.live.n else meter.live.to_json(),
                "true": true,
                "forecast": None if meter.forecast is None else meter.forecast.gain.to_json(),
                "audit": meter.answered,
            }
        )
        ahead = "" if meter.forecast is None else str(meter.forecast).partition(": ")[2]
        live = f"{meter.live.value:.1%} ({meter.live.low:.1%}–{meter.live.high:.1%})"
        output.say(f"{said:>8}  {live:<24}{true:>8.1%}  {ahead:<26}{meter.answered}")
    return rows


def _true_accuracy(taught: Any, truth: dict[str, str], project: Project) -> float:
    """Of the shipped model, on all photographs that nobody was asked about."""
    known, head = taught.known, taught.shipped.head
    rest = np.flatnonzero(~taught.given.answered[known.places])
    vectors, _ = known.whole_vectors(rest)
    said = np.array(head.classes)[ONE_OF_K.decide(head.logits(vectors))]
    paths = [project.items[at].path for at in known.places[rest]]
    return float(np.mean([name == truth[path] for name, path in zip(said, paths, strict=True)]))
