# ruff: noqa: ARG005  (a derivative takes all arguments and uses some)
"""The one table of operators: what each means in NumPy, in PyTorch and in C, and its derivative.

`op` builds a term: it promotes kinds ("b" → "i" → "f"), folds constants and drops neutral elements,

    op("mul", x[i], 1.0)  →  x[i]          op("add", i, x[i])  →  float(i) + x[i]

and `kind` tells what a term is. Everything else in the package asks this table; no other file
knows an operator by name, except the few shapes that the planner looks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.kernels.ir.nodes import Axis, Const, Load, Node, Op, Reduce, Size, Smallest

TRUE = Const(True)
Derivative = Callable[..., tuple["Node | None", ...]]


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table.

    Args:
        takes: "same" (arguments are promoted to one kind), "float", "int", "bool" or "select".
        gives: "same", or the kind of the result.
        torch: name in the `torch` module, or in `FROM_TORCH` of `oracle/fallback.py`.
        c: C text; `{0}` is the first argument, `{s}` is "f" for float and "" for double.
        text: as `.equations()` prints it, and how tightly it binds.
        derivative: (result, *arguments) → the factor that each argument's cotangent takes.
    """

    takes: str
    gives: str
    numpy: Callable[..., Any]
    torch: str
    c: str
    text: str
    binds: int = 9
    derivative: Derivative | None = None
    flops: int = 1


def kind(node: Node) -> str:
    """ "f", "i" or "b"."""
    match node:
        case Const(value=value):
            return "b" if isinstance(value, bool) else "i" if isinstance(value, int) else "f"
        case Axis() | Size() | Smallest():
            return "i"
        case Load(array=array):
            return array.kind
        case Reduce(body=body):
            return kind(body)
        case Op(name=name, args=args):
            gives = TABLE[name].gives
            return kind(args[-1]) if gives == "same" else gives
    raise TypeError(node)


def cast(node: Node, to: str) -> Node:
    """`node` as kind `to`, which is not below its own."""
    have = kind(node)
    if have == to:
        return node
    if isinstance(node, Const):
        return Const(float(node.value) if to == "f" else int(node.value))
    return Op({"f": "float", "i": "int"}[to], (node,))


class KindError(TypeError):
    """An operator met a kind that it does not take; the caller adds the place."""


def op(name: str, *args: Node) -> Node:
    """The term `name(*args)`, promoted, folded and simplified."""
    row = TABLE[name]
    kinds = [kind(a) for a in args]
    if row.takes == "select":
        if kinds[0] != "b":
            raise KindError("the first argument of where is a condition")
        top = max(kinds[1:], key="bif".index)
        args = (args[0], cast(args[1], top), cast(args[2], top))
    elif row.takes == "bool" and set(kinds) != {"b"}:
        raise KindError(f"{row.text.format('…', '…')} takes conditions")
    elif row.takes == "int" and "f" in kinds:
        raise KindError(f"{row.text.format('…', '…')} takes integers")
    elif row.takes == "float":
        args = tuple(cast(a, "f") for a in args)
    elif row.takes in ("same", "int"):
        top = max([*kinds, "i"], key="bif".index)
        args = tuple(cast(a, top) for a in args)
    return _simplify(name, args)


def _simplify(name: str, args: tuple[Node, ...]) -> Node:
    if all(isinstance(a, Const) for a in args):
        with np.errstate(all="ignore"):
            value = TABLE[name].numpy(*[a.value for a in args if isinstance(a, Const)])
        return Const(np.asarray(value).item())
    values = [a.value if isinstance(a, Const) else None for a in args]
    match name, args:
        case ("add", (a, b)) if values[0] == 0:
            return b
        case ("add" | "sub", (a, b)) if values[1] == 0:
            return a
        case ("mul", (a, b)) if values[0] == 1:
            return b
        case ("mul" | "div", (a, b)) if values[1] == 1:
            return a
        case ("mul", (a, b)) if values[1] == -1:
            return op("neg", a)
        case ("mul", (a, Op(name="neg", args=(b,)))) | ("mul", (Op(name="neg", args=(b,)), a)):
            return op("neg", op("mul", a, b))
        case ("add", (a, Op(name="neg", args=(b,)))):
            return op("sub", a, b)
        case ("sub", (a, Op(name="neg", args=(b,)))):
            return op("add", a, b)
        case ("neg", (Op(name="neg", args=(a,)),)):
            return a
        case ("and", (a, b)) if values[0] is True:
            return b
        case ("and", (a, b)) if values[1] is True or a is b:
            return a
        case ("or", (a, b)) if a is b:
            return a
        case ("or", (_, _)) if True in values:
            return TRUE
        case ("ge", (Axis(), Const(value=value))) if value <= 0:
            return TRUE
        case ("where", (_, a, b)) if a is b:
            return a
        case ("where", (_, a, b)) if isinstance(values[0], bool):
            return a if values[0] else b
        case ("where", (c, Op(name="where", args=(c2, a, _)), b)) if c is c2:
            return op("where", c, a, b)
    return Op(name, args)


def product(factors: Sequence[Node]) -> Node:
    """x, y, z  →  (x*y)*z"""
    whole = factors[0]
    for factor in factors[1:]:
        whole = op("mul", whole, factor)
    return whole


def factors(node: Node) -> list[Node]:
    """The factors of a product; a quotient's divisor stays with its dividend."""
    if isinstance(node, Op) and node.name == "mul":
        return [f for a in node.args for f in factors(a)]
    if isinstance(node, Op) and node.name == "neg":
        return [Const(-1.0), *factors(node.args[0])]
    return [node]


def guarded(node: Node) -> tuple[Node | None, Node]:
    """where(p, x, 0)  →  p, x;  x  →  None, x"""
    match node:
        case Op(name="where", args=(present, term, Const(value=0.0))):
            return present, term
    return None, node


def conjuncts(guard: Node) -> list[Node]:
    """p & q  →  [p, q]"""
    match guard:
        case Op(name="and", args=(a, b)):
            return conjuncts(a) + conjuncts(b)
    return [guard]


def _where(condition: Node, a: Node | float, b: Node | float) -> Node:
    return op("where", condition, _lift(a), _lift(b))


def _lift(value: Node | float) -> Node:
    return value if isinstance(value, Node) else Const(value)


def _mul(a: Node | float, b: Node | float) -> Node:
    return op("mul", _lift(a), _lift(b))


def _one_minus_square(y: Node, _: Node) -> tuple[Node]:
    return (op("sub", Const(1.0), _mul(y, y)),)


def _d_pow(y: Node, a: Node, b: Node) -> tuple[Node, Node | None]:
    by_base = _mul(b, op("pow", a, op("sub", b, Const(1.0))))
    if isinstance(b, Const):
        return by_base, None
    # 0 ** b has slope 0 in b, not log(0) * 0
    log = _where(op("eq", a, Const(0.0)), 0.0, op("log", a))
    return by_base, _mul(y, log)


def _d_div(_: Node, a: Node, b: Node) -> tuple[Node, Node]:
    part = op("div", Const(1.0), b)  # once for all a, where b stays the same
    return part, op("neg", _mul(_mul(a, part), part))


def _pick(name: str) -> Derivative:
    def derivative(_: Node, a: Node, b: Node) -> tuple[Node, Node]:
        first = op(name, a, b)
        return _where(first, 1.0, 0.0), _where(first, 0.0, 1.0)

    return derivative


def _erf(x: Any) -> Any:
    return np.vectorize(math.erf, otypes=[np.float64])(x).astype(np.result_type(x))


def _sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(np.asarray(x) >= 0, 1 / (1 + small), small / (1 + small))


def _cast_float(x: Any) -> Any:
    return np.asarray(x, dtype=np.float64)


LARGEST_WHOLE = 2.0**53
"""What `floor` and its like are clamped to: beyond it a float64 has no neighbour at distance 1."""


def _whole(rounded: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """To int64 by this rounding; NaN is as far below as can be, so it is out of every range."""

    def convert(x: Any) -> Any:
        near = np.nan_to_num(rounded(x), nan=-LARGEST_WHOLE)
        return np.asarray(np.clip(near, -LARGEST_WHOLE, LARGEST_WHOLE)).astype(np.int64)

    return convert


_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
_same, _float, _int, _bool = "same", "float", "int", "bool"

TABLE: dict[str, Operator] = {
    "add": Operator(_same, _same, np.add, "add", "({0} + {1})", "{0} + {1}", 4,
                    lambda y, a, b: (Const(1.0), Const(1.0))),
    "sub": Operator(_same, _same, np.subtract, "sub", "({0} - {1})", "{0} - {1}", 4,
                    lambda y, a, b: (Const(1.0), Const(-1.0))),
    "mul": Operator(_same, _same, np.multiply, "mul", "({0} * {1})", "{0}*{1}", 5,
                    lambda y, a, b: (b, a)),
    "div": Operator(_float, "f", np.divide, "div", "({0} / {1})", "{0}/{1}", 5, _d_div, 4),
    "neg": Operator(_same, _same, np.negative, "neg", "(-{0})", "-{0}", 6,
                    lambda y, a: (Const(-1.0),)),
    "pow": Operator(_float, "f", np.power, "pow", "__builtin_pow{s}({0}, {1})", "{0}**{1}", 7,
                    _d_pow, 40),
    "floordiv": Operator(_int, "i", np.floor_divide, "floor_divide", "k_floordiv({0}, {1})",
                         "{0}//{1}", 5),
    "mod": Operator(_int, "i", np.mod, "remainder", "k_mod({0}, {1})", "{0} % {1}", 5),
    "exp": Operator(_float, "f", np.exp, "exp", "k_exp{s}({0})", "exp({0})", 9,
                    lambda y, a: (y,), 10),
    "log": Operator(_float, "f", np.log, "log", "k_log{s}({0})", "log({0})", 9,
                    lambda y, a: (op("div", Const(1.0), a),), 12),
    "tanh": Operator(_float, "f", np.tanh, "tanh", "k_tanh{s}({0})", "tanh({0})", 9,
                     _one_minus_square, 15),
    "sigmoid": Operator(_float, "f", _sigmoid, "sigmoid", "k_sigmoid{s}({0})", "sigmoid({0})", 9,
                        lambda y, a: (_mul(y, op("sub", Const(1.0), y)),), 15),
    "erf": Operator(_float, "f", _erf, "erf", "k_erf{s}({0})", "erf({0})", 9,
                    lambda y, a: (_mul(_TWO_OVER_ROOT_PI, op("exp", op("neg", _mul(a, a)))),), 20),
    "sqrt": Operator(_float, "f", np.sqrt, "sqrt", "__builtin_sqrt{s}({0})", "sqrt({0})", 9,
                     lambda y, a: (op("div", Const(0.5), y),), 6),
    "rsqrt": Operator(_float, "f", lambda x: 1 / np.sqrt(x), "rsqrt",
                      "(1 / __builtin_sqrt{s}({0}))", "rsqrt({0})", 9,
                      lambda y, a: (_mul(-0.5, op("div", y, a)),), 8),
    "sin": Operator(_float, "f", np.sin, "sin", "__builtin_sin{s}({0})", "sin({0})", 9,
                    lambda y, a: (op("cos", a),), 20),
    "cos": Operator(_float, "f", np.cos, "cos", "__builtin_cos{s}({0})", "cos({0})", 9,
                    lambda y, a: (op("neg", op("sin", a)),), 20),
    "floor": Operator(_float, "i", _whole(np.floor), "floor", "k_whole(__builtin_floor{s}({0}))",
                      "floor({0})", 9, lambda y, a: (None,), 4),
    "round": Operator(_float, "i", _whole(np.rint), "round", "k_whole(__builtin_rint{s}({0}))",
                      "round({0})", 9, lambda y, a: (None,), 4),
    "trunc": Operator(_float, "i", _whole(np.trunc), "trunc", "k_whole(__builtin_trunc{s}({0}))",
                      "trunc({0})", 9, lambda y, a: (None,), 4),
    "abs": Operator(_same, _same, np.abs, "abs", "k_abs({0})", "abs({0})", 9,
                    lambda y, a: (op("sign", a),)),
    "sign": Operator(_same, _same, np.sign, "sign", "k_sign({0})", "sign({0})", 9,
                     lambda y, a: (None,)),
    "maximum": Operator(_same, _same, np.maximum, "maximum", "k_maximum({0}, {1})",
                        "maximum({0}, {1})", 9, _pick("ge")),
    "minimum": Operator(_same, _same, np.minimum, "minimum", "k_minimum({0}, {1})",
                        "minimum({0}, {1})", 9, _pick("le")),
    "stop": Operator(_same, _same, lambda x: x, "stop", "{0}", "stop({0})", 9,
                     lambda y, a: (None,), 0),
    "float": Operator("any", "f", _cast_float, "float", "(({real}){0})", "float({0})", 9, None, 0),
    "int": Operator("any", "i", np.int64, "int", "((int64_t){0})", "int({0})", 9, None, 0),
    "eq": Operator(_same, "b", np.equal, "eq", "({0} == {1})", "{0} == {1}", 3),
    "ne": Operator(_same, "b", np.not_equal, "ne", "({0} != {1})", "{0} != {1}", 3),
    "lt": Operator(_same, "b", np.less, "lt", "({0} < {1})", "{0} < {1}", 3),
    "le": Operator(_same, "b", np.less_equal, "le", "({0} <= {1})", "{0} <= {1}", 3),
    "gt": Operator(_same, "b", np.greater, "gt", "({0} > {1})", "{0} > {1}", 3),
    "ge": Operator(_same, "b", np.greater_equal, "ge", "({0} >= {1})", "{0} >= {1}", 3),
    "and": Operator(_bool, "b", np.logical_and, "logical_and", "({0} & {1})", "{0} & {1}", 2),
    "or": Operator(_bool, "b", np.logical_or, "logical_or", "({0} | {1})", "{0} | {1}", 1),
    "not": Operator(_bool, "b", np.logical_not, "logical_not", "(!{0})", "~{0}", 6),
    "where": Operator("select", _same, np.where, "where", "({0} ? {1} : {2})",
                      "where({0}, {1}, {2})", 9),
}  # fmt: skip

REDUCE: dict[str, tuple[Callable[..., Any], float]] = {
    "sum": (np.add.reduce, 0.0),
    "max": (np.maximum.reduce, -math.inf),
    "min": (np.minimum.reduce, math.inf),
}
"""Reduction → its NumPy form and the value over nothing."""

BIG = 2**62
"""What the minimum of no integers is; more than any index."""


def identity(reduction: str, of: str) -> float | int:
    """The value of `reduction` over nothing, for kind `of`."""
    value = REDUCE[reduction][1]
    if of == "f":
        return value
    return 0 if reduction == "sum" else BIG if reduction == "min" else -BIG
