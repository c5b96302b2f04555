"""A table of texts and numbers as the bytes of a Parquet file. Reading one is `parquet.py`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path


def parquet(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[str] = ()
) -> bytes:
    """The bytes of a Parquet file, by way of a file of JSON Lines: DuckDB reads and writes files.

    Args:
        columns: names, plain words.
        rows: a text for each column; lone surrogates are not allowed.
        numbers: columns whose texts are numbers; an empty one becomes null.
    Raises:
        OSError: there is no room for a temporary file.
    """
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        lines, made = Path(folder, "rows.jsonl"), Path(folder, "rows.parquet")
        with lines.open("w", encoding="utf-8") as stream:
            for row in rows:
                stream.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
        casts = ", ".join(
            f"TRY_CAST({name} AS DOUBLE) AS {name}" if name in numbers else name for name in columns
        )
        with duckdb.connect() as database:
            database.execute(
                f"COPY (SELECT {casts} FROM read_json('{lines}', format='newline_delimited', "
                f"columns={{{types}}})) TO '{made}' (FORMAT parquet)"
            )
        return made.read_bytes()
