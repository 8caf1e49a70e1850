"""The command ``firstday sweep``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.console import EXIT_INTERRUPTED, Progress, people_console
from sim.commands.crews import Scheduler, Workers, interruptible

if TYPE_CHECKING:
    from sim.studies.sweep.run import SweepRun

_FORKED = ("sim.studies.sweep.tasks",)
"""Imported once for all local workers."""


def add_to(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command()(sweep)


def sweep(
    sweep_file: Annotated[
        Path, typer.Argument(metavar="SWEEP", help="Sweep file, YAML.", show_default=False)
    ],
    workers: Workers = None,
    scheduler: Scheduler = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the sweep that --out holds.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory; runs/ and the file's name by default.")
    ] = None,
    runs: Annotated[
        bool,
        typer.Option(
            "--runs", help="Write each scenario's run directory too, DIR/_runs/NNNN, without pictures."
        ),
    ] = False,
    keep_paths: Annotated[
        int, typer.Option(min=0, help="With --runs, keep single paths up to this number a scenario.")
    ] = 1_000_000,
) -> None:
    """Simulate a grid or a Latin hypercube of scenarios and write their statistics as a Parquet dataset."""
    from sim.simulation import available_threads
    from sim.studies.cluster import begin_workers, distributed, open_crew
    from sim.studies.sweep.dataset import require_pyarrow
    from sim.studies.sweep.spec import load_sweep

    destination = Path("runs") / sweep_file.stem if out is None else out
    size = available_threads() if workers is None else workers
    told = load_sweep(sweep_file)
    require_pyarrow()
    if scheduler is not None or size > 1:
        distributed()
    console = people_console()
    with Progress(console, "checking", "paths", with_speed=True) as advance:
        if scheduler is None and size > 1:
            begin_workers(_FORKED)
        from sim.studies.sweep.points import Points
        from sim.studies.sweep.run import SweepJob, ready_kernels

        points = Points(told)
        points.check()
        job = SweepJob(points, destination, resume=resume, keep_paths=keep_paths if runs else None)
        if scheduler is None and size > 1:
            ready_kernels(points)
        advance.say("starting")
        with interruptible() as stopped, open_crew(size, scheduler) as crew:
            advance.say("simulating")
            run = job.run(crew, stopped, advance)
    for line in _lines(run):
        console.print(line)
    if run.rows is None or run.runs_missing:
        raise typer.Exit(EXIT_INTERRUPTED)


def _lines(run: SweepRun) -> Iterator[str]:
    from sim.studies.sweep.checkpoint import RUNS

    seconds = run.seconds["simulating"]
    speed = f", {run.simulated / seconds:,.0f} a second" if run.simulated and seconds > 0.0 else ""
    there = f"; {run.paths - run.simulated:,} were there" if run.simulated < run.paths else ""
    if run.rows is None:
        yield f"interrupted after {run.simulated:,} of {run.paths:,} paths; go on with --resume: {run.out}"
        return
    yield f"{run.scenarios:,} scenarios, {run.simulated:,} paths simulated in {seconds:.1f} s{speed}{there}"
    yield f"{run.rows:,} rows: {run.out}"
    if run.runs_missing:
        missing = f"{run.runs_missing:,} run directories are still to be written"
        yield f"interrupted: {missing}; go on with --resume --runs: {run.out}"
    elif run.runs:
        yield f"{run.runs:,} run directories: {run.out / RUNS}"
