"""Run directories of a sweep, on request: each scenario's as ``firstday run`` writes it, without the pictures.

They lie in ``_runs``, which readers of Parquet leave out, so that the sweep's directory stays one dataset. A worker
writes them where it is: its machine must see the directory.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from sim.errors import Fault, InvalidInput, invalid
from sim.market.parameters import Market
from sim.run_directory import document_sha256, prepare_destination, read_manifest, write_run
from sim.scenario.scenario import Scenario
from sim.simulation import simulate
from sim.studies.sweep.checkpoint import RUNS, SweepDirectory
from sim.studies.sweep.points import Points
from sim.studies.sweep.tasks import own_kernels
from sim.verification import changed_files


@dataclass(frozen=True, slots=True)
class RunJob:
    """A run directory to be written, with all that its worker needs.

    Parameters
    ----------
    scenario, market
        What to simulate.
    keep_paths
        Up to this many paths are kept whole.
    out
        The run directory, in full.
    sweep, identity
        The document of the sweep that the directory belongs to, and the identity that it must have: a worker that
        does not find it does not see the directory.
    kernels
        Hash of the kernels that the sweep began with.
    """

    scenario: Scenario
    market: Market
    keep_paths: int
    out: Path
    sweep: Path
    identity: str
    kernels: str


def run_name(scenario: int, scenarios: int) -> str:
    """Name of a scenario's run directory: its number, with zeros before it so that names sort."""
    return f"{scenario:0{max(4, len(str(scenarios - 1)))}d}"


class SweepRuns:
    """The run directories of a sweep.

    Parameters
    ----------
    points, directory
        The sweep's points, checked, and its directory.
    keep_paths
        Up to this many paths of a scenario are kept whole.

    Raises
    ------
    InvalidInput
        When there are replicates: those after the first do not begin at path 0, as a run does.
    """

    def __init__(self, points: Points, directory: SweepDirectory, keep_paths: int) -> None:
        if points.sweep.replicates > 1:
            raise invalid(
                "--runs",
                "",
                f"the sweep has {points.sweep.replicates} replicates, and a run begins at path 0",
                "leave out replicates, or --runs",
            )
        self._points, self._directory, self._keep_paths = points, directory, keep_paths
        self._kernels = own_kernels()

    def missing(self) -> list[int]:
        """Return the points whose run directory is missing, harmed or of other inputs.

        Raises
        ------
        InvalidInput
            When there is something else in the place of one, or it has lost its manifest.
        """
        missing, faults = [], list[Fault]()
        for point in range(len(self._points)):
            job = self.job(point)
            if not is_there(job):
                try:
                    prepare_destination(job.out)
                except InvalidInput as found:
                    if isinstance(found.__cause__, OSError):
                        raise
                    remedy = f"move {job.out.name} away, then go on with --resume --runs"
                    faults += [replace(fault, remedy=remedy) for fault in found.faults]
                missing.append(point)
        if faults:
            raise InvalidInput(faults)
        return missing

    def job(self, point: int) -> RunJob:
        """Return the job of a point."""
        scenario = self._points.scenario(point)
        place = self._directory.out / RUNS / run_name(point, len(self._points))
        return RunJob(
            scenario,
            self._points.market_of(scenario),
            self._keep_paths,
            place.absolute(),
            self._directory.document.absolute(),
            self._directory.identity,
            self._kernels,
        )


def is_there(job: RunJob) -> bool:
    """Whether the run directory of a job is there, whole and as the job would write it."""
    try:
        manifest = read_manifest(job.out)
    except InvalidInput:
        return False
    wanted = {
        "scenario_sha256": document_sha256(job.scenario.resolved()),
        "market_sha256": document_sha256(job.market.model_dump(mode="json")),
        "paths": job.scenario.simulation.paths,
        "partial": False,
        "kept_paths": job.scenario.simulation.paths <= job.keep_paths,
        "kernel_hash": job.kernels,
    }
    same = all(manifest.get(key) == value for key, value in wanted.items())
    return same and not changed_files(job.out, manifest)


def perform_run(job: RunJob) -> int:
    """Simulate a scenario, write its run directory and return its number of paths; runs in a worker.

    Raises
    ------
    InvalidInput
        When the worker does not see the sweep's directory, cannot write there, or has other kernels.
    KeyboardInterrupt
        When it is interrupted; nothing is written then.
    """
    if job.kernels != own_kernels():
        raise invalid(
            "--scheduler", "", "a worker has another version of firstday", "install the same one everywhere"
        )
    try:
        seen = json.loads(job.sweep.read_text(encoding="utf-8")).get("identity")
    except (OSError, ValueError):
        seen = None
    if seen != job.identity:
        raise invalid(
            "--runs",
            "",
            f"a worker does not see {job.sweep.parent.parent}",
            "a directory that all machines share, or leave out --runs",
        )
    result = simulate(job.scenario, market=job.market, threads=1, keep_paths=job.keep_paths, fan=False)
    if result.partial:
        # Ctrl-C in the process that simulates: a run directory of a sweep is whole or is not there.
        raise KeyboardInterrupt
    write_run(result, job.out)
    return result.paths
