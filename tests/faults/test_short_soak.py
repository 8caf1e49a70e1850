"""Sweeps one after the other in one process hold no more files, threads and memory than the first few did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from disturbed import PATIENCE

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"
OPTIONS = ["--sweeps", "15", "--warm-up", "5", "--scenarios", "10", "--paths", "256", "--most-mib", "8"]

# What a sweep could forget: a file, a thread that waits, two MiB that somebody still refers to.
LEAKS = {
    "file": "held.append(open(os.devnull))",
    "thread": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "memory": "held.append(os.urandom(1 << 21))",
}
LEAKING = """
import os, runpy, sys, threading
import sim.studies.sweep.run as run
held, usual = [], run.SweepJob.run

def leaking(*arguments):
    {leak}
    return usual(*arguments)

run.SweepJob.run = leaking
sys.argv = ["soak.py", *sys.argv[1:]]
runpy.run_path({soak!r}, run_name="__main__")
"""


def soaked(leak: str = "pass") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LEAKING.format(leak=leak, soak=str(SOAK)), *OPTIONS],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_fifteen_sweeps_are_flat():
    done = soaked()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("flat\n")


def test_every_leak_is_noticed():
    done = soaked("; ".join(LEAKS.values()))
    assert done.returncode == 1, done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if "grew" in line]
    assert [line.partition(" grew")[0] for line in told] == ["memory", "open files", "threads"]
