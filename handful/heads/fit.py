"""The front door: vectors and labels in, the better of ridge and logistic regression out."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from handful.encoders.encoder import Block
from handful.errors import DataError, SettingError
from handful.heads.calibration import log_losses, log_shares, out_of_sample_probabilities
from handful.heads.linear import Candidate, HeadFit, LinearHead, RidgeFit
from handful.heads.logistic import operations, search_logistic, try_logistic
from handful.heads.ridge import Search, Trial, indicators, item_weights, mix, stands_out, try_ridge
from handful.heads.solver import Dual, Solver
from handful.heads.space import Space
from handful.heads.standardise import Rows
from handful.system.cores import own_products

METHODS = ("ridge", "logistic")
# Logistic regression is not fitted to all items when on the sample it is so many standard errors
# behind ridge, or when it would take more floating-point operations than these (1e11 is a second).
HOPELESS = 2.0
# On ELPV, log-loss of new items, ridge and the better of both: 0.4906 and 0.4917 with 50 labels,
# 0.3964 and 0.3960 with 200; the choice flatters what is then said by 0.011 and 0.005.
WORTH_LOGISTIC = 200
AFFORDABLE_ON_SAMPLE, AFFORDABLE_DUAL, AFFORDABLE_PRIMAL = 2e10, 2e11, 3e12


@own_products()
def fit(
    X: Rows,
    labels: Sequence[str],
    *,
    units: Sequence[int] | Int[np.ndarray, " n"] | None = None,
    blocks: Sequence[Block] | None = None,
    methods: Sequence[str] = METHODS,
    seed: int = 0,
    trust: Float[np.ndarray, " n"] | None = None,
    keep_ridge: bool = False,
) -> HeadFit:
    """Fit ridge and logistic regression, and keep the one that is less wrong of left-out items.

    Settings are searched on at most 768 items; the fit itself takes all. Up to 3,072 items it is
    exact; beyond, vectors of more than 2,048 numbers are reduced to 1,536 principal directions,
    and are read in slices, so that `X` may be a memory map.

    Args:
        X: (n, d) vectors, float16, float32 or float64.
        labels: n class names.
        units: n whole numbers; items with the same number are never parted (groups, duplicates).
        blocks: the stages of the encoder as runs of columns; None: all columns are one stage.
        methods: those of "ridge" and "logistic" that are tried.
        seed: of the choice of items to search on.
        trust: (n,) in (0, 1], how much each label counts in a fit; None: all alike. Settings are
            judged by all labels alike.
        keep_ridge: keep the ridge fit, to ask what it says without other items than its units.
            It is as large as the problem.
    Raises:
        DataError: fewer than two classes or two units, or a number that is not finite.
        SettingError: labels, units, blocks, methods or trust do not fit.
    """
    start = time.perf_counter()
    classes, y, unit_of = _checked(X, labels, units)
    stages = _stages(blocks, X.shape[1])
    if not methods or not set(methods) <= set(METHODS):
        raise SettingError(
            "No such method.",
            found=f"methods={list(methods)}",
            expected="ridge, logistic or both",
            attempt="leave methods out: both are tried",
        )
    if trust is not None:
        trust = _checked_trust(trust, len(y))
    space = Space(X, stages, y, unit_of, seed, trust)
    best, candidates, ridge, solver = _contest(
        space, y, unit_of, trust, len(classes), tuple(methods)
    )
    weight, bias = space.linear_map(best.solution)
    log_prior = log_shares(y, len(classes))
    head = LinearHead(
        (best.scale.slope * weight).astype(np.float32),
        best.scale.logits(bias[None], log_prior)[0].astype(np.float32),
        classes,
    )
    probabilities = out_of_sample_probabilities(
        best.solution.left_out, y, log_prior, best.scale, units=unit_of, seed=seed
    )
    kept = _kept(ridge, solver, y, len(classes)) if keep_ridge else None
    return HeadFit(head, probabilities, candidates, time.perf_counter() - start, kept)


def _kept(ridge: Trial, solver: Solver, y: Int[np.ndarray, " n"], k: int) -> RidgeFit:
    """The ridge fit with its settings, ready to be asked without any of its items."""
    targets, weights = indicators(y, k), item_weights(y, k, ridge.settings.balance)
    penalty = math.exp(ridge.settings.log_penalty)
    return RidgeFit(
        lambda items: solver.leaving_out(targets, weights, penalty, items),
        ridge.scale,
        log_shares(y, k),
    )


def _contest(
    space: Space,
    y: Int[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None,
    trust: Float[np.ndarray, " n"] | None,
    k: int,
    methods: tuple[str, ...],
) -> tuple[Trial, tuple[Candidate, ...], Trial, Solver]:
    """The better trial on all items, what is to be told of each, and ridge with its solver."""
    sample, whole = space.sample, not space.sampled
    y_sample, units_sample = y[sample], None if units is None else units[sample]
    trust_sample = None if trust is None else trust[sample]
    first = Search(space.grams, space.sizes, y_sample, k, units_sample, trust_sample).run()
    solver = space.solver(first.settings.stages)
    ridge = first if whole else try_ridge(solver, y, k, first.settings, start=first.scale)
    optional = "ridge" in methods
    if "logistic" not in methods:
        return ridge, (_candidate("ridge", ridge),), ridge, solver
    if optional and len(y) < WORTH_LOGISTIC:
        why = f"not tried: below {WORTH_LOGISTIC} items it has not paid"
        return ridge, (_candidate("ridge", ridge, logistic=why),), ridge, solver
    if optional and operations(k, len(sample), 0) > AFFORDABLE_ON_SAMPLE:
        why = f"not tried: slow with {k} classes"
        return ridge, (_candidate("ridge", ridge, logistic=why),), ridge, solver
    small = Dual(mix(space.grams, first.settings.stages), units_sample, trust_sample)
    logistic, notes = search_logistic(small, y_sample, k, first), {}
    if not whole:
        if optional:
            notes = _reason_to_stop(first, logistic, y_sample, k, space)
        if not notes:
            begin = ridge.scale.logits(ridge.solution.fitted, log_shares(y, k))
            logistic = try_logistic(solver, y, k, logistic.settings, start=begin)
    pair = _candidate("ridge", ridge), _candidate("logistic", logistic, **notes)
    if not optional:
        return logistic, pair[1:], ridge, solver
    # in a draw, ridge: its left-out scores are exact, and less flattered by the choice
    if notes or not stands_out(logistic, ridge, y, k):
        return ridge, pair, ridge, solver
    return logistic, pair[::-1], ridge, solver


def _reason_to_stop(
    ridge: Trial, logistic: Trial, y: Int[np.ndarray, " m"], k: int, space: Space
) -> dict[str, float | str]:
    """What to tell if logistic regression is not fitted to all items, else nothing."""
    log_prior = log_shares(y, k)
    lead = log_losses(logistic.scale.logits(logistic.solution.left_out, log_prior), y) - log_losses(
        ridge.scale.logits(ridge.solution.left_out, log_prior), y
    )
    hopeless = lead.mean() > HOPELESS * lead.std() / np.sqrt(len(y))
    affordable = AFFORDABLE_DUAL if space.columns == 0 else AFFORDABLE_PRIMAL
    if not hopeless and operations(k, space.n, space.columns) <= affordable:
        return {}
    why = "clearly behind ridge on them" if hopeless else "all items would take too long"
    return {
        "items": len(y),
        "ridge_on_them": ridge.scale.log_loss,
        "note": f"compared on {len(y)} items only: {why}",
    }


def _candidate(name: str, trial: Trial, **notes: float | str) -> Candidate:
    settings = trial.settings
    told: dict[str, float | str] = {
        "log_penalty": round(settings.log_penalty, 3),
        "balance": settings.balance,
        "slope": trial.scale.slope,
        "prior_share": trial.scale.prior_share,
        "stages": " ".join(f"{weight:.3f}" for weight in settings.stages),
    }
    return Candidate(name, trial.scale.log_loss, told | notes)


def _stages(blocks: Sequence[Block] | None, d: int) -> list[slice]:
    if blocks is None:
        return [slice(0, d)]
    stages = [slice(block.start, block.stop) for block in blocks]
    reached = 0
    for block in blocks:
        if block.start != reached or block.stop <= block.start:
            break
        reached = block.stop
    if reached != d:
        raise SettingError(
            "The blocks do not cover the columns one after another.",
            found=f"column {reached} of {d}",
            expected=f"runs of columns from 0 to {d} without gap or overlap",
            attempt="leave blocks out: all columns are then one block",
        )
    return stages


def _checked_trust(trust: Float[np.ndarray, " n"], n: int) -> Float[np.ndarray, " n"]:
    trust = np.asarray(trust, np.float64)
    if trust.shape != (n,) or not ((trust > 0) & (trust <= 1)).all():
        raise SettingError(
            "Trust and labels do not fit each other.",
            found=f"trust of shape {trust.shape}, {n} labels",
            expected="one number per item, above 0 and at most 1",
            attempt="leave trust out: every label then counts fully",
        )
    return trust


def _checked(
    X: Rows, labels: Sequence[str], units: Sequence[int] | Int[np.ndarray, " n"] | None
) -> tuple[tuple[str, ...], Int[np.ndarray, " n"], Int[np.ndarray, " n"] | None]:
    """Class names in order, class and unit of each item; or what is wrong with them."""
    if len(X.shape) != 2 or len(labels) != X.shape[0]:
        raise SettingError(
            "Vectors and labels do not fit each other.",
            found=f"vectors of shape {tuple(X.shape)}, {len(labels)} labels",
            expected="an (n, d) array and n labels",
            attempt="give each vector one label, in the same order",
        )
    classes, y = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            "There is nothing to tell apart: fewer than two classes.",
            found=f"{len(y)} items, all of class {str(classes[0])!r}" if len(y) else "no items",
            expected="items of two classes or more",
            attempt="label an item of another class",
        )
    if units is None:
        return tuple(classes.tolist()), y, None
    _, unit_of = np.unique(np.asarray(units), return_inverse=True)
    if len(unit_of) != len(y):
        raise SettingError(
            "Units and labels do not fit each other.",
            found=f"{len(unit_of)} units, {len(y)} labels",
            expected="one whole number per item",
            attempt="leave units out: every item is then a unit of its own",
        )
    if unit_of.max() == 0:
        raise DataError(
            "All items form one unit, so none can be left out to measure.",
            found=f"{len(y)} items, one group",
            expected="two groups or more",
            attempt="name the group of each item, or train without groups",
        )
    return tuple(classes.tolist()), y, unit_of
