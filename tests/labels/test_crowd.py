"""The consensus of several annotators."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from handful.labels import label_studio, tabular
from handful.labels.crowd import consensus, is_installed, what_would_add_it
from handful.labels.formats import read_labels, write_labels
from handful.labels.row import Consensus, Row
from handful.system.spreadsheet import MARK

CLASSES = ("crack", "ok", "scratch")
SKILL = {"ann": 0.88, "ben": 0.85, "cal": 0.4}


def simulated(seed: int, n: int = 300) -> tuple[list[str], dict[str, dict[str, str]], np.ndarray]:
    """The truth, the votes of three annotators, one of them poor, and a middling model."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(CLASSES), n)
    logits = rng.normal(0, 1, (n, len(CLASSES)))
    logits[np.arange(n), truth] += 1.8
    said = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    votes: dict[str, dict[str, str]] = {}
    for item in range(n):
        votes[f"{item}.png"] = {}
        for by, skill in SKILL.items():
            other = (truth[item] + rng.integers(1, len(CLASSES))) % len(CLASSES)
            votes[f"{item}.png"][by] = CLASSES[truth[item] if rng.random() < skill else other]
    return [CLASSES[one] for one in truth], votes, said


def majority(said: dict[str, str]) -> str:
    """Of one item's votes; of equals the last, as the ledger has it."""
    names = list(said.values())
    return max(names, key=lambda name: (names.count(name), names[::-1].index(name) * -1))


def test_the_consensus_beats_the_majority() -> None:
    """In each of five crowds with a poor annotator more items come out right."""
    for seed in range(5):
        truth, votes, said = simulated(seed)
        found = consensus(votes, CLASSES, said)
        right = sum(found[item].label == one for item, one in zip(votes, truth, strict=True))
        by_vote = sum(
            majority(one) == name for one, name in zip(votes.values(), truth, strict=True)
        )
        assert right > by_vote
        qualities = found["0.png"].annotators
        assert qualities["cal"] < min(qualities["ann"], qualities["ben"]) - 0.1


def test_quality_tells_right_from_wrong() -> None:
    """All qualities lie in [0, 1]; those of right labels are higher on the whole."""
    truth, votes, said = simulated(7)
    found = list(consensus(votes, CLASSES, said).values())
    scores = np.array([one.quality for one in found], float)
    assert ((scores >= 0) & (scores <= 1)).all()
    right = np.array([one.label == name for one, name in zip(found, truth, strict=True)])
    assert scores[right].mean() > scores[~right].mean() + 0.1


def test_where_nobody_agrees_nothing_is_said() -> None:
    """Two people who never say the same tell nothing of who is right; nor does no item."""
    votes = {"1.png": {"ann": "ok", "ben": "crack"}}
    assert {} == consensus(votes, CLASSES, np.full((1, 3), 1 / 3))
    assert {} == consensus({}, CLASSES, np.zeros((0, 3)))


def test_what_the_model_rules_out_may_still_win() -> None:
    """A class that the model gives no chance at all is one that all annotators may name."""
    votes = {f"{n}.png": {"ann": "crack", "ben": "crack"} for n in range(4)}
    said = np.tile([0.0, 0.6, 0.4], (4, 1))
    found = consensus(votes, CLASSES, said)
    assert [*votes] == [*found]
    assert {"crack"} == {one.label for one in found.values()}
    assert all(one.quality is not None and 0 < one.quality <= 1 for one in found.values())


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
def test_every_format_carries_it_and_reads_what_it_did(tmp_path: Path, ending: str) -> None:
    """Rows with a consensus are written with it, and read as rows without one."""
    rows = [
        Row("1.png", "ok", "ann", "key", 1e9, Consensus("crack", 0.75, {"a;n": 0.5, "ben": 0.9})),
        Row("2.png", "ok", "ann", "key", 1e9),
    ]
    path = tmp_path / f"labels{ending}"
    write_labels(rows, path)
    assert [("1.png", "ok"), ("2.png", "ok")] == [(r.path, r.label) for r in read_labels(path).rows]
    assert "a;n" in path.read_text()


def test_how_it_stands_there() -> None:
    """Three columns in CSV, three fields in JSON Lines, `meta.consensus` in Label Studio's JSON."""
    row = Row("1.png", "ok", "ann", "", None, Consensus("crack", 0.75, {"ann": 0.5, "ben": 0.9}))
    names, cells = csv.reader(tabular.write_csv([row]).removeprefix(MARK).splitlines())
    assert ["consensus", "consensus_quality", "annotator_quality"] == names[5:]
    assert ["crack", "0.75"] == cells[5:7]
    assert {"ann": 0.5, "ben": 0.9} == json.loads(cells[7])
    fields = json.loads(tabular.write_json_lines([row]))
    assert ("crack", 0.75, 0.9) == (
        fields["consensus"],
        fields["consensus_quality"],
        fields["annotator_quality"]["ben"],
    )
    (task,) = json.loads(label_studio.write([row]))
    assert {"label": "crack", "quality": 0.75, "annotator_quality": {"ann": 0.5, "ben": 0.9}} == (
        task["meta"]["consensus"]
    )


def test_without_a_crowd_files_are_as_they_were() -> None:
    """No column, field or entry more than before."""
    row = Row("1.png", "ok", "ann")
    assert (
        "path,label,annotator,source,time"
        == tabular.write_csv([row]).removeprefix(MARK).splitlines()[0]
    )
    assert {*tabular.COLUMNS} == {*json.loads(tabular.write_json_lines([row]))}
    assert {"annotators"} == {*json.loads(label_studio.write([row]))[0]["meta"]}


def test_the_extra_is_named_in_one_line() -> None:
    """With how many items it would concern."""
    assert is_installed()
    assert "\n" not in what_would_add_it(34)
    assert "cleanlab" in what_would_add_it(34)
