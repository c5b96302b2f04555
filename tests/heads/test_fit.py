"""The front door: what it says of left-out items is what refitting without them would say."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from handful.errors import DataError, SettingError
from handful.heads.fit import fit


def some_digits(n: int, seed: int = 0) -> tuple[np.ndarray, list[str], np.ndarray, np.ndarray]:
    """n digits to learn from and all others to test on, as (X, labels, X_rest, labels_rest)."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    X, labels = X[order].astype(np.float32), y[order].astype(str)
    return X[:n], labels[:n].tolist(), X[n:], labels[n:]


@pytest.mark.parametrize("method", ["ridge", "logistic"])
def test_left_out_accuracy_does_not_flatter_ten_classes(method: str) -> None:
    """On 60 digits of ten classes the left-out accuracy is near that on 1,737 others, not 1.0."""
    gaps = []
    for seed in range(3):
        X, labels, rest, truth = some_digits(60, seed)
        found = fit(X, labels, methods=(method,))
        names = np.array(found.head.classes)
        said = (names[found.probabilities.argmax(axis=1)] == labels).mean()
        gaps.append(said - (names[found.head.probabilities(rest).argmax(axis=1)] == truth).mean())
    assert np.mean(gaps) < 0.06


@pytest.mark.parametrize("method", ["ridge", "logistic"])
def test_left_out_answers_are_those_of_refits(method: str) -> None:
    """For most items the class named left out is the class that a real refit without it names."""
    X, labels, _, _ = some_digits(60)
    found = fit(X, labels, methods=(method,))
    names = np.array(found.head.classes)
    agreed = []
    for item in range(0, 60, 4):
        kept = np.arange(60) != item
        again = fit(X[kept], [labels[at] for at in np.flatnonzero(kept)], methods=(method,))
        named = np.array(again.head.classes)[again.head.probabilities(X[[item]]).argmax()]
        agreed.append(named == names[found.probabilities[item].argmax()])
    assert np.mean(agreed) >= 0.8


def test_units_leave_together() -> None:
    """With every item copied, the left-out accuracy is that of the items without copies."""
    X, labels, _, _ = some_digits(60)
    twice, units = np.repeat(X, 2, axis=0), np.repeat(np.arange(60), 2)
    doubled = [label for label in labels for _ in range(2)]
    careless = fit(twice, doubled, methods=("ridge",))
    careful = fit(twice, doubled, units=units, methods=("ridge",))
    names = np.array(careful.head.classes)

    def accuracy(probabilities: np.ndarray) -> float:
        return float((names[probabilities.argmax(axis=1)] == doubled).mean())

    assert accuracy(careless.probabilities) > accuracy(careful.probabilities) + 0.1


def test_the_head_is_calibrated_and_its_rows_sum_to_one() -> None:
    """Probabilities are finite, sum to one, and their mean confidence is near the accuracy."""
    X, labels, rest, truth = some_digits(300)
    found = fit(X, labels)
    said = found.head.probabilities(rest)
    assert np.allclose(said.sum(axis=1), 1, atol=1e-5)
    right = np.array(found.head.classes)[said.argmax(axis=1)] == truth
    assert abs(said.max(axis=1).mean() - right.mean()) < 0.05
    assert right.mean() > 0.9


def test_both_methods_are_told_and_the_first_is_least_but_for_noise() -> None:
    """Candidates are told with their log-loss, the one that was kept first; ridge wins ties."""
    X, labels, _, _ = some_digits(260)
    candidates = fit(X, labels).candidates
    assert {"ridge", "logistic"} == {one.name for one in candidates}
    assert candidates[0].log_loss <= min(one.log_loss for one in candidates) + 0.05


@pytest.mark.parametrize(
    ("labels", "error"), [(["a"] * 6, DataError), (["a", "b"], SettingError), ([], SettingError)]
)
def test_what_cannot_be_fitted_is_said(labels: list[str], error: type[Exception]) -> None:
    """One class, and labels that do not fit the vectors, are errors in handful's own words."""
    with pytest.raises(error):
        fit(np.random.default_rng(0).normal(size=(6, 4)), labels)


def test_odd_data_is_survived() -> None:
    """Constant columns, more columns than items, a class with one item, n below k: all fit."""
    random = np.random.default_rng(0)
    X = random.normal(size=(9, 40)).astype(np.float32)
    X[:, ::3] = 1.0
    found = fit(X, list("aaabbbccd"))
    assert (9, 4) == found.probabilities.shape
    assert np.isfinite(found.probabilities).all()


def test_one_item_of_each_class_is_enough_to_begin() -> None:
    """Where leaving out cannot judge, for each class has one item, the head is still learned."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    for extra in (0, 2):  # some classes with a second item
        first = [int(rng.choice(np.flatnonzero(y == c))) for c in range(10)]
        rows = first + rng.choice(len(y), extra, replace=False).tolist()
        fitted = fit(X[rows].astype(np.float32), [str(y[row]) for row in rows])
        said = np.array(fitted.head.classes)[fitted.head.logits(X).argmax(axis=1)]
        assert np.mean(said == y.astype(str)) > 0.5
        assert fitted.head.probabilities(X.astype(np.float32)).max(axis=1).mean() < 0.6


def test_vectors_that_are_read_in_slices_give_the_same_head() -> None:
    """An array and rows that are only read when sliced give the same head and answers."""

    class Sliced:
        def __init__(self, X: np.ndarray) -> None:
            self.X = X
            self.shape = X.shape

        def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
            return self.X[rows]

    X, labels, rest, _ = some_digits(90)
    plain, sliced = fit(X, labels), fit(Sliced(X), labels)
    np.testing.assert_array_equal(plain.head.weight, sliced.head.weight)
    np.testing.assert_array_equal(
        plain.head.probabilities(rest), sliced.head.probabilities(Sliced(rest))
    )


def test_labels_trusted_little_mislead_little() -> None:
    """Three in ten labels wrong: the head is better where just these are trusted little."""
    X, labels, rest, truth = some_digits(200)
    wrong = np.random.default_rng(1).random(200) < 0.3
    said = [str((int(c) + 1) % 10) if bad else c for c, bad in zip(labels, wrong, strict=True)]

    def accuracy(trust: np.ndarray | None) -> float:
        head = fit(X, said, methods=("ridge",), trust=trust).head
        named = np.array(head.classes)[head.probabilities(rest).argmax(axis=1)]
        return float((named == truth).mean())

    assert accuracy(np.where(wrong, 0.1, 1.0)) > accuracy(None) + 0.02
    assert accuracy(np.ones(200)) == accuracy(None)


@pytest.mark.parametrize("trust", [np.ones(3), np.zeros(20), np.full(20, np.nan)])
def test_trust_that_does_not_fit_is_refused(trust: np.ndarray) -> None:
    """One number per label, above 0 and at most 1."""
    X, labels, _, _ = some_digits(20)
    with pytest.raises(SettingError, match="one number per item"):
        fit(X, labels, trust=trust)
