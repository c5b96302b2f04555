"""The planner: which equations are matrix products, and which run together, block by block.

    sum1[i,j] += q[i,d]*k[j,d]; max1[i] max= sum1[i,j]; …
        →  one region over blocks of i, in which sum1 is scratch of one block

What it decides is data (`Region`, `Contraction`); `loops.py` turns that into loops. Sizes are not
known here: a plan holds for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from handful.kernels import nodes, ops
from handful.kernels.nodes import Array, Axis, Const, Dim, Load, Node, Op
from handful.kernels.program import Choose, Equation, Loop, Program, reads


@dataclass(frozen=True, slots=True)
class Contraction:
    """target[batch, m, n] += alpha * sum(k, a[batch, m, k] * b[batch, k, n]), for the BLAS."""

    target: Array
    index: tuple[Node, ...]
    a: Load
    b: Load
    alpha: Node
    batch: tuple[Axis, ...]
    m: tuple[Axis, ...]
    n: tuple[Axis, ...]
    k: tuple[Axis, ...]


Item = Equation | Choose | Contraction


@dataclass(frozen=True, slots=True)
class Region:
    """Items that run one after the other, for each value of `single` and each block of `block`.

    Different values and blocks are independent, so they are the parallel tasks. With `loop` the
    items are repeated along it, inside the task: no barrier per step.
    """

    single: tuple[Axis, ...]
    block: Axis | None
    items: tuple[Item, ...]
    local: tuple[Array, ...] = ()
    loop: Loop | None = None


def plan(program: Program) -> tuple[Region, ...]:
    """The regions of a program, in order."""
    namer = _Namer(program)
    out: list[Region] = []
    waiting: list[Item] = []
    for statement in program.body:
        if isinstance(statement, Loop):
            out += _regions(waiting)
            waiting = []
            items = [i for e in statement.body for i in namer.contract(e)]
            out.append(_loop_region(statement, items))
        else:
            waiting += namer.contract(statement)
    out += _regions(waiting)
    return _with_locals(out, program)


def target_of(item: Item) -> Array:
    """The array that an item writes."""
    return item.target


def item_reads(item: Item) -> list[Load]:
    """Every load of an item."""
    if isinstance(item, Contraction):
        return [item.a, item.b, *nodes.loads(item.alpha, *item.index)]
    return reads(item)


class _Namer:
    """Finds contractions, and names the temporaries that they take their operands from."""

    def __init__(self, program: Program) -> None:
        self.count = 0
        self.name = program.name

    def contract(self, e: Equation | Choose) -> list[Item]:
        """`e` as contractions where it is one, or a sum of some; else as it is."""
        if not isinstance(e, Equation) or e.op != "sum" or e.target.kind != "f":
            return [e]
        terms = _terms(e.expr, 1.0)
        found = [self.one(replace(e, expr=term), sign) for sign, term in terms]
        if all(f is None for f in found):
            return [e]
        out: list[Item] = []
        for (sign, term), items in zip(terms, found, strict=True):
            single = term if sign == 1.0 else ops.op("neg", term)
            out += [replace(e, expr=single)] if items is None else items
        return out

    def one(self, e: Equation, sign: float) -> list[Item] | None:
        """One product as [temporaries…, contraction]."""
        kept = [i for i in e.index if isinstance(i, Axis) and i in set(e.domain)]
        inside = {a for i in e.index for a in nodes.free(i) if a in set(e.domain)}
        if len(set(kept)) != len(kept) or set(kept) != inside:
            return None
        k = [a for a in e.domain if a not in inside]
        alpha, factors = _factors(e.expr, set(e.domain))
        found = _two_groups(factors, set(e.domain), set(k))
        if found is None:
            return None
        left, right = found
        m = [a for a in kept if a in left[1] and a not in right[1]]
        n = [a for a in kept if a in right[1] and a not in left[1]]
        batch = [a for a in kept if a in left[1] and a in right[1]]
        if set(kept) != {*m, *n, *batch} or e.index[-1] in batch:
            return None
        if e.index[-1] in m:  # rows and columns trade places: C transposed is B'A'
            left, right, m, n = right, left, n, m
        if not n or e.index[-1] is not n[-1]:
            return None
        k = [a for a in _order(left[0]) if a in k] + [a for a in k if a not in _order(left[0])]
        items: list[Item] = []
        a = self.operand(left[0], batch, m, k, items)
        b = self.operand(right[0], batch, k, n, items)
        scale = ops.op("mul", Const(sign), alpha)
        items.append(Contraction(e.target, e.index, a, b, scale, *map(tuple, (batch, m, n, k))))
        return items

    def operand(
        self, factors: list[Node], batch: list[Axis], rows: list[Axis], cols: list[Axis],
        items: list[Item],
    ) -> Load:  # fmt: skip
        """A plain load as it lies, if its rows or columns are contiguous; else a temporary."""
        if len(factors) == 1 and isinstance(factors[0], Load):
            load = factors[0]
            if _lies_well(load, batch, rows, cols):
                return load
        product = factors[0]
        for factor in factors[1:]:
            product = ops.op("mul", product, factor)
        # transposed, if that lets the product be read along contiguous memory
        if rows and cols and _contiguous(product, rows[-1]) > _contiguous(product, cols[-1]):
            rows, cols = cols, rows
        own = tuple(a for a in (*batch, *rows, *cols) if a in nodes.free(product))
        self.count += 1
        target = Array(f"pack{self.count}", tuple(Dim(a.name) for a in own), "f")
        items.append(Equation(target, own, "=", own, product))
        return Load(target, own)


def lies(index: tuple[Node, ...], axis: Axis) -> float:
    """1 if contiguous along `axis`, 0 if it does not vary, less if it strides or gathers."""
    varying = [d for d, i in enumerate(index) if axis in nodes.free(i)]
    if not varying:
        return 0.0
    if varying == [len(index) - 1] and not nodes.loads(index[-1]):
        return 1.0 if shift(index[-1]) is axis else 0.5
    return -4.0


def _contiguous(term: Node, axis: Axis) -> float:
    return sum(lies(load.index, axis) for load in nodes.loads(term))


def _terms(expr: Node, sign: float) -> list[tuple[float, Node]]:
    """a - b + c  →  [(1, a), (-1, b), (1, c)]"""
    match expr:
        case Op(name="add", args=(a, b)):
            return _terms(a, sign) + _terms(b, sign)
        case Op(name="sub", args=(a, b)):
            return _terms(a, sign) + _terms(b, -sign)
        case Op(name="neg", args=(a,)):
            return _terms(a, -sign)
    return [(sign, expr)]


def _factors(expr: Node, domain: set[Axis]) -> tuple[Node, list[Node]]:
    """2 * x[n,k] * w[k]  →  2, [x[n,k], w[k]]"""
    match expr:
        case Op(name="mul", args=(a, b)):
            left, right = _factors(a, domain), _factors(b, domain)
            return ops.op("mul", left[0], right[0]), left[1] + right[1]
        case Op(name="neg", args=(a,)):
            scale, found = _factors(a, domain)
            return ops.op("neg", scale), found
    if not nodes.free(expr) and not nodes.loads(expr):
        return expr, []
    return Const(1.0), [expr]


Group = tuple[list[Node], set[Axis]]


def _two_groups(factors: list[Node], domain: set[Axis], k: set[Axis]) -> tuple[Group, Group] | None:
    """Part factors in two such that every summed axis is in both, and each has one of its own."""
    if not 2 <= len(factors) <= 6 or not k:
        return None
    best: tuple[int, Group, Group] | None = None
    for mask in range(1, 2 ** (len(factors) - 1)):
        sides: tuple[Group, Group] = ([], set()), ([], set())
        for i, factor in enumerate(factors):
            side = sides[(mask >> i) & 1]
            side[0].append(factor)
            side[1].update(a for a in nodes.free(factor) if a in domain)
        if not (k <= sides[0][1] and k <= sides[1][1]):
            continue
        if not (sides[0][1] - sides[1][1] and sides[1][1] - sides[0][1]):
            continue
        cost = sum(len(s[0]) > 1 or not isinstance(s[0][0], Load) for s in sides)
        if best is None or cost < best[0]:
            best = cost, *sides
    return best[1:] if best else None


def _order(factors: list[Node]) -> list[Axis]:
    if len(factors) == 1 and isinstance(factors[0], Load):
        return [i for i in factors[0].index if isinstance(i, Axis)]
    return []


def shift(index: Node) -> Axis | None:
    """The axis of `i` or `i + constant`."""
    match index:
        case Axis():
            return index
        case Op(name="add", args=(Axis() as axis, Const())):
            return axis
    return None


def _lies_well(load: Load, batch: list[Axis], rows: list[Axis], cols: list[Axis]) -> bool:
    """Whether BLAS can take the load where it lies: plain indices, the last one a row or column."""
    domain = {*batch, *rows, *cols}
    used = [shift(i) for i in load.index if nodes.free(i).keys() & domain]
    if None in used or len(set(used)) != len(used) or load.array.kind != "f":
        return False
    if nodes.loads(*load.index) or not load.index:
        return False
    last = shift(load.index[-1])
    if not (rows and last is rows[-1]) and not (cols and last is cols[-1]):
        return False
    # a window x[i + o] reads two axes in one index; a size that differs from its dimension's
    # extent is no matrix either
    return all(
        shift(i) is None or d.axis == shift(i).name  # type: ignore[union-attr]
        for i, d in zip(load.index, load.array.dims, strict=True)
    )


def _positions(item: Item, axis: Axis) -> int | None:
    """Where `axis` stands plain in the target's index."""
    found = [d for d, i in enumerate(item.index) if i is axis]
    domain: Iterable[Axis]
    if isinstance(item, Contraction):
        domain = (*item.batch, *item.m, *item.n, *item.k)
    else:
        domain = item.domain
    return found[0] if len(found) == 1 and axis in set(domain) else None


def _shared(items: list[Item]) -> list[Axis]:
    """Axes over which the items are independent: all are written and read at the same value."""
    out = []
    for axis in (i for i in items[0].index if isinstance(i, Axis)):
        places: dict[Array, int] = {}
        good = True
        for item in items:
            at = _positions(item, axis)
            if at is None or places.setdefault(target_of(item), at) != at:
                good = False
                break
        written = {target_of(i) for i in items}
        for item in items if good else ():
            for load in item_reads(item):
                if load.array in written and load.index[places[load.array]] is not axis:
                    good = False
        if good:
            out.append(axis)
    return out


def _split(items: list[Item]) -> tuple[tuple[Axis, ...], Axis | None] | None:
    """(axes taken one by one, the axis taken in blocks): blocks are rows of the contractions."""
    shared = _shared(items)
    if not shared:
        return None
    products = [i for i in items if isinstance(i, Contraction)]
    single: list[Axis] = []
    for axis in shared:
        if products and all(axis in p.batch for p in products):
            single.append(axis)
        else:
            return tuple(single), axis
    return tuple(single[:-1]), single[-1]


def _regions(items: list[Item]) -> list[Region]:
    """Greedy fusion: an item joins the region whose arrays it reads, if some axis allows it."""
    out: list[Region] = []
    while items:
        group: list[Item] = [items[0]]
        later: list[Item] = []
        for item in items[1:]:
            barred = {target_of(i) for i in later}
            touched = {load.array for i in later for load in item_reads(i)}
            reading = {load.array for load in item_reads(item)}
            free = not (reading & barred) and target_of(item) not in barred | touched
            uses = reading & {target_of(i) for i in group}
            feeds = target_of(item).name.startswith("pack")
            if free and (uses or feeds) and _split([*group, item]) is not None:
                group.append(item)
            else:
                later.append(item)
        split = _split(group)
        single, block = split if split else ((), None)
        out.append(Region(single, block, tuple(group)))
        items = later
    return out


def _loop_region(loop: Loop, items: list[Item]) -> Region:
    """A loop in time: parallel over an axis that its whole body shares, outside of time."""
    packs = {target_of(i) for i in items if target_of(i).name.startswith("pack")}
    main = [i for i in items if target_of(i) not in packs]
    shared = _shared(main)
    block = next(
        (a for a in shared if all(isinstance(i, Contraction) <= (a in getattr(i, "m", (a,)))
                                  for i in main)),
        None,
    )  # fmt: skip
    if block is None and shared and not any(isinstance(i, Contraction) for i in main):
        block = shared[0]
    return Region((), block, tuple(items), loop=loop)


def _with_locals(regions: list[Region], program: Program) -> tuple[Region, ...]:
    """Mark what lives in one region only: it needs scratch of one block."""
    out = []
    for number, region in enumerate(regions):
        others = [i for j, r in enumerate(regions) if j != number for i in r.items]
        used = {load.array for i in others for load in item_reads(i)} | set(program.outputs)
        used |= {target_of(i) for i in others}
        own = dict.fromkeys(target_of(i) for i in region.items)
        if region.loop is not None:
            # an array over time lives on from step to step; only packed operands do not
            own = {a: None for a in own if a.name.startswith("pack")}
        out.append(replace(region, local=tuple(a for a in own if a not in used)))
    return tuple(out)
