"""What is left of the kernel's own throughput: `python benchmarks/sweep.py [scenarios] [streamed paths]`.

First a sweep of 1,000 scenarios of 10,000 paths of Biren, in this process and by two workers, beside the kernel alone
on the same plans and on as many cores, which share a cache: paths a second a core. Wall time is that of simulating;
processor time holds the whole sweep, its workers, and the dataset it writes. Then 10,000,000 paths streamed into a
summary beside the kernel alone, on one and on two threads. Rounds take turns and the fastest counts.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from sim.engine import BLOCK_PATHS, NO_TRACE, Plan, prepare
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES
from sim.market.parameters import load_market
from sim.scenario import load_scenario
from sim.simulation import BATCH_PATHS, simulate
from sim.studies.cluster import Crew, ThisProcess, begin_workers, open_crew
from sim.studies.sweep.points import Points
from sim.studies.sweep.run import SweepJob
from sim.studies.sweep.spec import load_sweep

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
BIREN = CONFIGS / "biren_06082.yaml"
PATHS = 10_000
ROUNDS = 3

Seconds = tuple[float, float]
"""Wall time and processor time."""


def timed(work: Callable[[], object]) -> Seconds:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def fastest(rounds: list[Seconds]) -> Seconds:
    walls, processors = zip(*rounds, strict=True)
    return min(walls), min(processors)


def kernel_alone(plans: list[Plan], paths: int) -> None:
    out = np.empty((len(QUANTITIES), paths))
    for plan in plans:
        simulate_paths(plan.parameters, 0, out, NO_TRACE, 1)


def kernel_on(cores: int, plans: list[Plan], paths: int) -> None:
    """Simulate every plan, each core its own."""
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(kernel_alone, (plans[core::cores] for core in range(cores)), [paths] * cores))


def told(name: str, paths: int, cores: int, seconds: Seconds, kernel: Seconds) -> None:
    wall, processor = (paths / each for each in seconds)
    own_wall, own_processor = (paths / each for each in kernel)
    print(
        f"| {name} | {wall / cores:,.0f} | {wall / cores / own_wall:.1%} | {processor:,.0f} "
        f"| {processor / own_processor:.1%} |"
    )


def head(title: str) -> None:
    print(
        f"\n{title}\n| work | paths a second a core, wall | of the kernel | by processor time | of the kernel |"
    )
    print("|---|---:|---:|---:|---:|")


def processor_time_of(crew: Crew) -> float:
    """Processor time that the workers of a crew have used so far, seconds."""
    client = getattr(crew, "_client", None)
    return 0.0 if client is None else sum(client.run(time.process_time).values())


def sweep_points(folder: Path, scenarios: int) -> Points:
    shares = {"from": 0.0, "to": 0.15, "count": max(math.isqrt(scenarios), 2)}
    coverages = {"from": 10, "to": 10_000, "count": max(scenarios // shares["count"], 2), "scale": "log"}
    document = {
        "scenario": str(BIREN),
        "set": {"simulation.paths": PATHS, "observed.placing_coverage": None},
        "grid": {"over_allotment.fraction": shares, "observed.public_coverage": coverages},
    }
    path = folder / "sweep.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    points = Points(load_sweep(path))
    points.check()
    return points


def sweeps(scenarios: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        points = sweep_points(folder, scenarios)
        plans = [
            prepare(points.scenario(point), points.market_of(points.scenario(point)))
            for point in range(len(points))
        ]
        paths = len(points) * PATHS
        kernels: dict[int, list[Seconds]] = {1: [], 2: []}
        rounds: dict[int, list[Seconds]] = {1: [], 2: []}
        begin_workers(("sim.studies.sweep.tasks",))
        with open_crew(2, None) as two:
            crews: dict[int, Crew] = {1: ThisProcess(), 2: two}
            kernel_alone(plans[:1], PATHS)
            for turn in range(ROUNDS + 1):
                for workers, crew in crews.items():
                    kernels[workers].append(timed(partial(kernel_on, workers, plans, PATHS)))
                    job = SweepJob(points, folder / f"{workers}-{turn}", resume=False)
                    before = processor_time_of(crew)
                    run = None

                    def swept(job: SweepJob = job, crew: Crew = crew) -> None:
                        nonlocal run
                        run = job.run(crew, bool)

                    _, own = timed(swept)
                    total = own + processor_time_of(crew) - before
                    rounds[workers].append((run.seconds["simulating"], total))
        # In the first round a worker loads its kernels.
        head(f"sweep of {len(points):,} scenarios of {PATHS:,} paths")
        for workers, seconds in rounds.items():
            alone = fastest(kernels[workers][1:])
            alone = (alone[0] * workers, alone[1])
            cores = f"{workers} core{'s' * (workers > 1)}"
            told(f"kernel alone, {cores}", paths, 1, alone, alone)
            wall, processor = fastest(seconds[1:])
            told(f"--workers {workers}", paths, 1, (wall * workers, processor), alone)


def streams(paths: int) -> None:
    scenario = load_scenario(BIREN, {"simulation.paths": paths})
    market = load_market(scenario.market, CONFIGS, scenario.list_date)
    plan = prepare(scenario, market)
    head(f"{paths:,} paths streamed")
    for threads in (1, 2):
        out = np.empty((len(QUANTITIES), BLOCK_PATHS if threads == 1 else BATCH_PATHS))

        def alone(out: np.ndarray = out, threads: int = threads) -> None:
            for first in range(0, paths, out.shape[1]):
                simulate_paths(plan.parameters, first, out, NO_TRACE, threads)

        def streamed(threads: int = threads) -> None:
            simulate(scenario, market=market, threads=threads, keep_paths=0, fan=False)

        alone()
        rounds = [(timed(alone), timed(streamed)) for _ in range(ROUNDS)]
        kernel, stream = (fastest(list(each)) for each in zip(*rounds, strict=True))
        own = f"{threads} thread{'s' * (threads > 1)}"
        for name, seconds in (("kernel alone", kernel), ("streamed", stream)):
            told(f"{name}, {own}", paths, threads, seconds, (kernel[0] * threads, kernel[1]))


if __name__ == "__main__":
    sweeps(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
    streams(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000)
