"""What the page can ask for, and what it gets."""

import threading

import numpy as np
import pytest

from handful.system.spreadsheet import MARK
from tests.workbench.conftest import Page, gesture


def ready(session: dict[str, object]) -> bool:
    """All is embedded, and all labels are learned."""
    model = session["model"]
    assert isinstance(model, dict)
    return session["progress"] is None and model["state"] == "ready" and not model["labels_behind"]


def test_labels_are_learned_in_the_background(page: Page) -> None:
    """After 40 answers there are a model, a meter with intervals, and colours on the map."""
    page.answer(40)
    session = page.wait(ready)
    assert (90, 90, 40) == (session["items"], session["embedded"], session["labelled"])
    meter = session["meter"]
    assert meter["live"]["low"] <= meter["accuracy"]["value"] <= meter["live"]["high"]
    assert meter["audit"]["answered"] == meter["accuracy"]["n"] > 5
    assert {"digit-0", "digit-1", "digit-7"} == {one["name"] for one in session["classes"]}
    assert ["1", "2", "3"] == [one["key"] for one in session["classes"]]
    colours = np.frombuffer(page.client.get("/api/colours").content, np.uint8)
    assert 90 == len(colours)
    assert {0, 1, 2} <= set(colours.tolist())


def test_audit_items_stay_blind(page: Page) -> None:
    """Items of the reserve carry neither a suggestion nor a colour until they are answered."""
    page.answer(40)
    page.wait(ready)
    given = page.bench.session.given()
    open_reserve = given.reserve & (given.labels < 0)
    colours = np.frombuffer(page.client.get("/api/colours").content, np.uint8)
    assert {255} == set(colours[open_reserve].tolist())
    picks = page.get("/api/queue", params={"n": 30, "except": ""})["picks"]
    blind = [pick for pick in picks if pick["blind"]]
    assert blind
    assert all(pick["suggestion"] is None for pick in blind)
    assert all(pick["suggestion"] for pick in picks if not pick["blind"])


def test_colours_and_labels_come_as_changes(page: Page) -> None:
    """Nothing new is 204; labels since a version are those that changed, whole after an undo."""
    page.answer(20)
    page.wait(ready)
    answer = page.client.get("/api/colours")
    same = page.client.get("/api/colours", params={"since": answer.headers["X-Version"]})
    assert 204 == same.status_code
    version = page.get("/api/labels")["version"]
    item = page.get("/api/labels")["labels"].index(-1)
    page.label([item], "digit-7")
    changed = page.get("/api/labels", params={"since": version})
    assert [item] == changed["items"]
    assert ["digit-7"] == [changed["classes"][at] for at in changed["labels"]]
    page.post("/api/undo", {})
    whole = page.get("/api/labels", params={"since": version})
    assert whole["items"] is None
    assert -1 == whole["labels"][item]


def test_colours_of_two_labels_are_ten_bytes(page: Page) -> None:
    """Only what changed is sent: places, then what stands there; unknown versions get the whole."""
    page.label([0], "digit-0")
    whole = page.client.get("/api/colours")
    page.label([5, 80], "digit-1")
    news = page.client.get("/api/colours", params={"since": whole.headers["X-Version"]})
    assert "2" == news.headers["X-Changed"]
    assert [5, 80] == np.frombuffer(news.content[:8], "<u4").tolist()
    assert b"\x01\x01" == news.content[8:]
    other = page.client.get("/api/colours", params={"since": "9.9.9"})
    assert (90, None) == (len(other.content), other.headers.get("X-Changed"))


def test_a_gesture_sent_again_counts_once(page: Page) -> None:
    """The same id twice is saved twice and stored once; other content under it is refused."""
    sent = {"gestures": [gesture([3, 4], "zero")]}
    first = page.post("/api/gestures", sent)
    again = page.post("/api/gestures", sent)
    assert first["saved"] == again["saved"] == [sent["gestures"][0]["id"]]
    assert first["version"] == again["version"]
    sent["gestures"][0]["label"] = "one"
    assert 422 == page.client.post("/api/gestures", json=sent).status_code


def test_undo_takes_a_lasso_back_at_once(page: Page) -> None:
    """A gesture over 60 items is one undo and one redo; the same undo sent twice is one."""
    page.label(list(range(60)), "digit-0", source="lasso")
    turn = {"id": "00000000-0000-4000-8000-000000000001"}
    undone = page.post("/api/undo", turn)
    assert list(range(60)) == undone["items"]
    assert 0 == undone["session"]["labelled"]
    assert 0 == page.post("/api/undo", turn)["session"]["labelled"]
    assert page.post("/api/redo", {})["session"]["labelled"] == 60
    assert not page.get("/api/session")["can_redo"]


@pytest.mark.parametrize("source", ["lasso", "grid", "suggestion", "key"])
@pytest.mark.parametrize("what", [{"label": "b"}, {"verdict": "unsure"}, {"verdict": "clear"}])
def test_a_gesture_over_many_leaves_labels_as_they_are(
    page: Page, source: str, what: dict[str, str]
) -> None:
    """Of several items those with a label or an "unsure" keep it, and the answer names them."""
    page.label([3], "a")
    page.label([4], verdict="unsure")
    before = page.get("/api/labels")
    answer = page.label([2, 3, 4, 5], source=source, **what)
    assert [3, 4] == answer["left"]
    now = page.get("/api/labels")
    names = [now["classes"][at] if at >= 0 else None for at in now["labels"][:7]]
    new = what.get("label")
    assert [None, None, new, "a", None, new, None] == names
    assert ("verdict" in what and what["verdict"] == "unsure") == (2 in now["unsure"])
    assert 4 in now["unsure"]
    assert before["labels"][3] == now["labels"][3]


def test_a_gesture_over_many_changes_labels_when_told(page: Page) -> None:
    """With `overwrite` all are changed; one item alone is always changed; undo brings all back."""
    page.label([3], "a")
    assert [] == page.label([2, 3], "b", source="lasso", overwrite=True)["left"]
    assert "b" == page.project.labels[page.paths[3]]
    page.post("/api/undo", {})
    assert {page.paths[3]: "a"} == dict(page.project.labels)
    page.label([3], "b")
    assert {page.paths[3]: "b"} == dict(page.project.labels)


def test_a_lasso_does_not_doubt_what_it_repeats(page: Page) -> None:
    """A lasso that says an item's label again leaves the answer that was given singly."""
    page.label([3], "a")
    assert [3] == page.label([2, 3], "a", source="lasso", overwrite=True)["left"]
    with page.bench.session.ledger.reading() as state:
        assert "key" == state.verdicts[page.paths[3]].event.source


def test_a_gesture_sent_again_leaves_nothing_twice(page: Page) -> None:
    """Sent again under its id, a gesture over many finds its own labels and changes nothing."""
    page.label([3], "a")
    body = {"gestures": [gesture([2, 3], "b", source="lasso")]}
    first, second = (page.post("/api/gestures", body) for _ in range(2))
    assert first["version"] == second["version"]
    assert {page.paths[2]: "b", page.paths[3]: "a"} == dict(page.project.labels)


def test_each_item_may_have_a_label_of_its_own(page: Page) -> None:
    """Three suggestions accepted at once are one gesture: one undo takes all of them back."""
    page.label([0, 1, 2], None, labels=["a", "b", "a"], source="suggestion")
    assert ["a", "b", "a"] == list(page.project.labels.values())
    assert [0, 1, 2] == page.post("/api/undo", {})["items"]
    assert {} == page.project.labels
    page.label([0, 1], None, labels=["a", "b"])
    page.label([3, 4], None, labels=["a", "b"], verdict="not")
    assert ["a", "b", "b", "a"] == list(page.project.labels.values())


def test_verdicts_and_flags(page: Page) -> None:
    """Unsure, skip, clear, flags, and "not this" among two classes and among three."""
    page.label([0], "a")
    page.label([1], "b")
    page.label([2], verdict="not", label="a")
    assert 1 == page.get("/api/labels")["labels"][2]
    page.label([3], verdict="unsure", flag=True)
    session = page.get("/api/session")
    assert (1, 1, 3) == (session["unsure"], session["flagged"], session["labelled"])
    assert [3] == [one["item"] for one in page.get("/api/queue?kind=flagged")["picks"]]
    assert [3] == [one["item"] for one in page.get("/api/queue?kind=unsure")["picks"]]
    page.label([3], verdict="clear", flag=False)
    assert 0 == page.get("/api/session")["flagged"] + page.get("/api/session")["unsure"]
    page.label([4], "c")
    page.label([5], verdict="not", label="a")
    assert -1 == page.get("/api/labels")["labels"][5]
    page.label([6], verdict="skip")
    asked = page.get("/api/queue", params={"n": 90, "except": ""})["picks"]
    assert 6 not in {pick["item"] for pick in asked}


def test_an_audit_item_cannot_be_skipped_for_nothing(page: Page) -> None:
    """A skipped audit item counts as unsure, which widens the interval; others leave no trace."""
    picks = page.get("/api/queue", params={"n": 12})["picks"]
    for pick in picks[:6]:
        page.label([pick["item"]], verdict="skip")
    assert sum(pick["blind"] for pick in picks[:6]) == page.get("/api/session")["unsure"]


@pytest.mark.parametrize(
    "bad",
    [
        {"items": [90]},
        {"items": [-1]},
        {"items": []},
        {"items": [1, 1]},
        {"label": "  "},
        {"label": None},
        {"verdict": "unsure"},
        {"verdict": "not", "label": None},
        {"verdict": "maybe"},
        {"source": "audit"},
        {"id": "17"},
        {"labels": ["a"]},
        {"label": None, "labels": ["a", "b"]},
        {"label": None, "labels": ["a"], "verdict": "unsure"},
        {"colour": "red"},
    ],
)
def test_a_bad_gesture_is_refused_and_nothing_of_its_batch_is_written(
    page: Page, bad: dict[str, object]
) -> None:
    """422 with four lines, and the good gesture before the bad one is not stored."""
    made = [gesture([0], "a"), gesture([1], "a") | bad]
    answer = page.client.post("/api/gestures", json={"gestures": made})
    assert 422 == answer.status_code
    assert {"what", "found", "expected", "attempt"} == set(answer.json()["error"])
    assert 0 == page.get("/api/session")["labelled"]


def test_classes_are_added_renamed_and_merged(page: Page) -> None:
    """Each change is one gesture that undo takes back."""
    page.label([0], "a")
    page.label([1], "b")
    page.post("/api/classes", {"add": "empty"})
    renamed = page.post("/api/classes", {"rename": ["a", "alpha"]})
    assert ["alpha", "b", "empty"] == [one["name"] for one in renamed["session"]["classes"]]
    again = {"merge": ["b", "alpha"], "id": "00000000-0000-4000-8000-000000000002"}
    for _ in range(2):
        merged = page.post("/api/classes", again)
        assert 2 == merged["session"]["classes"][0]["count"]
    assert 1 == page.post("/api/undo", {})["session"]["classes"][0]["count"]
    for bad in ({"rename": ["zzz", "y"]}, {}, {"add": "x", "merge": ["b", "alpha"]}):
        assert 422 == page.client.post("/api/classes", json=bad).status_code


def test_two_annotators(page: Page) -> None:
    """Each has their own questions and undo; disagreement is listed, decided, and measured."""
    bob = {"X-Annotator": "b%C3%B6b"}
    mine = {pick["item"] for pick in page.get("/api/queue?n=20")["picks"]}
    his = {pick["item"] for pick in page.get("/api/queue?n=20", headers=bob)["picks"]}
    assert set() == mine & his
    page.label([0], "a")
    page.label([1], "b")
    both = gesture([0, 1], "b", overwrite=True)
    page.post("/api/gestures", {"gestures": [both]}, headers=bob)
    picks = page.get("/api/queue?kind=disagreements")["picks"]
    assert [{"ann": "a", "böb": "b"}] == [pick["votes"] for pick in picks]
    page.answer(15)
    meter = page.wait(lambda session: session["meter"] is not None)["meter"]
    assert ["ann", "böb"] == meter["agreement"]["annotators"]
    page.label([0], "a", verdict="decide")
    assert [] == page.get("/api/queue?kind=disagreements")["picks"]
    page.post("/api/undo", {})
    assert 1 == page.get("/api/session")["disputed"]
    assert "böb" == page.get("/api/session", headers=bob)["annotator"]


def test_errors_cells_and_classes_open_pictures(page: Page) -> None:
    """A wrong label shows up among the errors, in its cell, and first in its class."""
    page.answer(50)
    page.wait(ready)
    given = page.bench.session.given()
    wrong = next(at for at in given.lessons.rows.tolist() if page.truth[at] == "digit-0")
    page.label([wrong], "digit-7")
    page.wait(ready)
    errors = page.get("/api/queue?kind=errors")["picks"]
    assert wrong in {pick["item"] for pick in errors}
    cell = page.get("/api/queue", params={"kind": "cell:digit-7:digit-0"})["picks"]
    assert wrong in {pick["item"] for pick in cell}
    first = page.get("/api/queue", params={"kind": "class:digit-7"})["picks"][0]
    assert (wrong, "digit-7") == (first["item"], first["given"])
    assert 422 == page.client.get("/api/queue", params={"kind": "cell:x"}).status_code


def test_the_map_in_binary(page: Page) -> None:
    """All items within [-1, 1]; a map that parts two classes puts them left and right."""
    page.answer(30)
    page.wait(ready)
    answer = page.client.get("/api/positions")
    places = np.frombuffer(answer.content, "<f4").reshape(-1, 2)
    assert (90, 2) == places.shape
    assert np.abs(places).max() <= 1
    zeros = [at for at, name in enumerate(page.truth) if name == "digit-0"]
    ones = [at for at, name in enumerate(page.truth) if name == "digit-1"]
    answer = page.client.post("/api/positions", json={"a": zeros[:5], "b": ones[:5]})
    parted = np.frombuffer(answer.content, "<f4").reshape(-1, 2)
    assert np.median(parted[zeros, 0]) > np.median(parted[ones, 0]) + 0.3
    near = page.get("/api/similar", params={"item": zeros[0], "n": 5})["items"]
    assert sum(page.truth[at] == "digit-0" for at in near) >= 4
    assert zeros[0] not in near


def test_pictures_are_cached_by_content(page: Page) -> None:
    """A picture has an ETag; asked for again with it, nothing is sent."""
    answer = page.client.get("/pictures/0", params={"side": 128})
    assert "image/webp" == answer.headers["Content-Type"]
    again = page.client.get(
        "/pictures/0", params={"side": 128}, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (304, b"") == (again.status_code, again.content)
    assert 422 == page.client.get("/pictures/0", params={"side": 77}).status_code
    assert 404 == page.client.get("/pictures/90").status_code


def test_labels_model_and_report_can_be_taken_away(page: Page) -> None:
    """Labels in three formats, the model as a bundle, the report as a page."""
    early = page.client.get("/api/export/model")
    assert early.status_code in {422, 503}
    page.answer(30)
    page.wait(ready)
    rows = page.client.get("/api/export/labels").text.removeprefix(MARK).splitlines()
    assert ("path,label,annotator,source,time", 31) == (rows[0], len(rows))
    for kind in ("jsonl", "label-studio"):
        assert 200 == page.client.get(f"/api/export/labels?format={kind}").status_code
    model = page.client.get("/api/export/model")
    assert b"PK" == model.content[:2]
    assert "attachment" in model.headers["Content-Disposition"]
    assert b"<html" in page.client.get("/api/export/report").content[:2000].lower()


def test_a_crash_in_fitting_is_shown_and_labelling_goes_on(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chip says what failed, labels are still saved, and the next fit is tried."""
    page.answer(20)
    page.wait(ready)

    def broken(**_: object) -> None:
        raise FloatingPointError("not a number")

    with monkeypatch.context() as broken_for_now:
        broken_for_now.setattr(page.bench.session, "learn", broken)
        page.answer(3)
        session = page.wait(lambda session: session["model"]["state"] == "failed")
        assert "not a number" in session["model"]["error"]["what"]
        page.answer(3)
        assert 26 == page.get("/api/session")["labelled"]
    page.answer(1)
    assert page.wait(ready)["failed"] is None


def test_answers_do_not_wait_for_a_fit(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a fit takes for ever, labels are saved and questions asked."""
    page.answer(12)
    page.wait(ready)
    begun, released = threading.Event(), threading.Event()

    def endless(**_: object) -> None:
        begun.set()
        released.wait(120)

    monkeypatch.setattr(page.bench.session, "learn", endless)
    page.answer(1)
    assert begun.wait(60)
    page.answer(12)
    assert 25 == page.get("/api/session")["labelled"]
    assert page.bench.fitting.running
    released.set()


def test_labels_leave_with_the_consensus_of_several_people(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three more columns once two people answered the same; without the extra, a line says so."""
    page.answer(30)
    page.wait(ready)
    assert {"shared": 0, "lacking": None} == page.get("/api/session")["crowd"]
    assert "consensus" not in page.client.get("/api/export/labels").text
    labels = page.get("/api/labels")
    given = [at for at, label in enumerate(labels["labels"]) if label >= 0]
    made = [gesture([at], page.truth[at]) for at in given[:20]]
    page.post("/api/gestures", {"gestures": made}, headers={"X-Annotator": "ben"})
    assert {"shared": 20, "lacking": None} == page.get("/api/session")["crowd"]
    first, *rows = page.client.get("/api/export/labels").text.splitlines()
    assert first.endswith("consensus,consensus_quality,annotator_quality")
    assert 20 == sum('""ann""' in row and '""ben""' in row for row in rows)
    monkeypatch.setattr("handful.workbench.summary.is_installed", lambda: False)
    monkeypatch.setattr("handful.active.consensus.is_installed", lambda: False)
    lacking = page.get("/api/session")["crowd"]["lacking"]
    assert lacking.startswith("20 items were answered by several people")
    assert "consensus" not in page.client.get("/api/export/labels").text
