"""Paths as Parquet: one column a recorded quantity, one row a path, in the order of the paths.

Columns are dictionary-encoded and not compressed by a codec: repeated ticks make the file a third of ``paths.npz``,
and a file from elsewhere has nothing in it that unpacks to more than its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import BLOCK_PATHS
from sim.exports.files import write_whole
from sim.exports.frames import kept_of
from sim.exports.packages import require
from sim.exports.quantities import meaning_of, unit_of
from sim.result import Result

_ROWS_OF_GROUP = 8 * BLOCK_PATHS
_BYTES_OF_VALUE = 8
# What dictionaries and headers may add to the values themselves.
_ROOM_FACTOR, _ROOM_BYTES = 1.5, 1_000_000


def write_parquet(result: Result, path: str | Path) -> Path:
    """Write the kept paths of a result.

    Raises
    ------
    InvalidInput
        When they were not kept, pyarrow is not installed, or the file cannot be written.
    """
    kept = kept_of(result)
    parquet = require("pyarrow.parquet", "parquet", "Parquet")
    pa = require("pyarrow", "parquet", "Parquet")

    fields = [
        pa.field(
            name,
            pa.float64(),
            nullable=False,
            metadata={"unit": unit_of(result, name), "meaning": meaning_of(name)},
        )
        for name in kept
    ]
    origin = {
        "scenario": result.scenario.name,
        "code": result.scenario.code,
        "stage": result.stage,
        "seed": str(result.seed),
    }
    # NaN stays the number it is: a missing value would not read back to the same bits.
    arrays = [pa.array(values, from_pandas=False) for values in kept.values()]
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=origin))

    def write(place: Path) -> None:
        parquet.write_table(table, place, compression="none", row_group_size=_ROWS_OF_GROUP)

    return write_whole(path, write)


def differing_columns(path: Path, kept: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Names of the columns that differ from ``kept``, are missing or too many; all where none can be read.

    Nothing is unpacked before the file says that it holds as many plain numbers as are expected, and no more
    than one column is in memory at a time.

    Raises
    ------
    InvalidInput
        When pyarrow is not installed.
    """
    parquet = require("pyarrow.parquet", "parquet", str(path))
    pa = require("pyarrow", "parquet", str(path))
    rows = len(next(iter(kept.values())))
    try:
        if path.stat().st_size > _ROOM_FACTOR * _BYTES_OF_VALUE * rows * len(kept) + _ROOM_BYTES:
            return list(kept)
        # The arrow schema inside a file may name types of its own; only plain columns of doubles are read.
        with parquet.ParquetFile(path, memory_map=False) as stored:
            if not _plain(stored.metadata, rows):
                return list(kept)
            names = [stored.schema.column(at).name for at in range(stored.metadata.num_columns)]
            same = {name for name in kept if names.count(name) == 1 and _same(stored, name, kept[name])}
            return sorted({*names, *kept} - same)
    except (pa.ArrowException, OSError, MemoryError, ValueError, TypeError, KeyError, OverflowError):
        return list(kept)


def _plain(metadata: Any, rows: int) -> bool:
    """Whether a file holds as many rows as expected, in flat columns of doubles that no codec has packed."""
    if metadata.num_rows != rows:
        return False
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
    return all(
        chunk.physical_type == "DOUBLE" and chunk.compression == "UNCOMPRESSED" and chunk.num_values <= rows
        for chunk in chunks
    )


def _same(stored: Any, name: str, expected: NDArray[np.float64]) -> bool:
    column = stored.read(columns=[name], use_threads=False).column(0)
    if column.null_count or str(column.type) != "double":
        return False
    return bool(column.to_numpy().tobytes() == expected.tobytes())
