"""The heads as scikit-learn estimators, for arrays without files.

Importing this imports scikit-learn; nothing that trains or predicts from files does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from handful.errors import SettingError
from handful.heads.fit import fit
from handful.targets.one_of_k import ONE_OF_K


class _Head(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What both share: they differ in the method alone."""

    _method: str

    def __init__(self, *, seed: Any = 0) -> None:
        self.seed = seed

    def fit(self, X: Any, y: Any, groups: Any = None) -> _Head:
        """Learn from vectors and labels; `groups` are never parted when items are left out.

        Args:
            X: (n, d) numbers.
            y: (n,) classes, of any type that scikit-learn takes.
            groups: (n,) a name or number for each item, or None.
        """
        X, y = validate_data(self, X, y, dtype=[np.float32, np.float64], ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, indices = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise SettingError(
                "A classifier can't train when only one class is present.",
                found=f"{len(y)} items, all of class {str(self.classes_[0])!r}",
                expected="two classes or more",
                attempt="add items of another class",
            )
        # the front door sorts names: numbers of one width sort as the classes do
        labels = [f"{index:09d}" for index in indices]
        units = None if groups is None else np.unique(groups, return_inverse=True)[1]
        fitted = fit(X, labels, units=units, methods=(self._method,), seed=self.seed)
        self.coef_ = fitted.head.weight.T
        self.intercept_ = fitted.head.bias
        self.left_out_probabilities_ = fitted.probabilities
        self.log_loss_ = fitted.candidates[0].log_loss
        self._head = fitted.head
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Calibrated probabilities (n, k), in the order of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
        return self._head.probabilities(np.asarray(X, dtype=np.float64))

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row."""
        likeliest = ONE_OF_K.decide(self.predict_proba(X))
        named: np.ndarray = self.classes_[likeliest]
        return named


class Ridge(_Head):
    """Prevalidated ridge: exact leave-one-out chooses the penalty and the temperature.

    There is nothing to set. After `fit`, `left_out_probabilities_` (n, k) says what a fit without
    an item (without its group, if groups were given) says of it, and `log_loss_` is their
    log-loss at the temperature chosen.

    Args:
        seed: of the choice of items to search on, where there are more than 768.
    Source:
        Targets, exact leave-one-out and temperature as in arXiv:2401.15610.
    """

    _method = "ridge"


class Logistic(_Head):
    """Multinomial logistic regression, its penalty and temperature chosen by leaving out.

    Left-out scores are exact but for one Newton step. Attributes as `Ridge`'s.

    Args:
        seed: of the choice of items to search on, where there are more than 768.
    """

    _method = "logistic"
