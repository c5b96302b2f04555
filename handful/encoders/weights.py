"""Pretrained weights read from a PyTorch file without PyTorch, and without running code from it.

A `.pth` file of PyTorch before 1.6 is five pickles and then the raw numbers of every storage.
Python's own unpickler calls what a pickle names; this reader cannot: it is an interpreter of the
few opcodes that such a file needs, in which a name out of the file is only ever compared with the
names below and never looked up. What it returns are numbers; anything else is an EncoderError.
Which weights belong to which encoder is the registry's business.

Layout of the file, as `torch.serialization` wrote it until 1.6 (read there, not copied):
magic number, protocol version, facts on the writing machine, the state dict whose tensors refer to
storages by key, the list of keys; then for each key its length (int64) and its numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from struct import Struct

import numpy as np

from handful.errors import EncoderError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
STORAGE_TYPES: dict[str, np.dtype] = {
    "torch FloatStorage": np.dtype("<f4"),
    "torch LongStorage": np.dtype("<i8"),
}
MAX_DIMENSIONS = 8

_U8, _U16, _I32, _U32, _I64 = (Struct(code) for code in ("<B", "<H", "<i", "<I", "<q"))


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    """A global that the pickle names. It is never imported: only its text is compared."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class _Storage:
    """A run of numbers further on in the file."""

    key: str
    dtype: np.dtype
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class _Tensor:
    """A storage with a shape; the numbers are filled in when the storage is read."""

    storage: _Storage
    shape: tuple[int, ...]
    order: tuple[int, ...]  # its axes as they lie in the storage, outermost first

    def array(self, numbers: np.ndarray) -> np.ndarray:
        """The tensor in C order."""
        stored = numbers.reshape([self.shape[axis] for axis in self.order])
        return stored.transpose(np.argsort(self.order)).copy(order="C")


class _RefusedError(Exception):
    """Why the file is refused and at which byte; becomes the one EncoderError at the door."""


def read_weights(path: Path, *, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Every tensor of a PyTorch weight file (format before 1.6), by name, in the file's order.

    Each tensor must be contiguous and be the whole of its own storage: no views, no sharing.

    Args:
        path: the `.pth` file.
        sha256: the file's expected hash in hexadecimal; None leaves it unchecked.
    Raises:
        EncoderError: the file cannot be read, has another hash, or holds anything but tensors.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(
            "The weight file cannot be read.",
            found=f"{path.name} ({error.strerror})",
            expected="a readable file of pretrained weights",
            attempt="install the encoder's package again",
        ) from error
    if sha256 is not None and (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise EncoderError(
            "The weight file is not the one that this version of handful knows.",
            found=f"{path.name} ({len(content):,} bytes, sha256 {found[:12]}…)",
            expected=f"sha256 {sha256[:12]}…",
            attempt="install the encoder's package again; if it stays so, the package was changed",
        )
    return parse_weights(content, name=path.name)


def parse_weights(content: bytes, *, name: str = "weights") -> dict[str, np.ndarray]:
    """As `read_weights`, from the file's bytes; `name` stands in the error."""
    try:
        return _parse(content)
    except _RefusedError as refusal:
        raise EncoderError(
            "The weight file holds something other than plain tensors.",
            found=f"{name} ({refusal})",
            expected="a state dict of float32 and int64 tensors, as PyTorch before 1.6 saved it",
            attempt="install the encoder's package again; use no weights from elsewhere",
        ) from refusal


def _parse(content: bytes) -> dict[str, np.ndarray]:
    reader = _Pickle(content)
    if reader.load() != MAGIC or reader.load() != PROTOCOL:
        raise _RefusedError("it does not begin as a PyTorch file of that format")
    machine = reader.load()
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise _RefusedError("it was not written on a little-endian machine")
    state, keys = reader.load(), reader.load()
    if not isinstance(state, dict) or not isinstance(keys, list):
        raise _RefusedError("it holds no state dict")
    storages: dict[str, _Storage] = {}
    for tensor_name, tensor in state.items():
        if not isinstance(tensor, _Tensor):
            raise _RefusedError(f"{tensor_name[:80]!r} is no tensor")
        if tensor.storage.key in storages:
            raise _RefusedError(f"{tensor_name[:80]!r} shares its numbers with another tensor")
        storages[tensor.storage.key] = tensor.storage
    if not all(isinstance(key, str) for key in keys) or sorted(keys) != sorted(storages):
        raise _RefusedError("its list of storages and its tensors do not agree")
    numbers = {key: _read_storage(reader, storages[key]) for key in keys}
    if reader.at != len(content):
        raise _RefusedError(f"{len(content) - reader.at:,} bytes follow its end")
    return {key: tensor.array(numbers[tensor.storage.key]) for key, tensor in state.items()}


def _read_storage(reader: _Pickle, storage: _Storage) -> np.ndarray:
    if reader.number(_I64) != storage.count:
        raise _RefusedError(f"storage {storage.key[:80]!r} has another length than its tensor")
    raw = reader.take(storage.count * storage.dtype.itemsize)
    return np.frombuffer(raw, storage.dtype).astype(storage.dtype.newbyteorder("="))


class _Pickle:
    """An interpreter of the pickle opcodes in a state dict, over the whole file's bytes.

    Values are None, bool, int, str, tuple, list, dict with text keys, and the classes above.
    No value is ever called, imported, compared deeply, hashed (text apart) or printed, so neither
    code nor an exponentially shared structure can do harm.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def refused(self, why: str) -> _RefusedError:
        """What to raise here."""
        return _RefusedError(f"byte {self.at:,}: {why}")

    def take(self, count: int) -> bytes:
        """The next `count` bytes; the size is checked before anything is reserved."""
        left = len(self.content) - self.at
        if not 0 <= count <= left:
            raise self.refused(f"{count:,} bytes are wanted and {left:,} are left")
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, layout: Struct) -> int:
        """One integer."""
        return int(layout.unpack(self.take(layout.size))[0])

    def text(self, count: int) -> str:
        """The next `count` bytes as text."""
        try:
            return self.take(count).decode()
        except UnicodeDecodeError as error:
            raise self.refused("a text is not UTF-8") from error

    def line(self) -> str:
        """Text up to the end of the line."""
        end = self.content.find(b"\n", self.at, self.at + 200)
        if end < 0:
            raise self.refused("a name does not end")
        text = self.text(end - self.at)
        self.at += 1
        return text

    def pop(self) -> object:
        """The value on top, if it lies above the last mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise self.refused("a value is missing")
        return self.stack.pop()

    def since_mark(self) -> list[object]:
        """All values above the last mark, which goes too."""
        if not self.marks:
            raise self.refused("a mark is missing")
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def fill_list(self, values: list[object]) -> None:
        """Extend the list on top."""
        target = self.pop()
        if not isinstance(target, list):
            raise self.refused("something other than a list is filled")
        target.extend(values)
        self.stack.append(target)

    def fill_dict(self, pairs: list[object]) -> None:
        """Set keys of the dict on top: key, value, key, value."""
        target = self.pop()
        if not isinstance(target, dict) or len(pairs) % 2:
            raise self.refused("something other than a dict is filled")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if not isinstance(key, str):
                raise self.refused("a key is not text")
            target[key] = value
        self.stack.append(target)

    def remember(self, key: int) -> None:
        """Keep the value on top under a number."""
        value = self.pop()
        self.memo[key] = value
        self.stack.append(value)

    def recall(self, key: int) -> None:
        """Push what was kept."""
        if key not in self.memo:
            raise self.refused("a value is recalled that was never kept")
        self.stack.append(self.memo[key])

    def load(self) -> object:
        """The value of the pickle that begins here."""
        self.stack, self.marks, self.memo = [], [], {}
        push = self.stack.append
        while (opcode := self.take(1)) != b".":
            match opcode:
                case b"\x80":  # PROTO
                    if self.number(_U8) != 2:
                        raise self.refused("the pickle has another protocol than 2")
                case b"N":
                    push(None)
                case b"\x88":
                    push(True)
                case b"\x89":
                    push(False)
                case b"K":
                    push(self.number(_U8))
                case b"M":
                    push(self.number(_U16))
                case b"J":
                    push(self.number(_I32))
                case b"\x8a":  # LONG1: its length, then two's complement
                    push(int.from_bytes(self.take(self.number(_U8)), "little", signed=True))
                case b"X":  # BINUNICODE
                    push(self.text(self.number(_U32)))
                case b")":
                    push(())
                case b"]":
                    push([])
                case b"}":
                    push({})
                case b"(":
                    self.marks.append(len(self.stack))
                case b"t":
                    push(tuple(self.since_mark()))
                case b"\x85" | b"\x86" | b"\x87":  # TUPLE1, TUPLE2, TUPLE3
                    push(tuple(self.pop() for _ in range(opcode[0] - 0x84))[::-1])
                case b"a":  # APPEND
                    self.fill_list([self.pop()])
                case b"e":  # APPENDS
                    self.fill_list(self.since_mark())
                case b"s":  # SETITEM
                    value = self.pop()
                    self.fill_dict([self.pop(), value])
                case b"u":  # SETITEMS
                    self.fill_dict(self.since_mark())
                case b"q":
                    self.remember(self.number(_U8))
                case b"r":
                    self.remember(self.number(_U32))
                case b"h":
                    self.recall(self.number(_U8))
                case b"j":
                    self.recall(self.number(_U32))
                case b"c":  # GLOBAL: kept as text, never looked up
                    push(_Name(f"{self.line()} {self.line()}"))
                case b"Q":  # BINPERSID: a storage
                    push(self.storage(self.pop()))
                case b"R":  # REDUCE: one of two known constructions, never a call
                    arguments = self.pop()
                    push(self.construct(self.pop(), arguments))
                case b"b":  # BUILD: attributes of the state dict, which numbers do not need
                    if not isinstance(self.pop(), dict):
                        raise self.refused("attributes are no dict")
                    push(self.pop())
                case _:
                    raise self.refused(f"opcode {opcode!r} has no place in a file of tensors")
        value = self.pop()
        if self.stack or self.marks:
            raise self.refused("a pickle ends before its value is whole")
        return value

    def storage(self, description: object) -> _Storage:
        """From ("storage", type, key, device, count, None), as the file describes it."""
        match description:
            case ("storage", _Name(text), str(key), str(), int(count), None):
                if text not in STORAGE_TYPES:
                    raise self.refused(f"storage type {text[:80]!r} is not read")
                most = len(self.content) // STORAGE_TYPES[text].itemsize
                if type(count) is not int or not 0 <= count <= most:
                    raise self.refused(f"a storage of {count:,} numbers is larger than the file")
                return _Storage(key, STORAGE_TYPES[text], count)
        raise self.refused("a reference is no storage")

    def construct(self, name: object, arguments: object) -> object:
        """An empty ordered dict, or a tensor that is the whole of its storage, in order."""
        if not isinstance(name, _Name):
            raise self.refused("something other than a name is applied")
        match (name.text, arguments):
            case ("collections OrderedDict", ()):
                return {}
            case (
                "torch._utils _rebuild_tensor_v2",
                (_Storage() as storage, 0, tuple(shape), tuple(strides), bool(), dict() as hooks),
            ) if not hooks:
                return self.tensor(storage, shape, strides)
        raise self.refused(f"{name.text[:80]!r} is named, which is no plain tensor")

    def tensor(
        self, storage: _Storage, shape: tuple[object, ...], strides: tuple[object, ...]
    ) -> _Tensor:
        """Checked: shape and strides visit every number of the storage exactly once.

        So the axes, sorted from the widest stride to the narrowest, lie in plain C order; axes of
        one step may have any stride. (The file's convolutions are transposed: TensorFlow's order.)
        """
        sizes = [size for size in shape if type(size) is int and size >= 0]
        steps = [step for step in strides if type(step) is int]
        if not len(sizes) == len(shape) == len(steps) == len(strides) <= MAX_DIMENSIONS:
            raise self.refused("a shape is not made of sizes")
        axes = sorted(range(len(sizes)), key=lambda axis: (sizes[axis] > 1, -steps[axis]))
        for place, axis in enumerate(axes):
            inside = prod(sizes[inner] for inner in axes[place + 1 :])
            if sizes[axis] > 1 and steps[axis] != inside:
                raise self.refused("a tensor does not take the numbers of its storage once each")
        if prod(sizes) != storage.count:
            raise self.refused("a tensor is not the whole of its storage")
        return _Tensor(storage, tuple(sizes), tuple(axes))
