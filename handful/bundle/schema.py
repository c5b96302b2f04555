"""Strict JSON: values to dataclasses by their annotations, and back. No field is named here.

Unknown keys, missing keys, wrong types, NaN and infinity are refused; a figure that does not exist
(nan in Python) is null. A key with a default may be missing: that is how a later version reads an
earlier file. Text is written in one way only (keys sorted, no spaces to choose), and only that
text is read: two readers cannot see two meanings.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

MAX_TEXT = 10_000  # characters in one string: a class name, a method
MAX_INTEGER = 2**53  # beyond it other JSON readers round


class SchemaFault(ValueError):  # noqa: N818 - never seen by a user
    """What is wrong, and at which key. Caught by the reader of the manifest."""


def dumps(value: object) -> bytes:
    """The one way to write `value` (a dataclass, or plain values) as JSON."""
    text = json.dumps(plain(value), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    return (text + "\n").encode()


def plain(value: object) -> Any:
    """Dataclasses, mappings, tuples and nan as JSON's dicts, lists and null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def loads(data: bytes) -> Any:
    """The plain value that `dumps` wrote.

    Raises:
        SchemaFault: not JSON, nested too deep, or not written in the one way.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        again = dumps(value)
    except (ValueError, RecursionError) as error:
        raise SchemaFault(f"it is not JSON as handful writes it ({error})") from error
    if again != data:
        raise SchemaFault("it is not written as handful writes it: keys twice, or changed by hand")
    return value


def read(kind: Any, value: object, where: str) -> Any:
    """`value` as the annotated type `kind`.

    Args:
        kind: a dataclass, or a type made of str, int, float, bool, None, Literal, `X | None`,
            tuple[X, ...] and Mapping[str, X].
        where: the key, for messages.
    Raises:
        SchemaFault: the value does not fit.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    if origin in (Union, types.UnionType):
        return _read_optional(arguments, value, where)
    if origin is Literal:
        if not any(value == choice and type(value) is type(choice) for choice in arguments):
            raise _unlike(where, value, " or ".join(map(repr, arguments)))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise _unlike(where, value, "a list")
        return tuple(read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _unlike(where, value, "an object")
        return {
            read(str, key, where): read(arguments[1], item, f"{where}.{key[:80]}")
            for key, item in value.items()
        }
    return _read_scalar(kind, value, where)


def _read_dataclass(kind: Any, value: object, where: str) -> Any:
    if not isinstance(value, dict):
        raise _unlike(where, value, "an object")
    hints = _hints(kind)
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(set(value) - set(known)):
        raise SchemaFault(f"{where} has an unknown key {unknown[0][:80]!r}")
    for name, field in known.items():
        if name not in value and field.default is field.default_factory is MISSING:
            raise SchemaFault(f"{where} lacks the key {name!r}")
    filled = {
        name: read(hints[name], item, f"{where}.{name}" if where else name)
        for name, item in value.items()
    }
    return kind(**filled)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read_optional(kinds: tuple[Any, ...], value: object, where: str) -> Any:
    if value is None and types.NoneType in kinds:
        return None
    (kind,) = (kind for kind in kinds if kind is not types.NoneType)
    return read(kind, value, where)


def _read_scalar(kind: Any, value: object, where: str) -> object:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and type(value) is int and abs(value) < MAX_INTEGER:
        return value
    if kind is float and value is None:
        return math.nan
    if kind is float and isinstance(value, float) and math.isfinite(value):
        return value
    if kind is float and type(value) is int and abs(value) < MAX_INTEGER:
        return float(value)
    if kind is str and isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    raise _unlike(where, value, kind.__name__)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _unlike(where: str, value: object, expected: str) -> SchemaFault:
    return SchemaFault(f"{where or 'the whole'} is {str(value)[:80]!r}, not {expected}")
