"""What a model says of pictures unlike all that it learned from, and how the file holds it."""

import io
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, numpy_helper
from PIL import Image

from handful.bundle import archive
from handful.bundle.distance import FACTOR, distance_in
from handful.bundle.inspect import inspect
from handful.bundle.load import from_bytes, load
from handful.bundle.model import Model
from handful.bundle.unlike import FAR
from handful.bundle.verify import verify
from tests.bundle.conftest import TinyEncoder, tiny_model, tiny_novelty, tiny_trained
from tests.bundle.tampering import with_manifest, with_member


def picture(pixels: np.ndarray) -> bytes:
    """The bytes of a PNG."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


GRAIN = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)


@pytest.mark.parametrize("trained", [None, tiny_trained()])
def test_the_graph_gives_the_score_that_the_formula_gives(trained: object) -> None:
    """The second output equals NumPy's score of the encoder's own vector, to 1e-5."""
    distance, _ = tiny_novelty()
    model = tiny_model(novelty=tiny_novelty(), trained=trained)
    encoder = TinyEncoder()
    batch = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    _, scores = model.predictor.run(batch)
    assert scores is not None
    assert np.abs(scores - distance.scores(encoder.encode(batch))).max() < 1e-5


def test_above_the_limit_it_cannot_say_and_says_why() -> None:
    """No class is vouched for, the likeliest is still named, and the limit alone decides."""
    grain = picture(GRAIN)
    score = tiny_model(novelty=tiny_novelty()).predict(grain).unlike.score
    far = tiny_model(novelty=tiny_novelty(limit=score - 0.01)).predict(grain)
    near = tiny_model(novelty=tiny_novelty(limit=score + 0.01)).predict(grain)
    assert (far.abstained, far.set, far.why) == (True, (), FAR)
    assert far.label == near.label
    assert near.unlike.why == ()
    assert FAR not in near.why
    assert far.to_json()["unlike"] == {"score": score, "limit": score - 0.01, "why": [FAR]}


@pytest.mark.parametrize(
    ("pixels", "facts", "why"),
    [
        (np.full((40, 40), 7, np.uint8), {"blank": False}, "one even surface"),
        (np.full((40, 40), 7, np.uint8), {"blank": True}, ""),
        (GRAIN, {"colour": "all"}, "it is grey; the model learned from coloured pictures alone"),
        (np.stack([GRAIN] * 3, axis=2), {"colour": "none"}, ""),
        (np.stack([GRAIN, GRAIN // 2, GRAIN], axis=2), {"colour": "none"}, "it is in colour"),
        (GRAIN[:10], {"aspect": (1.0, 1.5)}, "its width is 4 times its height"),
        (GRAIN[:20], {"aspect": (1.0, 1.5)}, ""),
        (GRAIN[:, :10], {"aspect": (1.0, 1.5)}, "its width is 0.25 times its height"),
    ],
)
def test_a_plain_fact_that_no_learned_picture_has(
    pixels: np.ndarray, facts: dict[str, object], why: str
) -> None:
    """Blank, colour by its pixels, and shape are reasons of their own, whatever the score."""
    answer = tiny_model(novelty=tiny_novelty(1e9, **{"colour": "some", **facts})).predict(
        picture(pixels)
    )
    told = answer.unlike.why
    assert [why in one for one in told] == [True] * bool(why)
    if why:
        assert (answer.abstained, answer.set, answer.why) == (True, (), told[0])


def test_one_class_too_many_is_a_reason_too() -> None:
    """`why` says so wherever the answer is "cannot say", also in a model without novelty."""
    model = tiny_model()
    answers = [model.predict(picture(GRAIN // n)) for n in (1, 2, 4, 8)]
    expected = [f"{len(one.set)} classes are plausible" if one.abstained else "" for one in answers]
    assert [one.why for one in answers] == expected
    assert {bool(one.why) for one in answers} == {True, False}


def test_it_is_saved_loaded_verified_and_clean(tmp_path: Path) -> None:
    """The whole way in format 6, beside a trained part too; nothing in the file is unexplained."""
    for trained in (None, tiny_trained()):
        path = tiny_model(novelty=tiny_novelty(), trained=trained).save(tmp_path / "m.handful")
        assert load(path).manifest.format == 6
        assert verify(path).ok
        assert inspect(path, encoder=TinyEncoder()).faults == ()


def _changed(data: bytes, name: str) -> bytes:
    """The bundle with another array in the distance's place."""
    model = ModelProto.FromString(from_bytes(data).contents[archive.MODEL])
    (tensor,) = (one for one in model.graph.initializer if one.name == name)
    tensor.CopyFrom(numpy_helper.from_array(np.zeros(3, np.float32), name))
    return with_member(data, archive.MODEL, model.SerializeToString(deterministic=True))


def test_a_distance_of_another_shape_is_a_fault(tmp_path: Path) -> None:
    """As many numbers as the vector has, not one more: there is no room for an item."""
    path = tmp_path / "m.handful"
    data = tiny_model(novelty=tiny_novelty()).to_bytes()
    path.write_bytes(_changed(data, FACTOR))
    assert any("distance" in one for one in inspect(path, encoder=TinyEncoder()).faults)
    graph = ModelProto.FromString(from_bytes(data).contents[archive.MODEL])
    found = distance_in(graph, TinyEncoder.blocks)
    assert found is not None
    np.testing.assert_array_equal(found.shift, tiny_novelty()[0].shift)


def test_verify_sees_another_score(tmp_path: Path) -> None:
    """A score that moved by a hundredth is named; probabilities alone would not tell."""
    path = tmp_path / "m.handful"

    def other(raw: dict) -> None:
        raw["golden"]["golden/grey.png"]["novelty"] += 0.01

    path.write_bytes(with_manifest(tiny_model(novelty=tiny_novelty()).to_bytes(), other))
    (message,) = verify(path).messages
    assert message.startswith("golden/grey.png: the score of novelty differs by 1.0e-02")


def test_a_manifest_and_its_novelty_fit(model: Model) -> None:
    """A golden score without limits, or limits without scores, is no bundle of ours."""
    from handful.errors import BundleError

    def lacks(raw: dict) -> None:
        del raw["golden"]["golden/grey.png"]["novelty"]

    with pytest.raises(BundleError, match="lacks a novelty"):
        from_bytes(with_manifest(tiny_model(novelty=tiny_novelty()).to_bytes(), lacks))
