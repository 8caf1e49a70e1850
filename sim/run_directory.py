"""The directory of a run: written whole or not at all, and checked by recomputing it.

``manifest.json`` says what was simulated (scenario and market as resolved), by which code and with which result
(the SHA-256 of every file), so that :func:`verify` can simulate it again and compare bits.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import Fault, InvalidInput, invalid
from sim.market.parameters import market_from_mapping
from sim.result import Result
from sim.scenario import scenario_from_mapping
from sim.simulate import simulate

FORMAT = 1
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


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def manifest_of(result: Result, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the manifest of a run and its files' hashes."""
    from sim.kernels._jit import kernel_hash

    scenario = result.scenario.resolved()
    market = result.market.model_dump(mode="json")
    return {
        "format": FORMAT,
        "scenario": scenario,
        "scenario_sha256": _digest(scenario),
        "market": market,
        "market_sha256": _digest(market),
        "stage": result.stage,
        "seed": result.seed,
        "paths": result.paths,
        "partial": result.partial,
        "kept_paths": result.kept is not None,
        "wall_seconds": result.wall_seconds,
        "kernel_hash": kernel_hash(),
        "versions": {"firstday": version("firstday"), "python": platform.python_version()}
        | {library: version(library) for library in _LIBRARIES},
        "files": dict(files),
    }


def _check_destination(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise invalid(
            "--out", "", f"{out} is not a directory", "name a new directory or that of an earlier run"
        )
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise invalid(
            "--out", "", f"{out} holds other files", "name a new directory or that of an earlier run"
        )


def prepare_destination(out: Path) -> None:
    """Check, before anything is simulated, that a run can be written to ``out``.

    Raises
    ------
    InvalidInput
        When ``out`` is no directory of a run, or its folder cannot be written.
    """
    _check_destination(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as fault:
        raise invalid(
            "--out", "", f"{out.parent} cannot be written: {fault.strerror}", "name another directory"
        ) from fault


def write_run(result: Result, out: Path, draw: Callable[[Result, Path], object] | None = None) -> Path:
    """Write the directory of a run.

    Parameters
    ----------
    result
        What the run found.
    out
        Directory to appear; one that holds an earlier run is replaced.
    draw
        Draws the pictures of a result into a directory.

    Raises
    ------
    InvalidInput
        When ``out`` holds something else, or cannot be written; nothing is left behind.
    """
    prepare_destination(out)
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            _fill(result, beside, draw)
            beside.chmod(0o755)
            _take_place(beside, out)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as fault:
        raise invalid(
            "--out", "", f"{out} cannot be written: {fault.strerror}", "free space or name another place"
        ) from fault
    return out


def _fill(result: Result, folder: Path, draw: Callable[[Result, Path], object] | None) -> None:
    (folder / "summary.json").write_text(summary_json(result), encoding="utf-8")
    if result.kept is not None:
        np.savez(folder / "paths.npz", allow_pickle=False, **result.kept)
    if draw is not None and result.paths:
        draw(result, folder)
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    (folder / "manifest.json").write_text(_json(manifest_of(result, files)), encoding="utf-8")


def _take_place(beside: Path, out: Path) -> None:
    """Rename the finished directory into place; an earlier run goes only once the new one is there."""
    if not out.exists():
        beside.replace(out)
        return
    _check_destination(out)
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    out.replace(old)
    try:
        beside.replace(out)
    except OSError:
        old.replace(out)
        raise
    shutil.rmtree(old)


def verify(directory: Path, threads: int | None = None) -> tuple[str, ...]:
    """Check a run's files against its manifest, simulate it again and compare every bit.

    Returns
    -------
    tuple of str
        What was found the same, one line each.

    Raises
    ------
    InvalidInput
        When the manifest cannot be read, or anything differs; every difference is told.
    """
    manifest = _read_manifest(directory)
    faults = [*_changed_files(directory, manifest)]
    if faults:
        raise InvalidInput(faults)
    told = [f"{len(manifest['files'])} files have the hashes of the manifest"]
    source = str(directory / "manifest.json")
    data = dict(manifest["scenario"])
    data["simulation"] = {**data.get("simulation", {}), "paths": manifest["paths"]}
    scenario = scenario_from_mapping(data, source)
    market = market_from_mapping(manifest["market"], source)
    again = simulate(scenario, market=market, threads=threads, fan=False, keep_paths=_keep(manifest))
    faults = [*_differences(directory, manifest, again)]
    if faults:
        raise InvalidInput(faults)
    return (*told, f"{again.paths:,} paths simulated again: every bit of paths and summary is the same")


def _keep(manifest: Mapping[str, Any]) -> int:
    return int(manifest["paths"]) if manifest["kept_paths"] else 0


def _read_manifest(directory: Path) -> dict[str, Any]:
    path = directory / "manifest.json"
    if not path.is_file():
        raise invalid(str(directory), "", "holds no manifest.json", "name the directory of a run")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise invalid(str(path), "", "is too large for a manifest", "name the directory of a run")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise invalid(str(path), "", f"is not JSON: {fault}", "run the scenario again") from fault
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
        if not isinstance(manifest.get(key), kind)
    ]
    if faults:
        raise InvalidInput(faults)
    if manifest["format"] != FORMAT:
        raise invalid(str(path), "format", f"is {manifest['format']}", f"this version reads format {FORMAT}")
    return manifest


def _changed_files(directory: Path, manifest: Mapping[str, Any]) -> list[Fault]:
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
        elif _sha256(path) != expected:
            faults.append(Fault(str(path), "", "has changed since the run", "run the scenario again"))
    return faults


def _differences(directory: Path, manifest: Mapping[str, Any], again: Result) -> list[Fault]:
    faults = []
    summary = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    fresh = json.loads(summary_json(again))
    summary.pop("partial", None)
    fresh.pop("partial", None)
    if summary != fresh:
        faults.append(Fault(str(directory / "summary.json"), "", "differs when recomputed", _why(manifest)))
    if again.kept is not None:
        with np.load(directory / "paths.npz", allow_pickle=False) as kept:
            different = [
                name
                for name, values in again.kept.items()
                if name not in kept or kept[name].tobytes() != values.tobytes()
            ]
        if different:
            named = ", ".join(different)
            faults.append(
                Fault(str(directory / "paths.npz"), named, "differs when recomputed", _why(manifest))
            )
    return faults


def _why(manifest: Mapping[str, Any]) -> str:
    from sim.kernels._jit import kernel_hash

    if manifest.get("kernel_hash") != kernel_hash():
        return f"the run was made by other kernels, {manifest.get('kernel_hash')}; this is {kernel_hash()}"
    return "the same kernels should give the same bits; please report it"
