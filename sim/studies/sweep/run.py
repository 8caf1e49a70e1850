"""Run a sweep: check it whole, simulate what is missing, merge the parts and write the dataset."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.errors import invalid
from sim.kernels._jit import is_cached
from sim.run_directory import document_sha256
from sim.studies.cluster import Crew
from sim.studies.sweep.checkpoint import SweepDirectory, check_destination
from sim.studies.sweep.dataset import Told, kinds_of, write_dataset
from sim.studies.sweep.encoding import DamagedPart, decoded_part, decoded_statistics
from sim.studies.sweep.points import Points
from sim.studies.sweep.rows import statistics_of
from sim.studies.sweep.runs import SweepRuns, perform_run
from sim.studies.sweep.tasks import (
    WHOLE_PATHS,
    Job,
    Slice,
    Task,
    collector_of_parts,
    own_kernels,
    perform,
    tasks_of,
)

_KERNELS = ("driver.simulate_range", "tallying.tell_means", "selection.select_ranks")
"""Some of what a task calls; where these are compiled, the others are."""
_LOOKED_AT = 1000
"""Points whose horizon is looked at for what to compile."""

Progress = Callable[[int, int], None]
"""Told of the paths done and of the paths in all."""


@dataclass(frozen=True, slots=True)
class SweepRun:
    """How a sweep ended.

    Parameters
    ----------
    out
        Its directory.
    scenarios, paths
        All that it has, replicates included.
    simulated
        Paths simulated this time; the others were there.
    rows
        Of the dataset; ``None`` where it was interrupted before it could be written.
    runs, runs_missing
        Run directories written this time, and those still to be written; none of both where none were asked for.
    seconds
        By stage, from a clock that never jumps.
    workers
        Tasks done at a time.
    """

    out: Path
    scenarios: int
    paths: int
    simulated: int
    rows: int | None
    runs: int
    runs_missing: int
    seconds: dict[str, float]
    workers: int


class SweepJob:
    """A sweep with its points checked, ready to be simulated by a crew.

    Parameters
    ----------
    points
        The points, checked.
    out
        Directory to fill.
    resume
        Whether the directory may hold parts of this sweep already.
    keep_paths
        Write each scenario's run directory too, with up to this many paths kept whole; ``None`` writes none.

    Raises
    ------
    InvalidInput
        When the directory holds something else, or run directories are asked for and there are replicates.
    """

    def __init__(self, points: Points, out: Path, *, resume: bool, keep_paths: int | None = None) -> None:
        self._points = points
        self._replicates = points.sweep.replicates
        self.tasks = list(tasks_of(points.paths, self._replicates))
        self.paths = sum(task.paths for task in self.tasks)
        self._kernels = own_kernels()
        self._document = self._described()
        identity = document_sha256(self._document)
        self._check = partial(check_destination, out, identity, resume)
        self._check()
        self._directory = SweepDirectory(out, identity)
        self._runs = None if keep_paths is None else SweepRuns(points, self._directory, keep_paths)

    def _described(self) -> dict[str, Any]:
        """All that decides the numbers of the sweep."""
        points, sweep = self._points, self._points.sweep
        markets = {market.model_dump_json(): market.name for market in points.markets()}
        document = {
            "name": sweep.name,
            "scenario": sweep.base.data,
            "set": dict(sweep.changes),
            "sweep": sweep.document.data,
            "replicates": sweep.replicates,
            "markets": {document_sha256(text): name for text, name in markets.items()},
            "points": _points_hash(points),
            "tasks": _tasks_hash(self.tasks),
            "kernel_hash": self._kernels,
            "versions": {
                "firstday": version("firstday"),
                "numpy": version("numpy"),
                "pyarrow": version("pyarrow"),
            },
        }
        # Days of the calendar are texts in JSON.
        plain: dict[str, Any] = json.loads(json.dumps(document, default=str))
        return plain

    def run(self, crew: Crew, stopped: Callable[[], bool], progress: Progress | None = None) -> SweepRun:
        """Simulate what is missing and, unless stopped before, write the dataset.

        Raises
        ------
        InvalidInput
            When the directory is in use or cannot be written, or the crew was lost; what was done is kept.
        """
        clock = _Clock()
        with self._directory.locked():
            # Another sweep may have come and gone since the directory was looked at.
            self._check()
            self._directory.begin(self._document)
            missing = [task for task in self.tasks if not self._directory.has(task.number)]
            wanted = sum(task.paths for task in missing)
            present = self.paths - wanted
            clock.lap("reading")
            simulated = 0
            workers = crew.size
            for job, content in crew.answers(perform, map(self._job, missing), stopped):
                self._directory.write(job.task.number, content)
                simulated += job.task.paths
                if progress is not None:
                    progress(present + simulated, self.paths)
            clock.lap("simulating")
            rows, written, missing_runs = None, 0, 0
            if simulated == wanted:
                rows = self._assemble()
                clock.lap("assembling")
                written, missing_runs = self._write_runs(crew, stopped, progress)
                clock.lap("writing runs")
            run = SweepRun(
                self._directory.out,
                len(self._points) * self._replicates,
                self.paths,
                simulated,
                rows,
                written,
                missing_runs,
                clock.laps,
                workers,
            )
            self._directory.write_timings(_timings(run))
        return run

    def _write_runs(
        self, crew: Crew, stopped: Callable[[], bool], progress: Progress | None
    ) -> tuple[int, int]:
        """Write the run directories that are missing; how many were written, and how many are still missing."""
        if self._runs is None:
            return 0, 0
        missing = self._runs.missing()
        present = self.paths - sum(self._points.paths[point] for point in missing)
        written = 0
        for _, paths in crew.answers(perform_run, map(self._runs.job, missing), stopped):
            written, present = written + 1, present + paths
            if progress is not None:
                progress(present, self.paths)
        return written, len(missing) - written

    def _job(self, task: Task) -> Job:
        scenarios = tuple(self._points.scenario(each.scenario // self._replicates) for each in task.slices)
        markets = tuple(self._points.market_of(scenario) for scenario in scenarios)
        return Job(task, scenarios, markets, self._kernels)

    def _assemble(self) -> int:
        points = self._points
        every = (points.values(point) for point in range(len(points)))
        kinds = kinds_of(points.sweep.fields, every)
        try:
            with self._directory.beside_dataset() as place:
                return write_dataset(place, kinds, self._told())
        except DamagedPart as fault:
            raise invalid("--out", "", str(fault), "go on with --resume") from fault

    def _told(self) -> Iterator[Told]:
        """Yield the scenarios in order, with what their parts merge to."""
        tasks = iter(self.tasks)
        for task in tasks:
            if task.whole:
                for own, found in zip(
                    task.slices, decoded_statistics(self._content(task), len(task.slices)), strict=True
                ):
                    yield self._scenario_told(own.scenario, found)
                continue
            number = task.slices[0].scenario
            scenario = self._points.scenario(number // self._replicates)
            collector = collector_of_parts(scenario, self._points.market_of(scenario))
            collector.merge(decoded_part(self._content(task)))
            while collector.paths < scenario.simulation.paths:
                collector.merge(decoded_part(self._content(next(tasks))))
            yield self._scenario_told(number, statistics_of(collector.summary(partial=False)))

    def _content(self, task: Task) -> bytes:
        content = self._directory.read(task.number)
        if content is None:
            raise DamagedPart(f"part {task.number} changed while the dataset was written")
        return content

    def _scenario_told(self, number: int, found: Any) -> Told:
        point, replicate = divmod(number, self._replicates)
        scenario = self._points.scenario(point)
        paths = scenario.simulation.paths
        return Told(
            scenario=number,
            point=point,
            replicate=replicate,
            first_path=replicate * paths,
            paths=paths,
            seed=scenario.simulation.seed,
            stage=scenario.stage,
            values=self._points.values(point),
            statistics=found,
        )


def ready_kernels(points: Points) -> None:
    """Compile the kernels of a sweep here, where no earlier process has: workers would each do so at once."""
    # A chunk of a large scenario fills histograms instead of selecting ranks.
    looked_at = range(min(len(points), _LOOKED_AT))
    kinds = {
        (points.scenario(point).horizon, points.paths[point] <= WHOLE_PATHS): point for point in looked_at
    }
    if set(kinds) == {("first_day", True)} and is_cached(*_KERNELS):
        return
    for (_, whole), point in kinds.items():
        scenario = points.scenario(point)
        own = Task(0, (Slice(0, 0, 2),), whole=whole)
        perform(Job(own, (scenario,), (points.market_of(scenario),), own_kernels()))


def _points_hash(points: Points) -> str:
    digest = hashlib.sha256()
    for point in range(len(points)):
        digest.update(json.dumps(dict(points.values(point)), default=str).encode())
    return digest.hexdigest()


def _tasks_hash(tasks: Sequence[Task]) -> str:
    """Hash of how the paths are cut: a part on disk says the number of its task only."""
    digest = hashlib.sha256()
    for task in tasks:
        digest.update(repr((task.number, task.whole, *map(astuple, task.slices))).encode())
    return digest.hexdigest()


class _Clock:
    """Seconds of each stage, by a clock that is never set back."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.laps[stage], self._last = now - self._last, now


def _timings(run: SweepRun) -> dict[str, Any]:
    simulating = run.seconds.get("simulating", 0.0)
    return {
        "seconds": run.seconds,
        "scenarios": run.scenarios,
        "paths": run.paths,
        "simulated": run.simulated,
        "paths_a_second": run.simulated / simulating if simulating > 0.0 and run.simulated else None,
        "workers": run.workers,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
