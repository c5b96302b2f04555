"""The index IR's programs: equations in order, and the checker that every pass must satisfy.

    out[n, m] = gelu(sum(k, x[n,k] * w[k,m]) + bias[m])
        →  sum1[n, m] += x[n, k] * w[k, m]
           out[n, m] = gelu(sum1[n, m] + bias[m])

In a program no expression holds a reduction: each is an equation of its own, and so are the states
of a scan. Every element is written before it is read, and never after: that is why one rule
differentiates all of it. All arrays keep their time axis here; storage is the planner's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op, Size


@dataclass(frozen=True, slots=True)
class Equation:
    """`target[index] op= expr` over all of `domain`; `op` is "=", "sum", "max" or "min"."""

    target: Array
    index: tuple[Node, ...]
    op: str
    domain: tuple[Axis, ...]
    expr: Node


@dataclass(frozen=True, slots=True)
class Choose:
    """`target[index, r]` = the value of `axis` at which `expr` is r-th smallest, r < count.

    With `bound`, it is `expr` summed over the axes `over` that is compared, and it is computed only
    where the bound, which is never more, is less than all that is chosen so far.
    """

    target: Array
    index: tuple[Node, ...]
    domain: tuple[Axis, ...]
    axis: Axis
    count: int
    expr: Node
    over: tuple[Axis, ...] = ()
    bound: Node | None = None

    @property
    def terms(self) -> tuple[Node, ...]:
        """What it computes."""
        return (self.expr,) if self.bound is None else (self.expr, self.bound)


@dataclass(frozen=True, slots=True)
class Loop:
    """`body` for every value of `axis` in order, or in falling order."""

    axis: Axis
    descending: bool
    body: tuple[Equation | Choose, ...]
    checkpoint: bool = False


Statement = Equation | Choose | Loop


@dataclass(frozen=True, slots=True)
class Program:
    """Inputs, equations, outputs. `counts` are the axes whose size the kernel itself fixes."""

    name: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    body: tuple[Statement, ...]
    counts: tuple[tuple[str, int], ...] = ()
    order: int = 0

    def arrays(self) -> dict[str, Array]:
        """Every array by name."""
        found = [*self.inputs, *self.outputs, *[e.target for e, _ in flat(self.body)]]
        found += [load.array for e, _ in flat(self.body) for load in reads(e)]
        return {a.name: a for a in found}


def flat(body: tuple[Statement, ...]) -> Iterator[tuple[Equation | Choose, Loop | None]]:
    """Every equation with the loop that it stands in."""
    for statement in body:
        if isinstance(statement, Loop):
            for inner in statement.body:
                yield inner, statement
        else:
            yield statement, None


def reads(equation: Equation | Choose) -> list[Load]:
    """Every load of an equation, those inside its target's index too."""
    terms = equation.terms if isinstance(equation, Choose) else (equation.expr,)
    return list(nodes.loads(*terms, *equation.index))


def read_by(*statements: Statement) -> set[Array]:
    """The arrays that statements read."""
    return {load.array for e, _ in flat(statements) for load in reads(e)}


def covers(target: Array, index: tuple[Node, ...]) -> bool:
    """Whether the index is the array's own axes, each alone: one pass over them is all of it."""
    axes = [i for i in index if isinstance(i, Axis)]
    own = [Dim(a.name) for a in axes]
    return len(set(axes)) == len(index) and own == list(target.dims)


def at_load(term: Node, e: Equation, load: Load) -> Node:
    """A term over the axes of an equation's index, at the place of a load of its target."""
    places = zip(e.index, load.index, strict=True)
    return nodes.substitute(term, {a: i for a, i in places if isinstance(a, Axis)})


def writes(statement: Statement) -> set[Array]:
    """The arrays that a statement writes."""
    return {e.target for e, _ in flat((statement,))}


def ends(program: Program) -> list[set[str]]:
    """The axes of each argument and result: what a call holds in memory anyway."""
    return [a.axes for a in (*program.inputs, *program.outputs)]


def fits(axes: Set[str], among: list[set[str]], *, but: Set[str] = frozenset()) -> bool:
    """Whether axes by these names, `but` left aside, are all in one of the `ends`."""
    return any(axes - but <= end for end in among)


def is_within(axes: Iterable[str], among: Iterable[Iterable[str]]) -> bool:
    """Whether what has these axes is no larger than one of the others, whatever the sizes are.

    Each axis must stand as often in the other: n, n is not within n, c.
    """
    own = Counter(axes)
    return any(own <= Counter(other) for other in among)


def needed(program: Program, outputs: tuple[Array, ...]) -> Program:
    """`program` with only what `outputs` rest on."""
    live = set(outputs)
    body: list[Statement] = []
    for statement in reversed(program.body):
        if isinstance(statement, Loop):
            before: set[Array] = set()
            kept: list[Equation | Choose] = []
            while before != live:  # a state read at one step is written at another
                before = set(live)
                kept = [e for e in statement.body if e.target in live]
                live.update(load.array for e in kept for load in reads(e))
            if kept:
                body.append(replace(statement, body=tuple(kept)))
        elif statement.target in live:
            live.update(load.array for load in reads(statement))
            body.append(statement)
    return replace(program, body=tuple(reversed(body)), outputs=outputs)


class CheckError(AssertionError):
    """A pass made a program that breaks the rules: our bug, never the user's."""


def check(program: Program) -> Program:
    """The checker: scopes, ranks, kinds, and writes before reads."""
    written = set(program.inputs)
    for statement in program.body:
        inner = statement.body if isinstance(statement, Loop) else (statement,)
        scope = frozenset({statement.axis} if isinstance(statement, Loop) else ())
        own = writes(statement) if isinstance(statement, Loop) else set()
        for equation in inner:
            _check_equation(equation, scope)
            for load in reads(equation):
                if load.array not in written | own:
                    raise CheckError(
                        f"{load.array} is read before it is written:\n{show(equation)}"
                    )
            if equation.target in program.inputs:
                raise CheckError(f"input {equation.target} is written")
        written |= writes(statement)
    for array in program.outputs:
        if array not in written and program.order == 0:
            raise CheckError(f"output {array} is never written")
    return program


@lru_cache(maxsize=1024)  # most are as the pass before left them
def _check_equation(e: Equation | Choose, scope: frozenset[Axis]) -> None:
    bound = scope | set(e.domain) | ({e.axis, *e.over} if isinstance(e, Choose) else set())
    terms = (*(e.terms if isinstance(e, Choose) else (e.expr,)), *e.index)
    for node in nodes.topological(*terms):
        if isinstance(node, Axis) and node not in bound:
            raise CheckError(f"axis {node} is not in scope:\n{show(e)}")
        if isinstance(node, nodes.Reduce | nodes.Smallest):
            raise CheckError(f"a reduction was left inside an expression:\n{show(e)}")
        if isinstance(node, Load):
            if len(node.index) != len(node.array.dims):
                raise CheckError(f"{node.array} is loaded with {len(node.index)} indices")
            if any(ops.kind(i) != "i" for i in node.index):
                raise CheckError(f"an index of {node.array} is no integer:\n{show(e)}")
        if isinstance(node, Op):
            kinds = {ops.kind(a) for a in node.args[ops.TABLE[node.name].takes == "select" :]}
            if len(kinds) > 1:
                raise CheckError(f"{node.name} mixes kinds {kinds}:\n{show(e)}")
    dims = e.target.dims if isinstance(e, Equation) else e.target.dims[:-1]
    if len(e.index) != len(dims):
        raise CheckError(f"{e.target} is written with {len(e.index)} indices")
    if isinstance(e, Equation) and ops.kind(e.expr) != e.target.kind:
        raise CheckError(f"{e.target} is {e.target.kind} but gets {ops.kind(e.expr)}:\n{show(e)}")
    if isinstance(e, Equation) and e.op == "=":
        plain = {i for i in e.index if isinstance(i, Axis)}
        if not set(e.domain) <= plain:
            raise CheckError(f"{e.target} is assigned more than once:\n{show(e)}")


def show_node(node: Node, parent: int = 0) -> str:
    """A term as `.equations()` prints it."""
    match node:
        case Const(value=value):
            return f"{value:.9g}" if isinstance(value, float) else str(value)
        case Axis():
            return repr(node)
        case Size(axis=axis):
            return f"size({axis})"
        case Load(array=array, index=index):
            return f"{array.name}[{', '.join(show_node(i) for i in index)}]"
        case Op(name=name, args=args):
            row = ops.TABLE[name]
            if row.binds == 9:
                return row.text.format(*[show_node(a) for a in args])
            # the right of - and / binds tighter than its left
            shown = [show_node(a, row.binds + (i > 0)) for i, a in enumerate(args)]
            text = row.text.format(*shown)
            return f"({text})" if row.binds < parent else text
    return repr(node)


_SIGNS = {"=": "=", "sum": "+=", "max": "max=", "min": "min="}


def show(statement: Statement) -> str:
    """One statement as `.equations()` prints it."""
    match statement:
        case Loop(axis=axis, descending=descending, body=body):
            head = f"for {axis} {'falling' if descending else 'rising'}:"
            return "\n".join([head, *["  " + show(e) for e in body]])
        case Choose(target=target, index=index, axis=axis, count=count, expr=expr, bound=bound):
            left = f"{target.name}[{', '.join(show_node(i) for i in index)}, :]"
            text = f"{left} = smallest {count} over {axis} of {show_node(expr)}"
            if bound is None:
                return text
            summed = ", ".join(map(repr, statement.over))
            return f"{text} summed over {summed}, where {show_node(bound)} leaves a chance"
        case Equation(target=target, index=index, op=op, domain=domain, expr=expr):
            left = f"{target.name}[{', '.join(show_node(i) for i in index)}]"
            own = {a for i in index for a in nodes.free(i)}
            over = [a for a in domain if a not in own] if op != "=" else []
            text = f"{left} {_SIGNS[op]} {show_node(expr)}"
            return text + (f"    over {', '.join(map(repr, over))}" if over else "")
    raise TypeError(statement)


def show_program(program: Program) -> str:
    """The whole program: a head with inputs and outputs, then its equations."""

    def arrays(found: tuple[Array, ...]) -> str:
        return ", ".join(
            f"{a.name}[{', '.join(d.axis + (f'+{d.extra}' if d.extra else '') for d in a.dims)}]"
            for a in found
        )

    head = f"{program.name}({arrays(program.inputs)}) -> {arrays(program.outputs)}"
    return "\n".join([head, *[show(s) for s in program.body]])
