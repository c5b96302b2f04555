"""A project: one set of items and all that is learned from it. What Python users hold.

The order in which the parts are asked is `learning.py`'s; here stands what is kept between two
questions, and the faces that a user sees.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from handful.errors import DataError, SettingError, StoreError
from handful.items.finding import Finding
from handful.items.item import Collection, Item, Quarantined
from handful.learning import Embedded, Learned, Progress, Settings, embed, learn, learning_curve

if TYPE_CHECKING:
    from handful.bundle.model import Model
    from handful.deep.plan import Plan
    from handful.deepening import Deepening, Outcome
    from handful.estimate.figure import Estimate
    from handful.estimate.forecast import Forecast
    from handful.heads.linear import Candidate
    from handful.items.fingerprint import Fingerprint
    from handful.review.review import Review
    from handful.teaching.exam import Sitting
    from handful.teaching.session import Session
    from handful.teaching.taught import Taught

FOLDER = ".handful"
LEDGER = "ledger.sqlite"
SHOWN_NEIGHBOURS = 6  # beside a suspect label
MAP_NEIGHBOURS = 12  # that the map draws together
PREVIEW_TARGET = 448  # pictures for the report are decoded no smaller than this


@final
class Project:
    """Items, their labels, and all that is learned from them. Made by `handful.open`.

    Args:
        collection: what was found.
        folder: where everything computed is kept; deleting it only costs time.
        settings: how to learn.
    Raises:
        SettingError: a setting contradicts the data.
    """

    def __init__(
        self, collection: Collection, *, folder: Path, settings: Settings | None = None
    ) -> None:
        self.settings = settings or Settings()
        if self.settings.test is not None and any(item.split for item in collection):
            raise SettingError(
                "the data already says what to test on.",
                first=f"test = {self.settings.test}, and a split in the data",
                expected="one of the two",
                attempt="leave out --test, or take the split out of the data",
            )
        self._collection = collection
        self.folder = folder
        self._embedded: Embedded | None = None
        self._learned: Learned | None = None
        self._deepening: Deepening | None = None
        self.deep: Outcome | None = None
        self._learned_from: int | None = None
        self._session: Session | None = None
        self._paths = frozenset(item.path for item in collection)
        self._findings: list[Finding] | None = None
        self._reviewed: tuple[Learned, Review] | None = None
        self.seconds: dict[str, float] = {}

    # What there is

    @property
    def name(self) -> str:
        """Of the data folder."""
        return self._collection.root.name

    @property
    def root(self) -> Path:
        """The data folder; a table's own folder where the data is a table."""
        return self._collection.root

    @property
    def collection(self) -> Collection:
        """What was found when the data was read."""
        return self._collection

    @property
    def items(self) -> tuple[Item, ...]:
        """All items that were found, sorted by path; those set aside later are still among them."""
        return self._collection.items

    @property
    def labels(self) -> Mapping[str, str]:
        """Path to label, for the items that have one, sorted by path. Read-only.

        What was said with `label` or in the workbench counts before what the folder says.
        """
        if self._has_session:
            return MappingProxyType(self.session.labels)
        return MappingProxyType({item.path: item.label for item in self.items if item.label})

    @property
    def quarantined(self) -> tuple[Quarantined, ...]:
        """What was set aside, and why; complete after `embed` or `fit`."""
        later = self._embedded.quarantined if self._embedded else ()
        both = {one.path: one for one in (*self._collection.quarantined, *later)}
        return tuple(both[path] for path in sorted(both))

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts on how the data was read that are worth a line."""
        return self._collection.notes

    def doctor(self, *, progress: Progress = None) -> list[Finding]:
        """What is wrong with the data: faults first. Nothing is changed or deleted.

        Raises:
            StoreError: the project folder cannot be written.
        """
        if self._findings is None:
            from handful.items.doctor import doctor
            from handful.items.index import Index
            from handful.items.scan import scan

            with Index(self.folder) as index:
                seen = scan(self._collection, index, progress=progress)
            self._findings = doctor(self._collection, seen)
        return self._findings

    # Labelling

    @property
    def session(self) -> Session:
        """The labels that people give, and the heads that learn from them between two questions."""
        if self._session is None:
            from handful.labels.ledger import Ledger
            from handful.teaching.session import Session

            ledger = Ledger(self.folder / LEDGER)
            self._session = Session(self.items, ledger, seed=self.settings.seed)
        return self._session

    @property
    def _has_session(self) -> bool:
        """Whether anybody was ever asked: until then the folder alone is believed."""
        if self._session is not None:
            return True
        try:
            return (self.folder / LEDGER).exists()
        except OSError as error:
            raise StoreError(
                "the project folder cannot be read.",
                first=f"{self.folder} ({error.strerror})",
                expected="a folder that may be read and written",
                attempt="name another folder with --project DIR",
            ) from error

    def ask(self, n: int = 12, *, by: str = "me") -> list[Item]:
        """The items most worth a label now, the most instructive first.

        Some of them were drawn at random before the first label: they measure the model and must
        be answered without looking at what it says. No two show the same picture.

        Args:
            n: how many; fewer come only where fewer are left.
            by: who is asked. Two people are not asked the same at a time.
        Raises:
            DataError: no item can be read.
            StoreError: the ledger cannot be written.
        """
        self._teach()
        return [self.items[pick.item] for pick in self.session.ask(n, by=by)]

    def label(self, labels: Mapping[str | Path | Item, str | None], *, by: str = "me") -> None:
        """Gives items their classes, in one gesture; on the disk when it returns.

        Args:
            labels: path relative to the data folder, absolute path or Item, to class name. A new
                name begins a class; None says "cannot tell".
            by: who says so. Each person's latest word counts; among several the majority.
        Raises:
            DataError: one of the paths is no item of this project.
            StoreError: the ledger cannot be written.
        """
        self.session.label({self._path_of(key): name for key, name in labels.items()}, by=by)

    def undo(self, *, by: str = "me") -> tuple[str, ...]:
        """Takes back the latest gesture of `by`; returns the paths concerned. Without limit."""
        return self.session.ledger.undo(by=by).items

    def redo(self, *, by: str = "me") -> tuple[str, ...]:
        """Brings back the latest undone gesture of `by`; returns the paths concerned."""
        return self.session.ledger.redo(by=by).items

    def save_labels(self, path: str | Path) -> Path:
        """Writes the labels as CSV, JSON Lines or Label Studio's JSON, by the file's ending.

        Where several people answered the same items and the extra `crowd` is installed, the
        consensus stands beside the majority, with its quality and each annotator's; where it is
        not installed, a warning says so.

        Raises:
            SettingError: the ending is none of .csv, .jsonl, .json.
        """
        from handful.labels import crowd
        from handful.labels.formats import write_labels
        from handful.teaching.crowd import num_shared, rows_to_take

        with self.session.ledger.reading() as state:
            shared = num_shared(state)
        if shared and crowd.is_installed():
            self._teach()
        elif shared:
            warnings.warn(crowd.what_would_add_it(shared), stacklevel=2)
        write_labels(rows_to_take(self.session), Path(path))
        return Path(path)

    def forecast(self, num_more: int = 50) -> Forecast | None:
        """What the next labels would buy; None below 20 labels and 20 answered audit items.

        Args:
            num_more: labels to look ahead, >= 1.
        """
        from handful.teaching.meter import look_ahead

        taught = self._teach()
        if taught is None:
            return None
        return look_ahead(taught, num_more=num_more, seed=self.settings.seed)

    # The final exam

    def begin_exam(self, n: int = 100, *, by: str = "me") -> Sitting:
        """Freezes the model as it is now, and draws the questions that will measure it.

        They are items that nobody was asked about; fewer than `n` where fewer are left. The model
        is kept in the project folder, and what it says of them is written down before they are
        asked: their answers cannot teach it. An exam that was open is given up, unless it is of
        this very model: that one goes on.

        Raises:
            DataError: there are no labels, or only one class has any.
            SettingError: nothing is left to ask.
            StoreError: the project folder cannot be written.
        """
        from handful.teaching import exam

        self._see()
        return exam.begin(self.session, self.fit(), self.folder, num=n, by=by)

    def ask_exam(self, n: int = 12, *, by: str = "me") -> list[Item]:
        """The next questions of the exam that is open; none once all are answered.

        Answer them with `label`, without looking at what any model says of them.
        """
        from handful.teaching import exam

        return [self.items[pick.item] for pick in exam.ask(self.session, n, by=by)]

    @property
    def exams(self) -> tuple[Sitting, ...]:
        """How each exam stands, oldest first. Its test accuracy is that of its own model alone."""
        from handful.teaching.exam import sittings

        return sittings(self.session) if self._has_session else ()

    def exam_model(self) -> Model:
        """The model of the latest exam, with its figures as `test` once all is answered.

        Raises:
            SettingError: there was no exam.
            BundleError: its file is gone from the project folder.
        """
        from handful.teaching.exam import model_of

        return model_of(self.exams, self.folder)

    def _teach(self) -> Taught | None:
        """The heads after the latest label."""
        self._see()
        return self.session.learn()

    def _see(self) -> None:
        """Tells the session all that is known of the items."""
        session = self.session
        if session.known is None:
            from handful.teaching.known import what_is_known

            embedded = self.embed()
            fingerprints = {
                item.path: one
                for item, one in zip(embedded.items, embedded.fingerprints, strict=True)
            }
            seed = self.settings.seed
            session.see(
                what_is_known(self.items, fingerprints, embedded.store, embedded.encoder, seed=seed)
            )

    def _path_of(self, key: str | Path | Item) -> str:
        if isinstance(key, Item):
            return key.path
        path = Path(key)
        if path.is_absolute():
            place = path.resolve()
            if place.is_relative_to(self.root.resolve()):
                path = place.relative_to(self.root.resolve())
        if path.as_posix() in self._paths:
            return path.as_posix()
        raise DataError(
            "there is no such item.",
            first=str(key),
            expected="a path relative to the data folder, an absolute path, or an Item",
            attempt="look at project.items",
        )

    # Learning

    def embed(self, *, progress: Progress = None) -> Embedded:
        """Turns every item into its vector, once; later calls and later runs find them kept.

        Args:
            progress: called with (done, total, items per second).
        Raises:
            DataError: no item can be read.
            StoreError: the project folder cannot be written, or the disk is full.
        """
        if self._embedded is None:
            start = time.perf_counter()
            self._embedded = embed(self._collection, self.folder, self.settings, progress=progress)
            self.seconds["embed"] = time.perf_counter() - start
        return self._embedded

    def plan(self) -> Plan | None:
        """What training part of the encoder will take here; None where it stays frozen.

        Measures this machine, which takes some seconds. `fit` goes by this plan.

        Raises:
            SettingError: PyTorch is not installed, or the minutes make no sense.
        """
        if self.settings.minutes is None:
            return None
        if self._deepening is None:
            from handful.deepening import Deepening

            self._deepening = Deepening(self._collection, self.folder, self.settings)
        return self._deepening.plan()

    def fit(self, *, progress: Progress = None) -> Model:
        """Learns from every label that is not kept aside, and measures honestly.

        With `minutes`, part of the encoder is trained too, and shipped where it is clearly better;
        `deep` then tells what came of it.

        Args:
            progress: called with (done, total, items per second) while vectors are computed.
        Returns:
            What `save` writes and `handful.load` reads.
        Raises:
            DataError: there are no labels, or only one class has any.
        """
        return self._learn(progress).model

    def estimate(self) -> Estimate:
        """How good the model is that would be shipped now, from items it did not learn from."""
        return self._learn().model.estimate

    @property
    def held_out(self) -> tuple[Item, ...]:
        """The items that were kept out of learning, to measure on."""
        learned, items = self._learn(), self.embed().items
        return tuple(items[at] for at in learned.chosen[learned.held_out])

    @property
    def device(self) -> str:
        """Where vectors are computed: "cpu", or the kind of GPU that there is."""
        from handful.encoders.runtime import device

        return device()

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every head that was tried, the one that was kept first."""
        return self._learn().fit.candidates

    def learning_curve(self, sizes: Sequence[int]) -> list[tuple[int, Estimate]]:
        """What fewer labels would have given, measured on the items kept aside.

        Args:
            sizes: numbers of labels; those that are not smaller than what there is are left out.
        Raises:
            SettingError: nothing is kept aside to measure on.
        """
        return learning_curve(self.embed(), self._learn(), sizes, seed=self.settings.seed)

    def _learn(self, progress: Progress = None) -> Learned:
        version = self.session.given().version if self._has_session else None
        if self._learned is None or self._learned_from != version:
            plan = self.plan() if version is None else None
            if self._deepening and plan:
                self._deepening.look(plan, progress=progress)
            embedded = self.embed(progress=progress)
            start = time.perf_counter()
            if version is None:
                learned = learn(embedded, self._collection, self.settings)
            else:
                embedded, audited, trust = self._with_what_was_said(embedded)
                learned = learn(
                    embedded, self._collection, self.settings, audited=audited, trust=trust
                )
            self._learned_from = version
            self.seconds["fit"] = time.perf_counter() - start
            if self._deepening and plan:
                learned, self.deep = self._deepening.deepen(
                    embedded, learned, plan, progress=progress
                )
                self.seconds["deep"] = time.perf_counter() - start - self.seconds["fit"]
            self._learned = learned
        return self._learned

    def _with_what_was_said(
        self, embedded: Embedded
    ) -> tuple[Embedded, Bool[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """The items with the labels that teach, which of these audit, and how much each counts."""
        from dataclasses import replace

        lessons = self.session.given().lessons
        lesson_of = {self.items[at].path: row for row, at in enumerate(lessons.rows)}
        rows = np.array([lesson_of.get(item.path, -1) for item in embedded.items], np.int64)
        items = tuple(
            replace(item, label=lessons.names[row] if row >= 0 else None)
            for item, row in zip(embedded.items, rows.tolist(), strict=True)
        )
        audited, trust = np.zeros(len(rows), bool), np.ones(len(rows))
        audited[rows >= 0] = lessons.audited[rows[rows >= 0]]
        trust[rows >= 0] = lessons.trust[rows[rows >= 0]]
        return replace(embedded, items=items), audited, trust

    # Looking

    def reviewed(self) -> Review:
        """All that the report shows of the model that would be shipped now."""
        learned = self._learn()
        if self._reviewed is None or self._reviewed[0] is not learned:
            self._reviewed = learned, self._look(learned)
        return self._reviewed[1]

    def _look(self, learned: Learned) -> Review:
        from datetime import UTC, datetime

        from handful.features.map2d import map2d
        from handful.features.neighbours import neighbours
        from handful.features.reduce import reduced
        from handful.review.review import Review

        embedded = self.embed()
        vectors = reduced(embedded.store, embedded.rows[learned.chosen])
        nearest, similarities = neighbours(vectors, MAP_NEIGHBOURS)
        manifest = learned.model.manifest
        return Review(
            name=self.name,
            model=learned.model.identity,
            items=[embedded.items[at] for at in learned.chosen],
            classes=learned.classes,
            labels=learned.targets,
            probabilities=learned.probabilities,
            held_out=learned.held_out,
            clusters=embedded.clusters[learned.chosen],
            units=embedded.units[learned.chosen],
            neighbours=nearest[:, :SHOWN_NEIGHBOURS],
            similarities=similarities[:, :SHOWN_NEIGHBOURS],
            positions=map2d(vectors, nearest),
            estimate=manifest.estimate,
            test=manifest.test,
            candidates=learned.fit.candidates,
            findings=self.doctor(),
            quarantined=self.quarantined,
            conditions=manifest.conditions,
            seconds=self.seconds,
            encoder=self.settings.encoder,
            coverage=self.settings.coverage,
            created=datetime.now(UTC),
            exams={
                one.short: one.accuracy for one in self.exams if one.accuracy and one.accuracy.n
            },
            deep=self.deep.to_json() if self.deep else None,
            attributes=_attributes([embedded.fingerprints[at] for at in learned.chosen]),
        )

    def review(self, page: str | Path) -> Path:
        """Writes the report: one HTML page that needs no server and no network.

        Args:
            page: where to; an earlier page there is replaced.
        Raises:
            StoreError: the page cannot be written.
        """
        from handful.review.report import write_report
        from handful.review.thumbs import PREVIEW_SIDE, Thumbnails

        embedded = self.embed()
        contents = {
            item.path: one.content
            for item, one in zip(embedded.items, embedded.fingerprints, strict=True)
        }
        small = Thumbnails(self.folder / "thumbs")
        small.make({contents[item.path]: item.source for item in embedded.items}, _pixels)
        large = Thumbnails(self.folder / "thumbs", side=PREVIEW_SIDE)

        def preview(item: Item) -> bytes | None:
            large.make({contents[item.path]: item.source}, _pixels)
            return large.get(contents[item.path])

        write_report(
            self.reviewed(),
            Path(page),
            thumbnail=lambda item: small.get(contents[item.path]),
            preview=preview,
        )
        return Path(page)

    def __repr__(self) -> str:
        labels = f"{len(self.labels):,} labels, {len(set(self.labels.values()))} classes"
        return f"Project({self.name}: {len(self.items):,} items, {labels})"


def open(
    data: str | Path,
    *,
    labels: str | None = None,
    group: str | None = None,
    test: float | None = None,
    encoder: str = Settings.encoder,
    coverage: float = Settings.coverage,
    max_error: float | None = None,
    seed: int = 0,
    minutes: float | None = None,
    turns: str = Settings.turns,
    zoom: bool = Settings.zoom,
    project: str | Path | None = None,
) -> Project:
    """The project of a folder or table of pictures. Finds the items; nothing is decoded yet.

    Args:
        data: a folder of class folders, a folder of loose pictures, or a table (CSV, TSV,
            Parquet, Excel) with a column `path` and if you like `label`, `group`, `split`.
        labels: column of the table that holds the class; None: `label`.
        group: what must not be parted: a column, or a regular expression on the relative path.
        test: share of the labelled items to keep out of learning and to measure on, in (0, 1).
        encoder: a name that `handful encoders` lists.
        coverage: how often the prediction set must hold the right class, in (0, 1).
        max_error: abstain so that at most this share of the answers given is wrong, in (0, 1).
        seed: of every random choice.
        minutes: to train part of the encoder in; None: it stays frozen. Needs the extra `torch`.
        turns: how pictures may be turned without changing their class, for that: "none",
            "mirror", "flips", "turns", or "auto": a test on the data decides.
        zoom: pictures may be seen nearer and farther away too, for that.
        project: where to keep what is computed; None: `.handful` inside the folder, or
            `TABLE.handful` beside the table.
    Raises:
        DataError: there is nothing there that can be used.
        SettingError: a column, pattern or setting is wrong.
    """
    from handful.items.find import open_data

    settings = Settings(test, encoder, coverage, max_error, seed, minutes, turns, zoom)
    collection = open_data(data, labels=labels, group=group)
    place = Path(data).expanduser().resolve()
    beside = place / FOLDER if place.is_dir() else place.with_name(place.name + FOLDER)
    return Project(
        collection, folder=beside if project is None else Path(project), settings=settings
    )


def _pixels(source: Path) -> UInt8[np.ndarray, "h w 3"]:
    from handful.items.decode import decode

    return decode(source.read_bytes(), target=PREVIEW_TARGET).pixels


def _attributes(fingerprints: Sequence[Fingerprint]) -> dict[str, list[str] | list[float]]:
    """Facts of each picture by which the report looks for failures that cluster."""
    return {
        "colour mode": [one.mode for one in fingerprints],
        "file format": [one.format for one in fingerprints],
        "shorter side": [float(min(one.width, one.height)) for one in fingerprints],
    }
