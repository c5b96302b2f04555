"""What people say of a project's items: the session, what it sees, and which item is meant."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from handful.errors import DataError, StoreError
from handful.items.item import Collection, Item
from handful.learning import Embedded, Settings

if TYPE_CHECKING:
    from handful.teaching.session import Session

LEDGER = "ledger.sqlite"


def begin_session(collection: Collection, folder: Path, settings: Settings) -> Session:
    """A session over the ledger in the project's folder, which is made where there is none.

    Raises:
        StoreError: the ledger cannot be written.
    """
    from handful.labels.ledger import Ledger
    from handful.teaching.session import Session

    return Session(collection.items, Ledger(folder / LEDGER), seed=settings.seed)


def has_ledger(folder: Path) -> bool:
    """Whether anybody was ever asked: until then the folder or table alone is believed.

    Raises:
        StoreError: the project folder cannot be read.
    """
    try:
        return (folder / LEDGER).exists()
    except OSError as error:
        raise StoreError(
            "the project folder cannot be read.",
            found=f"{folder} ({error.strerror})",
            expected="a folder that may be read and written",
            attempt="name another folder with --project DIR",
        ) from error


def show(session: Session, embedded: Embedded, items: tuple[Item, ...], *, seed: int) -> None:
    """Tells the session all that is known of the items, once."""
    if session.known is None:
        from handful.teaching.known import what_is_known

        fingerprints = {
            item.path: one for item, one in zip(embedded.items, embedded.fingerprints, strict=True)
        }
        session.see(what_is_known(items, fingerprints, embedded.store, embedded.encoder, seed=seed))


def path_of(key: str | Path | Item, root: Path, paths: Set[str]) -> str:
    """The relative path of the item that `key` means.

    Args:
        key: an item, or its path: absolute, or relative to `root`.
        root: the data folder.
        paths: of all items.
    Raises:
        DataError: no item is meant.
    """
    if isinstance(key, Item):
        return key.path
    path = Path(key)
    if path.is_absolute():
        place = path.resolve()
        if place.is_relative_to(root.resolve()):
            path = place.relative_to(root.resolve())
    if path.as_posix() in paths:
        return path.as_posix()
    raise DataError(
        "there is no such item.",
        found=str(key),
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
    from handful.labels import crowd
    from handful.labels.formats import write_labels
    from handful.teaching.crowd import num_shared, rows_to_take

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
