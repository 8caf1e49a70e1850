"""Commands as processes of their own that can be held, killed, starved and watched."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 240.0
"""Seconds after which something that was waited for will not come: a generous bound, never a measure."""
SCENARIOS = 12
"""More than two workers have under way, three jobs each, when three parts are written."""
COMMAND = "from sim.cli import main\nmain()\n"
HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""A test run in the background of a shell starts with Ctrl-C ignored, and so would its children."""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


class Command:
    """A command line in a process group of its own.

    Parameters
    ----------
    before
        Python that runs before the command: a hold, a limit, a broken clock.
    cwd
        Folder to run in.
    environment
        Added to that of this process.
    """

    def __init__(
        self, *arguments: object, before: str = "", cwd: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEARS_CTRL_C + before + "\n" + COMMAND, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_all()

    def said(self) -> Said:
        """Wait for the end and return what was said."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Said(self.process.returncode, out, err)

    def until(self, there: Callable[[], object]) -> None:
        """Wait until something is there; a command that ends before is a failure."""
        wait_until(there, lambda: self.process.poll() is not None)

    def kill_all(self) -> None:
        """Kill -9 the command and every process of it, and see them gone."""
        own = [psutil.Process(self.process.pid)] if self.process.poll() is None else []
        family = [*own, *(each for parent in own for each in parent.children(recursive=True))]
        for each in family:
            if each.is_running():
                each.kill()
        psutil.wait_procs(family, timeout=PATIENCE)
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.process.communicate(timeout=PATIENCE)

    def workers(self) -> list[psutil.Process]:
        """Return the local workers: forked by a helper of the command, not by itself."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in family if each.ppid() != self.process.pid]


def wait_until(there: Callable[[], object], over: Callable[[], bool] = lambda: False) -> None:
    """Wait until something is there; give up where it cannot come any more."""
    until = time.monotonic() + PATIENCE
    while not there():
        assert not over() or there(), "the command ended before what was waited for"
        assert time.monotonic() < until, "what was waited for did not come"
        time.sleep(0.01)


def held_after(parts: int, marker: Path, go: Path) -> str:
    """Return the Python that holds a sweep once it has written so many parts: until ``go`` is there."""
    return f"""
import pathlib, time
import sim.studies.sweep.checkpoint as checkpoint
usual, written = checkpoint.SweepDirectory.write, []

def write(self, task, content):
    usual(self, task, content)
    written.append(task)
    if len(written) == {parts}:
        pathlib.Path({str(marker)!r}).touch()
        while not pathlib.Path({str(go)!r}).exists():
            time.sleep(0.01)

checkpoint.SweepDirectory.write = write
"""


def parts_of(out: Path) -> dict[str, tuple[int, int]]:
    """Return the parts of a sweep: their inode and time of change, which a part that is written again loses."""
    found = {}
    for path in sorted((out / "_sweep" / "parts").rglob("*.part")):
        told = path.stat()
        found[path.name] = (told.st_ino, told.st_mtime_ns)
    return found


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder, hidden ones included, by its path from there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_in(folder: Path) -> list[str]:
    """Return what a folder holds, hidden names included."""
    return sorted(path.name for path in folder.iterdir())


def paths_simulated(said: Said) -> tuple[int, int]:
    """Return the paths that a sweep says it simulated and those that it says were there."""
    done = re.search(r"([\d,]+) paths simulated", said.err)
    there = re.search(r"([\d,]+) were there", said.err)
    assert done is not None, said.err
    return int(done[1].replace(",", "")), 0 if there is None else int(there[1].replace(",", ""))


def interrupted(command: Command) -> None:
    """Press Ctrl-C: a terminal sends it to every process of the group."""
    os.killpg(command.process.pid, signal.SIGINT)
