"""Tables in Parquet files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from handful.datasets.sheets.header import laid_out
from handful.datasets.sheets.sheet import Sheet, empty, unreadable
from handful.errors import DataError
from handful.items.label_names import as_text

PARQUET_MEMORY = "1GB"
_MAGIC = b"PAR1"


def read_parquet(path: Path, wanted: frozenset[str]) -> Sheet:
    """Header and rows; columns of pictures, lists and structures are left out, and said.

    Args:
        path: the file.
        wanted: keys of the column names that are looked for.
    Raises:
        DataError: it is damaged or no Parquet, or none of its columns holds text or numbers.
    """
    import duckdb

    with path.open("rb") as file:
        beginning = file.read(len(_MAGIC))
    if not beginning:
        raise empty(path, "nothing is in it")
    if beginning != _MAGIC:
        raise unreadable(path, "not Parquet by its first bytes", "give it the ending of its kind")
    with TemporaryDirectory() as folder:
        # DuckDB takes * ? [ in a path for wild cards: give it a plain name.
        plain = Path(folder) / "table.parquet"
        plain.symlink_to(path.resolve(strict=True))
        offline: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_persistent_secrets": "false",  # they lie in the user's home
            "temp_directory": folder,  # by itself it takes the folder in which it was started
            "memory_limit": PARQUET_MEMORY,
        }
        try:
            with duckdb.connect(config=offline) as engine:
                columns = engine.execute(
                    "DESCRIBE SELECT * FROM read_parquet(?)", [str(plain)]
                ).fetchall()
                plainly = [name for name, kind, *_ in columns if _is_plain(kind)]
                left_out = [(name, kind) for name, kind, *_ in columns if not _is_plain(kind)]
                if not plainly:
                    raise _nested(path, left_out)
                listed = ", ".join('"' + name.replace('"', '""') + '"' for name in plainly)
                found = engine.execute(
                    f"SELECT {listed} FROM read_parquet(?)", [str(plain)]
                ).fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            why = str(error).splitlines()[0].replace(str(plain), path.name)
            raise unreadable(path, f"damaged Parquet: {why}") from error
    if _holds_pictures(left_out) and all(kind != "VARCHAR" for _, kind, *_ in columns):
        raise _nested(path, left_out)
    rows = [tuple(plainly), *(tuple(as_text(cell) for cell in row) for row in found)]
    named = ", ".join(name for name, _ in left_out)
    notes = (f"Left out, as they hold no text or number: {named}.",) if left_out else ()
    return laid_out(path, list(enumerate(rows)), wanted, notes)


def _is_plain(kind: str) -> bool:
    """Whether a column type can be a path, a class or a group: no pictures, lists or structures."""
    return not kind.startswith(("BLOB", "STRUCT", "MAP", "UNION")) and not kind.endswith("]")


def _holds_pictures(columns: list[tuple[str, str]]) -> bool:
    """Whether bytes lie in the file itself, as in data sets of Hugging Face."""
    return any("BLOB" in kind for _, kind in columns)


def _nested(path: Path, columns: list[tuple[str, str]]) -> DataError:
    named = ", ".join(f"{name} ({kind[:40]})" for name, kind in columns[:4])
    if _holds_pictures(columns):
        return DataError(
            "The pictures lie inside of the Parquet file.",
            found=f"{path.name}: {named}",
            expected="a column `path` that names picture files",
            attempt="write the pictures into a folder, and a table that names them",
        )
    return DataError(
        "None of the table's columns holds text or numbers.",
        found=f"{path.name}: {named}",
        expected="a column `path` of text",
        attempt="write the nested columns as columns of their own",
    )
