"""Directories of studies: a few files that appear whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.errors import invalid
from sim.whole import require_writable, whole_directory

_REMEDY = "name a new directory or that of an earlier one"


def as_json(document: Mapping[str, Any]) -> str:
    """Write a study as a JSON document; it must hold no NaN."""
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def as_csv(rows: Sequence[Mapping[str, str | float | None]]) -> str:
    """Write rows as CSV: numbers with ten significant digits, undefined ones blank."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        values = (row.get(name) for name in columns)
        writer.writerow(format(value, ".10g") if isinstance(value, float) else value for value in values)
    return out.getvalue()


def check_destination(out: Path, names: frozenset[str]) -> None:
    """Check, before anything is simulated, that a study can be written to ``out``; leaves nothing behind.

    Parameters
    ----------
    out
        Directory to appear; it may hold files of an earlier study of the kind, and nothing else.
    names
        Files that a study of the kind may write.

    Raises
    ------
    InvalidInput
        When ``out`` holds something else, is no directory, or its folder cannot be written.
    """
    try:
        if out.is_symlink() or (out.exists() and not out.is_dir()):
            raise invalid("--out", "", f"{out} is not a directory", _REMEDY)
        present = {path.name for path in out.iterdir()} if out.is_dir() else set()
        if others := sorted(present - names):
            raise invalid("--out", "", f"{out} holds other files: {', '.join(others[:5])}", _REMEDY)
        require_writable(out)
    except OSError as fault:
        raise invalid(
            "--out", "", f"{out} cannot be written: {fault.strerror}", "name another place"
        ) from fault


def write_directory(
    out: Path,
    names: frozenset[str],
    texts: Mapping[str, str],
    draw: Callable[[Path], object] | None = None,
) -> Path:
    """Write a study: its files are written beside and the directory renamed into place.

    Parameters
    ----------
    out, names
        As in :func:`check_destination`; an earlier study is replaced.
    texts
        Text of each file by name.
    draw
        Draws pictures into a directory.

    Raises
    ------
    InvalidInput
        When it cannot be written; an earlier study is then still there.
    """
    check_destination(out, names)
    try:
        with whole_directory(out, lambda: check_destination(out, names)) as fresh:
            for name, text in texts.items():
                (fresh / name).write_text(text, encoding="utf-8")
            if draw is not None:
                draw(fresh)
    except OSError as fault:
        raise invalid(
            "--out", "", f"{out} cannot be written: {fault.strerror}", "name another place"
        ) from fault
    return out
