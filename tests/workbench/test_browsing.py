"""Everything labelled and everything not, as the page lists it."""

from __future__ import annotations

from tests.workbench.conftest import Page


def kind(page: Page, name: str) -> list[dict[str, object]]:
    """The picks of a kind, and that their total is right."""
    answer = page.get("/api/queue", params={"kind": name, "n": 500})
    assert len(answer["picks"]) == answer["total"]
    return list(answer["picks"])


def test_all_that_is_labelled_with_who_and_how(page: Page) -> None:
    """The latest label comes first, with who gave it and how; name and class narrow the list."""
    page.label([3, 4], "cat", source="grid")
    page.label([7], "dog")
    picks = kind(page, "labelled")
    assert [(7, "dog"), (4, "cat"), (3, "cat")] == [(p["item"], p["given"]) for p in picks]
    assert str(picks[0]["reason"]).startswith("ann, ")
    assert str(picks[0]["reason"]).endswith(", by key")
    assert str(picks[1]["reason"]).endswith(", several at once")
    assert [4, 3] == [p["item"] for p in kind(page, "labelled::cat")]
    named = page.paths[4].upper().replace(":", "%3A")
    assert [4] == [p["item"] for p in kind(page, f"labelled:{named}:")]
    answer = page.get("/api/queue", params={"kind": "labelled", "n": 1})
    assert (1, 3) == (len(answer["picks"]), answer["total"])


def test_what_is_not_labelled_by_confidence(page: Page) -> None:
    """Suggestions are found by class and probability, never those that measure the model."""
    assert [] == kind(page, "unlabelled")  # there is no model yet
    page.answer(24)
    page.wait(lambda s: s["model"]["state"] == "ready" and s["embedded"] == s["items"])
    picks = kind(page, "unlabelled")
    shares = [p["suggestion"]["probability"] for p in picks]
    assert len(picks) > 10
    assert sorted(shares, reverse=True) == shares
    reserve = set(page.bench.project.session.given().reserve.nonzero()[0].tolist())
    labelled = {p["item"] for p in kind(page, "labelled")}
    assert not {p["item"] for p in picks} & (reserve | labelled)
    middle = sorted(shares)[len(shares) // 2]
    sure = kind(page, f"unlabelled:::{middle}:1")
    assert 0 < len(sure) < len(picks)
    assert all(p["suggestion"]["probability"] >= middle - 1e-4 for p in sure)
    for wrong in ("unlabelled:::0.9:0.1", "unlabelled:::x:1", "unlabelled:::0.5"):
        assert 422 == page.client.get("/api/queue", params={"kind": wrong}).status_code
