"""What the tests of sweeps share."""

from __future__ import annotations

from pathlib import Path

from sim.studies.cluster import Crew, ThisProcess
from sim.studies.sweep.points import Points
from sim.studies.sweep.run import SweepJob, SweepRun
from sim.studies.sweep.spec import load_sweep


def checked(path: Path) -> Points:
    """Load a sweep and check its points."""
    points = Points(load_sweep(path))
    points.check()
    return points


def never() -> bool:
    """Nobody pressed Ctrl-C."""
    return False


def swept(path: Path, out: Path, crew: Crew | None = None, *, resume: bool = False) -> SweepRun:
    """Run the sweep of a file."""
    return SweepJob(checked(path), out, resume=resume).run(crew or ThisProcess(), never)
