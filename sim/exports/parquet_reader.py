"""Reads the columns of a Parquet file that may come from anywhere, in a process of its own.

Run as a program, ``parquet_reader.py FILE ROWS``, it prints a JSON document with the SHA-256 of the numbers of each
column, or nothing when the file is not what is expected. A damaged file can abort the reader: pyarrow 26 ends the
process on a codec that it does not know. So the caller is never the process that reads, and nothing of firstday is
imported here.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import import_module
from typing import Any


def column_digests(path: str, rows: int) -> dict[str, str | None]:
    """Return the SHA-256 of the numbers of each column.

    Nothing is unpacked before the file says that it holds ``rows`` plain numbers a column, and no more than one
    column is in memory at a time.

    Returns
    -------
    dict
        ``None`` for a column that is there twice, has missing values or holds something else than doubles. Empty
        when the file holds another number of rows, or numbers that a codec has packed.

    Raises
    ------
    OSError, ValueError
        When the file cannot be read as Parquet.
    """
    # Untyped: pyarrow carries no types.
    parquet: Any = import_module("pyarrow.parquet")
    with parquet.ParquetFile(path, memory_map=False) as stored:
        if not _plain(stored.metadata, rows):
            return {}
        names = [stored.schema.column(at).name for at in range(stored.metadata.num_columns)]
        return {name: _digest(stored, name) if names.count(name) == 1 else None for name in names}


def _plain(metadata: Any, rows: int) -> bool:
    """Whether a file holds as many rows as expected, in flat columns of doubles that no codec has packed."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
    return metadata.num_rows == rows and all(
        chunk.physical_type == "DOUBLE" and chunk.compression == "UNCOMPRESSED" and chunk.num_values <= rows
        for chunk in chunks
    )


def _digest(stored: Any, name: str) -> str | None:
    column = stored.read(columns=[name], use_threads=False).column(0)
    if column.null_count or str(column.type) != "double":
        return None
    return hashlib.sha256(column.to_numpy().tobytes()).hexdigest()


def main() -> None:
    """Print the digests; a damaged file ends this process without a core file, or with exit code 1."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, rows = sys.argv[1:]
    sys.stdout.write(json.dumps(column_digests(path, int(rows))))


if __name__ == "__main__":
    main()
