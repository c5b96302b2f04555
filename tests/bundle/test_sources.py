"""What a model can be asked about, and that it travels between processes."""

import copy
import io
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handful.bundle.model import Model
from handful.bundle.predict import Prediction
from handful.errors import DataError

COLOUR = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def file(picture: Image.Image, form: str = "PNG") -> bytes:
    """The bytes of a file that holds it."""
    stream = io.BytesIO()
    picture.save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("channels", [None, 3, 4])
def test_an_array_a_picture_and_a_file_are_answered_alike(
    model: Model, channels: int | None
) -> None:
    """Grey, colour and alpha: the same pixels, however they are given."""
    pixels = np.dstack([COLOUR, COLOUR[:, :, :1]])
    pixels = pixels[:, :, 0] if channels is None else pixels[:, :, :channels]
    expected = model.predict(file(Image.fromarray(pixels)))
    assert model.predict(pixels) == expected
    assert model.predict(Image.fromarray(pixels)) == expected
    assert model.predict(bytearray(file(Image.fromarray(pixels)))) == expected


def test_a_deep_array_is_read_as_a_file_of_that_depth(model: Model) -> None:
    """16 bits and floating numbers keep the range that files have; colour in 0 … 1 is scaled."""
    grey = COLOUR[:, :, 0]
    deep = grey.astype(np.uint16) * 16
    assert model.predict(deep) == model.predict(file(Image.fromarray(deep)))
    floating = grey.astype(np.float32)
    assert model.predict(grey.astype(float)) == model.predict(
        file(Image.fromarray(floating), "TIFF")
    )
    assert model.predict(COLOUR / 255) == model.predict(COLOUR)


def test_several_give_a_list(model: Model, tmp_path: Path) -> None:
    """A batch, a mix, a generator and a folder; one of each gives one answer."""
    one = model.predict(COLOUR)
    assert isinstance(one, Prediction)
    assert model.predict(np.stack([COLOUR, COLOUR])) == [one, one]
    (tmp_path / "a.png").write_bytes(file(Image.fromarray(COLOUR)))
    mixed = [COLOUR, file(Image.fromarray(COLOUR)), Image.fromarray(COLOUR)]
    assert model.predict(each for each in mixed) == [one] * 3
    (inside,) = model.predict(f"{tmp_path}/")
    assert (inside.path, inside.probabilities) == (f"{tmp_path}/a.png", one.probabilities)


@pytest.mark.parametrize("wrong", [np.zeros((4, 4, 2), np.uint8), np.zeros(5), COLOUR / 25])
def test_what_is_no_picture_is_an_error(model: Model, wrong: np.ndarray) -> None:
    """An array is never taken for a list of paths; its shape and type are named."""
    with pytest.raises(DataError, match="form is no picture"):
        model.predict(wrong)


def test_it_is_pickled_and_copied(model: Model) -> None:
    """The copy is the same file and answers alike, also after the model has been asked."""
    asked = model.predict(COLOUR)
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert again.to_bytes() == model.to_bytes()
        assert again.predict(COLOUR) == asked


IN_OTHER_PROCESSES = """
import multiprocessing
import sys

import numpy as np

import handful


def answer(model):
    return model.predict(np.full((40, 50, 3), 90, np.uint8)).probabilities


if __name__ == "__main__":
    model = handful.load(sys.argv[1])
    here = answer(model)
    for way in ("spawn", "fork"):
        with multiprocessing.get_context(way).Pool(1) as pool:
            print(way, pool.apply(answer, (model,)) == here)
"""


def test_processes_are_given_a_model(model: Model, tmp_path: Path) -> None:
    """A spawned and a forked process answer as the one that sent the model and had asked it."""
    script = tmp_path / "ask.py"
    script.write_text(IN_OTHER_PROCESSES, encoding="utf-8")
    saved = model.save(tmp_path / "m.handful")
    done = subprocess.run(
        [sys.executable, str(script), str(saved)], capture_output=True, text=True, check=False
    )
    assert "spawn True\nfork True\n" == done.stdout, done.stderr
