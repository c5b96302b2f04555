"""The weight reader returns numbers or refuses; nothing in a file is ever called."""

import io
import os
import pickle
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.encoders.weights import MAGIC, PROTOCOL, parse_weights, read_weights
from handful.errors import EncoderError


def saved(state: object) -> bytes:
    """As PyTorch before 1.6 wrote it."""
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def small_state() -> OrderedDict[str, torch.Tensor]:
    """A weight, a transposed weight, a scalar count and an empty tensor."""
    return OrderedDict(
        weight=torch.arange(12.0).reshape(3, 4),
        turned=torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        thin=torch.arange(5.0).reshape(5, 1),
        count=torch.tensor(7),
        empty=torch.zeros(0, 3),
    )


SMALL = saved(small_state())


def test_every_tensor_equals_what_pytorch_reads(
    weights: dict[str, np.ndarray], weights_path: Path
) -> None:
    """All 296 tensors of the real file have PyTorch's names, order, types, shapes and bits."""
    right = torch.load(weights_path, weights_only=True)
    assert list(right) == list(weights)
    for name, tensor in right.items():
        assert tensor.numpy().dtype == weights[name].dtype
        np.testing.assert_array_equal(weights[name], tensor.numpy(), strict=True)


def test_small_state_is_read() -> None:
    """Transposed, scalar and empty tensors come out as they went in."""
    found = parse_weights(SMALL)
    assert list(small_state()) == list(found)
    for name, tensor in small_state().items():
        np.testing.assert_array_equal(found[name], tensor.numpy(), strict=True)
        assert found[name].flags.writeable
        assert found[name].flags.aligned


class Malicious:
    """Asks the unpickler to run a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


@pytest.mark.parametrize("where", ["value", "whole", "header"])
def test_code_in_the_file_is_never_run(where: str, tmp_path: Path) -> None:
    """A file that runs a command when unpickled is refused, and the command does not run."""
    marker = tmp_path / "ran"
    evil = pickle.dumps(Malicious(marker), protocol=2)
    if where == "value":
        content = saved(OrderedDict(weight=torch.ones(2), other=Malicious(marker)))
    else:
        heads = [pickle.dumps(one, protocol=2) for one in (MAGIC, PROTOCOL)]
        content = evil if where == "header" else b"".join([*heads, evil, evil, evil])
    with pytest.raises(EncoderError, match="other than plain tensors"):
        parse_weights(content)
    assert not marker.exists()
    pickle.loads(evil)  # the same bytes do run where Python's own unpickler reads them
    assert marker.exists()


def pickles(state: bytes, keys: list[str], *, tail: bytes = b"", little: bool = True) -> bytes:
    """A file around a state dict's pickle."""
    machine = {"protocol_version": PROTOCOL, "little_endian": little}
    heads = [pickle.dumps(one, protocol=2) for one in (MAGIC, PROTOCOL, machine)]
    return b"".join([*heads, state, pickle.dumps(keys, protocol=2), tail])


def tensor_state(
    *,
    count: object = 6,
    offset: object = 0,
    shape: object = (2, 3),
    strides: object = (3, 1),
    kind: str = "torch FloatStorage",
    names: tuple[str, ...] = ("weight",),
    keys: tuple[str, ...] = ("0",),
) -> bytes:
    """A state dict with tensors described as asked, true or not."""

    def dump(value: object) -> bytes:
        return pickletools.optimize(pickle.dumps(value, protocol=2))[2:-1]

    body = b"\x80\x02ccollections\nOrderedDict\n)R("
    for name, key in zip(names, keys, strict=True):
        module, _, class_name = kind.partition(" ")
        storage = b"(" + dump("storage") + f"c{module}\n{class_name}\n".encode()
        storage += dump(key) + dump("cpu") + dump(count) + b"NtQ"
        body += dump(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage
        body += dump(offset) + dump(shape) + dump(strides)
        body += b"\x89ccollections\nOrderedDict\n)RtR"
    return body + b"u."


SIX = struct.pack("<q6f", 6, *range(6))


def test_handmade_file_is_read() -> None:
    """The maker of the hostile files below makes good files too."""
    found = parse_weights(pickles(tensor_state(), ["0"], tail=SIX))
    np.testing.assert_array_equal(found["weight"], np.arange(6, dtype=np.float32).reshape(2, 3))


HOSTILE = {
    "a count beyond the file": pickles(tensor_state(count=2**31 - 1), ["0"], tail=SIX),
    "a count beyond any memory": pickles(tensor_state(count=2**62), ["0"], tail=SIX),
    "a negative count": pickles(tensor_state(count=-6), ["0"], tail=SIX),
    "a count that is True": pickles(
        tensor_state(count=True, shape=(1,), strides=(1,)), ["0"], tail=struct.pack("<qf", 1, 1.0)
    ),
    "an offset": pickles(tensor_state(offset=1, shape=(5,), strides=(1,)), ["0"], tail=SIX),
    "negative strides": pickles(tensor_state(strides=(-3, -1)), ["0"], tail=SIX),
    "strides beyond the storage": pickles(tensor_state(strides=(300, 1)), ["0"], tail=SIX),
    "strides that visit a number twice": pickles(tensor_state(strides=(1, 1)), ["0"], tail=SIX),
    "a stride of nothing": pickles(tensor_state(strides=(0, 0)), ["0"], tail=SIX),
    "a shape beyond its storage": pickles(tensor_state(shape=(200, 3)), ["0"], tail=SIX),
    "a negative shape": pickles(tensor_state(shape=(-2, -3)), ["0"], tail=SIX),
    "sizes whose product wraps round": pickles(
        tensor_state(shape=(2**33, 2**33), strides=(2**33, 1)), ["0"], tail=SIX
    ),
    "too few strides": pickles(tensor_state(strides=(1,)), ["0"], tail=SIX),
    "a hundred axes": pickles(tensor_state(shape=(1,) * 100, strides=(1,) * 100), ["0"], tail=SIX),
    "another type of numbers": pickles(tensor_state(kind="torch QInt8Storage"), ["0"], tail=SIX),
    "a type from elsewhere": pickles(tensor_state(kind="os system"), ["0"], tail=SIX),
    "two tensors over one storage": pickles(
        tensor_state(names=("a", "b"), keys=("0", "0")), ["0"], tail=SIX
    ),
    "a storage listed twice": pickles(tensor_state(), ["0", "0"], tail=SIX + SIX),
    "a storage that no tensor has": pickles(tensor_state(), ["0", "1"], tail=SIX + SIX),
    "a storage that is not listed": pickles(tensor_state(), []),
    "a length that is not the tensor's": pickles(
        tensor_state(), ["0"], tail=struct.pack("<q6f", 2**60, *range(6))
    ),
    "bytes after the end": pickles(tensor_state(), ["0"], tail=SIX + b"x"),
    "the other byte order": pickles(tensor_state(), ["0"], tail=SIX, little=False),
    "a list of keys that are lists": pickles(tensor_state(), [[["0"]]], tail=SIX),  # type: ignore[list-item]
    "a value that was never kept": b"\x80\x02h\x05.",
    "a mark without a tuple": b"\x80\x02(.",
    "a tuple without a mark": b"\x80\x02t.",
    "tuples that double a hundred times": b"\x80\x02)" + b"q\x00h\x00\x86" * 100 + b".",
    "a text of four gigabytes": b"\x80\x02X\xff\xff\xff\xff",
    "an integer of 255 bytes": b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".",
    "an unhashable key": b"\x80\x02}]Ns.",
    "nothing": b"",
    "one byte": b"\x80",
    "a ZIP": b"PK\x03\x04" + bytes(60),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_file_is_refused(content: bytes) -> None:
    """Sizes, strides, references and structures that lie are refused."""
    with pytest.raises(EncoderError):
        parse_weights(content)


@pytest.mark.parametrize(
    "name", ["GLOBAL", "REDUCE", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "EXT1"]
)
def test_opcodes_that_call_have_no_power(name: str) -> None:
    """Each opcode of pickle that can import or call is refused, or only ever compared as text."""
    code = next(op.code for op in pickletools.opcodes if op.name == name).encode("latin-1")
    with pytest.raises(EncoderError):
        parse_weights(b"\x80\x02" + code + b"os\nsystem\n(X\x04\x00\x00\x00true\x85R.")


@settings(max_examples=150, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=6
    ),
    cut=st.integers(0, len(SMALL)),
)
def test_mutated_file_gives_tensors_or_an_error(edits: list[tuple[int, int]], cut: int) -> None:
    """Whatever bytes are changed or cut off, out come tensors or an EncoderError."""
    content = bytearray(SMALL)
    for place, value in edits:
        content[place] = value
    for candidate in (bytes(content), bytes(content[:cut])):
        try:
            found = parse_weights(candidate)
        except EncoderError:
            continue
        assert all(type(name) is str and type(one) is np.ndarray for name, one in found.items())
        assert sum(one.nbytes for one in found.values()) <= len(candidate)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200))
def test_random_opcodes_give_an_error(content: bytes) -> None:
    """Random bytes after a good header are never anything but refused."""
    with pytest.raises(EncoderError):
        parse_weights(pickles(content, []))


def test_another_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A hash that is not the expected one is an error in four lines."""
    path = tmp_path / "weights.pth"
    path.write_bytes(SMALL)
    with pytest.raises(EncoderError) as caught:
        read_weights(path, sha256="0" * 64)
    assert 4 == len(str(caught.value).splitlines())
    assert "weights.pth" in caught.value.found


def test_missing_file_is_an_error_in_four_lines(tmp_path: Path) -> None:
    """A file that is not there, and one that is no tensors, say so in four lines."""
    with pytest.raises(EncoderError) as missing:
        read_weights(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("hello", encoding="utf-8")
    with pytest.raises(EncoderError) as text:
        read_weights(tmp_path / "text.pth")
    assert [4, 4] == [len(str(one.value).splitlines()) for one in (missing, text)]
