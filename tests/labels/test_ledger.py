"""The ledger on disk: gestures, classes, several programs, and bad luck."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from uuid import uuid4

import pytest

from handful.errors import DataError, SettingError, StoreError
from handful.labels import store
from handful.labels.event import Mark
from handful.labels.ledger import Ledger

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies; the folder is not there yet."""
    return tmp_path / ".handful" / "ledger.sqlite"


def lines(error: pytest.ExceptionInfo[StoreError | SettingError | DataError]) -> list[str]:
    """The first words of an error's lines."""
    return [line.split()[0] for line in str(error.value).splitlines()[1:]]


FOUR = ["found:", "expected:", "try:"]


def test_labels_undo_and_redo_survive_a_restart(path: Path) -> None:
    """What was said, and what can be undone or redone, is the same after opening anew."""
    with Ledger(path) as ledger:
        ledger.label({"a.png": "cat", "b.png": "dog"}, by="ann")
        ledger.label({"a.png": "dog"}, by="ann")
        ledger.undo(by="ann")
    with Ledger(path) as ledger:
        assert dict(ledger.state.labels) == {"a.png": "cat", "b.png": "dog"}
        ledger.redo(by="ann")
        assert dict(ledger.state.labels) == {"a.png": "dog", "b.png": "dog"}
    with Ledger(path) as ledger:
        ledger.undo(by="ann")
        ledger.undo(by="ann")
        assert (dict(ledger.state.labels), ledger.state.classes) == ({}, ())
        assert ledger.undo(by="ann").gesture == ""


def test_one_undo_takes_back_a_lasso_of_400(path: Path) -> None:
    """A gesture is one step, however many items it covers."""
    with Ledger(path) as ledger:
        ledger.label({f"{n}.png": "cat" for n in range(400)}, by="ann", source="lasso")
        receipt = ledger.undo(by="ann")
        assert (len(receipt.items), dict(ledger.state.labels)) == (400, {})


def test_undo_takes_back_ones_own_gestures_alone(path: Path) -> None:
    """Bob's undo leaves Ann's label in place, although hers is the latest."""
    with Ledger(path) as ledger:
        ledger.label({"a.png": "cat"}, by="bob")
        ledger.label({"b.png": "cat"}, by="ann")
        ledger.undo(by="bob")
        assert dict(ledger.state.labels) == {"b.png": "cat"}


def test_a_new_gesture_ends_redo(path: Path) -> None:
    """After something new there is nothing to redo."""
    with Ledger(path) as ledger:
        ledger.label({"a.png": "cat"}, by="ann")
        ledger.undo(by="ann")
        ledger.label({"a.png": "dog"}, by="ann")
        assert ledger.redo(by="ann").gesture == ""


def test_classes_are_renamed_merged_and_parted_again(path: Path) -> None:
    """Rename and merge change every label, and each is one undo."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat", "b": "dog", "c": "cow"}, by="ann")
        ledger.rename_class("cat", "Katze", by="ann")
        ledger.merge_classes(["dog", "cow"], into="Katze", by="ann")
        assert ledger.state.classes == ("Katze",)
        assert {"Katze"} == set(ledger.state.labels.values())
        ledger.undo(by="ann")
        assert dict(ledger.state.labels) == {"a": "Katze", "b": "dog", "c": "cow"}
        ledger.undo(by="ann")
        assert dict(ledger.state.labels) == {"a": "cat", "b": "dog", "c": "cow"}


def test_an_old_name_can_begin_a_new_class(path: Path) -> None:
    """After a rename the old name is free, and means another class than before."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat"}, by="ann")
        ledger.rename_class("cat", "lynx", by="ann")
        ledger.label({"b": "cat"}, by="ann")
        assert dict(ledger.state.labels) == {"a": "lynx", "b": "cat"}
        assert ledger.state.classes == ("lynx", "cat")


def test_a_class_may_be_added_before_any_label(path: Path) -> None:
    """An empty class is there; adding it again is nothing."""
    with Ledger(path) as ledger:
        assert ledger.add_class("cat", by="ann").stored == 1
        assert ledger.add_class("cat", by="bob").stored == 0
        assert ledger.state.classes == ("cat",)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ledger: ledger.label({"a": ""}, by="ann"),
        lambda ledger: ledger.label({"": "cat"}, by="ann"),
        lambda ledger: ledger.label({"a": "cat"}, by=" "),
        lambda ledger: ledger.record([Mark(item="a", label="cat", kind="unsure")], by="ann"),
        lambda ledger: ledger.record([Mark(item="a", label="cat", note="blurred")], by="ann"),
        lambda ledger: ledger.record([Mark(item=i, label="x", uuid="1") for i in "ab"], by="ann"),
        lambda ledger: ledger.rename_class("cow", "ox", by="ann"),
        lambda ledger: ledger.rename_class("cat", "dog", by="ann"),
        lambda ledger: ledger.rename_class("cat", " ", by="ann"),
        lambda ledger: ledger.merge_classes(["cow"], into="cat", by="ann"),
        lambda ledger: ledger.merge_classes(["cat"], into="cat", by="ann"),
        lambda ledger: ledger.add_class("", by="ann"),
        lambda ledger: ledger.reserve(["x"], seed=0, population=9),
    ],
)
def test_wrong_requests_are_refused_and_write_nothing(path: Path, wrong) -> None:
    """A request that cannot be meant is an error of four lines, and the ledger is as before."""
    with Ledger(path) as ledger:
        ledger.label({"x": "cat", "y": "dog"}, by="ann")
        before = ledger.events()
        with pytest.raises(SettingError) as error:
            wrong(ledger)
        assert FOUR == lines(error)
        assert before == ledger.events()


def test_sending_again_stores_once(path: Path) -> None:
    """A client that got no answer sends its marks again; those that are there are passed over."""
    marks = [Mark(item=f"{n}.png", label="cat", uuid=str(uuid4())) for n in range(3)]
    with Ledger(path) as ledger:
        assert _stored(ledger.record(marks[:2], by="ann", gesture="g")) == (3, 0)
        assert _stored(ledger.record(marks, by="ann", gesture="g")) == (1, 2)
        assert _stored(ledger.record(marks, by="ann", gesture="g")) == (0, 3)
        ledger.undo(by="ann", uuid="undo-1")
        ledger.undo(by="ann", uuid="undo-1")
        assert dict(ledger.state.labels) == {}
        assert _stored(ledger.record(marks, by="ann", gesture="g")) == (0, 3)
        assert dict(ledger.state.labels) == {}


def _stored(receipt) -> tuple[int, int]:
    return receipt.stored, receipt.repeated


def test_one_uuid_cannot_mean_two_things(path: Path) -> None:
    """The same uuid with another label is refused, and so is one with another annotator."""
    with Ledger(path) as ledger:
        ledger.record([Mark(item="a", label="cat", uuid="1")], by="ann")
        for mark, by in (
            (Mark(item="a", label="dog", uuid="1"), "ann"),
            (Mark(item="a", label="cat", uuid="1"), "bob"),
        ):
            with pytest.raises(DataError, match="different content") as error:
                ledger.record([mark], by=by)
            assert FOUR == lines(error)


def test_sending_again_after_a_rename_is_the_same_request(path: Path) -> None:
    """The name that the client knew, and the name as it is now, both match what was stored."""
    with Ledger(path) as ledger:
        ledger.record([Mark(item="a", label="cat", uuid="1")], by="ann")
        ledger.rename_class("cat", "lynx", by="bob")
        for name in ("cat", "lynx"):
            assert ledger.record([Mark(item="a", label=name, uuid="1")], by="ann").stored == 0


def test_a_closed_gesture_takes_nothing_more(path: Path) -> None:
    """Marks added to an undone gesture would be lost silently: they are refused."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat"}, by="ann", gesture="g")
        ledger.undo(by="ann")
        with pytest.raises(SettingError, match="closed"):
            ledger.label({"b": "cat"}, by="ann", gesture="g")


def test_all_that_a_mark_carries_is_kept(path: Path) -> None:
    """Source, digest, model version, query probability and milliseconds come back as given."""
    mark = Mark(
        item="a",
        label="cat",
        source="audit",
        digest="ab12",
        model="v7",
        probability=0.25,
        milliseconds=812,
    )
    with Ledger(path) as ledger:
        ledger.record([mark, Mark(item="b", kind="flag", note="blurred", source="key")], by="ann")
    with Ledger(path) as ledger:
        kept, flag = ledger.events()[1:]
        assert (
            kept.source, kept.digest, kept.model, kept.probability, kept.milliseconds,
        ) == ("audit", "ab12", "v7", 0.25, 812)  # fmt: skip
        assert ({"b": "blurred"}, kept.gesture) == (ledger.state.flags, flag.gesture)


def test_the_reserve_is_recorded_once_and_in_order(path: Path) -> None:
    """The audit reserve is drawn before the first label, and never again."""
    with Ledger(path) as ledger:
        ledger.reserve(["c", "a"], seed=5, population=10)
        with pytest.raises(SettingError, match="cannot be drawn"):
            ledger.reserve(["b"], seed=6, population=10)
    with Ledger(path) as ledger:
        assert (("c", "a"), frozenset("ac")) == (ledger.state.reserve_order, ledger.state.reserve)


def test_nothing_but_events_is_in_the_file(path: Path) -> None:
    """No derived table can disagree with the events, for there is none; events stay as they are."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat"}, by="ann")
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert tables == [("events",)]
    for statement in ("DELETE FROM events", "UPDATE events SET label = 'dog'"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(statement)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_two_ledgers_on_one_file_see_each_other(path: Path) -> None:
    """What one writes, the other reads at its next call, and builds upon."""
    with Ledger(path) as ours, Ledger(path) as theirs:
        ours.label({"a": "cat"}, by="ann")
        assert dict(theirs.state.labels) == {"a": "cat"}
        theirs.rename_class("cat", "lynx", by="bob")
        ours.label({"b": "lynx"}, by="ann")
        assert dict(theirs.state.labels) == {"a": "lynx", "b": "lynx"}


def test_threads_share_one_ledger(path: Path) -> None:
    """Eight threads writing at once lose nothing and break nothing."""
    with Ledger(path) as ledger:

        def work(who: int) -> None:
            for n in range(10):
                ledger.label({f"{who}-{n}": "cat"}, by=f"p{who}")

        threads = [threading.Thread(target=work, args=(who,)) for who in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ledger.state.labels) == 80


def test_reading_holds_the_state_still(path: Path) -> None:
    """While one thread reads, another's gesture waits; what is read does not change underfoot."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat"}, by="ann")
        writer = threading.Thread(target=lambda: ledger.label({"b": "cat"}, by="bob"))
        with ledger.reading() as state:
            writer.start()
            writer.join(timeout=0.2)
            assert (writer.is_alive(), dict(state.labels)) == (True, {"a": "cat"})
        writer.join()
        assert len(ledger.state.labels) == 2


# -- bad luck -------------------------------------------------------------------------------

WRITER = """
import sys
from handful.labels.ledger import Ledger
path, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Ledger(path, timeout_s=30) as ledger:
    for n in range(count):
        ledger.label({f"{who}-{n}.png": "cat"}, by=who)
        print(f"{who}-{n}.png", flush=True)
"""


def writer(path: Path, who: str, count: int) -> subprocess.Popen[str]:
    """A process that labels one item after another, and names each once it is saved."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), who, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_killed_writer_loses_no_label_that_it_was_told_is_saved(path: Path) -> None:
    """SIGKILL in the midst of a burst: each acknowledged label is there, and the file is sound."""
    process = writer(path, "ann", 100_000)
    assert process.stdout is not None
    saved = [process.stdout.readline().strip() for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    saved += process.stdout.read().split()
    process.wait()
    process.stdout.close()
    with Ledger(path) as ledger:
        there = ledger.state.labels
        assert [item for item in saved if item not in there] == []
        assert len(there) - len(saved) in {0, 1}  # the one whose answer the kill cut off
        ledger.label({"after.png": "cat"}, by="bob")
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_many_processes_make_the_ledger_at_once(path: Path) -> None:
    """Whoever comes first makes it; nobody mistakes a ledger in the making for another file."""
    people = [f"p{number}" for number in range(6)]
    processes = [writer(path, who, 2) for who in people]
    assert [len(process.communicate(timeout=60)[0].split()) for process in processes] == [2] * 6
    with Ledger(path) as ledger:
        assert len(ledger.state.labels) == 12


def test_two_processes_write_at_once(path: Path) -> None:
    """Each waits for the other; nothing is lost and every number is given once."""
    processes = [writer(path, who, 60) for who in ("ann", "bob")]
    answers = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [len(answer) for answer in answers] == [60, 60]
    with Ledger(path) as ledger:
        assert set(ledger.state.labels) == {*answers[0], *answers[1]}
        assert list(range(1, ledger.state.seq + 1)) == [e.seq for e in ledger.events()]


def test_a_locked_ledger_names_the_program_that_holds_it(path: Path) -> None:
    """The message says which process has the ledger open, and nothing is written."""
    Ledger(path).close()
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); "
        "print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    with Ledger(path, timeout_s=0.05) as ledger, pytest.raises(StoreError, match="locked") as error:
        ledger.label({"a": "cat"}, by="ann")
    assert FOUR == lines(error)
    assert f"(process {holder.pid})" in error.value.found
    holder.communicate("\n")
    with Ledger(path) as ledger:
        assert ledger.label({"a": "cat"}, by="ann").stored - 1 == 1


def test_a_ledger_from_a_newer_version_is_not_touched(path: Path) -> None:
    """It is refused in four lines that say how to go on, and no byte changes."""
    Ledger(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {store.VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer handful") as error:
        Ledger(path)
    assert (FOUR, before) == (lines(error), path.read_bytes())


def test_a_file_that_is_no_ledger_is_not_touched(path: Path) -> None:
    """Neither another program's database nor a text file is written to."""
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="not a ledger"):
        Ledger(path)
    path.write_text("not a database, but long enough to be taken for one. " * 100)
    with pytest.raises(StoreError, match="damaged") as error:
        Ledger(path)
    assert FOUR == lines(error)


def test_a_full_disk_loses_the_last_gesture_alone(path: Path) -> None:
    """The gesture that did not fit is refused whole; earlier ones stay; later ones fit again."""
    with Ledger(path) as ledger:
        ledger.label({"first": "cat"}, by="ann")
        connection = ledger._open()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="disk is full") as error:
            ledger.label({f"{n}.png": "cat" for n in range(2000)}, by="ann")
        assert (FOUR, {"first": "cat"}) == (
            lines(error),
            dict(ledger.state.labels),
        )
        connection.execute("PRAGMA max_page_count = 1000000")
        ledger.label({"later": "cat"}, by="ann")
        assert {"first", "later"} == set(ledger.state.labels)


def test_a_write_that_the_system_refuses_is_explained(path: Path) -> None:
    """A file that may not grow (a quota, a failing disk) ends in a StoreError, no traceback."""
    script = (
        "import resource, sys; from handful.labels.ledger import Ledger\\n"
        "ledger = Ledger(sys.argv[1]); ledger.label({'a': 'cat'}, by='ann')\\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\\n"
        "from handful.errors import StoreError\\n"
        "try: ledger.label({f'{n}.png': 'cat' for n in range(5000)}, by='ann')\\n"
        "except StoreError as error: print(len(str(error).splitlines()))"
    ).replace("\\n", "\n")
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("4\n", 0), done.stderr
    with Ledger(path) as ledger:
        assert dict(ledger.state.labels) == {"a": "cat"}


def test_a_read_only_ledger_reads_and_refuses_to_write(path: Path) -> None:
    """Reading needs no right to write; writing then is a StoreError."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat"}, by="ann")
    with Ledger(path, read_only=True) as ledger:
        assert dict(ledger.state.labels) == {"a": "cat"}
        with pytest.raises(StoreError, match="cannot be written"):
            ledger.label({"b": "cat"}, by="ann")


def test_a_missing_ledger_cannot_be_read(path: Path) -> None:
    """Reading never makes a file."""
    with pytest.raises(StoreError, match="cannot be opened"):
        Ledger(path, read_only=True)
    assert not path.parent.exists()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="folder cannot be made") as error:
        Ledger(tmp_path / "taken" / "ledger.sqlite")
    assert FOUR == lines(error)


def test_a_closed_ledger_says_so(path: Path) -> None:
    """Using a ledger after closing it is a StoreError; closing twice is nothing."""
    ledger = Ledger(path)
    ledger.close()
    ledger.close()
    with pytest.raises(StoreError, match="closed"):
        ledger.label({"a": "cat"}, by="ann")


def test_a_copy_of_the_file_is_a_whole_ledger(path: Path, tmp_path: Path) -> None:
    """After closing, the one file holds everything: no companion is needed."""
    with Ledger(path) as ledger:
        ledger.label({"a": "cat"}, by="ann")
    shutil.copy(path, tmp_path / "copy.sqlite")
    assert [file for file in path.parent.iterdir() if file != path] == []
    with Ledger(tmp_path / "copy.sqlite") as ledger:
        assert dict(ledger.state.labels) == {"a": "cat"}
