"""From scores to probabilities: a temperature and the classes' frequency, never seen items alone.

Scores become logits as  c · score + t · log(class share),  with c (one over the temperature) and t
chosen to make the log-loss of out-of-sample scores least. t lets a head that was fitted on
rebalanced classes, or with least squares, find the true frequencies again with one number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handful.heads.binomial import normal_quantile, wilson
from handful.targets.one_of_k import ONE_OF_K, softmax

MOST_STEPS = 30
LARGEST_STEP = 4.0
FOLDS = 10
MANY_ALONE = 0.2  # of the items
UNSURE = 0.5  # slope, in spreads of the scores: the likeliest of ten classes gets about 0.2


@dataclass(frozen=True, slots=True)
class Scale:
    """How scores become logits, and the log-loss that chose it.

    Args:
        slope: factor on the scores, 1 / temperature, > 0.
        prior_share: factor on the log shares of the classes.
        log_loss: on the scores that it was chosen on, in nats.
    """

    slope: float
    prior_share: float
    log_loss: float

    def logits(
        self, scores: Float[np.ndarray, "n k"], log_prior: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, "n k"]:
        """Calibrated logits."""
        return self.slope * scores + self.prior_share * log_prior


def log_shares(y: Int[np.ndarray, " n"], k: int) -> Float[np.ndarray, " k"]:
    """Log of each class's share, half an item added to each; its mean over classes is 0."""
    shares = np.log(np.bincount(y, minlength=k) + 0.5)
    return shares - shares.mean()


def fit_scale(
    scores: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    log_prior: Float[np.ndarray, " k"],
    *,
    start: Scale | None = None,
) -> Scale:
    """The scale whose smoothed log-loss on out-of-sample `scores` is least, by Newton's method.

    The truth is smoothed by two items in n + 2, so that scores without a fault do not send the
    slope to infinity.

    Args:
        start: a scale to start from; the answer does not depend on it.
    Source:
        Platt (1999) for the smoothing; Guo et al., arXiv:1706.04599 for the temperature.
    """
    n, k = scores.shape
    smoothing = 2.0 / (n + 2.0)
    # one row for each class: sums over classes then run along memory
    centred = np.subtract(scores.T, scores.sum(axis=1) / k, order="C")
    spread = math.sqrt(np.vdot(centred, centred) / centred.size) or 1.0
    # logits = theta[0] * basis[0] + theta[1] * basis[1]; loss = logsumexp(logits) - theta . target
    basis = np.stack([centred, np.broadcast_to(log_prior[:, None], centred.shape)])
    target = (1 - smoothing) * basis[:, y, np.arange(n)].sum(axis=1) / n
    flat = basis.reshape(2, -1)
    theta = np.array([2.0 / spread, 0.0] if start is None else [start.slope, start.prior_share])
    ridge = np.array([1e-6 * spread**2, 1e-3])

    def loss_at(theta: Float[np.ndarray, 2]) -> tuple[float, Float[np.ndarray, "k n"]]:
        logits = (theta @ flat).reshape(k, n)
        top = logits.max(axis=0)
        logits -= top
        p = np.exp(logits, out=logits)
        total = p.sum(axis=0)
        loss = float((np.log(total) + top).sum()) / n - float(theta @ target)
        return loss + float(ridge @ theta**2) / 2, np.divide(p, total, out=p)

    loss, p = loss_at(theta)
    for _ in range(MOST_STEPS):
        weighed = basis * p
        mean = weighed.sum(axis=1)
        slope = mean.sum(axis=1) / n - target + ridge * theta
        curvature = (weighed.reshape(2, -1) @ flat.T - mean @ mean.T) / n + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        if float(step @ slope) < 1e-9:
            break
        # at most: the slope to a tenth and as far down again, the prior by LARGEST_STEP
        largest = abs(step) / np.array([0.9 * abs(theta[0]) + 1 / spread, LARGEST_STEP])
        step /= max(1.0, float(largest.max()))
        tried, tried_p = loss_at(theta - step)
        while tried > loss + 1e-12:
            step = step / 4
            tried, tried_p = loss_at(theta - step)
        theta, loss, p = theta - step, tried, tried_p
    alone = np.bincount(y, minlength=k)[y] == 1
    if alone.mean() > MANY_ALONE:
        # Left out, an item alone in its class cannot be named: it speaks against all scores, and
        # for the classes that have two. The order of the scores is kept, with little confidence.
        theta = np.array([max(theta[0], UNSURE / spread), 0.0])
    elif theta[0] <= 0:  # the scores are no better than chance: answer with the classes' shares
        theta = np.array([1e-6 / spread, 1.0])
    fitted = Scale(float(theta[0]), float(theta[1]), 0.0)
    losses = log_losses(fitted.logits(centred.T, log_prior), y)
    return Scale(fitted.slope, fitted.prior_share, float(losses.mean()))


def log_losses(
    logits: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Of each item, -log of the probability that softmax gives its true class, in nats."""
    top = logits.max(axis=1)
    total = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    return total - logits[np.arange(len(y)), y]


def out_of_sample_probabilities(
    scores: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    log_prior: Float[np.ndarray, " k"],
    scale: Scale,
    *,
    units: Int[np.ndarray, " n"] | None = None,
    seed: int = 0,
) -> Float[np.ndarray, "n k"]:
    """Probabilities of left-out scores, each with a scale that its own unit did not help choose.

    Units are dealt into `FOLDS` folds, and each fold is scaled by what the others say; otherwise
    the choice of the scale would flatter the log-loss, at n = 20 by several per cent.

    Args:
        scores: left-out scores, as a solver gives them.
        scale: chosen on all of them: where the search starts.
    """
    n = len(y)
    fold = unit_folds(np.arange(n) if units is None else units, FOLDS, seed=seed)
    logits = np.empty_like(scores)
    for f in range(FOLDS):
        inside = fold == f
        if not inside.any():
            continue
        others = (
            scale
            if inside.all()
            else fit_scale(scores[~inside], y[~inside], log_prior, start=scale)
        )
        logits[inside] = others.logits(scores[inside], log_prior)
    return softmax(logits)


def unit_folds(units: Int[np.ndarray, " n"], folds: int, *, seed: int) -> Int[np.ndarray, " n"]:
    """A fold for every item; a unit's items share theirs, and folds differ by a unit at most."""
    names, where = np.unique(units, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    return dealt[where]


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """What was said and what was so, in bins of equally many items from unsure to sure.

    Args:
        members: bin of each item.
        confidence: mean probability of the class named, per bin.
        accuracy: share of items named rightly, per bin.
        low, high: Wilson interval of `accuracy`, per bin.
        n: items, per bin.
    """

    members: Int[np.ndarray, " n"]
    confidence: Float[np.ndarray, " b"]
    accuracy: Float[np.ndarray, " b"]
    low: Float[np.ndarray, " b"]
    high: Float[np.ndarray, " b"]
    n: Int[np.ndarray, " b"]


def reliability(
    probabilities: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    *,
    bins: int | None = None,
    confidence: float = 0.95,
) -> Reliability:
    """The reliability curve's data: items in order of confidence, equally many to a bin.

    Args:
        bins: by default n^(1/3), at most 15: finer bins show noise, coarser ones hide gaps.
        confidence: of the bars, which take items as independent.
    """
    n = len(y)
    count = min(n, bins if bins is not None else max(1, min(15, round(n ** (1 / 3)))))
    sure = probabilities.max(axis=1).astype(np.float64)
    members = np.empty(n, dtype=np.int64)
    members[np.argsort(sure, kind="stable")] = np.arange(n) * count // n
    right = (ONE_OF_K.decide(probabilities) == y).astype(np.float64)
    sizes = np.bincount(members, minlength=count)
    share = np.bincount(members, weights=right, minlength=count) / sizes
    quantile = normal_quantile(confidence)
    pairs = zip(share.tolist(), sizes.astype(float).tolist(), strict=True)
    bars = [wilson(part, size, quantile=quantile) for part, size in pairs]
    low, high = np.array(bars).T
    said = np.bincount(members, weights=sure, minlength=count) / sizes
    return Reliability(members, said, share, low, high, sizes)
