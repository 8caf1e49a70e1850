"""The command ``firstday sweep``."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.console import EXIT_INTERRUPTED, Progress, people_console

if TYPE_CHECKING:
    from sim.studies.sweep.run import SweepRun

_FORKED = ("sim.studies.sweep.tasks",)
"""Imported once for all local workers."""

Workers = Annotated[
    int | None,
    typer.Option("--workers", min=0, help="Worker processes; all cores by default, 1 stays in this process."),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="A Dask scheduler to use, as tcp://10.0.0.5:8786."),
]


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
        job = SweepJob(points, destination, resume=resume)
        if scheduler is None and size > 1:
            ready_kernels(points)
        advance.say("starting")
        with _interruptible() as stopped, open_crew(size, scheduler) as crew:
            advance.say("simulating")
            run = job.run(crew, stopped, advance)
    for line in _lines(run):
        console.print(line)
    if run.rows is None:
        raise typer.Exit(EXIT_INTERRUPTED)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Yield whether Ctrl-C was pressed; a second press ends the command where it is."""
    pressed = False
    if threading.current_thread() is not threading.main_thread():
        yield lambda: pressed
        return

    def finish(*_: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        sys.stderr.write("interrupted: finishing what is under way; press again to quit at once\n")

    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.SIG_IGN:
        yield lambda: pressed
        return
    signal.signal(signal.SIGINT, finish)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, usual)


def _lines(run: SweepRun) -> Iterator[str]:
    seconds = run.seconds["simulating"]
    speed = f", {run.simulated / seconds:,.0f} a second" if run.simulated and seconds > 0.0 else ""
    there = f"; {run.paths - run.simulated:,} were there" if run.simulated < run.paths else ""
    if run.rows is None:
        yield f"interrupted after {run.simulated:,} of {run.paths:,} paths; go on with --resume: {run.out}"
        return
    yield f"{run.scenarios:,} scenarios, {run.simulated:,} paths simulated in {seconds:.1f} s{speed}{there}"
    yield f"{run.rows:,} rows: {run.out}"
