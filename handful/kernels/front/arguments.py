"""Checks of a call before anything is computed: kinds, shapes, sizes, windows, index ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handful.errors import KernelError
from handful.kernels.front.expr import names
from handful.kernels.front.guards import guarded_reads
from handful.kernels.front.trace import Parameter, Traced, rank_counts, size_axes
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Axis, Const, Load, Node, Op, Reduce, Size, Smallest

Range = tuple[int, int]


class Arguments:
    """What a kernel demands of its arguments; built once, asked at every call."""

    def __init__(self, traced: Traced) -> None:
        self.name, self.parameters = traced.name, traced.parameters
        self.places = traced.places
        self.counts = rank_counts(traced)
        self.axes = size_axes(traced)
        self.ranks = [n for n in nodes.topological(*traced.roots()) if isinstance(n, Smallest)]
        bare = _unguarded(traced.roots())
        self.windows = [
            load
            for load in bare
            if isinstance(load, Load)
            and any(
                not (isinstance(i, Axis) and i.name == d.axis)
                for i, d in zip(load.index, load.array.dims, strict=True)
            )
        ]
        self.guarded = guarded_reads(traced.roots(), bare)
        self.tables = _absent_allowed(self.parameters, bare)

    def fault(self, what: str, **more: str) -> KernelError:
        """The error of this kernel."""
        return KernelError(f"{self.name}: {what}", **more)

    def sizes(self, arguments: Sequence[Any], given: Mapping[str, int]) -> dict[str, int]:
        """The size of every axis, from the shapes, the keywords, and the windows."""
        if len(arguments) != len(self.parameters):
            raise self.fault(
                f"takes {len(self.parameters)} arguments but got {len(arguments)}",
                expected=", ".join(map(str, self.parameters)),
            )
        out: dict[str, int] = {}
        source: dict[str, Parameter] = {}
        for parameter, argument in zip(self.parameters, arguments, strict=True):
            self._unify(parameter, tuple(argument.shape), out, source)
        for axis, count in self.counts.items():
            if out.setdefault(axis, count) != count:
                raise self.fault(f"axis {axis} ranks {count} values but is {out[axis]} in "
                                 f"{source[axis]}")  # fmt: skip
        for axis, value in given.items():
            if axis not in self.axes:
                raise self.fault(f"takes no size {axis}=", expected=f"one of {names(self.axes)}")
            if out.setdefault(axis, value) != value:
                where = source.get(axis, "the kernel")
                raise self.fault(
                    f"axis {axis} is {out[axis]} in {where} but {axis}={value} is given"
                )
        self._infer(out)
        for node in self.ranks:
            if node.count > out[node.axis.name]:
                raise self.fault(
                    f"smallest takes {node.count} of axis {node.axis.name}, whose size is "
                    f"{out[node.axis.name]}"
                )
        self._guards(out)
        return out

    def _unify(
        self,
        p: Parameter,
        shape: tuple[int, ...],
        out: dict[str, int],
        source: dict[str, Parameter],
    ) -> None:
        axes = [d.axis for d in p.array.dims]
        if len(shape) != len(axes):
            raise self.fault(
                f"{p.array.name} is declared {names(axes)} ({len(axes)} axes) but has shape {shape}"
            )
        for d, (axis, extent) in enumerate(zip(axes, shape, strict=True)):
            if out.setdefault(axis, extent) != extent:
                raise self.fault(
                    f"axis {axis} is {out[axis]} in {source[axis]} but {extent} in {p} "
                    f"(dimension {d})"
                )
            source.setdefault(axis, p)

    def _infer(self, sizes: dict[str, int]) -> None:
        """An axis that no argument has takes the largest size that keeps every window inside."""
        for axis in self.axes:
            if axis in sizes:
                continue
            bounds = [
                b
                for load in self.windows
                for index, dim in zip(load.index, load.array.dims, strict=True)
                if dim.axis in sizes
                for b in _window_bound(index, axis, sizes[dim.axis] + dim.extra, sizes)
            ]
            if not bounds:
                raise self.fault(
                    f"the size of axis {axis} does not follow from the arguments",
                    attempt=f"{self.name}(…, {axis}=…)",
                )
            sizes[axis] = max(0, min(bounds))

    def ranges(self, sizes: Mapping[str, int], ranges: Mapping[str, Range], find: Any) -> None:
        """Every index stays in range.

        Args:
            sizes: of all axes.
            ranges: smallest and largest value of each integer argument that is not empty.
            find: (name of an argument, low, high) → the first place outside, and its value.
        """
        for parameter, absent in self.tables:
            name, axis = parameter.array.name, parameter.indexes
            if axis is None or name not in ranges:
                continue
            low, high = ranges[name]
            least = -1 if absent else 0
            if low < least or high >= sizes[axis]:
                place, value = find(name, least, sizes[axis] - 1)
                where = f"{name}[{', '.join(map(str, place))}] = {value}"
                hint = "" if absent else "; -1 needs a where guard"
                raise self.fault(
                    f"{where} but axis {axis} has size {sizes[axis]} (values index {axis}{hint})"
                )
        for load in self.windows:
            for d, (index, dim) in enumerate(zip(load.index, load.array.dims, strict=True)):
                if isinstance(index, Axis) and index.name == dim.axis:
                    continue
                found = interval(index, sizes, ranges)
                extent = sizes[dim.axis] + dim.extra
                if found and (found[0] < 0 or found[1] >= extent):
                    from handful.kernels.ir.program import show_node

                    raise self.fault(
                        f"{show_node(load)} reads from {found[0]} to {found[1]} in dimension {d}, "
                        f"but axis {dim.axis} has size {extent}",
                        found=self.places.get(load, ""),
                        attempt="a smaller window, or where(inside, …, 0)",
                    )

    def _guards(self, sizes: Mapping[str, int]) -> None:
        """What is read inside of a `where` is kept inside of its array by the condition."""
        from handful.kernels.ir.program import show_node

        for read in self.guarded:
            place = read.outside(sizes)
            if place is not None:
                axis = read.load.array.dims[read.dim].axis
                index = show_node(read.load.index[read.dim])
                raise self.fault(
                    f"{show_node(read.load)} reads {place} in dimension {read.dim}, but axis "
                    f"{axis} has size {sizes[axis]}",
                    found=self.places.get(read.load, ""),
                    expected="a condition that keeps the read inside of the array",
                    attempt=f"where(({index} >= 0) & ({index} < size({axis})) & …, …, 0), "
                    "or padded(…)",
                )


def _unguarded(roots: list[Node]) -> list[Node]:
    """Terms that some path reaches without passing through a branch of `where`."""
    bare: dict[Node, None] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in bare:
            continue
        bare[node] = None
        below = nodes.children(node)
        stack += below[:1] if isinstance(node, Op) and node.name == "where" else below
    return [n for n in nodes.topological(*roots) if n in bare]


def _absent_allowed(
    parameters: tuple[Parameter, ...], bare: list[Node]
) -> list[tuple[Parameter, bool]]:
    """For each index table, whether -1 may stand in it: nothing is read by it unguarded."""
    exposed = {x.array for node in bare for i in _read_at(node) for x in nodes.loads(i)}
    return [(p, p.array not in exposed) for p in parameters if p.array.kind == "i"]


def _read_at(node: Node) -> tuple[Node, ...]:
    """The places at which a term reads an array, or a sum by places; not where it sends."""
    match node:
        case Load(index=index):
            return index
        case Reduce(to=to):
            return tuple(slot.at for slot in to)
        case Smallest(at=at):
            return (at,)
    return ()


def interval(node: Node, sizes: Mapping[str, int], ranges: Mapping[str, Range]) -> Range | None:
    """Bounds of an integer term over all its axes; None where they are unknown or it is empty."""
    match node:
        case Const(value=value):
            return int(value), int(value)
        case Size(axis=axis):
            return sizes[axis], sizes[axis]
        case Axis(name=name):
            return (0, sizes[name] - 1) if sizes[name] else None
        case Smallest(axis=axis):
            return (0, sizes[axis.name] - 1) if sizes[axis.name] else None
        case Load(array=array):
            return ranges.get(array.name)
        case Op(name="where", args=(_, a, b)):
            sides = interval(a, sizes, ranges), interval(b, sizes, ranges)
            if sides[0] is None or sides[1] is None:
                return None
            return min(s[0] for s in sides if s), max(s[1] for s in sides if s)
        case Op(name=name, args=args) if name in _ENDPOINTS:
            found = [interval(a, sizes, ranges) for a in args]
            if any(f is None for f in found):
                return None
            corners = [()]  # type: list[tuple[int, ...]]
            for f in found:
                corners = [(*c, end) for c in corners for end in f or ()]
            if name == "floordiv" and found[1] and found[1][0] <= 0 <= found[1][1]:
                return None
            values = [int(ops.TABLE[name].numpy(*c)) for c in corners]
            return min(values), max(values)
        case Op(name="mod", args=(_, Const(value=value))) if value > 0:
            return 0, int(value) - 1
    return None


_ENDPOINTS = {"add", "sub", "mul", "neg", "floordiv", "maximum", "minimum"}


def _window_bound(index: Node, axis: str, extent: int, sizes: Mapping[str, int]) -> list[int]:
    """The largest size of `axis` for which `index` stays below `extent`, as a list of none or one.

    2*i + o with size(o) = 3, extent 10  →  [4]
    """
    if not any(a.name == axis for a in nodes.free(index)):
        return []
    low, high = -1, extent + 1  # sizes tried: index range grows with the size
    try:
        while high - low > 1:
            middle = (low + high) // 2
            found = interval(index, {**sizes, axis: middle}, {})
            if found is None and middle > 0:
                return []
            fits = found is None or (found[0] >= 0 and found[1] < extent)
            low, high = (middle, high) if fits else (low, middle)
    except KeyError:  # another axis of the index is unknown as yet
        return []
    return [low] if 0 <= low <= extent else []
