"""The dataset of a sweep: Parquet, one row a scenario, metric and statistic, the swept fields as columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from sim.exports.packages import require
from sim.studies.sweep.encoding import Statistics

_TOGETHER = 1000
"""Scenarios of a row group: what is in memory at a time."""
_KINDS: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("bool", bool),
    ("int64", int),
    ("float64", (int, float)),
    ("date32", date),
    ("string", str),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One scenario of a sweep with what was found.

    Parameters
    ----------
    scenario, point, replicate
        Its numbers.
    first_path, paths, seed, stage
        What was simulated.
    values
        The swept fields.
    statistics
        What was found.
    """

    scenario: int
    point: int
    replicate: int
    first_path: int
    paths: int
    seed: int
    stage: str
    values: Mapping[str, object]
    statistics: Statistics


_NUMBERS = ("scenario", "point", "replicate", "first_path", "paths", "seed")


def require_pyarrow() -> Any:
    """Return the module ``pyarrow``, untyped as it is.

    Raises
    ------
    InvalidInput
        When it is not installed.
    """
    return require("pyarrow", "cluster", "firstday sweep")


def kinds_of(fields: Sequence[str], points: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Return the type of each swept column: what all its values are, text where they differ."""
    open_kinds = {field: [name for name, _ in _KINDS] for field in fields}
    types = dict(_KINDS)
    for values in points:
        for field in fields:
            value = values[field]
            open_kinds[field] = [kind for kind in open_kinds[field] if _is_of(value, kind, types[kind])]
    return {field: kinds[0] if kinds else "json" for field, kinds in open_kinds.items()}


def _is_of(value: object, kind: str, types: type | tuple[type, ...]) -> bool:
    if value is None:
        return True
    # Python counts a truth value as a number.
    return isinstance(value, types) and isinstance(value, bool) == (kind == "bool")


def write_dataset(path: Path, kinds: Mapping[str, str], scenarios: Iterator[Told]) -> int:
    """Write the dataset and return its number of rows.

    The bytes follow from the rows alone: no time, no name of a machine, and row groups of fixed size.
    """
    pa = require_pyarrow()
    parquet = import_module("pyarrow.parquet")
    columns = [pa.field(name, pa.int64(), nullable=False) for name in _NUMBERS]
    columns.append(pa.field("stage", pa.string(), nullable=False))
    columns += [pa.field(field, _arrow_type(kind)) for field, kind in kinds.items()]
    columns += [pa.field(name, pa.string(), nullable=False) for name in ("metric", "statistic")]
    schema = pa.schema([*columns, pa.field("value", pa.float64())])
    rows = 0
    with parquet.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for group in _groups(scenarios):
            table = _table(group, kinds, schema)
            rows += table.num_rows
            writer.write_table(table, row_group_size=table.num_rows)
    return rows


def _groups(scenarios: Iterator[Told]) -> Iterator[list[Told]]:
    group: list[Told] = []
    for told in scenarios:
        group.append(told)
        if len(group) == _TOGETHER:
            yield group
            group = []
    if group:
        yield group


def _arrow_type(kind: str) -> Any:
    pa = require_pyarrow()
    return pa.string() if kind == "json" else getattr(pa, kind.replace("bool", "bool_"))()


def _table(group: Sequence[Told], kinds: Mapping[str, str], schema: Any) -> Any:
    pa = require_pyarrow()
    counts = [len(told.statistics[1]) for told in group]
    owner = pa.array(np.repeat(np.arange(len(group)), counts))
    arrays = [pa.array([getattr(told, name) for told in group], pa.int64()).take(owner) for name in _NUMBERS]
    arrays.append(pa.array([told.stage for told in group], pa.string()).take(owner))
    for field, kind in kinds.items():
        values = [_written(told.values[field], kind) for told in group]
        arrays.append(pa.array(values, _arrow_type(kind)).take(owner))
    known = {
        names: number for number, names in enumerate(dict.fromkeys(told.statistics[0] for told in group))
    }
    every = [name for names in known for name in names]
    starts = np.cumsum([0, *(len(names) for names in known)])
    places = pa.array(
        np.concatenate(
            [
                starts[known[told.statistics[0]]] + np.arange(count)
                for told, count in zip(group, counts, strict=True)
            ]
        )
    )
    arrays += [pa.array([name[part] for name in every], pa.string()).take(places) for part in (0, 1)]
    found = np.concatenate([np.array(told.statistics[1], dtype=np.float64) for told in group])
    # An undefined statistic is missing, as it is null in a summary.
    arrays.append(pa.array(found, pa.float64(), mask=np.isnan(found)))
    return pa.Table.from_arrays(arrays, schema=schema)


def _written(value: object, kind: str) -> object:
    return json.dumps(value, default=str, sort_keys=True) if kind == "json" else value
