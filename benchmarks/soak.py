"""Sweep after sweep in one process: memory, open files and threads must stay where they are.

    python benchmarks/soak.py
    python benchmarks/soak.py --sweeps 20 --workers 2

Every sweep is read, checked, simulated and written to a directory of its own, which goes before the next; with
workers, every sweep has a local cluster of its own. A line every twentieth sweep; exit code 1 when, between the end
of the warm-up and the end, the process has grown by more than its bounds: resident memory by ``--most-mib``, open
files and threads by nothing.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from sim.studies.cluster import begin_workers, open_crew
from sim.studies.sweep.points import Points
from sim.studies.sweep.run import SweepJob
from sim.studies.sweep.spec import load_sweep

EVERY = 20
SCENARIO = Path(__file__).parents[1] / "configs" / "biren_06082.yaml"


@dataclass(frozen=True, slots=True)
class Use:
    """What a process holds: resident memory in MiB, open files and threads."""

    memory: float
    files: int
    threads: int


def use_now() -> Use:
    """Return what this process holds once unreachable objects are gone."""
    gc.collect()
    me = psutil.Process()
    return Use(me.memory_info().rss / 2**20, me.num_fds(), me.num_threads())


def write_sweep(folder: Path, scenarios: int, paths: int) -> Path:
    """Write the file of a grid of so many scenarios."""
    file = folder / "soak.yaml"
    document = {
        "scenario": str(SCENARIO),
        "set": {"simulation.paths": paths},
        "grid": {"over_allotment.fraction": {"from": 0.0, "to": 0.15, "count": scenarios}},
    }
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def one_sweep(file: Path, folder: Path, workers: int) -> int:
    """Run a sweep from its file to its dataset and return the number of rows; its directory goes."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        points = Points(load_sweep(file))
        points.check()
        job = SweepJob(points, Path(out), resume=False)
        with open_crew(workers, None) as crew:
            run = job.run(crew, lambda: False)
    if run.rows is None:
        raise SystemExit("a sweep was not finished")
    return run.rows


def growth(before: Use, after: Use, most_mib: float) -> list[str]:
    """Say what has grown beyond its bound."""
    faults = []
    if after.memory - before.memory > most_mib:
        faults.append(f"memory grew by {after.memory - before.memory:.1f} MiB, more than {most_mib:g}")
    if after.files > before.files:
        faults.append(f"open files grew from {before.files} to {after.files}")
    if after.threads > before.threads:
        faults.append(f"threads grew from {before.threads} to {after.threads}")
    return faults


def soak(sweeps: int, warm_up: int, scenarios: int, paths: int, workers: int, most_mib: float) -> list[str]:
    """Run the sweeps, print what the process holds on the way, and return what has grown."""
    started = time.monotonic()

    def tell(done: int) -> Use:
        use = use_now()
        seconds = time.monotonic() - started
        print(f"{done:6d} {use.memory:9.1f} {use.files:6d} {use.threads:8d} {seconds:8.0f}", flush=True)
        return use

    print("sweeps  RSS, MiB  files  threads  seconds")
    warm = tell(0)
    if workers > 1:
        begin_workers(("sim.studies.sweep.tasks",))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = write_sweep(folder, scenarios, paths)
        rows = {one_sweep(file, folder, workers)}
        for done in range(2, sweeps + 1):
            rows.add(one_sweep(file, folder, workers))
            if done == warm_up:
                warm = tell(done)
            elif done % EVERY == 0:
                tell(done)
        if len(rows) != 1:
            return [f"datasets of different sizes: {sorted(rows)} rows"]
    return growth(warm, use_now(), most_mib)


def main() -> None:
    """Read the options, soak, and end with 1 when something has grown."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sweeps", type=int, default=200)
    options.add_argument("--warm-up", type=int, default=EVERY, help="sweeps before the reference is taken")
    options.add_argument("--scenarios", type=int, default=100)
    options.add_argument("--paths", type=int, default=256, help="paths of a scenario")
    options.add_argument("--workers", type=int, default=1, help="local worker processes; 1 stays in this one")
    options.add_argument("--most-mib", type=float, default=16.0)
    given = options.parse_args()
    faults = soak(given.sweeps, given.warm_up, given.scenarios, given.paths, given.workers, given.most_mib)
    for fault in faults:
        print(fault)
    if not faults:
        print("flat")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
