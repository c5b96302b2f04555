"""Index tables are inverted: the backward of a gather is a gather, whatever the table holds."""

from __future__ import annotations

import pytest
import torch

from handful.kernels import F, I, axes, kernel, sum, where
from handful.kernels.gallery import neighbours, segment_sum, sparse_conv
from handful.kernels.ir.program import show_program
from handful.kernels.rewrite.scatter_to_gather import scatter_to_gather
from handful.kernels.run.execute import Executable, backend
from handful.kernels.run.tables import inverse

b, c, e, m, n, o = axes("b c e m n o")


@kernel
def mixed(x: F[b, m, c], at: I[n, o].into(m), w: F[o, c, e]) -> F[b, n, e]:
    """A batch of gathers; the product stands inside the guard."""
    return sum((o, c), where(at[n, o] >= 0, 2 * x[b, at[n, o], c] * w[o, c, e], 0))


TABLES = {
    "a permutation": torch.tensor([[2], [0], [3], [1]]).expand(4, 3).contiguous(),
    "duplicates": torch.tensor([[0, 0, 1], [0, 2, 1], [3, 2, 1], [0, 3, 1]]),
    "duplicates and none": torch.tensor([[0, -1, 1], [0, -1, -1], [-1, 2, 1], [0, 3, 1]]),
    "one value": torch.full((5, 3), 2),
    "nothing": torch.full((4, 3), -1),
}


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize("dim", [0, 1])
def test_an_inverse_is_what_a_search_finds(name, dim):
    """Entry (m, other, r) is the r-th place, in rising order, at which the table is m."""
    table = TABLES[name]
    found = inverse(table, dim, 4)
    if found is None:
        assert (name, dim) == ("one value", 0)  # four times more padding than places
        return
    for value in range(4):
        for other, row in enumerate(table.movedim(dim, 1)):
            places = (row == value).nonzero()[:, 0].tolist()
            assert found[value, other].tolist() == places + [-1] * (found.shape[2] - len(places))


def gradients(kernel, table, shapes):
    """Gradients of a weighted sum, in float64."""
    torch.manual_seed(0)
    given = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    out = kernel(given[0], table, *given[1:])
    return torch.autograd.grad((out * torch.randn_like(out)).sum(), given)


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize(
    ("kernel", "shapes"),
    [(sparse_conv, [(4, 5), (3, 5, 2), (2,)]), (mixed, [(2, 4, 5), (3, 5, 2)])],
    ids=["sparse_conv", "mixed"],
)
def test_gradients_through_an_inverse_are_those_of_the_scatter(name, kernel, shapes):
    """Duplicates, holes and tables too lopsided to invert give what the scatter gives."""
    ours = gradients(kernel, TABLES[name].clone(), shapes)
    with backend("torch"):
        expected = gradients(kernel, TABLES[name], shapes)
    for a, x in zip(ours, expected, strict=True):
        torch.testing.assert_close(a, x)


@pytest.mark.parametrize("once", [False, True])
def test_the_gathering_program_scatters_nothing(once):
    """Of the derivative's equations none writes at a place that a table names."""
    program, inverses = scatter_to_gather(sparse_conv.grad.program, once=once)
    left = [line.partition("=")[0] for line in show_program(program).splitlines()[1:]]
    assert [i.table.name for i in inverses] == ["near"]
    assert not [text for text in left if "near[" in text]


@kernel
def spread(y: F[n, e], at: I[n, o].into(m), w: F[o, c, e]) -> F[m, c]:
    """A product that is scattered."""
    return sum((n, o, e), y[n, e] * w[o, c, e], to={m: at[n, o]})


def test_the_report_tells_of_the_inverse():
    """`explain` shows the program that gathers where that is what runs."""
    table = TABLES["duplicates and none"]
    arguments = torch.ones(4, 2), table, torch.ones(3, 5, 2)
    report = spread.explain(*arguments, m=4)
    assert "by the inverse of at" in report
    assert "matrix product, rows m" in report
    assert "inverse" not in mixed.explain(torch.ones(2, 4, 5), table, arguments[2])


def test_a_sum_by_segments_is_gathered_once_its_table_stays(monkeypatch):
    """The third call with the same table inverts it, the fourth has it; all give the same bits.
    Where the sums fit in a cache nothing is inverted."""
    torch.manual_seed(0)
    node, message = torch.randint(40, (300,)), torch.randn(300, 70)
    assert not scatter_to_gather(segment_sum.program)[1]
    executable = Executable(segment_sum.program)
    sizes = {"e": 300, "c": 70, "n": 40}
    executable.run([message, node], sizes)
    monkeypatch.setattr("handful.kernels.run.execute.CACHED", 40)
    called = [
        (executable.run([message, node], sizes)[0], len(executable.gathering)) for _ in "1234"
    ]
    assert [made for _, made in called] == [0, 0, 1, 1]
    assert all(torch.equal(found, called[0][0]) for found, _ in called)
    node[:5] = 7  # another table
    again = executable.run([message, node], sizes)[0]
    with backend("torch"):
        torch.testing.assert_close(again, segment_sum(message, node, n=40))


def test_a_table_that_hits_few_segments_is_not_inverted(monkeypatch):
    """What would be mostly padding is scattered at every call."""
    monkeypatch.setattr("handful.kernels.run.execute.CACHED", 40)
    node, message = torch.zeros(50, dtype=torch.int64), torch.randn(50, 3)
    for _ in range(4):
        found = segment_sum(message, node, n=60)
    torch.testing.assert_close(found[0], message.sum(0))
    assert (found[1:] == 0).all()


def test_a_changed_table_is_inverted_again():
    """An inverse belongs to one state of one tensor."""
    table = TABLES["a permutation"].clone()
    gradients(sparse_conv, table, [(4, 5), (3, 5, 2), (2,)])
    table[0, 0], table[1, 0] = 0, 2
    ours = gradients(sparse_conv, table, [(4, 5), (3, 5, 2), (2,)])
    with backend("torch"):
        expected = gradients(sparse_conv, table, [(4, 5), (3, 5, 2), (2,)])
    torch.testing.assert_close(ours[0], expected[0])
    assert inverse(table, 0, 4) is inverse(table, 0, 4)


def test_gathered_gradients_are_the_same_bits_at_one_and_two_threads():
    """No atomics: who works on what decides nothing."""
    torch.manual_seed(0)
    near = neighbours(torch.randint(0, 9, (300, 3)).unique(dim=0))
    shapes, threads, seen = [(len(near), 16), (27, 16, 24), (24,)], torch.get_num_threads(), []
    try:
        for count in (1, 2, 2):
            torch.set_num_threads(count)
            seen.append(gradients(sparse_conv, near, shapes))
    finally:
        torch.set_num_threads(threads)
    for others in seen[1:]:
        assert all(torch.equal(a, x) for a, x in zip(seen[0], others, strict=True))
