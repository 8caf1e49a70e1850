"""Ctrl-C once finishes what is under way, twice ends at once; either way --resume completes to the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_sweeps import swept

from sim.studies.cluster import open_crew

HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
PROGRAM = f"{HEARS_CTRL_C}\nfrom sim.cli import main\nmain()"


def started(path: Path, out: Path, workers: int, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, "sweep", str(path), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", str(workers), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As on a terminal, the signal goes to every process of the group.
        start_new_session=True,
    )


def until_begun(process: subprocess.Popen[str], out: Path) -> None:
    end = time.monotonic() + 120.0
    while process.poll() is None and time.monotonic() < end and not list(out.rglob("*.part")):
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("presses", [1, 2])
def test_interrupted_then_resumed(write, tmp_path, workers, presses):
    # More than a machine does before the signal comes, and little to resume: most of it is never asked for.
    heats = [number / 1000 for number in range(400)]
    path, out = write({"market_heat": heats}, paths=20_000), tmp_path / "out"
    process = started(path, out, workers)
    try:
        until_begun(process, out)
        for _ in range(presses):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.02)
        told, err = process.communicate(timeout=120)
    finally:
        process.kill()
    # A second press may find the interpreter on its way out, where the system ends it; a shell calls that 130 too.
    assert process.returncode in ({130} if presses == 1 else {130, -signal.SIGINT}), err
    assert told == ""
    assert "interrupted" in err
    assert "Traceback" not in err
    done = len(list(out.rglob("*.part")))
    assert 0 < done < 80
    assert not (out / "part-0.parquet").exists()
    assert not list(out.rglob("*.beside"))


def test_an_interrupted_command_resumes_to_the_bytes_of_an_undisturbed_one(write, tmp_path):
    path = write(paths=60_000)
    swept(path, tmp_path / "whole")
    process = started(path, tmp_path / "out", 1)
    until_begun(process, tmp_path / "out")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=120)
    assert not (tmp_path / "out" / "part-0.parquet").exists()
    resumed = started(path, tmp_path / "out", 1, "--resume")
    _, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    assert "were there" in err
    one, other = (tmp_path / name / "part-0.parquet" for name in ("whole", "out"))
    assert one.read_bytes() == other.read_bytes()
    assert len(pd.read_parquet(one)) > 0


def test_the_next_start_removes_what_killed_workers_kept_in_the_temporary_folder(
    write, tmp_path, tmp_path_factory, monkeypatch
):
    # A short name: that of a socket in it may have a hundred characters at most.
    temporary = tmp_path_factory.mktemp("t")
    monkeypatch.setenv("TMPDIR", str(temporary))
    # Far more than a machine does before it is killed.
    heats = [number / 1000 for number in range(200)]
    path, out = write({"market_heat": heats}, paths=200_000), tmp_path / "out"
    process = started(path, out, 2)
    until_begun(process, out)
    assert process.poll() is None, process.communicate()
    assert list(temporary.glob(".firstday-*"))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=120)
    assert list(temporary.glob(".firstday-*"))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with open_crew(2, None) as crew:
        assert crew.size == 2
        assert len(list(temporary.glob(".firstday-*"))) == 1
    assert not list(temporary.glob(".firstday-*"))
