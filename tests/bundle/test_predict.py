"""From files to answers."""

import json
import os
import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper, numpy_helper

from handful.bundle.load import from_bytes
from handful.bundle.manifest import DataFacts
from handful.bundle.model import Model
from handful.bundle.predict import BATCH, Prediction, expand
from handful.errors import BundleError, DataError
from handful.heads.conformal import Thresholds
from handful.items.item import Item
from handful.modalities.image.decode import decode
from handful.modalities.image.golden import golden_files
from tests.bundle.conftest import TinyEncoder, tiny_model
from tests.bundle.tampering import with_graph

FILES = list(golden_files().values())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The golden pictures as files, one of them a folder deeper, and a text."""
    for name, content in golden_files().items():
        (tmp_path / name.removeprefix("golden/")).write_bytes(content)
    (tmp_path / "sub").mkdir()
    (tmp_path / "grey.png").rename(tmp_path / "sub" / "grey.PNG")
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_answers_equal_a_second_route(model: Model, encoder: TinyEncoder) -> None:
    """The joined graph answers as the encoder alone, followed by the head in numpy."""
    random = np.random.RandomState(11)
    weight = random.normal(0, 0.3, (12, 3)).astype(np.float32)
    bias = random.normal(0, 0.1, 3).astype(np.float32)
    batch = np.stack(
        [encoder.prepare(decode(content, target=encoder.recipe.detail)) for content in FILES]
    )
    logits = encoder.encode(batch) @ weight + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    seen = [list(one.probabilities.values()) for one in model.predict(FILES)]
    assert np.allclose(seen, expected, rtol=0, atol=1e-6)


def test_an_answer_holds_together(model: Model) -> None:
    """The label is the most probable class, is in the set, and the probabilities sum to 1."""
    answer = model.predict(FILES[2])
    assert answer.label == max(answer.probabilities, key=answer.probabilities.__getitem__)
    assert answer.probability == answer.probabilities[answer.label]
    assert answer.set == tuple(name for name, p in answer.probabilities.items() if p >= 0.12)
    assert answer.abstained == (len(answer.set) != 1)
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-6)
    assert set(answer.to_json()) == {
        "path",
        "label",
        "probability",
        "probabilities",
        "abstained",
        "set",
    }


def test_every_way_to_name_a_picture(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, Path, Item, bytes, and a path under a root give the same answer."""
    place = folder / "colour.png"
    monkeypatch.chdir(folder)
    answers = [
        model.predict(str(place)),
        model.predict(place),
        model.predict(Path("colour.png")),
        model.predict(Item("colour.png", place)),
        model.predict(place.read_bytes()),
        model.predict("colour.png", root=folder),
    ]
    assert {one.probability for one in answers} == {answers[0].probability}
    expected = [str(place), str(place), "colour.png", "colour.png", "", "colour.png"]
    assert [one.path for one in answers] == expected


def test_a_model_just_trained_knows_its_data_folder(folder: Path, tmp_path: Path) -> None:
    """Relative paths start in the data folder; the folder itself is not in the file."""
    live = tiny_model(root=folder)
    assert live.predict("colour.png").label is not None
    assert str(folder).encode() not in live.to_bytes()


def test_one_picture_that_cannot_be_read_is_an_error(model: Model, folder: Path) -> None:
    """A single path gives four lines with the reason."""
    with pytest.raises(DataError) as caught:
        model.predict(folder / "none.png")
    assert "none.png (there is no such file)" in caught.value.found
    assert len(str(caught.value).splitlines()) == 4


def test_among_many_the_rest_goes_on(model: Model, folder: Path) -> None:
    """Missing, empty, no picture, a folder and a zero byte each get a reason, in their place."""
    (folder / "empty.png").touch()
    bad = ["none.png", "empty.png", "notes.txt", "sub", "a\0b.png"]
    paths = ["colour.png", *bad, "large.jpg"]
    answers = model.predict(paths, root=folder)
    assert [one.path for one in answers] == [*paths[:-2], "a\\x00b.png", "large.jpg"]
    assert [bool(one.error) for one in answers] == [False, *[True] * len(bad), False]
    assert answers[1] == Prediction(
        "none.png", None, 0.0, {}, (), True, error="there is no such file"
    )
    assert answers[1].to_json()["error"] == "there is no such file"


def test_the_order_is_kept_over_many_batches(model: Model) -> None:
    """Answers come in the order of the questions, whatever the batch that they fell into."""
    alone = [model.predict(content).probability for content in FILES]
    turns = [n % len(FILES) for n in range(5 * BATCH + 3)]
    many = model.predict([FILES[n] for n in turns])
    assert [one.probability for one in many] == pytest.approx([alone[n] for n in turns], abs=1e-6)
    assert model.predict([]) == []


def test_paths_are_taken_as_they_are_needed(model: Model) -> None:
    """An endless list of paths is no matter: only a few batches are read ahead."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield FILES[0]

    answers = model.predict_many(endless())
    for _ in range(3 * BATCH):
        next(answers)
    answers.close()
    assert taken <= 8 * BATCH


def test_memory_does_not_grow_with_the_number(model: Model) -> None:
    """Three hundred and twenty pictures hold no more at a time than eighty."""

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in model.predict_many(FILES[6] for _ in range(count)):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(40)
    assert peak(320) < 2.5 * peak(80)  # four times, if answers were held; buffers come and go


def test_what_is_unlike_is_said(model: Model) -> None:
    """A picture far from the sizes and colours that were learned from comes with a warning."""
    (warning,) = model.predict(golden_files()["golden/alpha.png"]).warnings
    assert warning == "its shorter side is 24 pixels; the model learned from 64 to 4000"
    assert model.predict(FILES[5]).warnings == ()
    grey = tiny_model(data=DataFacts("ab" * 32, 9, colour="none"))
    assert grey.predict(FILES[2]).to_json()["warnings"] == [
        "it is in colour; the model learned from grey pictures alone"
    ]
    assert grey.predict(golden_files()["golden/grey.png"]).warnings == ()


def test_a_graph_that_fails_when_run_is_an_error(data: bytes) -> None:
    """What only ONNX Runtime can see is wrong gives a BundleError at the first question."""

    def point_outside(model: Any) -> None:
        model.graph.initializer.append(numpy_helper.from_array(np.full(12, 99), "places"))
        model.graph.node[-4].output[0] = "straight"
        picked = helper.make_node("Gather", ["straight", "places"], ["vector"], "picked", axis=1)
        model.graph.node.insert(len(model.graph.node) - 3, picked)

    broken = from_bytes(with_graph(data, point_outside))
    with pytest.raises(BundleError) as caught:
        broken.predict(FILES[0])
    assert "ONNX Runtime cannot run it" in caught.value.found
    assert len(str(caught.value).splitlines()) == 4


def test_numbers_that_are_none_are_not_passed_on(data: bytes) -> None:
    """A head with nan in it gives a BundleError, not a probability."""

    def spoil(model: Any) -> None:
        tensor = model.graph.initializer[-1]
        tensor.raw_data = np.full(3, np.nan, np.float32).tobytes()

    with pytest.raises(BundleError, match="not to be trusted"):
        from_bytes(with_graph(data, spoil)).predict(FILES[0])


def test_folders_become_their_pictures(model: Model, folder: Path) -> None:
    """Folders are walked in order, each once; hidden and other files are passed over."""
    (folder / ".cache").mkdir()
    (folder / ".cache" / "a.png").touch()
    (folder / "phone.heic").touch()
    (folder / "loop").symlink_to(folder)
    names = [
        "alpha.png", "colour.bmp", "colour.png", "grey16.png", "large.jpg", "loop", "palette.png",
        "phone.heic", "sub/grey.PNG", "turned.jpg",
    ]  # fmt: skip
    answers = model.predict(expand([folder, "none.png", folder / "notes.txt"]))
    expected = [*(f"{folder}/{name}" for name in names), "none.png", f"{folder}/notes.txt"]
    assert [one.path for one in answers] == expected
    bad = [Path(one.path).name for one in answers if one.error]
    assert bad == ["loop", "phone.heic", "none.png", "notes.txt"]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    """Asked about a folder with nothing to answer, handful says so."""
    with pytest.raises(DataError):
        expand([tmp_path])


def test_names_that_are_not_text_are_found_and_can_be_printed(model: Model, folder: Path) -> None:
    """A file name that is no UTF-8 is read, and its answer can be written as JSON."""
    strange = os.fsdecode(bytes(folder) + b"/caf\xe9.png")
    shutil.copy(folder / "colour.png", strange)
    answers = model.predict([strange, *expand([folder])])
    assert {one.path for one in answers} >= {f"{folder}/caf\\xe9.png"}
    assert not any(one.error for one in answers)
    assert model.predict(answers[0].path).label == answers[0].label
    json.dumps([one.to_json() for one in answers], ensure_ascii=False).encode()


def test_a_confidence_decides_where_an_error_rate_was_asked_for() -> None:
    """With an error rate promised it answers from that confidence on; above 1 never."""
    sure = max(tiny_model().predict(content).probability for content in FILES)
    for confidence, answers in ((0.0, len(FILES)), (sure, 1), (2.0, 0)):
        rule = Thresholds(0.95, (0.12,) * 3, max_error=0.05, answer_from=confidence)
        model = from_bytes(tiny_model(thresholds=rule).to_bytes())
        assert sum(not one.abstained for one in model.predict(FILES)) == answers
        assert "at most 5.0% of its answers are wrong" in model.card
