"""Puts the sheets of a result into one workbook."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.exports.excel import desks, fan, figures, histogram, origin, quantiles
from sim.exports.excel.sheet import Book
from sim.exports.files import write_whole
from sim.exports.packages import require
from sim.report.table import header
from sim.result import Result

_WRITTEN = datetime(2000, 1, 1)  # the same bytes for the same result, whenever it is written
_CHART_COLUMN = len(figures.COLUMNS) + 1
_FIRST_CHART_ROW, _SECOND_CHART_ROW = 4, 29
_LONGEST_PROPERTY = 255


def write_workbook(
    result: Result, path: str | Path, hashes: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """Write the workbook of a result: summary, quantiles, histogram, fan, desks, inputs, manifest.

    Parameters
    ----------
    result
        What the run found.
    path
        File to appear; an earlier one is replaced.
    hashes
        SHA-256 of the files beside it, for the sheet ``manifest``.

    Raises
    ------
    InvalidInput
        When XlsxWriter is not installed or the file cannot be written.
    """
    content = _content(require("xlsxwriter", "excel", "Excel"), result, hashes)
    return write_whole(path, lambda place: place.write_bytes(content))


def _content(xlsxwriter: Any, result: Result, hashes: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    title = header(result).encode("utf-8", "replace").decode()
    workbook.set_properties(
        {"title": title[:_LONGEST_PROPERTY], "created": _WRITTEN, "comments": "Written by firstday"}
    )
    book = Book(workbook)
    summary = figures.write_summary(book, result)
    quantiles.write_quantiles(book, result)
    bars = histogram.write_histogram(book, result)
    histogram.add_chart(bars, summary, result, (_FIRST_CHART_ROW, _CHART_COLUMN))
    if result.fan is not None:
        fan.write_fan(book, result, result.fan, summary, (_SECOND_CHART_ROW, _CHART_COLUMN))
    desks.write_desks(book, result)
    origin.write_inputs(book, result)
    origin.write_manifest(book, result, hashes)
    workbook.close()
    return out.getvalue()
