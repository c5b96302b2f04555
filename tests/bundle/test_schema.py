"""Strict JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.bundle.schema import SchemaFault, dumps, loads, read


@dataclass(frozen=True)
class Inner:
    """A part of `Outer`."""

    value: float
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Outer:
    """One field of each sort that manifests have."""

    name: str
    count: int
    inner: Inner | None
    parts: tuple[Inner, ...] = ()
    named: Mapping[str, int] = field(default_factory=dict)
    sure: bool = True


SOUND: dict[str, Any] = {
    "name": "x",
    "count": 3,
    "inner": {"value": 0.5, "kind": "b"},
    "parts": [{"value": 1}],
    "named": {"é": 4},
    "sure": False,
}


def test_json_becomes_the_dataclass() -> None:
    """Every sort of field is read as what it is annotated."""
    expected = Outer("x", 3, Inner(0.5, "b"), (Inner(1.0),), {"é": 4}, sure=False)
    assert read(Outer, SOUND, "") == expected


@given(st.builds(Outer, st.text(), st.integers(-99, 99), st.builds(Inner, st.floats(-9, 9))))
def test_what_is_written_is_read(value: Outer) -> None:
    """Reading gives back what was written."""
    assert read(Outer, loads(dumps(value)), "") == value


def test_a_figure_that_does_not_exist_is_null() -> None:
    """nan is written as null, because JSON has no nan, and read as nan."""
    text = dumps(Inner(math.nan))
    assert json.loads(text)["value"] is None
    assert math.isnan(read(Inner, loads(text), "").value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extra": 1}, "unknown key 'extra'"),
        ({"name": 3}, "name is '3', not str"),
        ({"name": "x" * 20_000}, "not str"),
        ({"count": True}, "not int"),
        ({"count": 1.5}, "not int"),
        ({"count": 2**60}, "not int"),
        ({"inner": {"value": 10**400}}, "inner.value"),
        ({"inner": {"value": "1"}}, "inner.value is '1', not float"),
        ({"inner": {"value": 1, "kind": "c"}}, "inner.kind is 'c', not 'a' or 'b'"),
        ({"parts": {"value": 1}}, "not a list"),
        ({"parts": [{"value": 1}, None]}, "parts[1] is 'None', not an object"),
        ({"named": [1]}, "named is '[1]', not an object"),
        ({"named": {"a": "b"}}, "named.a is 'b', not int"),
        ({"sure": 1}, "not bool"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], words: str) -> None:
    """The fault names the key, what stands there and what belongs there."""
    with pytest.raises(SchemaFault) as caught:
        read(Outer, {**SOUND, **change}, "")
    assert words in str(caught.value)


def test_a_missing_key_is_named() -> None:
    """A key without a default must be there."""
    with pytest.raises(SchemaFault, match="lacks the key 'count'"):
        read(Outer, {"name": "x", "inner": None}, "")


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1}\n',
        b'{\n "a": 1,\n "a": 1\n}\n',
        b'{\n "a": NaN\n}\n',
        b'{\n "a": 1e999\n}\n',
        b'{\n "a": "\\ud800"\n}\n',
        b'{\n "a": ' + b"9" * 5000 + b"\n}\n",
        b"[" * 100_000,
        b"\xff",
        b"",
    ],
)
def test_only_our_own_spelling_is_read(text: bytes) -> None:
    """Other spellings of JSON, NaN, depth and what is no JSON are refused."""
    with pytest.raises(SchemaFault):
        loads(text)
