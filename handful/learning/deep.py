"""From a frozen model to a deep one, if it is better: in which order `deep/` is asked.

The journey is `learn.py`'s; here stands what `--deep` adds to it: a plan, one pass through the
frozen part for both models, the fine-tuning, and the decision which of the two is shipped.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.errors import DataError, SettingError
from handful.items.item import Collection, Item, Quarantined
from handful.learning.learn import Embedded, Learned, Progress, Settings, shipped
from handful.system import installing

if TYPE_CHECKING:
    from handful.deep.cut import Activations
    from handful.deep.finder import Finding
    from handful.deep.fine_tune import Round
    from handful.deep.history import History
    from handful.deep.plan import Depth, Plan
    from handful.deep.run import Training
    from handful.encoders.image import ImageEncoder

SAMPLE = 200  # items that are turned to see whether they keep their class
FOLDER = "deep"
RATE, LEAST_RATE, SMOOTHING = 3e-4, 1e-4, 0.1
DANGER = 3.0  # a rate this many times below the one that explodes is safe


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of `--deep`.

    Args:
        plan: what was to be done.
        shipped: "deep", or "frozen" where that was not clearly better.
        why: in words.
        difference: log-loss of deep less frozen, out of sample, with its interval; None: untrained.
        views: that each picture is seen in.
        rates: what the rate finder saw; None: untrained.
        rounds: log-loss of the folds out of sample after each round that was begun, by its cut.
        histories: of each fold's run in each round, and of the last one, by name.
        notes: what happened on the way.
    """

    plan: Plan
    shipped: Literal["deep", "frozen"]
    why: str
    difference: tuple[float, float, float] | None = None
    views: tuple[str, ...] = ()
    rates: Finding | None = None
    rounds: Mapping[str, float] = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For a person."""
        lines = [f"Deep    {self.shipped} is shipped: {self.why}"]
        if self.rates:
            lines.append(f"        {self.rates.line()}")
            lines.append(f"        rate taken: {_taken(self.rates):.1e}")
        if len(self.rounds) > 1:
            reached = (f"{value:.3f} behind {cut}" for cut, value in self.rounds.items())
            lines.append(f"        log-loss out of sample {', '.join(reached)}")
        return lines + [f"        {name}: {one.line()}" for name, one in self.histories.items()]

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        low_high = dict(zip(("value", "low", "high"), self.difference or (), strict=False))
        return {
            "plan": self.plan.to_json(),
            "shipped": self.shipped,
            "why": self.why,
            "difference": low_high or None,
            "views": list(self.views),
            "rates": {
                "rates": list(self.rates.rates),
                "losses": list(self.rates.losses),
                "taken": _taken(self.rates),
            }
            if self.rates
            else None,
            "rounds": dict(self.rounds),
            "histories": {name: list(one) for name, one in self.histories.items()},
            "notes": list(self.notes),
        }


@final
class Deepening:
    """One `--deep` run. Made before anything is embedded, because its one pass serves both models.

    Args:
        collection: what was found.
        folder: of the project.
        settings: with `minutes`.
    Raises:
        SettingError: PyTorch is not installed, or the encoder is none that can be cut.
    """

    def __init__(self, collection: Collection, folder: Path, settings: Settings) -> None:
        _need_torch()
        from handful.datasets.index import Index
        from handful.encoders.image import ImageEncoder
        from handful.features.suited import suited_encoder

        self.start_s = time.perf_counter()
        self._collection, self._folder, self._settings = collection, folder, settings
        with Index(folder) as index:
            encoder = suited_encoder(settings.encoder, collection.items, index)
        if not isinstance(encoder, ImageEncoder):
            raise SettingError(
                "This encoder cannot be cut.",
                found=f"--encoder {encoder.name}",
                expected="an encoder of pictures",
                attempt="leave out --deep, or choose another --encoder",
            )
        self._encoder: ImageEncoder = encoder
        self._minutes = settings.minutes or 0.0
        self._plan: Plan | None = None
        self._rates: Finding | None = None

    def plan(self) -> Plan:
        """Measures this machine and chooses, once; a run that was killed keeps its plan."""
        self._plan = self._plan or self._made()
        return self._plan

    def _made(self) -> Plan:
        from handful.deep.plan import Plan, make_plan
        from handful.encoders.weights import read_weights

        kept = self._run_folder() / "plan.json"
        found = Plan.read(kept)
        if found is not None:
            return found
        labels = [item.label for item in self._collection.items if item.label]
        share = 1 - (self._settings.test or 0.0)
        made = make_plan(
            self._encoder,
            self._collection.items,
            read_weights(self._encoder.weights_path),
            folder=self._folder,
            minutes=self._minutes,
            learned=max(1, round(share * len(labels))),
            classes=max(2, len(set(labels))),
            turns=self._settings.turns,
            zoom=self._settings.zoom,
        )
        if made.depths:
            made.save(kept)
        return made

    def look(self, plan: Plan, *, progress: Progress = None) -> None:
        """The one pass: maps at the cut, and the vectors of the frozen model."""
        from handful.datasets.index import Index
        from handful.deep.cut import CutEncoder, activations, keep_vectors
        from handful.features.store import Store

        if not plan.depths:
            return
        cut = plan.depths[0].cut
        features = self._folder / "features"
        with Index(self._folder) as index:
            activations(
                self._collection.items,
                self._encoder,
                features,
                index,
                cut=cut,
                views=plan.views[:1],
                progress=progress,
            )
            known = index.known(self._collection.items).values()
            hashes = [one.content for one in known if not isinstance(one, Quarantined)]
        maps = Store(features, CutEncoder(self._encoder, cut))
        keep_vectors(maps, Store(features, self._encoder), hashes)

    def deepen(
        self,
        embedded: Embedded,
        frozen: Learned,
        plan: Plan,
        *,
        audited: Bool[np.ndarray, " n"] | None = None,
        trust: Float[np.ndarray, " n"] | None = None,
        progress: Progress = None,
    ) -> tuple[Learned, Outcome]:
        """The deep model where it is better out of sample beyond noise, else the frozen one.

        Both are compared on every label that they learn from, each left out with its fold. What
        is then said of the better one is of the audit items alone where labels were chosen by
        queries, because the others are harder than the rest.

        Args:
            embedded: with the labels that `frozen` was learned from.
            frozen: the opponent.
            plan: what to do.
            audited: (n,) as for `learning.learn`.
            trust: (n,) as for `learning.learn`; the trained part takes every label in full.
            progress: called with (items seen, items in all, items per second, what is going on).
        Raises:
            StoreError: the disk is full.
        """
        from handful.deep.fine_tune import fine_tune
        from handful.encoders.weights import read_weights
        from handful.estimate.metrics import log_loss

        if not plan.depths:
            return frozen, Outcome(plan, "frozen", plan.why)
        learning = np.flatnonzero(~frozen.held_out)
        targets = frozen.targets[learning]
        views = self._allowed(embedded, frozen, learning, plan)
        weights = read_weights(self._encoder.weights_path)
        try:
            tuned = fine_tune(
                self._rounds(embedded, frozen, plan, views, weights, progress),
                folds=plan.folds,
                folder=self._run_folder(),
                progress=progress,
            )
        except DataError as error:
            return frozen, Outcome(plan, "frozen", f"{error.what} {error.found}", views=views)
        # the frozen model's own estimate is no opponent for the folds: it learned from all items
        compared = tuned.compared
        better = compared.better == "first"
        why = (
            f"log-loss {compared.difference:+.3f} ({compared.low:+.3f} to {compared.high:+.3f}) "
            f"against frozen features, both without the fold" + ("" if better else ": not enough")
        )
        outcome = Outcome(
            plan,
            "deep" if better else "frozen",
            why,
            (compared.difference, compared.low, compared.high),
            views,
            self._rates,
            tuned.rounds,
            tuned.histories,
            (*tuned.notes, *_of_trust(trust, frozen.chosen[learning])),
        )
        shutil.rmtree(self._run_folder(), ignore_errors=True)
        if not better:
            return frozen, outcome
        from handful.bundle.graph import Trained
        from handful.deep.model import trained_vectors
        from handful.heads.linear import Candidate
        from handful.targets.one_of_k import softmax

        testing = np.flatnonzero(frozen.held_out)
        probabilities = frozen.probabilities.copy()
        probabilities[learning] = tuned.probabilities
        if len(testing):
            asked = frozen.chosen[testing]
            maps = self._kept(embedded, asked, tuned.cut, views[:1], progress)
            own = trained_vectors(weights, tuned.arrays, maps) @ tuned.weight
            plain = embedded.store.read(embedded.rows[asked])
            probabilities[testing] = softmax(tuned.head.logits(plain) + own)
        candidate = Candidate("deep", log_loss(tuned.probabilities, targets))
        deep = shipped(
            embedded,
            self._collection,
            self._settings,
            classes=frozen.classes,
            chosen=frozen.chosen,
            targets=frozen.targets,
            held_out=frozen.held_out,
            probabilities=probabilities,
            fit=replace(
                frozen.fit,
                head=tuned.head,
                probabilities=tuned.probabilities,
                candidates=(candidate, *frozen.fit.candidates),
            ),
            beside=frozen.beside,
            audited=audited,
            trained=Trained(tuned.cut, tuned.arrays, tuned.weight),
        )
        return deep, outcome

    def _rounds(
        self,
        embedded: Embedded,
        frozen: Learned,
        plan: Plan,
        views: tuple[str, ...],
        weights: Mapping[str, np.ndarray],
        progress: Progress,
    ) -> Iterator[Round]:
        """One after another, as the plan says; a deeper one only if there is time for it still."""
        from handful.deep.fine_tune import Learner, Round, rates_tried
        from handful.deep.plan import LEAST_EPOCHS

        learning = np.flatnonzero(~frozen.held_out)
        places = frozen.chosen[learning]
        vectors = embedded.store.read(embedded.rows[places])
        for number, depth in enumerate(plan.depths):
            an_epoch = depth.training_s / depth.epochs
            if number and self._left(plan, number, looked=False) < LEAST_EPOCHS * an_epoch:
                return
            learner = Learner(
                self._kept(embedded, places, depth.cut, views, progress),
                vectors,
                frozen.fit.head,
                frozen.targets[learning],
                embedded.units[places],
                frozen.classes,
                self._encoder.blocks,
                weights,
            )
            training = self._training(depth)
            self._rates = self._rates or rates_tried(learner, training)
            taken = replace(training, rate=_taken(self._rates))
            yield Round(learner, taken, self._left(plan, number))

    def _left(self, plan: Plan, number: int, *, looked: bool = True) -> float:
        """Seconds to train in this round: all that follows will be as slow as what came before.

        Args:
            looked: the round's activations are there already.
        """
        from handful.deep.plan import ROOM

        depth, *deeper = plan.depths[number:]
        done = plan.measuring_s + sum(one.seconds for one in plan.depths[:number])
        later = plan.rest_s + sum(one.seconds for one in deeper)
        done += depth.before_s if looked else 0.0
        later += 0.0 if looked else depth.before_s
        spent = time.perf_counter() - self.start_s
        slower = max(1.0, spent / max(done, 1.0))
        return max(60 * plan.minutes * ROOM - spent - slower * later, 1.0)

    def _kept(
        self,
        embedded: Embedded,
        places: Int[np.ndarray, " m"],
        cut: str,
        views: tuple[str, ...],
        progress: Progress,
    ) -> Activations:
        """The activations of the items at these places; computed where they are not there yet."""
        from handful.datasets.index import Index
        from handful.deep.cut import activations

        items = [embedded.items[at] for at in places]
        features = self._folder / "features"
        with Index(self._folder) as index:
            return activations(
                items, self._encoder, features, index, cut=cut, views=views, progress=progress
            )

    def _training(self, depth: Depth) -> Training:
        from handful.deep.costs import BATCH
        from handful.deep.run import Training
        from handful.deep.schedules import plateau

        return Training(
            epochs=depth.epochs,
            batch_size=BATCH,
            rate=RATE,
            schedule=plateau,
            label_smoothing=SMOOTHING,
            seed=self._settings.seed,
        )

    def _allowed(
        self,
        embedded: Embedded,
        frozen: Learned,
        learning: Int[np.ndarray, " m"],
        plan: Plan,
    ) -> tuple[str, ...]:
        """The plan's views that leave the classes as they are, where the user did not say."""
        if self._settings.turns != "auto" or len(plan.views) == 1:
            return plan.views
        from handful.deep.views import keeps_its_class
        from handful.heads.fit import fit
        from handful.modalities.image.views import FAR, NEAR

        random = np.random.default_rng(self._settings.seed)
        units = embedded.units[frozen.chosen[learning]]
        order = random.permutation(np.unique(units))
        aside = np.isin(units, order[: min(SAMPLE, len(order) // 3)])
        asked, others = learning[aside], learning[~aside]
        labels = [frozen.classes[target] for target in frozen.targets[others]]
        if len(set(labels)) < len(frozen.classes) or not len(asked):
            return plan.views[:1]
        head = fit(
            embedded.vectors(frozen.chosen[others]),
            labels,
            units=embedded.units[frozen.chosen[others]],
            blocks=self._encoder.blocks,
            seed=self._settings.seed,
        ).head
        plain = head.probabilities(embedded.store.read(embedded.rows[frozen.chosen[asked]]))
        items = [embedded.items[at] for at in frozen.chosen[asked]]
        kept = {plan.views[0], *({NEAR, FAR} & {*plan.views})}  # what the user allowed
        for view in ("mirror", "flip"):
            if view in plan.views:
                turned = head.probabilities(_vectors(self._encoder, items, view))
                if keeps_its_class(plain, turned, frozen.targets[asked]):
                    kept.add(view)
        if {"mirror", "flip"} <= kept:
            kept.add("turn")
        return tuple(view for view in plan.views if view in kept)

    def _run_folder(self) -> Path:
        """Where this very run keeps its plan and its checkpoints."""
        facts = hashlib.sha256(self._encoder.identity.encode())
        s = self._settings
        chosen = (self._minutes, s.seed, s.test, s.turns, s.zoom)
        facts.update(repr(chosen).encode())
        for item in self._collection.items:
            facts.update(f"{item.path}\t{item.label}\t{item.split}\n".encode("utf-8", "replace"))
        return self._folder / FOLDER / facts.hexdigest()[:16]


def _of_trust(
    trust: Float[np.ndarray, " n"] | None, learned: Int[np.ndarray, " m"]
) -> tuple[str, ...]:
    """A note on labels that count less in the frozen head than in the trained part."""
    halved = 0 if trust is None else int((trust[learned] < 1).sum())
    if not halved:
        return ()
    return (f"{halved:,} labels given by lasso count half in the frozen head, in full here",)


def _taken(found: Finding) -> float:
    """The rate that did well on ten data sets, or a lower one where that comes near exploding."""
    return min(RATE, max(LEAST_RATE, found.explodes_at / DANGER))


def _vectors(encoder: ImageEncoder, items: Sequence[Item], view: str) -> Float[np.ndarray, "n d"]:
    """Of the items as they are in this view; readable, because they were read before."""
    from concurrent.futures import ThreadPoolExecutor

    from handful.modalities.image.decode import decode
    from handful.modalities.image.views import seen
    from handful.system.machine import num_cores

    def work(item: Item) -> np.ndarray:
        recipe = encoder.recipe
        content = item.source.read_bytes()
        picture = decode(content, target=recipe.detail, levels=recipe.levels)
        return encoder.encode(seen(encoder.prepare(picture), view)[None])[0]

    with ThreadPoolExecutor(num_cores()) as pool:
        return np.stack(list(pool.map(work, items)))


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise SettingError(
            "--deep needs PyTorch, which is not installed.",
            found="--deep",
            expected="the extra `torch`",
            attempt=installing.extra("torch"),
        )
