"""A project: one set of items and all that is learned from it. What Python users hold.

Here stands what a user sees; the work behind it is in the files beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, final

from handful.datasets.vanished import Vanished, vanished
from handful.errors import SettingError
from handful.items.finding import Finding
from handful.items.item import Collection, Item, Quarantined
from handful.learning.curve import learning_curve
from handful.learning.learn import Embedded, Learned, Settings
from handful.modalities.image.levels import Levels
from handful.project.labelling import begin_session, has_ledger, named, save_labels, show
from handful.project.learner import Learner
from handful.project.reviewing import look, write_page
from handful.system.notebook import small_table
from handful.system.progress import Progress, shown

if TYPE_CHECKING:
    from handful.active.exam import Sitting
    from handful.active.importing import Imported
    from handful.active.session import Session
    from handful.active.session_model import Taught
    from handful.bundle.model import Model
    from handful.deep.plan import Plan
    from handful.estimate.figure import Blocked, Estimate
    from handful.estimate.forecast import Forecast
    from handful.heads.linear import Candidate
    from handful.learning.deep import Outcome
    from handful.review.review import Review


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
        if self.settings.test is not None and any(item.split == "test" for item in collection):
            raise SettingError(
                "The data already says what to test on.",
                found=f"test = {self.settings.test}, and a split in the data",
                expected="one of the two",
                attempt="leave out --test, or take the split out of the data",
            )
        self._collection = collection
        self.folder = folder
        self._learner = Learner(
            collection,
            folder,
            self.settings,
            lambda: self.session if self._has_session else None,
        )
        self._session: Session | None = None
        self._levels: tuple[Levels, ...] | None = None
        self._findings: list[Finding] | None = None
        self._reviewed: tuple[Learned, Review] | None = None

    @property
    def deep(self) -> Outcome | None:
        """What came of training part of the encoder; None where it stayed frozen."""
        return self._learner.deep

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds that each step took, by its name; complete after `fit`."""
        return self._learner.seconds

    # What there is

    @property
    def name(self) -> str:
        """Name of the data folder."""
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
        embedded = self._learner.embedded
        later = embedded.quarantined if embedded else ()
        both = {one.path: one for one in (*self._collection.quarantined, *later)}
        return tuple(both[path] for path in sorted(both))

    @property
    def vanished(self) -> tuple[Vanished, ...]:
        """Classes of which no picture can be read; complete after `embed` or `fit`."""
        return vanished(self.items, self.quarantined)

    @property
    def levels(self) -> tuple[Levels, ...]:
        """Which values are black and white in all pictures that have more than 8 bits.

        Raises:
            StoreError: the project folder cannot be written.
        """
        if self._levels is None:
            from handful.datasets.index import Index
            from handful.datasets.survey import find_shared

            with Index(self.folder) as index:
                self._levels = find_shared(self.items, index)
        return self._levels

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts on how the data was read, and on labels that were moved, that are worth a line."""
        followed = self.session.followed.notes() if self._has_session else ()
        return (*self._collection.notes, *followed)

    @property
    def labels_without_items(self) -> Mapping[str, str]:
        """Path as it was to label, of labels whose picture is not there any more. Read-only.

        They are kept, and written by `save_labels` as missing; a picture of the same content that
        is there at a later start gets its label again.
        """
        found = self.session.labels_without_items if self._has_session else {}
        return MappingProxyType(found)

    def doctor(self, *, progress: Progress = None) -> list[Finding]:
        """What is wrong with the data: faults first. Nothing is changed or deleted.

        Args:
            progress: as for `fit`.
        Raises:
            StoreError: the project folder cannot be written.
        """
        if self._findings is None:
            from handful.datasets.doctor import doctor
            from handful.datasets.index import Index
            from handful.datasets.scan import scan

            with Index(self.folder) as index, shown(progress, "Checking") as told:
                seen = scan(self._collection, index, progress=told)
            self._findings = doctor(self._collection, seen)
        return self._findings

    # Labelling

    @property
    def session(self) -> Session:
        """The labels that people give, and the heads that learn from them between two questions."""
        if self._session is None:
            self._session = begin_session(self._collection, self.folder, self.settings)
        return self._session

    @property
    def _has_session(self) -> bool:
        """Whether anybody was ever asked: until then the folder alone is believed."""
        return self._session is not None or has_ledger(self.folder)

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

    def label(self, labels: Mapping[str | Path | Item, object], *, by: str = "me") -> None:
        """Gives items their classes, in one gesture; on the disk when it returns.

        Args:
            labels: path relative to the data folder, absolute path or Item, to class name. A new
                name begins a class; blanks around it are not part of it. Numbers and truth values
                are named as a table names them: 3 for 3.0, true for True. None, NaN and a blank
                text say "cannot tell".
            by: who says so. Each person's latest word counts; among several the majority.
        Raises:
            DataError: one of the paths is no item of this project, or one item has two labels.
            SettingError: a label is not the name of a class.
            StoreError: the ledger cannot be written.
        """
        self.session.label(named(labels, self.root, self.items), by=by)

    def skip(self, items: Sequence[str | Path | Item], *, by: str = "me") -> None:
        """Passes over items that were asked; they are not asked again of `by` for now.

        Those that measure the model count as "cannot tell", which widens the interval: whoever
        may pass over the hard ones for nothing flatters the model.

        Raises:
            DataError: one of the paths is no item of this project.
            StoreError: the ledger cannot be written.
        """
        paths = named(dict.fromkeys(items), self.root, self.items)
        self.session.skip(list(paths), by=by)

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
        save_labels(self.session, Path(path), teach=self._teach)
        return Path(path)

    def import_labels(
        self, path: str | Path, *, by: str = "me", overwrite: bool = False
    ) -> Imported:
        """Takes in labels from elsewhere; who gave them and when is kept where the file says.

        Read are our own CSV and JSON Lines, Label Studio's JSON and CSV, COCO, FiftyOne's
        classifications, CVAT's XML for images, and Pascal VOC's XML, one file or a folder. Where
        boxes have classes, a picture whose boxes are all of one class is of that class.

        Args:
            path: the file, or a folder of Pascal VOC's XML files.
            by: who says so where the file does not.
            overwrite: whether an item that has another label takes the file's.
        Returns:
            What was taken, what is there already, what differs, and each row that was not used.
        Raises:
            SettingError: the ending names no format that is read.
            DataError: the file as a whole cannot be read.
            StoreError: the ledger cannot be written.
        """
        from handful.active.importing import import_file

        return import_file(self.session, Path(path).expanduser(), by=by, overwrite=overwrite)

    def forecast(self, num_more: int = 50) -> Forecast | None:
        """What the next labels would buy; None below 20 labels and 20 answered audit items.

        Args:
            num_more: labels to look ahead, >= 1.
        """
        from handful.active.meter import look_ahead

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
        from handful.active import exam

        self._see()
        return exam.begin(self.session, self.fit(), self.folder, num=n, by=by)

    def ask_exam(self, n: int = 12, *, by: str = "me") -> list[Item]:
        """The next questions of the exam that is open; none once all are answered.

        Answer them with `label`, without looking at what any model says of them.
        """
        from handful.active import exam

        return [self.items[pick.item] for pick in exam.ask(self.session, n, by=by)]

    @property
    def exams(self) -> tuple[Sitting, ...]:
        """How each exam stands, oldest first. Its test accuracy is that of its own model alone."""
        from handful.active.exam import sittings

        return sittings(self.session) if self._has_session else ()

    def exam_model(self) -> Model:
        """The model of the latest exam, with its figures as `test` once all is answered.

        Raises:
            SettingError: there was no exam.
            BundleError: its file is gone from the project folder.
        """
        from handful.active.exam import model_of

        return model_of(self.exams, self.folder)

    def _teach(self) -> Taught | None:
        """The heads after the latest label."""
        self._see()
        return self.session.learn()

    def _see(self) -> None:
        """Tells the session all that is known of the items."""
        if self.session.known is None:
            show(self.session, self.embed(), self.items, seed=self.settings.seed)

    # Learning

    def embed(self, *, progress: Progress = None) -> Embedded:
        """Turns every item into its vector, once; later calls and later runs find them kept.

        Args:
            progress: called with (done, total, items per second); False: silence; None: a bar,
                in a terminal or a notebook.
        Raises:
            DataError: no item can be read.
            StoreError: the project folder cannot be written, or the disk is full.
        """
        with shown(progress, "Looking") as told:
            return self._learner.embed(told)

    def _learn(self, progress: Progress = None) -> Learned:
        with shown(progress, "Looking") as told:
            return self._learner.learn(told)

    def plan(self) -> Plan | None:
        """What training part of the encoder will take here; None where it stays frozen.

        Measures this machine, which takes some seconds. `fit` goes by this plan.

        Raises:
            SettingError: PyTorch is not installed, or the minutes make no sense.
        """
        return self._learner.plan()

    def fit(self, *, progress: Progress = None) -> Model:
        """Learns from every label that is not kept aside, and measures honestly.

        With `minutes`, part of the encoder is trained too, and shipped where it is clearly better;
        `deep` then tells what came of it.

        Args:
            progress: called with (done, total, items per second) while vectors are computed; False:
                silence; None: a bar, in a terminal or a notebook.
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
    def blocked(self) -> Blocked | None:
        """How good it is when whole runs of neighbours are left out, by file name.

        Where `leads` is set, neighbours clearly help each other, and this is what to expect of a
        new series. None where no run resembles itself, or there are too few.
        """
        return self._learn().beside.blocked

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

    # Looking

    def reviewed(self) -> Review:
        """All that the report shows of the model that would be shipped now."""
        learned = self._learn()
        if self._reviewed is None or self._reviewed[0] is not learned:
            self._reviewed = learned, look(self, self.embed(), learned)
        return self._reviewed[1]

    def review(self, page: str | Path) -> Path:
        """Writes the report: one HTML page that needs no server and no network.

        Args:
            page: where to; an earlier page there is replaced.
        Raises:
            StoreError: the page cannot be written.
        """
        write_page(self, self.embed(), Path(page))
        return Path(page)

    def _repr_html_(self) -> str:
        """In a notebook: what there is and what is labelled, as a small table."""
        labels = self.labels
        rows = {
            "items": f"{len(self.items):,}",
            "labels": f"{len(labels):,}",
            "classes": ", ".join(sorted(set(labels.values()))[:12]) or "none yet",
            "set aside": f"{len(self.quarantined):,}",
            "encoder": self.settings.encoder,
        }
        return small_table(f"Project {self.name}", rows)

    def __repr__(self) -> str:
        labels = f"{len(self.labels):,} labels, {len(set(self.labels.values()))} classes"
        return f"Project({self.name}: {len(self.items):,} items, {labels})"
