"""Which equations are matrix products, and from what memory their operands can be taken.

y[n,m] += 2*x[n,k]*(w[k,m] + b[m])    over k
    →  pack#1[k,m] = w[k,m] + b[m]
       Contraction(y, rows n, columns m, summed k, 2, x, pack#1)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op
from handful.kernels.ir.program import Choose, Equation, Loop, reads, writes
from handful.kernels.ir.strides import PANEL, contiguous, is_run, lies_well


@dataclass(frozen=True, slots=True)
class Contraction:
    """target[batch, m, n] += alpha * sum(k, a[batch, m, k] * b[batch, k, n]), for the BLAS.

    With `present`, only where that holds: along one axis, of m or of k, rows are picked out. With
    `plain`, `b` was laid in panels for all steps of a loop; that is what few steps read instead.
    """

    target: Array
    index: tuple[Node, ...]
    a: Load
    b: Load
    alpha: Node
    batch: tuple[Axis, ...]
    m: tuple[Axis, ...]
    n: tuple[Axis, ...]
    k: tuple[Axis, ...]
    present: Node | None = None
    plain: Load | None = None

    @property
    def domain(self) -> tuple[Axis, ...]:
        """All of its axes."""
        return (*self.batch, *self.m, *self.n, *self.k)

    @property
    def inner(self) -> Axis:
        """The axis along which a picked row lies in `a`."""
        return next(x for x in (*self.k, *self.m) if x is self.a.index[-1])

    @property
    def picked(self) -> Axis:
        """The axis along which rows are picked out: of m where `inner` is summed, else of k."""
        assert self.present is not None
        pool = self.m if self.inner in self.k else self.k
        return [x for x in pool if x in nodes.free(self.present)][-1]

    @property
    def picked_sum(self) -> Axis | None:
        """That axis, if it is all that is summed over."""
        return self.k[0] if self.present is not None and self.k == (self.picked,) else None


Item = Equation | Choose | Contraction

PACKED, TURNED, PANELS = "pack#", "turned#", "panels#"
"""Begin names of arrays that the planner makes, which no user can write: operands of one product,
made where it is; and, made once, operands laid the other way, and those laid in panels, column by
column of a tile (product.c)."""


def target_of(item: Item) -> Array:
    """The array that an item writes."""
    return item.target


def is_packed(array: Array) -> bool:
    """Whether it is an operand that was gathered for one product."""
    return array.name.startswith(PACKED)


def is_made_once(array: Array) -> bool:
    """Whether it is an operand that is made whole before any product reads it."""
    return array.name.startswith((TURNED, PANELS))


def in_panels(array: Array) -> bool:
    """Whether it is a matrix laid in panels."""
    return array.name.startswith(PANELS)


def item_reads(item: Item) -> list[Load]:
    """Every load of an item."""
    if isinstance(item, Contraction):
        other = [node for node in (item.present, item.plain) if node is not None]
        return list(nodes.loads(item.a, item.b, item.alpha, *item.index, *other))
    return reads(item)


def arrays_read(*items: Item) -> set[Array]:
    """Every array that the items read."""
    return {load.array for item in items for load in item_reads(item)}


class Namer:
    """Finds contractions, and names the temporaries that they take their operands from."""

    def __init__(self) -> None:
        self.count = 0

    def contract(self, e: Equation | Choose, *, in_time: bool = False) -> list[Item]:
        """`e` as contractions where it is one, or a sum of some; else as it is."""
        if not isinstance(e, Equation) or e.op != "sum" or e.target.kind != "f":
            return [e]
        terms = _terms(e.expr, 1.0)
        found = [
            None
            if in_time and ops.guarded(term)[0] is not None  # rows are not picked at every step
            else self.one(replace(e, expr=term), sign)
            for sign, term in terms
        ]
        if all(f is None for f in found):
            return [e] if in_time else self.turned(e)  # not to be turned at every step
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
        present, term = ops.guarded(e.expr)
        alpha, factors = _factors(term, set(e.domain))
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
        scale = ops.op("mul", Const(sign), alpha)
        if present is not None:
            return self.picking(e, scale, present, left[0], right[0], batch, m, n, k)
        k = [a for a in _order(left[0]) if a in k] + [a for a in k if a not in _order(left[0])]
        items: list[Item] = []
        a = self.operand(left[0], batch, m, k, items)
        b = self.operand(right[0], batch, k, n, items)
        axes = tuple(batch), tuple(m), tuple(n), tuple(k)
        return [*items, Contraction(e.target, e.index, a, b, scale, *axes)]

    def picking(
        self, e: Equation, scale: Node, present: Node, left: list[Node], right: list[Node],
        batch: list[Axis], m: list[Axis], n: list[Axis], k: list[Axis],
    ) -> list[Item] | None:  # fmt: skip
        """A product of the rows at which `present` holds, for each value of all other axes.

        y[n,e] += where(near[n,o] >= 0, x[near[n,o],c]*w[o,c,e], 0) over o, c: rows along n, for
        each o; and for w'[o,c,e], over n, of rows along n too
        """
        varying = nodes.free(present).keys()
        items: list[Item] = []
        b: Load | None
        a = self.line_of(left, [*k, *m], present, items)
        if a is None:
            return None
        inner = a.index[-1]
        pool = m if inner in k else k
        if inner in varying or n[-1] in varying or not varying & {*pool}:
            return None
        if inner in k:
            b = self.matrix_of(right, [*batch, *k, *n], inner, n[-1], items)
        else:
            b = self.line_of(right, n[-1:], present, items)
        if b is None:
            return None
        axes = tuple(batch), tuple(m), tuple(n), tuple(k)
        return [*items, Contraction(e.target, e.index, a, b, scale, *axes, present)]

    def line_of(
        self, factors: list[Node], axes: list[Axis], present: Node, items: list[Item]
    ) -> Load | None:
        """A load contiguous along one of the axes, at places that exist where `present` holds; for
        what is computed, and from nothing that is looked up, a temporary."""
        product = ops.product(factors)
        if isinstance(product, Load):
            *before, last = product.index
            there = _is_there(product, present) and last in axes
            return product if there and last not in nodes.union(map(nodes.free, before)) else None
        own = nodes.free(product).keys()
        varying = [a for a in axes if a in own and a not in nodes.free(present)]
        if not varying or any(nodes.loads(*load.index) for load in nodes.loads(product)):
            return None
        along = max(varying, key=lambda a: contiguous(product, a))
        return self.temporary(TURNED, (*[a for a in own if a is not along], along), product, items)

    def matrix_of(
        self, factors: list[Node], axes: list[Axis], row: Axis, column: Axis, items: list[Item]
    ) -> Load:
        """A plain load that lies row by row, or a temporary that does."""
        product = ops.product(factors)
        others = [a for a in axes if a not in (row, column)]
        if (
            isinstance(product, Load)
            and product.index[-1:] == (column,)
            and lies_well(product, others, [row], [column])
        ):
            return product
        own = tuple(a for a in (*others, row, column) if a in nodes.free(product))
        return self.temporary(TURNED, own, product, items)

    def turned(self, e: Equation) -> list[Item]:
        """What is summed along memory and used again and again is laid the other way first.

        s[i,j] += (x[i,d] - y[j,d])**2    over d
            →  turned#1[d,j] = y[j,d];  s[i,j] += (x[i,d] - turned#1[d,j])**2    over d

        Then as many j as a vector holds are summed at once, each alone.
        """
        column = e.index[-1] if e.index else None
        own = [i for i in e.index if isinstance(i, Axis)]
        summed = {a for a in e.domain if a not in {*nodes.union(map(nodes.free, e.index))}}
        if not isinstance(column, Axis) or len(own) != len(e.index):
            return [e]
        items: list[Item] = []
        new: dict[Node, Node] = {}
        for load in nodes.loads(e.expr):
            axes = [i for i in load.index if isinstance(i, Axis)]
            if (
                load.array.kind == "f"
                and len(axes) == len(load.index) == len(set(axes)) > 1
                and axes[-1] in summed
                and column in axes
                and not {*own} <= {*axes}
            ):
                turned = (*[a for a in axes if a is not column], column)
                new[load] = self.temporary(TURNED, turned, load, items)
        return [*items, replace(e, expr=nodes.replaced(e.expr, new))] if new else [e]

    def laid_once(self, items: list[Item], loop: Loop) -> tuple[list[Item], list[Item]]:
        """Items to go before a loop, and the loop's items, which then read their matrices as a
        product reads them best.

        for t: s[t+1,b,k] += s[t,b,j]*U[k,j] over j
            →  panels#1[j,k] = U[k,j];  for t: s[t+1,b,k] += s[t,b,j]*panels#1[j,k] over j
        """
        before: list[Item] = []
        inside: list[Item] = []
        same: dict[Node, Load] = {}
        made: dict[object, Load] = {}
        changed = {*writes(loop)}
        for item in items:
            if isinstance(item, Equation) and is_packed(item.target):
                if loop.axis in nodes.free(item.expr) or changed & arrays_read(item):
                    changed.add(item.target)
                else:
                    place = Load(item.target, item.domain)
                    same[place] = self.temporary(TURNED, item.domain, item.expr, before)
                    continue
            elif isinstance(item, Contraction):
                item = replace(item, a=same.get(item.a, item.a), b=same.get(item.b, item.b))
                if item.b.array not in changed:
                    key = item.b, item.k, item.n
                    made[key] = made.get(key) or self.laid(item, before)
                    plain = item.b if in_panels(made[key].array) else None
                    item = replace(item, b=made[key], plain=plain)
            inside.append(item)
        return before, inside

    def laid(self, c: Contraction, items: list[Item]) -> Load:
        """The matrix of a product in panels; if it is none without more ado, with its columns along
        memory."""
        if (panels := self.panels(c, items)) is not None:
            return panels
        own = tuple(a for a in (*c.batch, *c.k, *c.n) if a in c.b.index)
        plain = all(i in own or isinstance(i, Const) for i in c.b.index)
        across = c.b.index[-1] in c.k
        return self.temporary(TURNED, own, c.b, items) if plain and across else c.b

    def panels(self, c: Contraction, items: list[Item]) -> Load | None:
        """The matrix of a product in panels, if it is one without more ado."""
        own = (*c.k, *c.n)
        plain = all(i in own or isinstance(i, Const) for i in c.b.index)
        places = (c.n, c.b), (c.k, c.b), (c.k, c.a), (c.n, Load(c.target, c.index))
        if not plain or not {*own} <= {*c.b.index} or c.batch:
            return None
        if not all(is_run(axes, x.index, x.array) for axes, x in places):
            return None
        target = self.array(PANELS, own, PANEL - 1)
        items.append(Equation(target, own, "=", own, c.b))
        return Load(target, own)

    def array(self, kind: str, own: tuple[Axis, ...], extra: int = 0) -> Array:
        """A new array of the planner's, over these axes, with `extra` columns."""
        self.count += 1
        last = len(own) - 1
        dims = tuple(Dim(a.name, extra if at == last else 0) for at, a in enumerate(own))
        return Array(f"{kind}{self.count}", dims, "f")

    def temporary(self, kind: str, own: tuple[Axis, ...], value: Node, items: list[Item]) -> Load:
        """An array of the planner's, over these axes; what makes it joins the items."""
        target = self.array(kind, own)
        items.append(Equation(target, own, "=", own, value))
        return Load(target, own)

    def operand(
        self, factors: list[Node], batch: list[Axis], rows: list[Axis], cols: list[Axis],
        items: list[Item],
    ) -> Load:  # fmt: skip
        """A plain load as it lies, if its rows or columns are contiguous; else a temporary."""
        if len(factors) == 1 and isinstance(factors[0], Load):
            load = factors[0]
            if lies_well(load, batch, rows, cols):
                return load
        product = ops.product(factors)
        # transposed, if that lets the product be read along contiguous memory
        if rows and cols and contiguous(product, rows[-1]) > contiguous(product, cols[-1]):
            rows, cols = cols, rows
        own = tuple(a for a in (*batch, *rows, *cols) if a in nodes.free(product))
        return self.temporary(PACKED, own, product, items)


def _is_there(load: Load, present: Node) -> bool:
    """Whether each index of a load is in range where `present` holds."""
    tests = ops.conjuncts(present)
    return all(
        (isinstance(i, Axis) and i.name == d.axis)
        or (isinstance(i, Load) and ops.op("ge", i, Const(0)) in tests)
        for i, d in zip(load.index, load.array.dims, strict=True)
    )


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
