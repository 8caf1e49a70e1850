"""Ctrl-C once: what was done is kept and said. Twice: the end at once, and nothing half-written."""

from __future__ import annotations

import json

import pytest
from disturbed import Command, held_after, interrupted, names_in, parts_of, paths_simulated

# The moment that a run spends in writing is short: here it lasts until it is interrupted or may go on.
HELD_WHILE_WRITING = """
import pathlib, time
import sim.run_directory as directory
usual_fill = directory._fill

def fill(result, folder, *others):
    pathlib.Path({marker!r}).touch()
    (folder / "half").write_text("half")
    while not pathlib.Path({go!r}).exists():
        time.sleep(0.01)
    (folder / "half").unlink()
    usual_fill(result, folder, *others)

directory._fill = fill
"""
MARKS_A_BATCH = """
import pathlib
import sim.simulation
usual = sim.simulation.Collector.merge

def merge(self, part):
    usual(self, part)
    pathlib.Path({marker!r}).touch()

sim.simulation.Collector.merge = merge
"""
# So is that between the last path and the writing, in which the picture of the price through the day is prepared.
HELD_AFTER_THE_LAST_PATH = """
import pathlib, time
import sim.simulation

def trace(*_):
    pathlib.Path({marker!r}).touch()
    time.sleep(1000)

sim.simulation.trace_paths = trace
"""
HELD_WHILE_DESKS_ARE_ASKED = """
import pathlib, time
import sim.desks.together

def ask(*_):
    pathlib.Path({marker!r}).touch()
    time.sleep(1000)

sim.desks.together.ask_desks = ask
"""


def test_a_run_whose_paths_are_all_simulated_is_kept(deal, tmp_path):
    """The figures are those of an undisturbed run; only the picture of the day is missing."""
    marker = tmp_path / "marker"
    arguments = ("run", deal, "--paths", 5_000, "--json", "--out")
    before = HELD_AFTER_THE_LAST_PATH.format(marker=str(marker))
    with Command(*arguments, tmp_path / "run", before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        interrupted(command)
        said = command.said()
    assert (said.code, said.err) == (130, "interrupted\n")
    with Command(*arguments, tmp_path / "undisturbed", cwd=tmp_path) as command:
        undisturbed = command.said()
    assert json.loads(said.out) == {**json.loads(undisturbed.out), "partial": True}
    missing = set(names_in(tmp_path / "undisturbed")) - set(names_in(tmp_path / "run"))
    assert missing == {"fan.png", "fan.svg"}
    with Command("verify", tmp_path / "run", cwd=tmp_path) as command:
        assert command.said().code == 0


def test_a_run_is_kept_when_its_desks_are_not_waited_for(deal, tmp_path):
    marker = tmp_path / "marker"
    arguments = ("run", deal, "--paths", 5_000, "--json", "--out")
    before = HELD_WHILE_DESKS_ARE_ASKED.format(marker=str(marker))
    with Command(*arguments, tmp_path / "run", "--desks", before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        interrupted(command)
        said = command.said()
    assert said.code == 130
    assert said.err == "interrupted, so the desks did not answer\ninterrupted\n"
    with Command(*arguments, tmp_path / "undisturbed", cwd=tmp_path) as command:
        undisturbed = command.said()
    assert json.loads(said.out) == {**json.loads(undisturbed.out), "partial": True}
    assert names_in(tmp_path / "run") == names_in(tmp_path / "undisturbed")


def test_a_run_keeps_what_was_simulated_and_a_second_press_ends_its_writing(deal, tmp_path):
    folder, batch, writing = tmp_path / "place", tmp_path / "batch", tmp_path / "writing"
    folder.mkdir()
    before = MARKS_A_BATCH.format(marker=str(batch)) + HELD_WHILE_WRITING.format(
        marker=str(writing), go=str(tmp_path / "never")
    )
    arguments = ("run", deal, "--paths", 1_000_000_000, "--json", "--out", folder / "run")
    with Command(*arguments, before=before, cwd=tmp_path) as command:
        command.until(batch.exists)
        interrupted(command)
        command.until(writing.exists)
        interrupted(command)
        said = command.said()
    assert (said.code, said.out, said.err) == (130, "", "interrupted\n")
    assert names_in(folder) == []


def test_a_run_that_is_written_is_written_to_its_end(deal, tmp_path):
    writing, go = tmp_path / "writing", tmp_path / "go"
    arguments = ("run", deal, "--paths", 5_000, "--json", "--out")
    before = HELD_WHILE_WRITING.format(marker=str(writing), go=str(go))
    with Command(*arguments, tmp_path / "run", before=before, cwd=tmp_path) as command:
        command.until(writing.exists)
        interrupted(command)
        heard = command.process.stderr.readline()
        assert heard.startswith("interrupted: finishing")
        go.touch()
        said = command.said()
    assert (said.code, said.err) == (0, "")
    with Command(*arguments, tmp_path / "undisturbed", cwd=tmp_path) as command:
        assert command.said().out == said.out
    assert names_in(tmp_path / "run") == names_in(tmp_path / "undisturbed")
    with Command("verify", tmp_path / "run", cwd=tmp_path) as command:
        assert command.said().code == 0


def test_a_run_whose_writing_hangs_ends_at_the_second_press(deal, tmp_path):
    folder, writing = tmp_path / "place", tmp_path / "writing"
    folder.mkdir()
    before = HELD_WHILE_WRITING.format(marker=str(writing), go=str(tmp_path / "never"))
    arguments = ("run", deal, "--paths", 5_000, "--json", "--out", folder / "run")
    with Command(*arguments, before=before, cwd=tmp_path) as command:
        command.until(writing.exists)
        interrupted(command)
        assert command.process.stderr.readline().startswith("interrupted: finishing")
        interrupted(command)
        said = command.said()
    assert (said.code, said.out, said.err) == (130, "", "interrupted\n")
    assert names_in(folder) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_interrupted_once_finishes_what_is_under_way(sweep_file, undisturbed, tmp_path, workers):
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    arguments = ("sweep", sweep_file, "--workers", workers, "--out", out)
    with Command(*arguments, before=held_after(3, marker, go), cwd=tmp_path) as command:
        command.until(marker.exists)
        interrupted(command)
        go.touch()
        said = command.said()
    assert said.code == 130, said.err
    assert "Traceback" not in said.err
    assert "go on with --resume" in said.err
    held = parts_of(out)
    assert 3 <= len(held) < undisturbed.parts
    assert names_in(out) == ["_sweep"]
    timings = json.loads((out / "_sweep" / "timings.json").read_text(encoding="utf-8"))
    assert timings["simulated"] == len(held) * undisturbed.paths // undisturbed.parts
    with Command(*arguments, "--resume", cwd=tmp_path) as command:
        said = command.said()
    assert said.code == 0, said.err
    assert paths_simulated(said)[1] == timings["simulated"]
    assert {name: told for name, told in parts_of(out).items() if name in held} == held
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset


def test_a_sweep_interrupted_twice_ends_at_once(sweep_file, undisturbed, tmp_path):
    """It is held in the middle and would never end: the second press does not wait for it."""
    out, marker, never = tmp_path / "out", tmp_path / "marker", tmp_path / "never"
    arguments = ("sweep", sweep_file, "--workers", 2, "--out", out)
    before = held_after(3, marker, never)
    with Command(*arguments, before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        interrupted(command)
        heard = command.process.stderr.readline()
        assert heard.startswith("interrupted: finishing")
        interrupted(command)
        said = command.said()
    assert (said.code, said.out, said.err) == (130, "", "interrupted\n")
    assert len(parts_of(out)) == 3
    assert not list(out.rglob("*.beside"))
    with Command(*arguments, "--resume", cwd=tmp_path) as command:
        said = command.said()
    assert said.code == 0, said.err
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset
