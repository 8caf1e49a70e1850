"""The exports that a run writes beside its summary, by the names of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from sim.errors import Fault, InvalidInput, invalid
from sim.exports.packages import require
from sim.result import Result
from sim.run_directory import sha256


@dataclass(frozen=True, slots=True)
class Export:
    """An export: its file in the run directory, and the package and extra that it needs, empty for none."""

    file: str
    package: str = ""
    extra: str = ""


EXPORTS: Mapping[str, Export] = {
    "parquet": Export("paths.parquet", "pyarrow.parquet", "parquet"),
    "excel": Export("result.xlsx", "xlsxwriter", "excel"),
    "csv": Export("quantiles.csv"),
}


def checked_exports(names: Sequence[str], paths: int, keep_paths: int) -> dict[str, str]:
    """Check, before anything is simulated, that a run can be exported as asked.

    Parameters
    ----------
    names
        Exports by name, in any order; one named twice counts once.
    paths, keep_paths
        Paths that are to be simulated, and the most that are kept.

    Returns
    -------
    dict
        Name of the file by the name of the export, in the order of :data:`EXPORTS`.

    Raises
    ------
    InvalidInput
        When a name is unknown, its package is not installed, or it needs paths that will not be kept.
    """
    faults = [
        Fault("--export", "", f"{name!r} is unknown", _suggestion(name))
        for name in names
        if name not in EXPORTS
    ]
    if faults:
        raise InvalidInput(faults)
    for name in names:
        if EXPORTS[name].package:
            require(EXPORTS[name].package, EXPORTS[name].extra, f"--export {name}")
    if "parquet" in names and paths > keep_paths:
        raise invalid(
            "--export parquet",
            "",
            f"{paths:,} paths are more than the {keep_paths:,} that are kept",
            f"add --keep-paths {paths}, or leave parquet out",
        )
    return {name: export.file for name, export in EXPORTS.items() if name in names}


def _suggestion(name: str) -> str:
    known = list(EXPORTS)
    # People name the file's ending too.
    near = {"xlsx": ["excel"], "xls": ["excel"], "pq": ["parquet"]}.get(name.lower().lstrip("."))
    near = near or get_close_matches(name.lower(), known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"one of: {', '.join(known)}{hint}"


def write_exports(result: Result, folder: Path, names: Sequence[str]) -> None:
    """Write the exports of a run into its directory; the workbook, which names the other files, comes last."""
    for name in sorted(names, key=lambda name: name == "excel"):
        place = folder / EXPORTS[name].file
        if name == "parquet":
            from sim.exports.parquet import write_parquet

            write_parquet(result, place)
        elif name == "excel":
            from sim.exports.excel.workbook import write_workbook

            hashes = {path.name: sha256(path) for path in sorted(folder.iterdir())}
            write_workbook(result, place, hashes)
        else:
            from sim.exports.quantiles import write_quantiles_csv

            write_quantiles_csv(result, place)
