"""Cells of a workbook: numbers as numbers, text never as a formula, formats with the digits an error supports."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from sim.exports.cells import looks_like_formula
from sim.report.numbers import supported_decimals

Cell = float | int | bool | str | None

WHOLE = "#,##0"
_EXACT_WHOLE = 2**53
_LONGEST_TEXT = 32_767
_A4, _LINE_POINTS, _DEFAULT_WIDTH = 9, 15.0, 8.43
_MOST_PERCENT_DECIMALS, _MOST_DECIMALS = 3, 4


def percent_format(error: float | None = None, signed: bool = False) -> str:
    """Number format of a fraction as percent, with the decimals that its standard error supports."""
    known = 100.0 * error if error is not None and math.isfinite(error) else None
    decimals = max(0, supported_decimals(known, _MOST_PERCENT_DECIMALS if known else 1))
    digits = "0" + ("." + "0" * decimals if decimals else "") + "%"
    return f"+{digits};-{digits};{digits}" if signed else digits


def number_format(error: float | None = None, most: int = _MOST_DECIMALS, signed: bool = False) -> str:
    """Number format with thousands separators and the decimals that the standard error supports."""
    known = error if error is not None and math.isfinite(error) else None
    decimals = max(0, supported_decimals(known, most))
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"+{digits};-{digits};{digits}" if signed else digits


def any_number_format(value: float | int) -> str:
    """Number format of a number of which nothing is known but its size."""
    if isinstance(value, int) or abs(value) >= 1000.0:
        return WHOLE
    return "0.0###" if abs(value) >= 1e-3 or value == 0.0 else "0.0E+00"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading with the unit in it, its width in characters, and whether it holds text."""

    heading: str
    width: float = 14.0
    text: bool = False


class Book:
    """A workbook and its formats; each look is made once.

    Parameters
    ----------
    workbook
        XlsxWriter's workbook, which the sheets are added to.
    """

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def format(self, **look: Any) -> Any:
        """Return the format of a look, such as ``bold=True``."""
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(look)
        return self._formats[key]

    def sheet(self, name: str, columns: Sequence[Column], above: Sequence[str] = ()) -> Sheet:
        """Add a sheet with lines of text, then its headings, frozen in place; rows follow."""
        return Sheet(self, self.workbook.add_worksheet(name), columns, above)


class Sheet:
    """A sheet that is written from the top down.

    ``row`` is the next row to be written, counted from zero.
    """

    def __init__(self, book: Book, worksheet: Any, columns: Sequence[Column], above: Sequence[str]) -> None:
        self.book, self.worksheet, self.row = book, worksheet, 0
        for text in above:
            self.line(text, bold=self.row == 0)
        for at, column in enumerate(columns):
            worksheet.set_column(at, at, column.width)
        self._widths = [column.width for column in columns]
        self.headings([column.heading for column in columns], {at for at, c in enumerate(columns) if c.text})
        worksheet.freeze_panes(self.row, 1)
        worksheet.set_landscape()
        worksheet.set_paper(_A4)
        worksheet.fit_to_pages(1, 0)

    def line(self, text: str, *, bold: bool = False) -> None:
        """Write a line of text that runs over the cells beside it."""
        self.put(0, text, bold=bold)
        self.row += 1

    def headings(self, texts: Sequence[str], left: Container[int] = (0,)) -> None:
        """Write a row of headings, as high as its longest; those of the columns ``left`` stand over text."""
        lines = 1
        for at, text in enumerate(texts):
            align = "left" if at in left else "right"
            look = {"indent": 1} if at and at in left else {}
            self.put(at, text, bold=True, bottom=1, text_wrap=True, valign="top", align=align, **look)
            width = self._widths[at] if at < len(self._widths) else _DEFAULT_WIDTH
            # Bold letters are wider than the digits that a width counts, and a word is not broken.
            lines = max(lines, math.ceil(1.35 * len(text) / width))
        self.worksheet.set_row(self.row, _LINE_POINTS * lines)
        self.row += 1

    def cells(self, cells: Sequence[Cell | tuple[Cell, str]]) -> None:
        """Write a row; a cell may come with its number format."""
        for at, cell in enumerate(cells):
            value, form = cell if isinstance(cell, tuple) else (cell, "")
            look: dict[str, Any] = {"num_format": form} if form else {}
            if at and isinstance(value, str):
                look["indent"] = 1
            self.put(at, value, **look)
        self.row += 1

    def put(self, column: int, value: Cell, **look: Any) -> None:
        """Write one cell of the current row; what is undefined stays empty."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return
        if isinstance(value, bool):
            self.worksheet.write_boolean(self.row, column, value, self.book.format(**look))
        elif isinstance(value, str):
            self._text(column, value, look)
        elif isinstance(value, int) and abs(value) > _EXACT_WHOLE:
            # A spreadsheet holds doubles: a large seed would lose its last digits.
            self._text(column, str(value), look)
        else:
            self.worksheet.write_number(self.row, column, value, self.book.format(**look))

    def _text(self, column: int, text: str, look: dict[str, Any]) -> None:
        # A lone surrogate has no place in a file; XlsxWriter takes <r>...</r> for markup of its own.
        text = text.encode("utf-8", "replace").decode()[:_LONGEST_TEXT]
        if text.startswith("<r>") and text.endswith("</r>"):
            text += " "
        if looks_like_formula(text):
            # As typed with an apostrophe in front: it stays text when somebody edits the cell.
            look = {**look, "quote_prefix": True}
        self.worksheet.write_string(self.row, column, text, self.book.format(**look) if look else None)
