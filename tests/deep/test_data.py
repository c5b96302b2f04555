"""Data in a line: arrays, the data sets of PyTorch, and batches made ahead."""

import copy
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from handful.deep.augment import cutmix, erase, mirror, mixup
from handful.deep.batch import Batch, sound
from handful.deep.data import Arrays, Samples
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.errors import DataError, SettingError
from tests.deep.conftest import Points
from tests.deep.test_loop import same, state

SHORT = Training(epochs=2, batch_size=8, rate=1e-2)
ROWS = np.array([5, 0, 3])


def nothing_drawn() -> np.random.Generator:
    """A generator for a batch that draws nothing."""
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("dtype", "shape", "expected"),
    [
        (np.float64, (6, 2), torch.float32),
        (np.float16, (6, 2), torch.float32),
        (bool, (6, 3), torch.float32),
        (np.int32, (6,), torch.int64),
        (np.uint16, (6, 4), torch.int64),
        (np.uint8, (6,), torch.int64),
        (np.uint8, (6, 3, 4, 4), torch.float32),
    ],
)
def test_arrays_give_rows_in_the_types_of_networks(dtype, shape, expected) -> None:
    """The values are those of the array, the items those that were asked for."""
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    batch = Arrays(array, targets=np.arange(6)).batch(ROWS, nothing_drawn())
    assert batch.inputs[0].dtype is expected
    assert np.array_equal(batch.inputs[0].numpy(), array[ROWS])
    assert batch.targets.tolist() == [5, 0, 3]


def test_masks_in_bytes_stay_whole_numbers() -> None:
    """Bytes are pictures as inputs alone: as targets of places they are classes."""
    masks = np.ones((6, 4, 4), np.uint8)
    assert Arrays(masks, targets=masks).batch(ROWS, nothing_drawn()).targets.dtype is torch.int64


def test_several_inputs_tensors_and_no_targets() -> None:
    """Each input is an argument of the model; without targets the first input is the target."""
    first, second = torch.arange(6.0, requires_grad=True), np.arange(6)
    batch = Arrays(first, second).batch(ROWS, nothing_drawn())
    assert [one.tolist() for one in batch.inputs] == [[5, 0, 3], [5, 0, 3]]
    assert batch.targets.tolist() == [5, 0, 3]
    assert not batch.inputs[0].requires_grad


def test_mapped_files_are_read_batch_by_batch(tmp_path) -> None:
    """An array on disk is not copied whole: the batch sees what was written to it since."""
    np.save(tmp_path / "x.npy", np.zeros((6, 2), np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r+")
    data = Arrays(mapped, targets=np.zeros(6))
    mapped[3] = 7
    assert data.batch(ROWS, nothing_drawn()).inputs[0][2].tolist() == [7, 7]


@pytest.mark.parametrize(
    ("inputs", "targets", "told"),
    [
        ((np.zeros((6, 2)),), np.zeros(5), "targets: (5,)"),
        ((np.zeros((6, 2)), np.zeros(4)), np.zeros(6), "input 2: (4,)"),
        ((np.zeros((2, 2)),), np.array(["cat", "dog"]), "targets: <U3"),
        ((np.array([{}, {}]),), np.zeros(2), "input 1: object"),
        ((np.array(3.0),), np.zeros(2), "input 1: float64 of shape ()"),
        ((), np.zeros(2), "targets: (2,)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(inputs, targets, told) -> None:
    """Rows that are not as many, and what is not of numbers, are named."""
    with pytest.raises(DataError) as caught:
        Arrays(*inputs, targets=targets)
    assert told in caught.value.found


class Pairs(Dataset):
    """A data set of one's own: two inputs and a number, as Python's floats."""

    def __len__(self) -> int:
        return 6

    def __getitem__(self, at: int) -> tuple[Tensor, int, float]:
        return torch.full((2,), float(at)), at, at / 2


def test_a_dataset_of_pytorch_is_data() -> None:
    """The last part of a sample is its target; fractions become float32."""
    batch = Samples(Pairs()).batch(ROWS, nothing_drawn())
    assert batch.inputs[0].tolist() == [[5, 5], [0, 0], [3, 3]]
    assert batch.inputs[1].tolist() == [5, 0, 3]
    assert batch.targets.dtype is torch.float32
    assert batch.targets.tolist() == [2.5, 0, 1.5]


def test_a_dataset_trains_as_its_arrays_do(points) -> None:
    """The weights are the same to the bit."""
    torch.manual_seed(0)
    one = nn.Linear(2, 2)
    other = copy.deepcopy(one)
    dataset = TensorDataset(torch.from_numpy(points.x), torch.from_numpy(points.y))
    train(one, Samples(dataset), SHORT)
    train(other, Arrays(points.x, targets=points.y), SHORT)
    assert same(state(one), state(other))


def test_transforms_that_draw_are_seeded(points) -> None:
    """A data set that shakes its items by PyTorch's generator trains the same twice."""

    class Shaken(Dataset):
        def __len__(self) -> int:
            return len(points.x)

        def __getitem__(self, at: int) -> tuple[Tensor, int]:
            return torch.from_numpy(points.x[at]) + torch.randn(2), int(points.y[at])

    torch.manual_seed(0)
    one = nn.Linear(2, 2)
    other = copy.deepcopy(one)
    train(one, Samples(Shaken()), SHORT)
    torch.rand(5)
    train(other, Samples(Shaken()), SHORT)
    assert same(state(one), state(other))


def test_samples_of_another_form_have_a_collate_of_their_own() -> None:
    """Sequences of different lengths are padded by the user's function."""
    texts = [list(range(1, 2 + at)) for at in range(6)]

    def padded(samples: list[list[int]]) -> Batch:
        rows = nn.utils.rnn.pad_sequence(list(map(torch.tensor, samples)), batch_first=True)
        return Batch(rows, torch.tensor([len(one) for one in samples]))

    batch = Samples(texts, collate=padded).batch(ROWS, nothing_drawn())
    assert batch.inputs[0].shape == (3, 6)
    assert batch.targets.tolist() == [6, 1, 4]
    with pytest.raises(DataError, match="inputs and a target") as caught:
        Samples([{"x": 1}]).batch(np.array([0]), nothing_drawn())
    assert "a dict" in caught.value.found


def test_a_stream_is_refused() -> None:
    """Without a length there are no epochs, and without numbers no order."""
    with pytest.raises(DataError, match="by its number"):
        Samples(iter([1, 2, 3]))


def test_changes_come_with_arrays_and_go_with_plain(points) -> None:
    """Mixup mixes inputs and targets of a batch in one proportion; `plain` leaves both alone."""
    data = Arrays(points.x, targets=np.eye(2)[points.y], changes=[mixup(0.4)])
    batch = data.batch(np.arange(60), np.random.default_rng(3))
    random = np.random.default_rng(3)
    share, other = random.beta(0.4, 0.4), random.permutation(60)
    expected = share * points.x + (1 - share) * points.x[other]
    assert np.allclose(batch.inputs[0], expected, atol=1e-6)
    targets = np.eye(2)[points.y]
    assert np.allclose(batch.targets, share * targets + (1 - share) * targets[other], atol=1e-6)
    plain = data.plain().batch(np.arange(60), random)
    assert np.array_equal(plain.inputs[0], points.x)


@pytest.mark.parametrize(
    ("change", "inputs", "targets", "told"),
    [
        (mixup(0.4), torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64), "(4,) of int64"),
        (mixup(0.4), torch.zeros(4, 2, dtype=torch.int64), torch.zeros(4, 2), "(4, 2) of int64"),
        (cutmix(1.0), torch.zeros(4, 2), torch.zeros(4, 2), "inputs (4, 2)"),
        (cutmix(1.0), torch.zeros(4, 1, 5, 5), torch.zeros(4, 5, 5), "targets (4, 5, 5)"),
        (mirror, torch.zeros(4, 1, 5, 5), torch.zeros(4, 3, 4), "targets (4, 3, 4)"),
        (mirror, torch.zeros(4, 8), torch.zeros(4), "inputs (4, 8)"),
        (erase(0.3), torch.zeros(4, 8), torch.zeros(4), "inputs (4, 8)"),
    ],
)
def test_a_change_that_would_be_wrong_is_refused(change, inputs, targets, told) -> None:
    """Classes as integers cannot be mixed, a row has no box, and a mask would have to turn too."""
    with pytest.raises(SettingError, match="does not suit") as caught:
        change(Batch(inputs, targets), np.random.default_rng(0))
    assert told in caught.value.found


@pytest.mark.parametrize("make", [mixup, cutmix, erase])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_change_of_no_strength_is_refused(make, value) -> None:
    """NumPy's own word for it comes in the first step only."""
    with pytest.raises(SettingError, match="cannot be changed"):
        make(value)


def test_a_target_that_is_not_finite_is_left_out(points) -> None:
    """As an input is: the numbers of an item that nobody measured."""
    y = points.x.sum(1)
    y[[3, 40]] = np.nan
    run = train(nn.Linear(2, 1), Arrays(points.x, targets=y[:, None]), SHORT, loss=nn.L1Loss())
    assert [row["left_out"] for row in run.history] == [2, 2]
    assert np.isfinite(run.history.column("loss")).all()


def test_a_batch_with_a_target_too_few_is_refused() -> None:
    """It once ended in an index error within the loop, or compared the wrong pairs."""
    with pytest.raises(DataError, match="one target for each item") as caught:
        sound(Batch(torch.zeros(4, 2), (torch.zeros(4), torch.zeros(3, 1))))
    assert "(3, 1)" in caught.value.found


def test_a_tensor_alone_is_one_argument() -> None:
    """Without its brackets a batch would have been unpacked into its rows."""
    assert Batch(torch.zeros(4, 2), torch.zeros(4)).inputs[0].shape == (4, 2)


@pytest.mark.parametrize("ahead", [1, 3])
def test_reading_ahead_changes_nothing(small, ahead) -> None:
    """Weights and history are the same to the bit, with accumulation and random data too."""
    one, other = copy.deepcopy(small), copy.deepcopy(small)
    training = replace(SHORT, accumulate=2)
    first = train(one, Points(), training)
    second = train(other, Points(), training, read_ahead=ahead)
    assert same(state(one), state(other))
    assert first.history.column("loss") == second.history.column("loss")


def test_reading_ahead_is_done_while_a_step_computes(small) -> None:
    """Batches are made on other threads, at most so many before they are needed."""
    made: list[str] = []
    lead: list[int] = []

    class Watched(Points):
        def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
            made.append(threading.current_thread().name)
            return super().batch(items, random)

    def watch(moment: str, run: Run) -> None:
        if moment == "step":
            lead.append(len(made) - run.step)

    train(small, Watched(), replace(SHORT, epochs=1), read_ahead=2, hooks=[watch])
    assert len(made) == 8
    assert all(name.startswith("handful-batches") for name in made)
    assert max(lead) <= 2


def test_a_fault_in_a_thread_reaches_the_caller_and_ends_the_threads(small) -> None:
    """The error is the data's own, and no thread goes on making batches."""

    class Broken(Points):
        def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
            if 7 in items:
                raise DataError("This picture is broken.")
            return super().batch(items, random)

    with pytest.raises(DataError, match="broken"):
        train(small, Broken(), SHORT, read_ahead=2)
    for _ in range(200):
        if not _threads():
            break
        time.sleep(0.05)
    assert _threads() == []


def test_an_epoch_that_ends_early_ends_its_threads(small, points) -> None:
    """A run that is stopped leaves nothing behind."""

    def stop(moment: str, run: Run) -> None:
        if run.step == 3:
            run.stop("enough")

    train(small, points, SHORT, read_ahead=2, hooks=[stop])
    assert _threads() == []


def _threads() -> list[str]:
    names = [one.name for one in threading.enumerate()]
    return [name for name in names if name.startswith("handful-batches")]


@pytest.mark.parametrize("n", [1, 3, 9])
def test_more_parts_than_items_are_no_fault(small, n) -> None:
    """A batch of fewer items than `accumulate` once made an empty part, whose loss is no number."""
    points = Points(n)
    samples = TensorDataset(torch.from_numpy(points.x), torch.from_numpy(points.y))
    run = train(small, Samples(samples), replace(SHORT, accumulate=8))
    assert run.stopped is None
    assert np.isfinite(run.history.column("loss")).all()
