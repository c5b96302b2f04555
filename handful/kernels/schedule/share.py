"""What several items of a region would each compute anew is computed once, for a block at a time.

    max1[i] max= f(s[i,j]);  sum1[i] += exp(f(s[i,j]) - max1[i]) over j;
    p[i,j] = exp(f(s[i,j]) - max1[i])/sum1[i]
        →  shared#1[i,j] = f(s[i,j]);  max1[i] max= shared#1[i,j];
           shared#2[i,j] = exp(shared#1[i,j] - max1[i]);  sum1[i] += shared#2[i,j] over j;
           p[i,j] = shared#2[i,j]/sum1[i]

where f looks up a table, say. Normal form writes elementwise terms out wherever they are read.
Neighbouring loops that only store share them in registers, so no product is left between those; but
a sum and a store, or two sums, each have a loop of their own. A shared array is scratch of a block.
"""

from __future__ import annotations

from dataclasses import replace

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Load, Node, Op
from handful.kernels.ir.program import Equation, fits
from handful.kernels.ir.strides import shift
from handful.kernels.schedule.contractions import Contraction, Item, Namer, arrays_read, target_of

Ends = list[set[str]]
"""The axes of each argument and result of a program (`program.ends`)."""

SHARED, LIFTED = "shared#", "lifted#"
"""Begin names of arrays that hold what several items read, and what an item reads many times."""

LEAST_WORK = 10
"""Operations below which a term is as cheap to compute again as to keep: an exponential is not."""

LOOK_UP = 8
"""Operations that a load at a computed place is worth."""


def lift(items: list[Item], around: Ends, namer: Namer) -> list[Item]:
    """The items, with dear terms that vary less than their readers, and whose axes fit in one of
    the `ends`, as items of their own.

    w'[d] += y[n,d]*rsqrt(v[n]) over n  →  lifted#1[n] = rsqrt(v[n]); w'[d] += y[n,d]*lifted#1[n]
    """
    out: list[Item] = []
    first: list[Item] = []
    made: dict[Node, Node] = {}
    written = {target_of(i) for i in items}
    for item in items:
        if not isinstance(item, Contraction):
            for node in _narrow(item.expr, {*item.domain}, around):
                if node not in made:
                    early = not written & {load.array for load in nodes.loads(node)}
                    where = first if early else out
                    made[node] = namer.temporary(LIFTED, tuple(nodes.free(node)), node, where)
            item = replace(item, expr=nodes.replaced(item.expr, made))
        out.append(item)
    return first + out


def _narrow(term: Node, domain: set[Axis], around: Ends) -> list[Node]:
    """The largest dear subterms over some of the axes, but neither none nor all."""
    own = nodes.free(term)
    if (
        isinstance(term, Op)
        and own
        and {*own} < domain
        and ops.kind(term) == "f"
        and fits({a.name for a in own}, around)
        and work(term, ()) >= LEAST_WORK  # last: it goes through all of the term
    ):
        return [term]
    return [found for child in nodes.children(term) for found in _narrow(child, domain, around)]


def share(
    items: list[Item], block: Axis | None, single: tuple[Axis, ...], around: Ends, namer: Namer
) -> list[Item]:
    """The items, with dear common terms as items before their first reader, where one value of the
    block holds no more of them than fits in one of the `ends`."""
    out = _in_turns(items)
    while block is not None:
        found = _dearest(out, block, (*single, block), around)
        if found is None:
            break
        first, term = found
        made: list[Item] = []
        load = namer.temporary(SHARED, _axes(out[first], term), term, made)
        out[first:] = [*made, *[_reading(item, term, load) for item in out[first:]]]
    return out


def _in_turns(items: list[Item]) -> list[Item]:
    """The items in turns: all of one kind that are ready, then all of another."""
    out: list[Item] = []
    waiting = list(items)
    while waiting:
        at = _ready(waiting, _kind(out[-1])) if out else 0
        out.append(waiting.pop(at or 0))
    return out


def _kind(item: Item) -> object:
    """What neighbours have in common that can be put together: products, plain stores, and
    reductions over the same axes."""
    if isinstance(item, Equation):
        inside = nodes.union(map(nodes.free, item.index))
        return tuple(a for a in item.domain if a not in inside)
    return type(item)


def _ready(waiting: list[Item], kind: object) -> int | None:
    """The first item of this kind that could come before all others."""
    touched: set[Array] = set()
    written: set[Array] = set()
    for at, item in enumerate(waiting):
        reading = arrays_read(item)
        if not reading & written and target_of(item) not in touched and _kind(item) == kind:
            return at
        written.add(target_of(item))
        touched |= {target_of(item), *reading}
    return None


def _dearest(
    items: list[Item], block: Axis, outer: tuple[Axis, ...], around: Ends
) -> tuple[int, Node] | None:
    """The term whose sharing saves most, and the first item that reads it."""
    readers: dict[Node, list[int]] = {}
    for number, item in enumerate(items):
        if not isinstance(item, Contraction):
            for node in nodes.topological(item.expr):
                if isinstance(node, Op | Load) and ops.kind(node) == "f":
                    readers.setdefault(node, []).append(number)
    best: tuple[int, int, Node] | None = None
    for node, numbers in readers.items():
        own = _axes(items[numbers[0]], node)
        if (
            len(numbers) > 1
            and len(own) > 1
            and block in own
            and fits({a.name for a in own if a not in outer}, around)
            and not all(_only_stores(items[n]) for n in numbers)
            and (each := work(node, own)) >= LEAST_WORK  # last: it goes through all of the term
        ):
            saved = each * (len(numbers) - 1)
            if best is None or saved > best[0]:
                best = saved, numbers[0], node
    return best and best[1:]


def _axes(item: Item, term: Node) -> tuple[Axis, ...]:
    """The axes of a term, in the order of its reader's loops."""
    assert not isinstance(item, Contraction)
    own = nodes.free(term)
    order = [a for a in item.domain if a in own]
    return (*order, *[a for a in own if a not in order])


def work(term: Node, own: tuple[Node, ...]) -> int:
    """Operations of a term, for each value of the last of its own axes, if any are given: what
    varies less is computed before that loop."""
    total = 0
    for node in nodes.topological(term):
        if not own or own[-1] in nodes.free(node):
            if isinstance(node, Op):
                total += ops.TABLE[node.name].flops
            elif isinstance(node, Load):
                total += 0 if all(shift(i) or not nodes.free(i) for i in node.index) else LOOK_UP
    return total


def _only_stores(item: Item) -> bool:
    return isinstance(item, Equation) and item.op == "="


def _reading(item: Item, term: Node, load: Load) -> Item:
    if isinstance(item, Contraction):
        return item
    return replace(item, expr=nodes.replaced(item.expr, {term: load}))
