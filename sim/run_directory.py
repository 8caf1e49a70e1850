"""The directory of a run: written whole or not at all.

``manifest.json`` says what was simulated (scenario and market as resolved), by which code and with which result
(the SHA-256 of every file), so that :func:`sim.verification.verify` can simulate it again and compare bits.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import Fault, InvalidInput, invalid
from sim.result import Result
from sim.whole import require_writable, whole_directory

FORMAT = 1
PATHS_FILES = ("paths.npz", "paths.parquet")
"""Where a run keeps its paths: one of these."""
_LARGEST_MANIFEST = 10_000_000
_LIBRARIES = ("numpy", "numba", "scipy", "matplotlib")


def _json(document: Any) -> str:
    return json.dumps(_without_nan(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _without_nan(value: Any) -> Any:
    """Write an undefined statistic as null: JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value


def summary_json(result: Result) -> str:
    """The summary of a run as a JSON document."""
    return _json(result.summary)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def document_sha256(document: Any) -> str:
    """SHA-256 of a JSON document, hexadecimal, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def manifest_of(result: Result, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the manifest of a run and its files' hashes."""
    from sim.kernels._jit import kernel_hash

    scenario = result.scenario.resolved()
    market = result.market.model_dump(mode="json")
    return {
        "format": FORMAT,
        "scenario": scenario,
        "scenario_sha256": document_sha256(scenario),
        "market": market,
        "market_sha256": document_sha256(market),
        "stage": result.stage,
        "seed": result.seed,
        "paths": result.paths,
        "partial": result.partial,
        "device": result.device,
        "kept_paths": result.kept is not None,
        "variance_reduction": result.method.to_json(),
        "paths_file": next((name for name in PATHS_FILES if name in files), None),
        "wall_seconds": result.wall_seconds,
        "kernel_hash": kernel_hash(),
        "versions": {"firstday": version("firstday"), "python": platform.python_version()}
        | {library: version(library) for library in _LIBRARIES},
        "files": dict(files),
    }


def _check_destination(out: Path) -> None:
    remedy = "name a new directory or that of an earlier run"
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise invalid("--out", "", f"{out} is not a directory", remedy)
    present = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if not present:
        return
    try:
        manifest = read_manifest(out)
    except InvalidInput as fault:
        raise invalid("--out", "", f"{out} holds other files", remedy) from fault
    # What a person has put beside the run would be lost with it.
    if added := sorted(present - {"manifest.json", *manifest["files"]}):
        raise invalid(
            "--out", "", f"{out} holds files that the run did not write: {', '.join(added)}", remedy
        )


def prepare_destination(out: Path) -> None:
    """Check, before anything is simulated, that a run can be written to ``out``; leaves nothing behind.

    Raises
    ------
    InvalidInput
        When ``out`` is no directory of a run, or its folder cannot be written.
    """
    try:
        _check_destination(out)
        require_writable(out)
    except OSError as fault:
        raise invalid(
            "--out", "", f"{out} cannot be written: {fault.strerror}", "name another directory"
        ) from fault


def write_run(
    result: Result,
    out: Path,
    draw: Callable[[Result, Path], object] | None = None,
    exports: Sequence[str] = (),
) -> Path:
    """Write the directory of a run.

    Parameters
    ----------
    result
        What the run found.
    out
        Directory to appear; one that holds an earlier run is replaced.
    draw
        Draws the pictures and the report of a result into a directory.
    exports
        Files to write besides, by the names of :data:`sim.exports.formats.EXPORTS`; ``parquet`` keeps the paths
        instead of ``paths.npz``.

    Raises
    ------
    InvalidInput
        When ``out`` holds something else, or cannot be written; nothing is left behind.
    """
    prepare_destination(out)
    try:
        with whole_directory(out, lambda: _check_destination(out)) as fresh:
            _fill(result, fresh, draw, exports)
    except OSError as fault:
        raise invalid(
            "--out", "", f"{out} cannot be written: {fault.strerror}", "free space or name another place"
        ) from fault
    return out


def _fill(
    result: Result,
    folder: Path,
    draw: Callable[[Result, Path], object] | None,
    exports: Sequence[str],
) -> None:
    (folder / "summary.json").write_text(summary_json(result), encoding="utf-8")
    if result.kept is not None and "parquet" not in exports:
        np.savez(folder / "paths.npz", allow_pickle=False, **result.kept)
    if draw is not None:
        draw(result, folder)
    if exports:
        from sim.exports.formats import write_exports

        write_exports(result, folder, exports)
    files = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    (folder / "manifest.json").write_text(_json(manifest_of(result, files)), encoding="utf-8")


def read_manifest(directory: Path) -> dict[str, Any]:
    """Read the manifest of a run and check the kinds of what it says.

    Raises
    ------
    InvalidInput
        When there is none, or it is not the manifest of a run.
    """
    path = directory / "manifest.json"
    if not path.is_file():
        raise invalid(str(directory), "", "holds no manifest.json", "name the directory of a run")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise invalid(str(path), "", "is too large for a manifest", "name the directory of a run")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise invalid(str(path), "", f"cannot be read as JSON: {fault}", "run the scenario again") from fault
    wanted = {
        "format": int,
        "scenario": dict,
        "market": dict,
        "paths": int,
        "files": dict,
        "kept_paths": bool,
    }
    if not isinstance(manifest, dict):
        raise invalid(str(path), "", "is not a manifest", "run the scenario again")
    faults = [
        Fault(
            str(path),
            key,
            "is missing or of another kind",
            f"expected {kind.__name__}; run the scenario again",
        )
        for key, kind in wanted.items()
        if type(manifest.get(key)) is not kind
    ]
    if faults:
        raise InvalidInput(faults)
    if manifest["format"] != FORMAT:
        raise invalid(str(path), "format", f"is {manifest['format']}", f"this version reads format {FORMAT}")
    wanted_files = ["summary.json"]
    if manifest["kept_paths"]:
        wanted_files.append(_paths_file(manifest, str(path)))
    if missing := [name for name in wanted_files if name not in manifest["files"]]:
        raise invalid(str(path), "files", f"leaves out {', '.join(missing)}", "run the scenario again")
    return manifest


def _paths_file(manifest: Mapping[str, Any], source: str) -> str:
    """Return the file that holds the paths; a manifest of before there was a choice does not name it."""
    name = manifest.get("paths_file", PATHS_FILES[0])
    if name not in PATHS_FILES:
        known = " or ".join(PATHS_FILES)
        raise invalid(source, "paths_file", f"is {name!r}", f"expected {known}; run the scenario again")
    return str(name)
