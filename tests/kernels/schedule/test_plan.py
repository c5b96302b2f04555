"""The planner: no plan holds more than its equations go over, and the checker that says so."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings

from handful.kernels import F, I, axes, kernel, relu, silu, sum
from handful.kernels.ir.nodes import Array, Dim
from handful.kernels.ir.program import CheckError, Equation
from handful.kernels.rewrite.scatter_to_gather import scatter_to_gather
from handful.kernels.run.execute import Executable
from handful.kernels.schedule.plan import check_memory, plan
from handful.kernels.schedule.region import Region
from tests.kernels import random_programs as programs
from tests.kernels.test_random import DRAWN, EVERY

c, e, f, n = axes("c e f n")


@kernel
def layer(x: F[n, f], src: I[e].into(n), dst: I[e].into(n), w: F[f, c]) -> F[n, c]:
    """One layer of message passing with an activation on each edge."""
    return sum(e, silu(sum(f, x[src[e], f] * w[f, c])), to={n: dst[e]})


@kernel
def rectified(h: F[e, f], dst: I[e].into(n), w: F[f, c]) -> F[n, c]:
    """The same of features that edges have, with a condition on the product."""
    return sum(e, relu(sum(f, h[e, f] * w[f, c])), to={n: dst[e]})


@pytest.mark.parametrize("grammar", ["messages", "gathered", "scanned"])
@settings(max_examples=3, **EVERY)
@given(*DRAWN)
def test_every_plan_of_a_random_program_passes_the_checkers(grammar, sizes, numbers, way):
    """Forward and derivative, scattered and gathered, large arrays stored or made again."""
    run = getattr(programs, grammar)(sizes, programs.Choices(numbers)).kernel
    for program in (run.wide, run.grad.wide):
        for plain in (False, True):
            gathered, _ = scatter_to_gather(program, once=way == 1, plain=plain)
            for rematerialise in (False, True):
                assert plan(gathered, rematerialise=rematerialise)


@pytest.mark.parametrize("edges", [10, 4_000, 100_000])
@pytest.mark.parametrize("run", [layer, rectified], ids=["layer", "rectified"])
def test_a_message_layer_holds_nothing_over_edges_and_nodes(run, edges):
    """Neither pass, in the plan that these sizes take, has an array with both axes."""
    sizes = {"n": 2000, "e": edges, "f": 32, "c": 16}
    for program in (run.wide, run.grad.wide):
        for region in plan(program, rematerialise=Executable(program).rematerialises(sizes)):
            for item in region.items:
                assert not {"e", "n"} <= {d.axis for d in item.target.dims}


def test_the_checker_refuses_a_plan_that_holds_more():
    """An array over edges, nodes and channels is larger than all that the layer speaks of."""
    a, b, d = (axis.node for axis in (e, n, c))
    large = Array("large", tuple(Dim(axis.name) for axis in (a, b, d)), "f")
    region = Region((), a, (Equation(large, (a, b, d), "=", (a, b, d), layer.wide.body[0].expr),))
    with pytest.raises(CheckError, match=r"the plan holds large\[e, n, c\]"):
        check_memory((region,), layer.wide)
    square = Array("square", (Dim("n"), Dim("n")), "f")
    region = Region((), None, (Equation(square, (b, b), "=", (b,), layer.wide.body[0].expr),))
    with pytest.raises(CheckError, match=r"square\[n, n\]"):
        check_memory((region,), layer.wide)


MEASURED = """
import resource, torch
from tests.kernels.schedule.test_plan import layer, rectified
torch.manual_seed(0)
nodes, edges = 2000, 20000
x, w = torch.randn(nodes, 32, requires_grad=True), torch.randn(32, 16, requires_grad=True)
h = torch.randn(edges, 32, requires_grad=True)
src, dst = torch.randint(nodes, (edges,)), torch.randint(nodes, (edges,))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
layer(x, src, dst, w).sum().backward()
rectified(h, dst, w, n=nodes).sum().backward()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_message_passing_takes_memory_for_edges_not_edges_times_nodes():
    """Peak memory of both passes: 2,000 × 20,000 × 16 numbers would take 2,500 MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 200
