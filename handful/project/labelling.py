"""What people say of a project's items: the session, what it sees, and which item is meant."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from handful.errors import DataError, StoreError
from handful.items.item import Collection, Item
from handful.items.label_names import label_name
from handful.learning.learn import Embedded, Settings

if TYPE_CHECKING:
    from handful.active.session import Session

LEDGER = "ledger.sqlite"


def begin_session(collection: Collection, folder: Path, settings: Settings) -> Session:
    """A session over the ledger in the project's folder, which is made where there is none.

    Labels whose items were renamed or moved since have followed them.

    Raises:
        StoreError: the ledger cannot be written.
    """
    from handful.active.relocation import follow_items
    from handful.active.session import Session
    from handful.labels.ledger import Ledger

    ledger = Ledger(folder / LEDGER)
    followed = follow_items(ledger, collection.items, folder)
    return Session(collection.items, ledger, seed=settings.seed, followed=followed, folder=folder)


def has_ledger(folder: Path) -> bool:
    """Whether anybody was ever asked: until then the folder or table alone is believed.

    Raises:
        StoreError: the project folder cannot be read.
    """
    try:
        return (folder / LEDGER).exists()
    except OSError as error:
        raise StoreError(
            "The project folder cannot be read.",
            found=f"{folder} ({error.strerror})",
            expected="a folder that may be read and written",
            attempt="name another folder with --project DIR",
        ) from error


def show(session: Session, embedded: Embedded, items: tuple[Item, ...], *, seed: int) -> None:
    """Tells the session all that is known of the items, once."""
    if session.known is None:
        from handful.active.feature_snapshot import what_is_known

        facts = {item.path: one for item, one in zip(embedded.items, embedded.facts, strict=True)}
        session.see(what_is_known(items, facts, embedded.store, embedded.encoder, seed=seed))


def named(
    labels: Mapping[str | Path | Item, object], root: Path, items: Sequence[Item]
) -> dict[str, str | None]:
    """Relative path to class name, None for "cannot tell", of labels as a user gives them.

    Args:
        labels: item or path to class name, number or nothing.
        root: the data folder.
        items: all items.
    Raises:
        DataError: a path is no item's, or two labels of one item differ.
        SettingError: a label is not the name of a class.
    """
    paths = {item.path for item in items}
    sources = {item.source: item.path for item in items}
    found: dict[str, str | None] = {}
    for key, value in labels.items():
        path, name = _path_of(key, root, paths, sources), label_name(value)
        if found.setdefault(path, name) != name:
            raise DataError(
                "One item is given two labels at once.",
                found=f"{path}: {found[path] or 'cannot tell'}, and {name or 'cannot tell'}",
                expected="one label for each item",
                attempt="leave one of them out",
            )
    return found


def _path_of(
    key: str | Path | Item, root: Path, paths: Set[str], sources: Mapping[Path, str]
) -> str:
    """The relative path of the item that `key` means: itself, its file, or what links lead to.

    A linked file is looked for as it is called first: what the link leads to may lie anywhere.
    """
    path = Path(key.path if isinstance(key, Item) else key)
    if path.as_posix() in paths:
        return path.as_posix()
    place = path if path.is_absolute() else root / path
    plain = Path(os.path.normpath(place))  # without "..", and with links as they are
    if plain in sources:
        return sources[plain]
    resolved = place.resolve()
    if resolved in sources:
        return sources[resolved]
    led_to = [path for source, path in sources.items() if source.resolve() == resolved]
    if len(led_to) == 1:
        return led_to[0]
    raise DataError(
        "There is no such item." if not led_to else "Several items are links to one file.",
        found=str(key) if not led_to else f"{key}: {', '.join(sorted(led_to))}",
        expected="a path relative to the data folder, an absolute path, or an Item",
        attempt="look at project.items",
    )


def save_labels(session: Session, path: Path, *, teach: Callable[[], object]) -> None:
    """Writes a session's labels, with the consensus beside them where several people answered.

    Args:
        teach: fits the session's heads, which the consensus asks.
    Raises:
        SettingError: the ending is none of .csv, .jsonl, .json.
    """
    from handful.active.consensus import num_shared, rows_to_take
    from handful.labels import crowd
    from handful.labels.formats import write_labels

    with session.ledger.reading() as state:
        shared = num_shared(state)
    if shared and crowd.is_installed():
        teach()
    elif shared:
        warnings.warn(crowd.what_would_add_it(shared), stacklevel=3)
    write_labels(rows_to_take(session), path)


def with_labels(collection: Collection, session: Session) -> Collection:
    """The collection with the labels that the session holds in place of the folder's."""
    labels = session.labels
    return replace(
        collection,
        items=tuple(replace(item, label=labels.get(item.path)) for item in collection.items),
    )


def with_what_was_said(
    embedded: Embedded, items: tuple[Item, ...], session: Session
) -> tuple[Embedded, Bool[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """The items with the labels that teach, which of these audit, and how much each counts."""
    lessons = session.given().lessons
    lesson_of = {items[at].path: row for row, at in enumerate(lessons.rows)}
    rows = np.array([lesson_of.get(item.path, -1) for item in embedded.items], np.int64)
    items = tuple(
        replace(item, label=lessons.names[row] if row >= 0 else None)
        for item, row in zip(embedded.items, rows.tolist(), strict=True)
    )
    audited, trust = np.zeros(len(rows), bool), np.ones(len(rows))
    audited[rows >= 0] = lessons.audited[rows[rows >= 0]]
    trust[rows >= 0] = lessons.trust[rows[rows >= 0]]
    return replace(embedded, items=items), audited, trust
