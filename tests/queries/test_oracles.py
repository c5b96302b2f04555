"""Our queries, held against scikit-activeml and against brute force."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.queries.chance import Chance
from handful.queries.discovery import Discovery
from handful.queries.herding import Herding, greedy_coverage, radius_of
from handful.queries.margin import Margin
from handful.queries.mixture import Mixture, audit_is_due, unseen_mass
from handful.queries.query import Pool, uncertainty
from handful.queries.space import squared_distances, steering

MakePool = Callable[..., Pool]


def singles(pool: Pool) -> Pool:
    """The pool without duplicates or reserve, as other libraries see one."""
    n = len(pool.vectors)
    return replace(pool, clusters=np.arange(n), closed=np.zeros(n, bool))


@pytest.mark.parametrize("num_labelled", [0, 1])
def test_cold_herding_is_max_herding(make_pool: MakePool, num_labelled: int) -> None:
    """With constant uncertainty and radius 1 the picks are those of scikit-activeml's MaxHerding.

    Theirs takes the unlabelled items alone as landmarks; so do we here.
    """
    from skactiveml.pool import MaxHerding

    for seed in range(5):
        pool = singles(make_pool(60, num_labelled=num_labelled, model=False, seed=seed))
        y = np.where(pool.labelled, 0.0, np.nan)
        theirs = MaxHerding(metric_dict={"gamma": 1.0}, random_state=0).query(
            pool.vectors, y, batch_size=8
        )
        near = np.exp(-squared_distances(pool.vectors, pool.vectors).astype(float))
        free = np.flatnonzero(~pool.labelled)
        covered = near[free][:, pool.labelled].max(axis=1, initial=0.0)
        picks = greedy_coverage(near[np.ix_(free, free)], covered, np.ones(len(free)), 8)
        np.testing.assert_array_equal(free[picks], theirs)
        if num_labelled == 0:
            np.testing.assert_array_equal(Herding()(pool, 8, seed=0).indices, theirs)


def test_margin_is_their_margin_sampling(make_pool: MakePool) -> None:
    """The picks are those of scikit-activeml's UncertaintySampling with the same probabilities."""
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import UncertaintySampling

    pool = singles(make_pool())
    table = {
        tuple(row): p for row, p in zip(pool.vectors.tolist(), pool.probabilities, strict=True)
    }

    class Known(SkactivemlClassifier):
        """Answers with the pool's own probabilities."""

        def fit(self, X: object, y: object) -> "Known":
            return self

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            return np.array([table[tuple(row)] for row in np.asarray(X, np.float32).tolist()])

    y = np.where(pool.labelled, 0.0, np.nan)
    query = UncertaintySampling(method="margin_sampling", random_state=0)
    theirs = query.query(
        pool.vectors, y, clf=Known(classes=[0, 1, 2]), fit_clf=False, batch_size=10
    )
    assert Margin()(pool, 10, seed=0).indices.tolist() == theirs.tolist()


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_lazy_greedy_is_plain_greedy(seed: int, n: int) -> None:
    """Computing only the promising gains anew picks the very rows of the plain rule."""
    rng = np.random.default_rng(seed)
    near, covered, weight = rng.random((15, 9)), 0.3 * rng.random(9), rng.random(9)
    best, plain = covered.copy(), []
    for _ in range(n):
        gains = [-1.0 if j in plain else np.maximum(near[j] - best, 0) @ weight for j in range(15)]
        plain.append(int(np.argmax(gains)))
        best = np.maximum(best, near[plain[-1]])
    ours = greedy_coverage(near, covered, weight, n)
    assert len(set(ours.tolist())) == n
    reached = [np.maximum(covered, near[p].max(axis=0)) @ weight for p in (ours, plain)]
    assert reached[0] == pytest.approx(reached[1], rel=1e-12)


def test_herding_is_the_formula_by_brute_force(make_pool: MakePool) -> None:
    """With labels and a model, the first pick maximises the mean of u x max(0, k - m)."""
    pool = make_pool(seed=3)
    labelled = np.flatnonzero(pool.labelled)
    distance = np.linalg.norm(pool.vectors[:, None] - pool.vectors[None], axis=2)
    among = distance[np.ix_(labelled, labelled)] + 9 * np.eye(len(labelled))
    radius = np.median(among.min(axis=1))
    assert radius_of(pool.vectors[labelled]) == pytest.approx(radius, rel=1e-5)
    kernel = np.exp(-((distance / radius) ** 2))
    marks = np.unique(pool.clusters, return_index=True)[1]
    m = kernel[:, labelled].max(axis=1)
    u = uncertainty(pool.probabilities)
    gain = {j: np.mean([u[i] * max(0, kernel[i, j] - m[i]) for i in marks]) for j in pool.askable()}
    assert Herding()(pool, 1, seed=0).indices[0] == max(gain, key=gain.__getitem__)


def test_herding_spreads_where_margin_repeats_itself() -> None:
    """Ten look-alikes on the boundary: margin takes them all, herding one of them."""
    rng = np.random.default_rng(0)
    crowd = np.array([1.0, 0.0]) + 0.01 * rng.standard_normal((10, 2))
    others = np.array([0.0, 1.0]) + 0.3 * rng.standard_normal((40, 2))
    vectors = np.concatenate([crowd, others]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    p = np.concatenate([np.full(10, 0.5), np.full(40, 0.6)])
    labelled = np.zeros(50, bool)
    labelled[[48, 49]] = True
    pool = Pool(vectors, np.arange(50), labelled, np.zeros(50, bool), np.stack([p, 1 - p], axis=1))
    assert (Margin()(pool, 5, seed=0).indices < 10).sum() == 5
    assert (Herding()(pool, 5, seed=0).indices < 10).sum() == 1


def test_discovery_finds_the_class_that_nobody_named() -> None:
    """Labels on one of two clusters: the first pick lies in the other, not on a lone outlier."""
    rng = np.random.default_rng(1)
    centres = np.eye(5)[[0] * 60 + [1] * 30 + [2]]
    vectors = (centres + 0.1 * rng.standard_normal((91, 5))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labelled = np.zeros(91, bool)
    labelled[:20] = True
    pool = Pool(vectors, np.arange(91), labelled, np.zeros(91, bool), None)
    assert 60 <= Discovery()(pool, 1, seed=0).indices[0] < 90


def test_chance_is_uniform_and_says_its_probability(make_pool: MakePool) -> None:
    """Over many seeds each cluster comes equally often, with the chance that is logged."""
    pool = make_pool(40)
    askable = pool.askable()
    drawn = np.concatenate([Chance()(pool, 5, seed=s).indices for s in range(2000)])
    counts = np.array([(drawn == j).sum() for j in askable])
    expected = 2000 * 5 / len(askable)
    assert counts.sum() == 10_000
    assert abs(counts - expected).max() < 5 * np.sqrt(expected)
    np.testing.assert_allclose(
        Chance()(pool, 3, seed=0).probabilities, 1 / (len(askable) - np.arange(3))
    )


def test_the_mixture_gives_discovery_its_share(make_pool: MakePool) -> None:
    """Of any 100 labels asked one by one, some 15 are discovery's; before a model none is."""
    pool, reasons = make_pool(400), []
    for _ in range(100):
        pick = Mixture()(pool, 1, seed=0)
        reasons += pick.reasons
        pool = pool.with_labelled(pick.indices)
    assert sum("unlike" in reason for reason in reasons) == pytest.approx(15, abs=1)
    cold = Mixture(most=1.0)(replace(pool, probabilities=None), 10, seed=0)
    assert not any("unlike" in reason for reason in cold.reasons)


def test_discovery_gives_way_once_the_classes_are_settled(make_pool: MakePool) -> None:
    """15 in a hundred while classes are seen once, 5 when all came twice, in between as many."""
    found = []
    for counts in ([1, 1, 8], [50, 2, 8], [1, 1, 18], [1, 2, 27]):
        pool = replace(make_pool(400), counts=np.array(counts))
        picks = Mixture()(pool, 100, seed=0)
        found.append(sum("unlike" in reason for reason in picks.reasons))
    assert found == pytest.approx([15, 5, 10, 5], abs=1)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_classes_seen_once_tell_of_those_not_seen(seed: int, n: int) -> None:
    """Over all draws of n at random the estimate is the mass that n - 1 draws leave unseen."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(6, 0.3))
    draws = rng.multinomial(n, shares, size=4000)
    estimates = np.array([unseen_mass(counts) for counts in draws])
    error = estimates.std() / np.sqrt(len(estimates))
    assert abs(estimates.mean() - (shares * (1 - shares) ** (n - 1)).sum()) < 5 * error + 1e-3
    assert unseen_mass(np.zeros(0, int)) == 0.0


def test_audit_items_come_often_at_first_and_seldom_later() -> None:
    """One in three until 30 are answered, one in five until 100, then one in ten."""
    since, audited, asked = 0, 0, []
    for number in range(1, 1000):
        if audit_is_due(since, audited):
            since, audited = 0, audited + 1
            asked.append(number)
        else:
            since += 1
    assert asked[:3] == [3, 6, 9]
    assert (asked[29], asked[30], asked[99], asked[100]) == (90, 95, 440, 450)


@pytest.mark.parametrize(("n", "d"), [(300, 40), (20, 40), (5, 3)])
def test_steering_keeps_the_distances_of_a_full_decomposition(n: int, d: int) -> None:
    """With all axes kept, cosines are those of the standardised features."""
    X = np.random.default_rng(0).standard_normal((n, d)).astype(np.float32) * np.arange(1, d + 1)
    X[:, 0] = 7.0
    Z = steering(X)
    full = X[:, 1:] - X[:, 1:].mean(axis=0)
    full /= full.std(axis=0)
    full /= np.linalg.norm(full, axis=1, keepdims=True)
    np.testing.assert_allclose(Z @ Z.T, full @ full.T, atol=2e-3)
    assert Z.dtype == np.float32


def test_steering_finds_the_main_axes() -> None:
    """Three strong directions among 60 are those that three axes keep."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((200, 3))
    noise = 0.05 * rng.standard_normal((200, 60))
    X = (hidden @ rng.standard_normal((3, 60)) + noise).astype(np.float32)
    few, many = steering(X, dimension=3), steering(X, dimension=60)
    assert np.abs(few @ few.T - many @ many.T).mean() < 0.01
