"""Check a run: its files against its manifest, and every bit by simulating it again.

A run directory may come from anywhere: nothing outside it is read, and nothing in it is executed.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import Fault, InvalidInput, invalid
from sim.kernels._jit import kernel_hash
from sim.market.parameters import market_from_mapping
from sim.result import Result
from sim.run_directory import PATHS_FILES, document_sha256, read_manifest, sha256, summary_json
from sim.scenario import Scenario, scenario_from_mapping
from sim.simulation import simulate
from sim.variance_reduction.method import method_from_json

_FIT_ANYWHERE = 1_000_000
"""As many paths fit into the memory of any machine: 150 MB."""


def verify(directory: Path, threads: int | None = None) -> tuple[str, ...]:
    """Check a run's files against its manifest, simulate it again and compare every bit.

    The answers of the desks (``desks`` in the summary) are held against the manifest's hash of the file alone:
    the desks are not asked again.

    Returns
    -------
    tuple of str
        What was found the same, one line each.

    Raises
    ------
    InvalidInput
        When the manifest cannot be read, or anything differs; every difference is told.
    """
    manifest = read_manifest(directory)
    faults = [*changed_files(directory, manifest)]
    if faults:
        raise InvalidInput(faults)
    told = [f"{len(manifest['files'])} files have the hashes of the manifest"]
    source = str(directory / "manifest.json")
    if manifest["paths"] < 1:
        raise invalid(source, "paths", "holds no path to compare", "run the scenario again")
    market = market_from_mapping(manifest["market"], source)
    # The market is in the manifest; its file may be elsewhere by now.
    changes = {"simulation.paths": manifest["paths"], "market": market.venue}
    scenario = scenario_from_mapping(manifest["scenario"], source, changes)
    summary = _document(directory / "summary.json")
    if contradictions := _contradictions(source, manifest, scenario, summary):
        raise InvalidInput(contradictions)
    method = method_from_json(manifest.get("variance_reduction"), source)
    _refuse_too_many(directory, manifest)
    again = simulate(
        scenario, market=market, threads=threads, fan=False, keep_paths=_keep(manifest), method=method
    )
    if again.partial:
        # Ctrl-C: nothing can be said of the paths that were not simulated again.
        raise KeyboardInterrupt
    faults = [*_differences(directory, manifest, again)]
    if faults:
        raise InvalidInput(faults)
    if manifest.get("kernel_hash") != kernel_hash():
        told.append(f"the run was made by other kernels than these, {kernel_hash()}")
    return (*told, f"{again.paths:,} paths simulated again: every bit of paths and summary is the same")


def _refuse_too_many(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a manifest that would have more paths simulated than its run has kept: they may not fit into memory."""
    path = directory / _paths_of(manifest)
    if not manifest["kept_paths"] or manifest["paths"] <= _FIT_ANYWHERE or path.suffix != ".npz":
        return
    # NumPy's archive is not compressed.
    if path.stat().st_size < 8 * manifest["paths"]:
        problem = f"holds fewer paths than the {manifest['paths']:,} of the manifest"
        raise invalid(str(path), "", problem, "the manifest was edited; run the scenario again")


def _paths_of(manifest: Mapping[str, Any]) -> str:
    return str(manifest.get("paths_file", PATHS_FILES[0]))


def _contradictions(
    source: str, manifest: Mapping[str, Any], scenario: Scenario, summary: Any
) -> list[Fault]:
    """What the manifest says of its scenario, market and summary that is not so."""
    found: dict[str, Any] = {
        "scenario_sha256": document_sha256(manifest["scenario"]),
        "market_sha256": document_sha256(manifest["market"]),
        "seed": scenario.simulation.seed,
        "stage": scenario.stage,
    }
    if isinstance(summary, dict) and "partial" in summary:
        found["partial"] = summary["partial"]
    return [
        Fault(
            source,
            key,
            "does not belong to the scenario, the market or the summary beside it",
            "the manifest was edited; run the scenario again",
        )
        for key, value in found.items()
        if manifest.get(key) != value
    ]


def _keep(manifest: Mapping[str, Any]) -> int:
    return int(manifest["paths"]) if manifest["kept_paths"] else 0


def changed_files(directory: Path, manifest: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with the files that a manifest names: missing, changed or no plain file."""
    faults = []
    for name, expected in manifest["files"].items():
        path = directory / name
        # A manifest from elsewhere must not make us read outside its directory.
        if Path(name).name != name or path.is_symlink():
            faults.append(
                Fault(str(directory), name, "is not a plain file of this directory", "run it again")
            )
        elif not path.is_file():
            faults.append(Fault(str(path), "", "is missing", "run the scenario again"))
        elif sha256(path) != expected:
            faults.append(Fault(str(path), "", "has changed since the run", "run the scenario again"))
    return faults


def _differences(directory: Path, manifest: Mapping[str, Any], again: Result) -> list[Fault]:
    faults = []
    if _of_the_paths(_document(directory / "summary.json")) != _of_the_paths(json.loads(summary_json(again))):
        faults.append(Fault(str(directory / "summary.json"), "", "differs when recomputed", _why(manifest)))
    if again.kept is None:
        return faults
    paths = directory / _paths_of(manifest)
    if different := _different_paths(paths, again.kept):
        faults.append(Fault(str(paths), ", ".join(different), "differs when recomputed", _why(manifest)))
    return faults


def _document(path: Path) -> Any:
    """A JSON document, or ``None`` where there is none: it is then a difference like any other."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None


_HOW_IT_WAS_RUN = ("partial", "target", "desks")
"""What a summary says of how it was run and of what was asked besides; the same paths may come without it."""


def _of_the_paths(summary: Any) -> Any:
    """What follows from the paths alone: an interrupted run verifies against one of as many that was not."""
    if not isinstance(summary, dict):
        return summary
    return {key: value for key, value in summary.items() if key not in _HOW_IT_WAS_RUN}


def _different_paths(path: Path, kept: Mapping[str, NDArray[np.float64]]) -> list[str]:
    if path.suffix == ".parquet":
        from sim.exports.parquet import differing_columns

        return differing_columns(path, kept)
    return _different_arrays(path, kept)


def _different_arrays(path: Path, kept: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Names of the arrays that differ, are missing or are too many; all of them where none can be read."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            same = {
                name for name in kept if name in stored and stored[name].tobytes() == kept[name].tobytes()
            }
            return sorted({*stored.files, *kept} - same)
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error):
        return list(kept)


def _why(manifest: Mapping[str, Any]) -> str:
    if manifest.get("kernel_hash") != kernel_hash():
        return f"the run was made by other kernels, {manifest.get('kernel_hash')}; this is {kernel_hash()}"
    return "the run was edited after it was written; if it was not, please report it"
