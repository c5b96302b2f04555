"""Any module of yours, cut at a named layer: the frozen part, and what is trained.

The frozen part can be exported (`export.py`), to be run by ONNX Runtime, which on a CPU is several
times faster than PyTorch.
"""

from __future__ import annotations

from torch import fx, nn

from handful.deep.export import exported
from handful.errors import SettingError

__all__ = ["exported", "split"]  # what is split off is mostly exported: both are found here


def split(module: nn.Module, at: str) -> tuple[nn.Module, nn.Module]:
    """What comes up to and with the layer `at`, and what comes after it.

    Both share their parameters with `module`. One tensor goes from the first to the second.

    Args:
        module: that takes one tensor; timm's and torchvision's networks are such.
        at: dotted name of a layer or a container, as `module.named_modules()` has it.
    Raises:
        SettingError: there is no such layer, the module's flow depends on its data, or something
            after the layer needs what was before it; the message names the layer.
    """
    names = [name for name, _ in module.named_modules() if name]
    if at not in names:
        raise SettingError(
            "The module has no such layer.",
            found=f"at = {at!r}",
            expected=f"one of {', '.join(names[:12])}{' …' if len(names) > 12 else ''}",
            attempt="choose one of those; module.named_children() lists them",
        )
    try:
        traced = fx.symbolic_trace(module)
    except (fx.proxy.TraceError, TypeError, RuntimeError) as error:
        raise SettingError(
            f"{type(module).__name__} cannot be cut: what it does depends on its data.",
            found=f"at {at!r}: {' '.join(str(error).split())[:160]}",
            expected="a module whose layers follow one another whatever the input",
            attempt="cut it by hand: two modules, the first one frozen",
        ) from error
    nodes = list(traced.graph.nodes)
    inside = [
        place
        for place, node in enumerate(nodes)
        if _layer(node) == at or _layer(node).startswith(at + ".")
    ]
    if not inside:
        raise SettingError(
            "This layer is never asked.",
            found=f"at = {at!r}",
            expected="a layer that is used",
            attempt="cut at a layer that the forward pass calls",
        )
    end = _end(nodes, inside[-1])
    before, after = nodes[: end + 1], nodes[end + 1 :]
    for node in after:
        for one in node.all_input_nodes:
            if one in before and one is not nodes[end] and one.op != "get_attr":
                raise SettingError(
                    f"The module cannot be cut at {at!r}.",
                    found=f"{_layer(node) or node.name} needs {_layer(one) or one.name} too",
                    expected="a layer after which one tensor holds all that follows needs",
                    attempt="cut where branches have joined",
                )
    return _part(traced, before, None, nodes[end]), _part(traced, after, nodes[end], None)


def _layer(node: fx.Node) -> str:
    return str(node.target) if node.op == "call_module" else ""


def _end(nodes: list[fx.Node], last: int) -> int:
    """The container's own end: a sum or activation outside any layer still belongs to it."""
    end = last
    while end + 1 < len(nodes) - 1 and nodes[end + 1].op in ("call_function", "call_method"):
        if nodes[end] not in nodes[end + 1].all_input_nodes or len(nodes[end].users) > 1:
            break
        if len(nodes[end + 1].all_input_nodes) < 2:
            break
        end += 1
    return end


def _part(
    traced: fx.GraphModule, nodes: list[fx.Node], entry: fx.Node | None, end: fx.Node | None
) -> nn.Module:
    """A module of some of the nodes."""
    graph, copies = fx.Graph(), {}
    if entry is not None:
        copies[entry] = graph.placeholder("map")
    for node in nodes:
        copies[node] = graph.node_copy(node, lambda one: copies[one])
    if end is not None:
        graph.output(copies[end])
    return fx.GraphModule(traced, graph)
