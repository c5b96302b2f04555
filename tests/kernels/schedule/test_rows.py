"""Passes over rows: factors before sums, folds in company, sums in parts, told from outputs."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from handful.kernels import F, I, axes, exp, gallery, kernel, softmax, sum, tanh, where
from handful.kernels.loops.ir import Folds
from handful.kernels.loops.lower import lower
from handful.kernels.loops.walks import with_axes
from handful.kernels.schedule.contractions import arrays_read
from handful.kernels.schedule.partial_sums import LEAST_ROWS, MOST, parts
from handful.kernels.schedule.plan import plan
from handful.kernels.torch.training import Training

c, d, e, n = axes("c d e n")


@kernel
def normalised(x: F[n, d]) -> F[n, d]:
    """Each row by its sum of squares."""
    return x[n, d] / (1 + sum(d, x[n, d] ** 2))


@kernel
def soft(x: F[n, d], r: F[n, d]) -> F[n, d]:
    """A softmax of a sum."""
    return softmax(d, x[n, d] + r[n, d])


@kernel
def squashed(x: F[n, d], w: F[d]) -> F[n, d]:
    """A dear term is the output itself."""
    return tanh(x[n, d] * w[d])


@kernel
def masked(x: F[n, d], w: F[d]) -> F[n, d]:
    """Rows of logarithms, of which some are not numbers."""
    return where(x[n, d] > 0, x[n, d] ** 0.5, 0) * w[d] / (1 + sum(d, exp(-(x[n, d] ** 2))))


@kernel
def shares(x: F[n, d], s: F[n]) -> F[n, d]:
    """A divisor that stays the same along a row."""
    return x[n, d] / s[n]


def training(which) -> Training:
    """Both passes of a kernel whose inputs all learn."""
    return Training(which.wide, tuple(a.kind == "f" for a in which.wide.inputs))


def regions(which) -> list:
    """What the backward pass runs, in order."""
    return list(plan(training(which).program))


def randn(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    """Tensors that learn, in double precision."""
    return [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]


# ------------------------------------------------------------ factors


def test_factors_of_a_row_stand_before_its_sum():
    """Layer norm's three sums wait for nothing but the rows."""
    text = gallery.layer_norm.grad.equations()
    assert "δ3'[n] += -(out'[n, d]*weight[d])    over d" in text
    assert "δ4'[n] += -(x[n, d] - sum1[n]/float(size(d)) + (" in text


def test_what_a_forward_pass_saves_stays_as_it_is():
    """The sums that the forward pass made are no other sums in the backward pass."""

    @kernel
    def scaled(x: F[n, d], s: F[n]) -> F[n]:
        return sum(d, s[n] * x[n, d]) ** 2

    forward = scaled.equations().splitlines()[1]
    assert forward in scaled.grad.equations()


def test_a_factor_at_a_computed_place_is_read_there():
    """s'[n] has a factor c[n]; who reads s' at at[n] reads c there, too."""

    @kernel
    def gathered(x: F[n, d], s: F[n], near: I[e].into(n)) -> F[e]:
        total = sum(d, x[n, d])
        return sum(n, where(near[e] == n, total * s[n], 0))

    x, s = randn((5, 3), (5,))
    near = torch.tensor([4, 0, 4, -1])
    y = gathered(x, s, near)
    want = torch.where(near >= 0, (x.sum(1) * s)[near.clamp(min=0)], torch.zeros(()))
    torch.testing.assert_close(y, want)
    seed = torch.randn(4, dtype=torch.float64)
    for ours, theirs in zip(
        torch.autograd.grad(y, (x, s), seed), torch.autograd.grad(want, (x, s), seed), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


# ------------------------------------------------------------ one pass


def test_sums_of_a_row_are_made_in_one_pass():
    """The three folds of layer norm's backward pass are one loop."""
    program = training(gallery.layer_norm).program
    tasks = lower(program, plan(program))
    found = [c for t in tasks for c in _folds(t.body)]
    assert [len(f.body) for f in found] == [3]


def _folds(body) -> list[Folds]:
    found = [c for c in body if isinstance(c, Folds)]
    return found + [f for c in body if hasattr(c, "axis") for f in _folds(c.body)]


def test_rows_are_read_by_one_region():
    """x' and the weights' sums come from the same pass; the parts are added up in another."""
    first, second = regions(gallery.layer_norm)
    assert first.number is not None
    assert "x'" in [i.target.name for i in first.items]
    assert [i.target.name for i in second.items] == ["bias'", "weight'"]
    assert all(load.startswith("part#") for load in _read(second))


def _read(region) -> set[str]:
    return {a.name for a in arrays_read(*region.items)}


def test_a_cheap_array_is_not_stored():
    """No δ of layer norm is an array over rows and columns."""
    program = training(gallery.layer_norm).program
    wide = [i.target.name for r in plan(program) for i in r.items if len(i.target.dims) == 2]
    assert [name for name in wide if not name.startswith("part#")] == ["x'"]


@given(st.integers(1, 10_000_000))
def test_blocks_are_as_many_as_their_numbers(size):
    """The width that the code computes from their number gives that number of blocks again."""
    count = parts(size)
    wide = -(-size // count)
    assert -(-size // wide) == count <= MOST
    assert size < 2 or count > 1
    assert count <= 2 or size > LEAST_ROWS * (count - 1)


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, 17, 64, 65, 513, 1025])
@pytest.mark.parametrize("width", [1, 15, 33])
def test_sums_in_parts_are_the_sums(rows, width):
    """Gradients equal torch's, whatever the last block holds."""
    x, w, b = randn((rows, width), (width,), (width,))
    ours = gallery.layer_norm(x, w, b)
    theirs = functional.layer_norm(x, (width,), w, b)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)
    seed = torch.randn_like(x)
    for one, two in zip(
        torch.autograd.grad(ours, (x, w, b), seed),
        torch.autograd.grad(theirs, (x, w, b), seed),
        strict=True,
    ):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)


def test_parts_do_not_depend_on_the_threads(two_threads):
    """One thread and two give the same bits."""
    x, w, b = (t.detach().float().requires_grad_() for t in randn((3001, 40), (40,), (40,)))
    found = two_threads(lambda: torch.autograd.grad(gallery.layer_norm(x, w, b).sum(), (x, w, b)))
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))


def test_axes_around_the_rows_have_parts_of_their_own():
    """(c, n) rows: the sum goes over both."""

    @kernel
    def scaled(x: F[c, n, d], w: F[d]) -> F[c, n, d]:
        return x[c, n, d] * w[d] / (1 + sum(d, x[c, n, d] ** 2))

    x, w = randn((3, 37, 10), (10,))
    y = scaled(x, w)
    want = x * w / (1 + x.square().sum(2, keepdim=True))
    seed = torch.randn_like(x)
    for one, two in zip(
        torch.autograd.grad(y, (x, w), seed), torch.autograd.grad(want, (x, w), seed), strict=True
    ):
        torch.testing.assert_close(one, two)


# ------------------------------------------------------------ told from outputs


def test_a_softmax_is_not_computed_again():
    """Its derivative reads the output in place of the rows and their exponentials."""
    found = training(soft)
    assert [a.name for a in found.saved] == ["sum1", "out"]
    assert (
        "exp"
        not in found.run_backward.native(torch.float32, frozenset()).source.text.split(
            "static void task_0", 1
        )[1]
    )
    assert {"x", "r"} & {n for r in plan(found.program) for n in _read(r)} == set()


def test_an_output_that_holds_a_dear_term_is_kept():
    """tanh' = 1 - tanh²: from the output."""
    assert training(squashed).kept == [0]
    assert training(normalised).kept == []


@pytest.mark.parametrize("which", [soft, squashed, normalised, masked])
def test_derivatives_are_right(which, each_backend):
    """First and second derivatives, by differences."""
    torch.manual_seed(0)
    inputs = randn(*[(4, 5)[-len(a.dims) :] for a in which.wide.inputs])
    assert torch.autograd.gradcheck(which, inputs)
    assert torch.autograd.gradgradcheck(which, inputs)


def test_an_output_changed_in_place_is_no_longer_trusted():
    """As with torch's own softmax."""
    x, r = randn((4, 5), (4, 5))
    y = soft(x, r)
    with torch.no_grad():
        y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_what_is_not_a_number_stays_guarded(each_backend):
    """The root of a negative number is never taken: gradients are torch's with ones there."""
    x = torch.tensor([[1.0, -1.0, 4.0], [-2.0, 9.0, -3.0]], dtype=torch.float64)
    w = torch.tensor([0.5, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    x.requires_grad_()
    root = torch.where(x > 0, torch.where(x > 0, x, 1.0) ** 0.5, 0.0)
    want = root * w / (1 + torch.exp(-(x**2)).sum(1, keepdim=True))
    seed = torch.linspace(-1, 2, 6, dtype=torch.float64).reshape(2, 3)
    for one, two in zip(
        torch.autograd.grad(masked(x, w), (x, w), seed),
        torch.autograd.grad(want, (x, w), seed),
        strict=True,
    ):
        torch.testing.assert_close(one, two)


def test_every_command_of_a_group_is_counted():
    """Folds in company are walked like others."""
    program = training(gallery.layer_norm).program
    tasks = lower(program, plan(program))
    names = {c.target.name for t in tasks for c, _ in with_axes(t.body)}
    assert {"δ1'", "δ3'", "δ4'"} <= names


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_row_by_what_stays_is_off_by_two_roundings_at_most(dtype):
    """Its inverse is made once, for any size of both that has one."""
    random = torch.Generator().manual_seed(0)
    x = torch.randn(200, 37, generator=random, dtype=dtype)
    s = torch.exp2(torch.linspace(-120, 120, 200, dtype=dtype)) * 1.1
    wanted = x.double() / s.double()[:, None]
    off = ((shares(x, s).double() - wanted) / wanted).abs().max()
    assert off <= 1.5 * torch.finfo(dtype).eps


def test_by_zero_and_infinity_as_a_division_has_it():
    """Infinity, zero and what is no number."""
    x = torch.tensor([-2.0, 0.0, 3.0, torch.inf, torch.nan]).repeat(4, 1)
    s = torch.tensor([0.0, -0.0, torch.inf, torch.nan])
    torch.testing.assert_close(shares(x, s), x / s[:, None], equal_nan=True, rtol=0, atol=0)
