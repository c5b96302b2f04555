"""Every query obeys the contract of its family."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from handful.errors import SettingError
from handful.queries.chance import Chance
from handful.queries.discovery import Discovery
from handful.queries.herding import Herding
from handful.queries.margin import Margin
from handful.queries.mixture import Mixture
from handful.queries.query import Pool, Query

QUERIES = [
    Chance(),
    Margin(),
    Herding(),
    Herding(landmarks=30, candidates=20),
    Herding(weighted=False),
    Discovery(),
    Mixture(),
    Mixture(most=1.0),
]
# without the addresses that `repr` may hold: every worker must give a test the same name
NAMES = [f"{number}-{type(query).__name__.lower()}" for number, query in enumerate(QUERIES)]
pytestmark = pytest.mark.parametrize("query", QUERIES, ids=NAMES)
MakePool = Callable[..., Pool]


@pytest.mark.parametrize("model", [True, False])
def test_picks_are_askable_and_of_different_units(
    query: Query, make_pool: MakePool, model: bool
) -> None:
    """Never a labelled or reserved item, nor a near-duplicate of one, nor two of one cluster."""
    for seed in range(5):
        pool = make_pool(seed=seed, model=model)
        picks = query(pool, 10, seed=seed).indices
        taboo = pool.clusters[pool.labelled | pool.closed]
        assert len(set(pool.clusters[picks].tolist())) == 10
        assert not set(pool.clusters[picks].tolist()) & set(taboo.tolist())


def test_one_seed_gives_one_choice(query: Query, make_pool: MakePool) -> None:
    """Asking twice gives the same items, probabilities and reasons, and leaves the pool alone."""
    pool = make_pool()
    before = pool.labelled.copy()
    first, second = query(pool, 9, seed=4), query(pool, 9, seed=4)
    np.testing.assert_array_equal(first.indices, second.indices)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert first.reasons == second.reasons
    np.testing.assert_array_equal(pool.labelled, before)


def test_asking_for_more_than_there_is_gives_all(query: Query, make_pool: MakePool) -> None:
    """The last items of a pool are asked, each once; an empty pool gives an empty answer."""
    pool = make_pool(40)
    if isinstance(query, Herding) and query.candidates < 40:
        query = replace(query, candidates=40)
    askable = pool.askable()
    selection = query(pool, 1000, seed=0)
    assert sorted(selection.indices.tolist()) == askable.tolist()
    assert len(selection) == len(selection.probabilities) == len(selection.reasons)
    empty = query(replace(pool, closed=np.ones(40, bool)), 5, seed=0)
    assert (len(empty), empty.reasons) == (0, ())


def test_a_pool_without_any_label_can_be_asked(query: Query, make_pool: MakePool) -> None:
    """The first question comes before the first label."""
    pool = make_pool(num_labelled=0, model=False)
    assert len(query(pool, 12, seed=0)) == 12


def test_one_class_and_equal_items_are_no_trouble(query: Query, make_pool: MakePool) -> None:
    """A model with one class, and a pool in which all vectors are equal, still give a choice."""
    pool = make_pool()
    flat = replace(
        pool,
        vectors=np.repeat(pool.vectors[:1], len(pool.vectors), axis=0),
        probabilities=np.ones((len(pool.vectors), 1)),
    )
    assert len(set(query(flat, 7, seed=0).indices.tolist())) == 7


def test_asking_for_nothing_is_an_error(query: Query, make_pool: MakePool) -> None:
    """n = 0 cannot be meant."""
    with pytest.raises(SettingError, match="at least one"):
        query(make_pool(), 0, seed=0)
