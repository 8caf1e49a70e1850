"""Paths as Parquet: one column a recorded quantity, one row a path, in the order of the paths.

Columns are dictionary-encoded and not compressed by a codec: repeated ticks make the file a third of ``paths.npz``,
and a file from elsewhere has nothing in it that unpacks to more than its size.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.engine import BLOCK_PATHS
from sim.exports import parquet_reader
from sim.exports.files import write_whole
from sim.exports.frames import kept_of
from sim.exports.packages import require
from sim.exports.quantities import meaning_of, unit_of
from sim.result import Result

_ROWS_OF_GROUP = 8 * BLOCK_PATHS
_BYTES_OF_VALUE = 8
# What dictionaries and headers may add to the values themselves.
_ROOM_FACTOR, _ROOM_BYTES = 1.5, 1_000_000
_SECONDS_TO_READ = 300.0


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

    The file is read by a process of its own (:mod:`sim.exports.parquet_reader`), whatever that process meets.

    Raises
    ------
    InvalidInput
        When pyarrow is not installed.
    """
    require("pyarrow.parquet", "parquet", str(path))
    rows = len(next(iter(kept.values())))
    if path.stat().st_size > _ROOM_FACTOR * _BYTES_OF_VALUE * rows * len(kept) + _ROOM_BYTES:
        return list(kept)
    found = _digests(path, rows)
    same = {name for name in kept if found.get(name) == hashlib.sha256(kept[name].tobytes()).hexdigest()}
    return sorted({*found, *kept} - same)


def _digests(path: Path, rows: int) -> dict[str, str | None]:
    """SHA-256 of the numbers of each column, none of a file that the reader could not get through."""
    # -P: the reader's own folder is no place to import from.
    command = [sys.executable, "-P", parquet_reader.__file__, str(path.absolute()), str(rows)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS_TO_READ, check=True)
        digests: dict[str, str | None] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return {}
    return digests
