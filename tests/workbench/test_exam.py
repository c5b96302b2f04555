"""The final exam over HTTP."""

import handful
from tests.workbench.conftest import Page, gesture


def begun(page: Page) -> dict[str, object]:
    """Forty labels, then an exam."""
    page.answer(40)
    page.wait(lambda s: s["progress"] is None and not s["model"]["labels_behind"])
    return page.post("/api/exam", {})["exam"]


def questions(page: Page, n: int = 24, held: str = "") -> list[dict[str, object]]:
    """The next questions of the exam."""
    return page.get("/api/queue", params={"kind": "exam", "n": n, "except": held})["picks"]


def test_an_exam_from_its_beginning_to_its_figure(page: Page) -> None:
    """Blind questions in order, none while they are held, and the figure when all are answered."""
    assert [] == questions(page)
    exam = begun(page)
    assert exam["is_open"]
    assert exam["test_accuracy"] is None
    first = questions(page, 2)
    assert all(pick["blind"] and pick["suggestion"] is None for pick in first)
    assert first == questions(page, 2)
    held = ",".join(str(pick["item"]) for pick in first)
    rest = questions(page, held=held)
    assert exam["questions"] == len(first) + len(rest)
    ordinary = {pick["item"] for pick in page.get("/api/queue", params={"n": 60})["picks"]}
    assert not ordinary & {pick["item"] for pick in (*first, *rest)}
    made = [gesture([p["item"]], page.truth[p["item"]]) for p in (*first, *rest)]
    unsure = gesture([rest[-1]["item"]], verdict="unsure")
    changed = page.post("/api/gestures", {"gestures": [*made[:-1], unsure]})
    over = changed["session"]["exam"]
    assert (exam["questions"], 1, False) == (over["answered"], over["unsure"], over["is_open"])
    assert over["test_accuracy"]["low"] < over["test_accuracy"]["value"]
    assert [] == questions(page)
    undone = page.post("/api/undo", {})["session"]["exam"]
    assert (True, None) == (undone["is_open"], undone["test_accuracy"])
    assert [rest[-1]["item"]] == [pick["item"] for pick in questions(page)]


def test_the_model_of_the_exam_can_be_taken_away(page: Page) -> None:
    """Before an exam there is none; afterwards it carries the test accuracy."""
    assert 422 == page.client.get("/api/export/exam-model").status_code
    exam = begun(page)
    for pick in questions(page, 500):
        page.label([pick["item"]], page.truth[pick["item"]])
    answer = page.client.get("/api/export/exam-model")
    path = page.folder.parent / "examined.handful"
    path.write_bytes(answer.content)
    model = handful.load(path)
    accuracy = page.get("/api/session")["exam"]["test_accuracy"]
    assert model.test is not None
    assert accuracy["value"] == model.test.accuracy.value
    assert model.network.startswith(str(exam["model"]))
    assert 'filename="examined.handful"' in answer.headers["content-disposition"]
