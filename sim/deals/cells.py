"""Reading one cell of a table: what a column may hold, and what is wrong with a text that it may not."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

Value = str | float | int | bool | date | None

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_SPELLED_BLANKS = frozenset({"na", "n/a", "nan", "null", "none", "nil", "-", "--", "?"})


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a file may hold.

    Parameters
    ----------
    name
        Header of the column.
    kind
        ``number``, ``whole`` (a number without a fraction), ``flag`` (0 or 1), ``date`` (ISO), ``code``
        (an identifier without spaces; figures are padded with zeros to ``width``) or ``text``.
    required
        The column must be in the file; other columns may be missing and are unknown then.
    filled
        No cell of it may be blank.
    low, high
        Range of a number, both ends allowed unless `above` is set.
    above
        The number must be greater than `low`, not equal to it.
    choices
        The texts allowed; empty for any.
    width
        Number of figures of a code.
    """

    name: str
    kind: Literal["number", "whole", "flag", "date", "code", "text"]
    required: bool = False
    filled: bool = False
    low: float = float("-inf")
    high: float = float("inf")
    above: bool = False
    choices: tuple[str, ...] = ()
    width: int = 0


class CellFault(ValueError):
    """One cell cannot be read; carries what is wrong and what was expected."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


def shown(text: str) -> str:
    """Quote a text of the file, shortened."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _number(text: str, column: Column) -> float:
    if not _NUMBER.fullmatch(text):
        if text.casefold() in _SPELLED_BLANKS:
            raise CellFault(f"{shown(text)} is not a number", "leave the cell blank where it is unknown")
        if "%" in text:
            raise CellFault(f"{shown(text)} is a percentage", "write a fraction: 0.05 for 5%")
        if "," in text or "_" in text:
            raise CellFault(f"{shown(text)} is not a number", "write figures without separators: 1000000")
        raise CellFault(f"{shown(text)} is not a number", "write a finite number, or leave it blank")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise CellFault(f"{shown(text)} is too large to be a number", "write a finite number")
    too_low = value <= column.low if column.above else value < column.low
    if too_low or value > column.high:
        low = f"above {column.low:g}" if column.above else f"at least {column.low:g}"
        high = "" if column.high == float("inf") else f" and at most {column.high:g}"
        raise CellFault(f"{text} is out of range", f"expected a number {low}{high}")
    return value


def _date(text: str) -> date:
    match = _DATE.fullmatch(text)
    remedy = "write a date as 2025-12-31"
    if match is None:
        raise CellFault(f"{shown(text)} is not an ISO date", remedy)
    try:
        return date.fromisoformat(match[1])
    except ValueError as fault:
        raise CellFault(f"{text} is not a day of the calendar", remedy) from fault


def read_cell(text: str, column: Column) -> Value:
    """Read one cell without surrounding spaces; blank gives ``None``.

    Raises
    ------
    CellFault
        The column may not hold this.
    """
    if text == "":
        if column.filled:
            raise CellFault("is blank", "every row needs it")
        return None
    if column.kind == "date":
        return _date(text)
    if column.kind == "text":
        if column.choices and text not in column.choices:
            near = difflib.get_close_matches(text, column.choices, 1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(column.choices)}"
            raise CellFault(f"{shown(text)} is not known", hint)
        return text
    if column.kind == "code":
        if len(text) > 24 or not text.isprintable() or any(mark.isspace() for mark in text):
            raise CellFault(f"{shown(text)} is not a stock code", "expected up to 24 letters or figures")
        return text.zfill(column.width) if text.isascii() and text.isdigit() else text
    value = _number(text, column)
    if column.kind == "flag":
        if value not in (0.0, 1.0):
            raise CellFault(f"{text} is not a flag", "expected 0 or 1, or blank where it is unknown")
        return value == 1.0
    if column.kind == "whole":
        if value != int(value):
            raise CellFault(f"{text} has a fraction", "expected a whole number")
        return int(value)
    return value
