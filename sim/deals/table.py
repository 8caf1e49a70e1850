"""Reading a CSV file of figures so that every fault in it is told with its place.

A file is checked cell by cell against a tuple of :class:`Column`; blank means unknown and becomes ``None``,
never zero. Nothing here needs pandas.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.deals.cells import CellFault, Column, Value, read_cell, shown
from sim.errors import Fault, InvalidInput, invalid

Row = Mapping[str, Value]
RowFault = tuple[str, str, str]
"""Column at fault, what is wrong, what was expected."""

LARGEST_FILE_BYTES = 32 * 1024 * 1024
FAULTS_TOLD = 50


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file that passed every check; a column the file lacks is ``None`` in each row."""

    source: str
    rows: tuple[Row, ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...]


class _Faults:
    """Counts all faults and keeps the first ones: a wrong file of a million rows has millions."""

    def __init__(self, source: str) -> None:
        self.source, self.kept, self.count = source, list[Fault](), 0

    def add(self, field: str, problem: str, remedy: str, line: int | None, column: int | None) -> None:
        self.count += 1
        if len(self.kept) < FAULTS_TOLD:
            self.kept.append(Fault(self.source, field, problem, remedy, line, column))

    def raise_if_any(self) -> None:
        if not self.count:
            return
        more = self.count - len(self.kept)
        if more:
            self.kept.append(
                Fault(
                    self.source,
                    "",
                    f"{more:,} more faults, {self.count:,} in all",
                    f"mend the first {FAULTS_TOLD} and read the file again",
                )
            )
        raise InvalidInput(self.kept)


def _start_of_cell(record: str, index: int) -> tuple[int, int]:
    """Return lines below the start of `record` and the one-based character at which cell `index` begins."""
    cell = line = 0
    character, quoted = 1, False
    for mark in record:
        if cell == index:
            break
        if mark == '"':
            quoted = not quoted
        character += 1
        if mark == "\n":
            line, character = line + 1, 1
        elif mark == "," and not quoted:
            cell += 1
    return line, character


def _text_of(path: Path) -> str:
    """Return the decoded file.

    Raises
    ------
    InvalidInput
        The file is missing, not a plain file, larger than `LARGEST_FILE_BYTES`, empty or not UTF-8.
    """
    source = str(path)
    try:
        if path.is_dir():
            raise invalid(source, "", "is a directory", "name a CSV file")
        if not path.exists():
            raise invalid(source, "", "there is no such file", "check the path")
        if not path.is_file():
            raise invalid(source, "", "is not a plain file", "name a CSV file")
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise invalid(
                source,
                "",
                f"is {size / 2**20:,.0f} MiB long",
                f"the largest file read is {LARGEST_FILE_BYTES // 2**20} MiB; leave out rows",
            )
        raw = path.read_bytes()
    except OSError as fault:
        raise invalid(source, "", f"cannot be read: {fault.strerror}", "check the file's rights") from fault
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        place = Fault(
            source,
            "",
            f"is not UTF-8 text: byte 0x{raw[fault.start]:02x} on line {line}",
            "save it as CSV in UTF-8",
            line,
            fault.start - (raw.rfind(b"\n", 0, fault.start) + 1) + 1,
        )
        raise InvalidInput([place]) from fault
    if "\0" in text:
        raise invalid(source, "", "holds zero bytes", "save it as CSV in UTF-8")
    if not text.strip():
        raise invalid(source, "", "is empty", "expected a header line and one row a deal")
    return text


def _records(text: str, faults: _Faults) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the first line number, the raw text and the cells of each record that is not blank.

    Ends with a fault where the quotes do not match: what follows cannot be told apart.
    """
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    first = 1
    reader = csv.reader(lines(), strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            faults.add("", f"is not CSV: {fault}", "check the quotes from here on", first, 1)
            return
        record = "".join(taken)
        taken.clear()
        if any(cell.strip() for cell in cells):
            yield first, record, [cell.strip() for cell in cells]
        first = reader.line_num + 1


def _check_header(
    header: list[str],
    columns: Sequence[Column],
    one_of: Sequence[tuple[str, ...]],
    faults: _Faults,
    line: int,
    record: str,
) -> tuple[str, ...]:
    """Add the faults of the header line; return notes on columns ignored and columns missing."""
    known = {column.name for column in columns}
    for index, name in enumerate(header):
        if name and name in header[:index]:
            character = _start_of_cell(record, index)[1]
            faults.add(name, "the header names it twice", "keep one of the two columns", line, character)
    others = [name for name in header if name not in known]

    def remedy(name: str) -> str:
        near = difflib.get_close_matches(name, [other.casefold() for other in others], 1, 0.75)
        if near:
            return f"did you mean to call {shown(near[0])} that?"
        if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
            return "separate the columns by commas"
        return f"add a column {name}"

    for column in columns:
        if column.required and column.name not in header:
            faults.add(column.name, "the column is missing", remedy(column.name), line, 1)
    for names in one_of:
        if not any(name in header for name in names):
            faults.add(names[0], f"neither {' nor '.join(names)} is a column", remedy(names[0]), line, 1)
    notes = []
    if others:
        notes.append(f"{faults.source}: columns ignored: {', '.join(shown(name) for name in others)}")
    missing = [column.name for column in columns if not column.required and column.name not in header]
    if missing:
        notes.append(f"{faults.source}: columns missing, taken as unknown: {', '.join(missing)}")
    return tuple(notes)


def read_table(
    path: Path,
    columns: Sequence[Column],
    check_row: Callable[[Row], list[RowFault]],
    *,
    one_of: Sequence[tuple[str, ...]] = (),
) -> Table:
    """Read and check a CSV file.

    Parameters
    ----------
    path
        The file: UTF-8, with or without a byte-order mark, comma-separated, one header line, at most
        `LARGEST_FILE_BYTES` long.
    columns
        What each column may hold. Other columns are ignored and named in a note.
    check_row
        Called on each row whose cells are sound; returns what is wrong between the cells of one row or
        against rows it has seen before.
    one_of
        Groups of columns of which at least one must be there.

    Returns
    -------
    Table
        All rows, in the order of the file.

    Raises
    ------
    InvalidInput
        Every fault found, each with line and character; beyond `FAULTS_TOLD` they are counted only.
    """
    text = _text_of(path)
    source = str(path)
    faults = _Faults(source)
    records = _records(text, faults)
    line, record, header = next(records, (1, "", [""]))
    notes = _check_header(header, columns, one_of, faults, line, record)
    faults.raise_if_any()
    places = [(column, header.index(column.name)) for column in columns if column.name in header]
    absent: dict[str, Value] = {column.name: None for column in columns if column.name not in header}
    rows: list[Row] = []
    lines: list[int] = []
    for line, record, cells in records:
        if len(cells) != len(header):
            faults.add(
                "", f"the row has {len(cells)} cells", f"the header has {len(header)} columns", line, 1
            )
            continue
        row, sound = dict(absent), True
        for column, index in places:
            try:
                row[column.name] = read_cell(cells[index], column)
            except CellFault as fault:
                sound = False
                below, character = _start_of_cell(record, index)
                faults.add(column.name, fault.problem, fault.remedy, line + below, character)
        for name, problem, remedy in check_row(row) if sound else ():
            below, character = _start_of_cell(record, header.index(name)) if name in header else (0, 1)
            faults.add(name, problem, remedy, line + below, character)
        rows.append(row)
        lines.append(line)
    if not rows and not faults.count:
        faults.add("", "has a header but no rows", "add one row a deal", line, 1)
    faults.raise_if_any()
    return Table(source, tuple(rows), tuple(lines), notes)
