"""The processes of one contender, on cores of their own, seen from the process that holds the clock."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from sim.bench.contender import Contender, Load, PeerNotInstalled, address
from sim.bench.timing import Turn

SETTLE_SECONDS = 0.02
"""Pause before a turn, in which the threads of the contender before stop spinning."""


def available_cores() -> list[int]:
    """Return the cores this process may use, by number; only their count means anything off Linux."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def can_pin() -> bool:
    """Whether processes can be bound to cores here (Linux)."""
    return hasattr(os, "sched_setaffinity")


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a worker: thread pools of `threads`, libraries called from threads serial."""
    return dict(os.environ) | {
        "NUMBA_NUM_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MKL_THREADING_LAYER": "SEQUENTIAL",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def shares(
    contender: Contender, paths: int, steps: int, cores: Sequence[int]
) -> list[tuple[Load, list[int]]]:
    """Split the paths over the processes of a contender, each with its cores and a seed of its own."""
    if not contender.processes:
        return [(Load(paths, steps, len(cores), seed=0), list(cores))]
    even, rest = divmod(paths, len(cores))
    return [(Load(even + (i < rest), steps, 1, seed=i), [core]) for i, core in enumerate(cores)]


class Crew:
    """A contender ready to be timed; a context manager that ends its processes.

    Parameters
    ----------
    contender
        What is timed.
    paths, steps
        Size of the work, over all processes.
    cores
        Cores to use, one thread each.

    Raises
    ------
    PeerNotInstalled
        When the contender's library is absent.
    RuntimeError
        When a worker ends before it has answered; its traceback is on standard error.
    """

    def __init__(self, contender: Contender, paths: int, steps: int, cores: Sequence[int]) -> None:
        self.contender = contender
        self.path_steps = paths * steps
        self.repeats = 1
        self._members: list[subprocess.Popen[str]] = []
        try:
            for load, own_cores in shares(contender, paths, steps, cores):
                self._start(load, own_cores)
            for answer in self._answers():
                if "missing" in answer:
                    raise PeerNotInstalled(answer["missing"])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        for member in self._members:
            member.kill()
            member.communicate()
        self._members.clear()

    def run(self) -> float:
        """Let every process work ``repeats`` times, wait for all, and return their processor seconds."""
        for member in self._members:
            self._send(member, {"repeats": self.repeats})
        return math.fsum(answer["processor_seconds"] for answer in self._answers())

    def turn(self) -> Turn:
        """Measure one piece of work, averaged over ``repeats``."""
        time.sleep(SETTLE_SECONDS)
        start = time.perf_counter()
        processor = self.run()
        return Turn((time.perf_counter() - start) / self.repeats, processor / self.repeats)

    def warm_up(self, turn_seconds: float) -> None:
        """Work twice, untimed compilation first, and set ``repeats`` so that a turn lasts `turn_seconds`."""
        self.repeats = 1
        self.run()
        self.repeats = max(1, math.ceil(turn_seconds / self.turn().wall))

    def record(self, folder: Path) -> dict[str, Any]:
        """Return what one piece of work simulated, the processes' arrays one after the other.

        Parameters
        ----------
        folder
            Where the processes put their arrays.
        """
        import numpy as np

        files = [folder / f"{self.contender.name}-{i}.npz" for i in range(len(self._members))]
        for member, file in zip(self._members, files, strict=True):
            self._send(member, {"save": str(file)})
        self._answers()
        parts = [dict(np.load(file)) for file in files]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _start(self, load: Load, cores: list[int]) -> None:
        member = subprocess.Popen(
            [sys.executable, "-m", "sim.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(load.threads),
        )
        self._members.append(member)
        record = self.contender.record
        task = {
            "prepare": address(self.contender.prepare),
            "record": address(record) if record else None,
            "load": asdict(load),
            "cores": cores if can_pin() else [],
        }
        self._send(member, task)

    def _send(self, member: subprocess.Popen[str], document: dict[str, Any]) -> None:
        if member.stdin is None:
            raise RuntimeError(f"{self.contender.name}: a worker has no input")
        member.stdin.write(json.dumps(document) + "\n")
        member.stdin.flush()

    def _answers(self) -> list[dict[str, Any]]:
        return [self._answer(member) for member in self._members]

    def _answer(self, member: subprocess.Popen[str]) -> dict[str, Any]:
        line = member.stdout.readline() if member.stdout is not None else ""
        if not line:
            code = member.wait()
            raise RuntimeError(f"{self.contender.name}: a worker ended with exit code {code}")
        answer: dict[str, Any] = json.loads(line)
        return answer
