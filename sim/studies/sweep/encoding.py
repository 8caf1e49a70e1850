"""What a task leaves, as bytes: plain arrays, read back without ever unpickling anything."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.statistics import HISTOGRAM_CELLS
from sim.studies.sweep.rows import Names
from sim.tally import Part

Statistics = tuple[Names, list[float]]


class DamagedPart(ValueError):
    """Bytes that are not what a task of this sweep leaves."""


def encoded_statistics(found: Sequence[Statistics]) -> bytes:
    """Encode the statistics of whole scenarios; names that several share are written once."""
    layouts = list(dict.fromkeys(names for names, _ in found))
    arrays = {"layouts": np.array([layouts.index(names) for names, _ in found], dtype=np.int64)}
    for number, names in enumerate(layouts):
        arrays[f"names_{number}"] = np.frombuffer(json.dumps(names).encode(), dtype=np.uint8)
        arrays[f"values_{number}"] = np.array([values for own, values in found if own == names])
    return _packed(arrays)


def decoded_statistics(content: bytes, scenarios: int) -> list[Statistics]:
    """Read statistics back.

    Raises
    ------
    DamagedPart
        When the bytes do not hold the statistics of so many scenarios.
    """
    arrays = _unpacked(content)
    try:
        layouts = arrays["layouts"]
        if layouts.shape != (scenarios,) or layouts.dtype != np.int64:
            raise DamagedPart("another number of scenarios")
        found: list[Statistics | None] = [None] * scenarios
        for number in range(int(layouts.max()) + 1):
            names, values = json.loads(arrays[f"names_{number}"].tobytes()), arrays[f"values_{number}"]
            own = np.flatnonzero(layouts == number)
            if values.dtype != np.float64 or values.shape != (len(own), len(names)):
                raise DamagedPart("arrays of another shape")
            told = tuple((str(metric), str(statistic)) for metric, statistic in names)
            for place, row in zip(own.tolist(), values.tolist(), strict=True):
                found[place] = (told, row)
    except (KeyError, ValueError, IndexError, TypeError) as fault:
        raise DamagedPart(str(fault)) from fault
    return [each for each in found if each is not None]


def encoded_part(part: Part) -> bytes:
    """Encode the statistics of a chunk; of its histograms only the cells that hold paths."""
    histogram, cell = np.nonzero(part.cells)
    return _packed(
        {
            "range": np.array([part.first, part.paths, len(part.cells)], dtype=np.int64),
            "moments": part.moments,
            "counts": part.counts,
            "cells": np.stack([histogram, cell, part.cells[histogram, cell]]).astype(np.int64),
        }
    )


def decoded_part(content: bytes) -> Part:
    """Read a chunk's statistics back.

    Raises
    ------
    DamagedPart
        When the bytes hold something else.
    """
    arrays = _unpacked(content)
    try:
        first, paths, histograms = arrays["range"].tolist()
        cells = np.zeros((histograms, HISTOGRAM_CELLS), dtype=np.int64)
        histogram, cell, count = arrays["cells"]
        cells[histogram, cell] = count
        moments, counts = arrays["moments"], arrays["counts"]
        if moments.dtype != np.float64 or moments.ndim != 3 or counts.dtype != np.int64:
            raise DamagedPart("arrays of another shape")
        return Part(first, paths, moments, counts, cells, np.empty((0, 5)))
    except (KeyError, ValueError, IndexError) as fault:
        raise DamagedPart(str(fault)) from fault


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def _unpacked(content: bytes) -> dict[str, NDArray[Any]]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as fault:
        raise DamagedPart(str(fault)) from fault
