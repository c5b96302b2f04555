# ruff: noqa: D103  (each function makes one mistake, which its name tells)
"""Golden texts: every error names the axes and the place, before anything is computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handful.errors import KernelError
from handful.kernels import (
    F,
    I,
    axes,
    exp,
    kernel,
    max,
    padded,
    scan,
    size,
    smallest,
    sum,
    where,
)
from tests.kernels.examples import cell, knn, linear_gelu, segment_sum, subm_conv, window

b, i, j, k, m, n, r, t = axes("b i j k m n r t")
Z = np.zeros


def told(run) -> str:
    """The first line of the error, without the class."""
    with pytest.raises(KernelError) as caught:
        run()
    return caught.value.what


def first(run) -> str:
    """The place that the error names."""
    with pytest.raises(KernelError) as caught:
        run()
    return caught.value.found


CALLS = {
    "linear_gelu: axis k is 4 in x[n, k] but 5 in w[k, m] (dimension 0)": lambda: linear_gelu(
        Z((5, 4)), Z((5, 3)), Z(3)
    ),
    "linear_gelu: x is declared [n, k] (2 axes) but has shape (5, 4, 1)": lambda: linear_gelu(
        Z((5, 4, 1)), Z((4, 3)), Z(3)
    ),
    "linear_gelu: takes 3 arguments but got 2": lambda: linear_gelu(Z((5, 4)), Z((4, 3))),
    "linear_gelu: w is declared F[k, m] but is int64 (F means otherwise)": lambda: linear_gelu(
        Z((5, 4)), Z((4, 3), np.int64), Z(3)
    ),
    "subm_conv: nbr[1, 3] = 902 but axis m has size 900 (values index m)": lambda: subm_conv(
        Z((900, 2)), np.array([[0, 0, 0, -1], [0, 0, 0, 902]]), Z((4, 2, 3)), Z(3)
    ),
    "segment_sum: the size of axis n does not follow from the arguments": lambda: segment_sum(
        Z((3, 2)), Z(3, np.int64)
    ),
    "segment_sum: takes no size q=": lambda: segment_sum(Z((3, 2)), Z(3, np.int64), q=4),
    "segment_sum: dst[1] = 7 but axis n has size 4 (values index n)": lambda: segment_sum(
        Z((2, 2)), np.array([0, 7]), n=4
    ),
    "window: x[n, i + o₁] reads from 0 to 9 in dimension 1, but axis j has size 9": lambda: window(
        Z((2, 9)), Z(3), i=8
    ),
    "knn: smallest takes 3 of axis j, whose size is 2": lambda: knn(Z((6, 2)), Z((2, 2))),
    "cell: s[t, b, j₁] reads from 0 to 6 in dimension 2, but axis k has size 6": lambda: cell(
        Z((5, 3, 4)), Z((3, 6)), Z((4, 6)), Z((4, 6)), Z((7, 6)), Z((7, 6)), Z(6)
    ),
}


@pytest.mark.parametrize("text", list(CALLS))
def test_a_wrong_call_is_told_apart(text):
    """Shapes, kinds, sizes and index ranges are checked before native code runs."""
    message = told(CALLS[text])
    digits = str.maketrans("", "", "₀₁₂₃₄₅₆₇₈₉")
    assert message.translate(digits) == text.translate(digits)


def free_axis():
    @kernel
    def wrong(x: F[n, j]) -> F[n]:
        return exp(x[n, j])


def wrong_count():
    @kernel
    def wrong(x: F[n, j]) -> F[n]:
        return sum(j, x[n])


def idle_axis():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return sum(j, x[n])


def python_if():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return x[n] if x[n] > 0 else 0


def wrong_state():
    @kernel
    def wrong(x: F[t, b, k], u: F[b, j]) -> F[t, b, k]:
        return scan(t, lambda s: s[b, k] + u[b, j], init=0.0, axes=(b, k))


def nested_scan():
    @kernel
    def wrong(x: F[t, b]) -> F[t, b]:
        return scan(t, lambda s: scan(t, lambda q: q[b], init=s[b]), init=x[0, b])


def transposed_state():
    @kernel
    def wrong(x: F[t, b, k]) -> F[t, b, k]:
        return scan(t, lambda s: s[k, b] + x[t, b, k], init={(b, k): 0})


def shifted_and_transposed_state():
    @kernel
    def wrong(x: F[t, b, k]) -> F[t, b, k]:
        return scan(t, lambda s: padded(s[k - 1, b]) + x[t, b, k], init=x[0, b, k])


def unordered_state():
    @kernel
    def wrong(x: F[t, b, k]) -> F[t, b, k]:
        return scan(t, lambda s: s[0, 1] * x[t, b, k], init=0)


def no_axis():
    @kernel
    def wrong(x: F[t, b]) -> F[t, b]:
        return scan(t, lambda s: s[b] + x[t, b], init={"b": 0})


def two_namings():
    @kernel
    def wrong(x: F[t, b]) -> F[t, b]:
        return scan(t, lambda s: s[b] + x[t, b], init={b: 0}, axes=(b,))


def python_number():
    @kernel
    def wrong(x: F[n], p: F[n]) -> F[n]:
        return x[int(p[n])]


def scalar_alone():
    @kernel
    def wrong(x: F[n], p: F[()]) -> F[n]:
        return p * x[n]


def float_index():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return x[x[n]]


def integer_condition():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return where(n, x[n], 0)


def no_indices():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return x * 2


def shadowed():
    @kernel
    def wrong(n: F[n]) -> F[n]:
        return n[0]


def not_annotated():
    @kernel
    def wrong(x) -> F[n]:
        return x[n]


def bound_target():
    @kernel
    def wrong(x: F[n, j], at: I[j].into(n)) -> F[n]:
        return sum(j, x[n, j], to={n: at[j]})


def ranks_twice():
    @kernel
    def wrong(x: F[n, r]) -> F[n, r]:
        return smallest(n, x[n, r], r, count=2)[0]


def float_result():
    @kernel
    def wrong(x: F[n]) -> I[n]:
        return x[n]


def re_indexed():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return x[n].at(j=n)


def padded_outside():
    @kernel
    def wrong(x: F[n]) -> F[n]:
        return padded(sum(j, x[n + j - 1]))


def twice():
    @kernel
    def wrong(x: F[n]) -> F[()]:
        return max((n, n), x[n])


TRACES = {
    free_axis: "wrong: result has free axis j, not in -> [n]",
    wrong_count: "wrong: x has 2 axes [n, j] but is indexed with 1",
    idle_axis: "wrong: sum runs over j, but its body varies over [n] only",
    python_if: "wrong: an expression has no truth value while the kernel is read",
    wrong_state: "wrong: state has axes [b, k] but step returned [b, k, j]",
    transposed_state: "wrong: state s has axes [b, k] but is indexed in another order",
    shifted_and_transposed_state: "wrong: state s has axes [b, k] but is indexed in another order",
    unordered_state: "wrong: the order of the axes of state s is not known",
    no_axis: "wrong: 'b' is no axis of a state",
    two_namings: "wrong: init={(b, k): 0} names the axes of one state",
    python_number: "wrong: an expression has no number while the kernel is read",
    scalar_alone: "wrong: p is used without indices",
    nested_scan: "wrong: a scan stands directly in a kernel, not in the step of another scan",
    float_index: "wrong: dimension 0 of x takes an integer, not a float",
    integer_condition: "wrong: the first argument of where is a condition",
    no_indices: "wrong: x is used without indices",
    shadowed: "wrong: parameter n has the name of an axis",
    not_annotated: "wrong: x is not annotated with F[…] or I[…]",
    bound_target: "wrong: sum(…, to={n: …}) but its body varies over n already",
    ranks_twice: "wrong: smallest ranks over r, but its body varies over r already",
    float_result: "wrong: result is a float but -> I[…] is declared",
    padded_outside: "wrong: padded stands around a reduction over j, along which it cannot ask",
    re_indexed: "wrong: .at(j=…) but the expression does not vary over j",
    twice: "wrong: max names an axis twice in [n, n]",
}


@pytest.mark.parametrize("make", list(TRACES), ids=lambda m: m.__name__)
def test_a_wrong_kernel_is_refused_with_its_line(make):
    """The message names the axes; the place is the line of this file that is wrong."""
    assert told(make) == TRACES[make]
    name, _, line = first(make).partition(":")
    start = make.__code__.co_firstlineno
    assert name == "test_errors.py"
    assert start < int(line) <= start + 4


def test_the_hint_names_the_missing_sum():
    """A free axis is mostly a forgotten sum."""
    with pytest.raises(KernelError) as caught:
        free_axis()
    assert caught.value.attempt == "did you mean sum(j, …)?"


def test_hints_are_python():
    """What is to be tried can be typed: a scalar is read as p[()]."""
    with pytest.raises(KernelError) as caught:
        scalar_alone()
    assert caught.value.attempt == "p[()]"


def test_a_condition_that_lets_a_read_leave_its_array_is_refused():
    """One off at the end, or a condition on data alone: told at the call, with the place."""

    @kernel
    def edge(x: F[n], y: F[m]) -> F[m]:
        return where(m <= size(n), x[m], 0) + y[m]

    @kernel
    def flagged(x: F[n], flag: I[m]) -> F[m]:
        return where(flag[m] > 0, x[m], 0)

    @kernel
    def before(x: F[n]) -> F[n]:
        return where(n == 0, 0, x[n - 2])

    text = "edge: x[m] reads 4 in dimension 0, but axis n has size 4"
    assert told(lambda: edge(Z(4), Z(9))) == text
    assert edge(Z(9), Z(9)).tolist() == [0.0] * 9
    flags = np.ones(9, np.int64)
    assert told(lambda: flagged(Z(4), flags)).startswith("flagged: x[m] reads 4")
    assert flagged(Z(9), flags).tolist() == [0.0] * 9
    assert told(lambda: before(Z(4))).startswith("before: x[n - 2] reads -1")
    assert told(lambda: before.reference(Z(4))).startswith("before: x[n - 2] reads -1")


def test_a_limit_that_stands_in_data_is_believed():
    """t < length[b] cannot be known before the call: no error, and nothing beyond is read."""

    @kernel
    def ragged(x: F[t, b], length: I[b]) -> F[t, b]:
        return where(t + 1 < length[b], x[t + 1, b], 0)

    x = np.arange(6.0).reshape(3, 2)
    assert ragged(x, np.array([3, 1])).tolist() == [[2.0, 0.0], [4.0, 0.0], [0.0, 0.0]]


def test_absent_neighbours_need_a_guard():
    """-1 in a table is an error where no `where` stands before it."""

    @kernel
    def gather(x: F[n], at: I[j].into(n)) -> F[j]:
        return x[at[j]]

    text = "gather: at[1] = -1 but axis n has size 3 (values index n; -1 needs a where guard)"
    assert told(lambda: gather(Z(3), np.array([0, -1]))) == text


def test_the_reference_lists_them():
    """Every text above stands in the docs, but for the kernel's name and what is indexed."""
    page = (Path(__file__).parents[3] / "docs/reference/kernels-errors.md").read_text("utf-8")
    for text in TRACES.values():
        assert f"`{text.removeprefix('wrong: ')}`" in page
    left_out = ["subm_conv", "cell", "window"]  # the same of other names
    for text in CALLS:
        name, _, said = text.partition(": ")
        assert f"`{said}`" in page or name in left_out
