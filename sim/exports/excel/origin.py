"""The sheets ``inputs`` and ``manifest``: what was simulated, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.exports.cells import flattened
from sim.exports.excel.sheet import WHOLE, Book, Cell, Column
from sim.result import Result
from sim.run_directory import manifest_of
from sim.scenario.wording import model_at

_ELSEWHERE = ("scenario", "market", "wall_seconds")
"""Of the manifest: on the sheet of inputs, and what would make every workbook another file."""


def write_inputs(book: Book, result: Result) -> None:
    """Write every field of the scenario as resolved and of the market, by dotted path; empty where left out."""
    sheet = book.sheet(
        "inputs",
        [
            Column("field", 46.0, text=True),
            Column("value", 30.0),
            Column("meaning and unit", 90.0, text=True),
        ],
    )
    for path, value in flattened(result.scenario.resolved()):
        sheet.cells([path, _cell(path, value), _meaning(path)])
    for path, value in flattened(result.market.model_dump(mode="json"), "market"):
        sheet.cells([path, _cell(path, value)])


def write_manifest(book: Book, result: Result, hashes: Mapping[str, str]) -> None:
    """Write hashes, seed and versions; ``hashes`` are the SHA-256 of the files beside the workbook."""
    sheet = book.sheet("manifest", [Column("entry", 30.0, text=True), Column("value", 72.0, text=True)])
    manifest = manifest_of(result, hashes)
    for key, value in manifest.items():
        if key in _ELSEWHERE:
            continue
        if key == "files":
            for name, digest in hashes.items():
                sheet.cells([f"SHA-256 of {name}", digest])
            continue
        for path, single in flattened(value, key):
            sheet.cells([path, _cell(path, single)])


def _cell(path: str, value: Any) -> Cell | tuple[Cell, str]:
    if isinstance(value, int) and not isinstance(value, bool) and not path.endswith("seed"):
        return value, WHOLE
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _meaning(path: str) -> str | None:
    """Description of a field of the scenario; a part of a list has that of the list."""
    names = [name for name in path.split(".") if not name.isdigit()]
    model = model_at(tuple(names[:-1]))
    field = None if model is None else model.model_fields.get(names[-1])
    return None if field is None else field.description
