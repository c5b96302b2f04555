"""From files to answers: read, decode, prepare, run, decide. Loading a bundle is `load.py`.

Reading and decoding run on threads while the graph works on the batch before, and only a few
batches are ever held: fifty thousand pictures take no more memory than a hundred.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, UInt8

from handful.bundle.distance import NOVELTY
from handful.bundle.graph import OUTPUT, refusal
from handful.bundle.manifest import DataFacts, NoveltyFacts
from handful.bundle.unlike import Unlike, differences, strange_facts
from handful.datasets.folder import read_folder
from handful.encoders.runtime import Session
from handful.heads.conformal import Thresholds, abstentions, prediction_sets
from handful.items.item import Item
from handful.items.names import native, printable
from handful.modalities.content import read
from handful.modalities.failure import DecodeFailure
from handful.modalities.image.decode import Picture, decode
from handful.modalities.image.inline import inline_picture
from handful.modalities.image.prepare import prepare_picture
from handful.modalities.image.recipe import Recipe
from handful.system.machine import num_cores
from handful.system.notebook import small_table
from handful.targets.one_of_k import ONE_OF_K

Source = str | Path | Item | bytes
BATCH = 16  # pictures; larger ones gained nothing on two cores and take more memory
AHEAD = 4  # batches that may be decoded before they are needed


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one picture.

    Args:
        path: as it was asked for; empty where bytes were given.
        label: the most probable class, also where the model abstains; None where the picture
            could not be read.
        probability: of `label`, in [0, 1].
        probabilities: of every class; they sum to 1.
        set: the classes that are plausible at the coverage that the model was made for.
        abstained: True means "cannot say".
        error: why the picture could not be read; empty where it could.
        warnings: in what this picture differs from those that the model learned from, where an
            answer may still be right.
        unlike: how unlike all that the model learned from it is; None where the model cannot tell.
        why: the reason for "cannot say"; empty where there is an answer.
    """

    path: str
    label: str | None
    probability: float
    probabilities: Mapping[str, float]
    set: tuple[str, ...]
    abstained: bool
    error: str = ""
    warnings: tuple[str, ...] = ()
    unlike: Unlike | None = None
    why: str = ""

    @classmethod
    def unreadable(cls, path: str, why: str) -> Prediction:
        """For a picture that could not be read."""
        return cls(path, None, 0.0, {}, (), True, error=why)

    def _repr_html_(self) -> str:
        """In a notebook: the answer, what else is plausible, and the picture if it is a file."""
        answer = "cannot say" if self.abstained else self.label
        rows = {
            "picture": self.path,
            "answer": f"not readable: {self.error}" if self.error else answer,
            "most probable": f"{self.label}, {self.probability:.1%}" if self.label else "",
            "plausible": ", ".join(self.set),
            "note": "; ".join(self.warnings),
        }
        shown = {name: value for name, value in rows.items() if value}
        picture = inline_picture(Path(self.path)) if self.path and not self.error else ""
        return picture + small_table("Prediction", shown)

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it; what is empty or unknown is left out from `unlike` on."""
        answer: dict[str, object] = {
            "path": self.path,
            "label": self.label,
            "probability": self.probability,
            "probabilities": dict(self.probabilities),
            "abstained": self.abstained,
            "set": list(self.set),
        }
        if self.unlike is not None:
            answer["unlike"] = self.unlike.to_json()
        if self.why:
            answer["why"] = self.why
        if self.error:
            answer["error"] = self.error
        if self.warnings:
            answer["warnings"] = list(self.warnings)
        return answer


@final
class Predictor:
    """A graph and what is needed to ask it. The runtime starts at the first question. Thread-safe.

    Args:
        graph: the bytes of `model.onnx`, checked.
        recipe: how a picture becomes the graph's input.
        classes: k names.
        thresholds: when a class is plausible and when to abstain.
        data: what the pictures that it learned from were like.
        novelty: when a picture is unlike all of them; None: the graph does not tell.
    """

    def __init__(
        self,
        graph: bytes,
        *,
        recipe: Recipe,
        classes: Sequence[str],
        thresholds: Thresholds,
        data: DataFacts,
        novelty: NoveltyFacts | None = None,
    ) -> None:
        self._graph = graph
        self._recipe = recipe
        self._classes = tuple(classes)
        self._thresholds = thresholds
        self._data = data
        self._novelty = novelty
        self._session: Session | None = None
        self._starting = threading.Lock()

    def run(
        self, batch: UInt8[np.ndarray, "n h w 3"]
    ) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, " n"] | None]:
        """Calibrated probabilities of prepared pictures, and their scores of novelty if any."""
        outputs = (OUTPUT,) if self._novelty is None else (OUTPUT, NOVELTY)
        try:
            answers = self._started().run(batch, *outputs)
        except Exception as error:  # the runtime raises several unrelated kinds
            raise refusal(f"ONNX Runtime cannot run it ({error})") from error
        if not all(np.isfinite(answer).all() for answer in answers):
            raise refusal("it answered with something that is not a number", "probabilities")
        probabilities = np.asarray(answers[0], np.float32)
        return probabilities, answers[1][:, 0] if self._novelty is not None else None

    def decide(
        self,
        probabilities: Float[np.ndarray, "n k"],
        scores: Sequence[float] | Float[np.ndarray, " n"] | None = None,
        facts: Sequence[tuple[str, ...]] | None = None,
    ) -> list[Prediction]:
        """Label, set and abstention of each row, without paths.

        Args:
            probabilities: calibrated.
            scores: (n,) of novelty; None where the model has none.
            facts: of each picture, in which plain facts it differs from what was learned from.
        """
        plausible = prediction_sets(probabilities, self._thresholds)
        abstained = abstentions(probabilities, self._thresholds)
        unlike: list[Unlike | None] = [None] * len(probabilities)
        if self._novelty is not None and scores is not None:
            told = facts if facts is not None else [()] * len(probabilities)
            limit = self._novelty.limit
            unlike = [Unlike(float(s), limit, f) for s, f in zip(scores, told, strict=True)]
        rows = zip(probabilities, plausible, abstained.tolist(), unlike, strict=True)
        return [self._decided(*row) for row in rows]

    def predict_many(
        self, sources: Iterable[Source], *, roots: Sequence[Path]
    ) -> Iterator[Prediction]:
        """One answer per source, in order. What cannot be read gets an answer that says why.

        Args:
            sources: any number of them; they are taken as they are needed.
            roots: where relative paths may start, the most likely place first.
        """
        waiting: deque[Future[_Read]] = deque()
        todo = iter(sources)
        with ThreadPoolExecutor(num_cores(), thread_name_prefix="decode") as pool:
            try:
                while True:
                    for source in itertools.islice(todo, BATCH * AHEAD - len(waiting)):
                        waiting.append(pool.submit(self._read, source, roots))
                    if not waiting:
                        return
                    ready = [waiting.popleft().result() for _ in range(min(BATCH, len(waiting)))]
                    yield from self._answers(ready)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> Session:
        with self._starting:
            if self._session is None:
                self._session = Session(self._graph)
            return self._session

    def _prepared(self, picture: Picture) -> UInt8[np.ndarray, "h w 3"]:
        return prepare_picture(picture, self._recipe)

    def _read(self, source: Source, roots: Sequence[Path]) -> _Read:
        name = _name(source)
        try:
            data = source if isinstance(source, bytes) else read(Item(name, _place(source, roots)))
            recipe = self._recipe
            picture = decode(data, target=recipe.detail, levels=recipe.levels)
        except DecodeFailure as failure:
            return _Read(name, error=failure.why)
        except (OSError, ValueError) as error:  # a name that is too long, or has a zero byte
            return _Read(name, error=getattr(error, "strerror", None) or str(error))
        tensor, known = self._prepared(picture), self._novelty
        warnings = tuple(differences(picture, self._data, colour=known is None))
        facts = () if known is None else tuple(strange_facts(picture, tensor, known))
        return _Read(name, tensor, warnings=warnings, facts=facts)

    def _answers(self, ready: list[_Read]) -> Iterator[Prediction]:
        seen = [(one.tensor, one.facts) for one in ready if one.tensor is not None]
        decided: Iterator[Prediction] = iter(())
        if seen:
            tensors, facts = zip(*seen, strict=True)
            decided = iter(self.decide(*self.run(np.stack(tensors)), facts))
        for one in ready:
            if one.tensor is None:
                yield Prediction.unreadable(one.path, one.error)
            else:
                yield replace(next(decided), path=one.path, warnings=one.warnings)

    def _decided(
        self,
        row: Float[np.ndarray, " k"],
        members: np.ndarray,
        abstained: bool,
        unlike: Unlike | None,
    ) -> Prediction:
        best = int(ONE_OF_K.decide(row[None])[0])
        inside = tuple(name for name, one in zip(self._classes, members, strict=True) if one)
        why = self._doubt(len(inside)) if abstained else ""
        if unlike is not None and unlike.why:  # no class is vouched for
            inside, abstained, why = (), True, "; ".join(unlike.why)
        return Prediction(
            path="",
            label=self._classes[best],
            probability=float(row[best]),
            probabilities=dict(zip(self._classes, row.tolist(), strict=True)),
            set=inside,
            abstained=abstained,
            unlike=unlike,
            why=why,
        )

    def _doubt(self, plausible: int) -> str:
        if self._thresholds.max_error is not None:
            return f"less than {min(self._thresholds.answer_from, 1.0):.1%} sure"
        return f"{plausible} classes are plausible"


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A source on its way to the graph."""

    path: str
    tensor: UInt8[np.ndarray, "h w 3"] | None = None
    error: str = ""
    warnings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def expand(paths: Iterable[str | Path]) -> list[str | Item]:
    """Files named one by one, and folders as all the pictures below them, in order.

    What cannot be read is kept: its answer will say why.

    Raises:
        DataError: a folder has no picture in it, or cannot be listed.
    """
    found: list[str | Item] = []
    for path in paths:
        if not _is_folder(path):
            found.append(str(path))
            continue
        inside = read_folder(Path(path), folders="ignore")
        places = {item.path: item.source for item in inside}
        places |= {one.path: inside.root / native(one.path) for one in inside.quarantined}
        before = str(path).rstrip("/")  # as typed: a shell completes a folder's name with a slash
        found += [Item(f"{before}/{name}", place) for name, place in sorted(places.items())]
    return found


def _is_folder(path: str | Path) -> bool:
    try:
        return bool(str(path)) and Path(path).is_dir()  # an empty name is not the working folder
    except (OSError, ValueError):
        return False  # its answer will say why


def _name(source: Source) -> str:
    if isinstance(source, bytes):
        return ""
    return source.path if isinstance(source, Item) else printable(str(source))


def _place(source: str | Path | Item, roots: Sequence[Path]) -> Path:
    """The first place where the source is, its name taken as it stands or as handful prints it."""
    if isinstance(source, Item):
        return source.source
    if not str(source):
        raise ValueError("an empty name")
    names = (str(source), native(str(source)))
    places = [root / name for name in names for root in roots]
    return next((place for place in places if place.exists()), places[0])
