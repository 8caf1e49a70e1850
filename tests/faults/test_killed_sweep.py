"""A sweep whose workers are killed, or that is killed itself, ends with the bits of one that nobody touched."""

from __future__ import annotations

import signal

import psutil
import pytest
from disturbed import Command, held_after, names_in, parts_of, paths_simulated, wait_until

BEFORE = 3
"""Parts that are there when the blow falls."""


def test_a_killed_worker_loses_nothing(sweep_file, undisturbed, tmp_path):
    """One dies with jobs under way, the one that takes its place too; both leave answers that nobody has fetched."""
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    before = held_after(BEFORE, marker, go)
    with Command("sweep", sweep_file, "--workers", 2, "--out", out, before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        first = command.workers()
        assert len(first) == 2
        first[0].kill()
        command.until(lambda: {each.pid for each in command.workers()} - {each.pid for each in first})
        (replacement,) = [each for each in command.workers() if each not in first]
        first[1].kill()
        replacement.kill()
        go.touch()
        said = command.said()
    assert said.code == 0, said.err
    assert "Traceback" not in said.err
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset
    assert paths_simulated(said) == (undisturbed.paths, 0)
    assert len(parts_of(out)) == undisturbed.parts


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_sweep_goes_on_where_it_was(sweep_file, undisturbed, tmp_path, workers):
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "never"
    before = held_after(BEFORE, marker, go)
    arguments = ("sweep", sweep_file, "--workers", workers, "--out", out)
    with Command(*arguments, before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        command.process.kill()
        assert command.process.wait() == -signal.SIGKILL
    held = parts_of(out)
    assert len(held) == BEFORE
    assert names_in(out) == ["_sweep"]
    with Command(*arguments, cwd=tmp_path) as command:
        said = command.said()
    assert said.code == 2
    assert "--resume" in said.err
    assert parts_of(out) == held
    with Command(*arguments, "--resume", cwd=tmp_path) as command:
        said = command.said()
    assert said.code == 0, said.err
    assert {name: told for name, told in parts_of(out).items() if name in held} == held
    simulated, there = paths_simulated(said)
    assert (simulated + there, there) == (undisturbed.paths, BEFORE * undisturbed.paths // undisturbed.parts)
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset


def test_the_workers_of_a_killed_sweep_end_too(sweep_file, tmp_path):
    """A kill -9 of the command alone: its helpers notice, and the next sweep finds the directory free."""
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "never"
    before = held_after(BEFORE, marker, go)
    with Command("sweep", sweep_file, "--workers", 2, "--out", out, before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        family = psutil.Process(command.process.pid).children(recursive=True)
        assert len(command.workers()) == 2
        command.process.kill()
        command.process.wait()
        try:
            wait_until(lambda: not [each for each in family if each.is_running()])
        finally:
            for each in family:
                if each.is_running():
                    each.kill()
