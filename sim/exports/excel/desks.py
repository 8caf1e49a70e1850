"""The sheet ``desks``: the answers of the desks, where they were asked, as tables of plain numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sim.exports.cells import flattened
from sim.exports.excel.sheet import Book, Cell, Column, Sheet, any_number_format
from sim.exports.quantities import currency_of
from sim.result import Result

UNASKED = "The desks were not asked. Ask them with: firstday run SCENARIO --desks --export excel"
_WIDTHS = (26.0, *[14.0] * 29)


def write_desks(book: Book, result: Result) -> Sheet:
    """Write one block a desk: its sentence and figures, then its tables. What a column means is in docs/desks.md."""
    answers: Mapping[str, Mapping[str, Any]] = result.summary.get("desks", {})
    if not answers:
        return book.sheet("desks", [Column(UNASKED, 80.0, text=True)])
    units = f"Money in {currency_of(result)}, sizes in shares, chances and returns as fractions (0.05 is 5%)"
    sheet = book.sheet("desks", [Column("", width) for width in _WIDTHS], ("Answers of the desks", units))
    for desk, document in answers.items():
        sheet.row += 1
        sheet.line(f"{desk}'s desk", bold=True)
        if document.get("answer"):
            sheet.line(str(document["answer"]))
        tables = {key: value for key, value in document.items() if _is_table(value)}
        for key, value in document.items():
            if key not in tables and key not in ("desk", "answer", "scenario"):
                for path, single in flattened(_named(value), key):
                    sheet.cells([_words(path), _cell(single)])
        for key, rows in tables.items():
            _table(sheet, _words(key), rows)
    return sheet


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(row, Mapping) for row in value)
    )


def _table(sheet: Sheet, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    sheet.row += 1
    sheet.line(title, bold=True)
    flat = [dict(flattened(_named(row))) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    sheet.headings([_words(name) for name in columns])
    for row in flat:
        sheet.cells([_cell(row.get(name)) for name in columns])


def _named(value: Any) -> Any:
    """Write ``{"value": x, "se": y}`` as a number and its standard error side by side."""
    if not isinstance(value, Mapping):
        return value
    named: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, Mapping) and set(inner) == {"value", "se"}:
            named |= {key: inner["value"], f"{key}_se": inner["se"]}
        else:
            named[key] = _named(inner)
    return named


def _words(path: str) -> str:
    words = path.replace("_se", " (standard error)") if path.endswith("_se") else path
    # The dots between names, not that of a probability.
    return re.sub(r"(?<=[a-z)])\.|\.(?=[a-z])", " ", words).replace("_", " ")


def _cell(value: Any) -> Cell | tuple[Cell, str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, any_number_format(value)
    return value if value is None or isinstance(value, bool | str) else str(value)
