"""Two commands that write to one place at once: one after the other, or one with a word; never a mixture."""

from __future__ import annotations

import json

import pytest
from disturbed import Command, files_of, held_after, names_in, parts_of

from sim.errors import InvalidInput
from sim.studies.cluster import ThisProcess
from sim.studies.sweep.points import Points
from sim.studies.sweep.run import SweepJob
from sim.studies.sweep.spec import load_sweep

# Both have simulated before either writes: the second writes what the first has just put there.
MEETS = """
import pathlib, time
import sim.run_directory as directory
usual, out = directory._fill, pathlib.Path({folder!r})

def fill(*arguments):
    usual(*arguments)
    (out / "meeting" / {name!r}).touch()
    while len(list((out / "meeting").iterdir())) < 2:
        time.sleep(0.01)

directory._fill = fill
"""


def test_two_runs_into_one_directory(deal, tmp_path):
    folder = tmp_path / "place"
    (folder / "meeting").mkdir(parents=True)
    out = folder / "run"
    commands = [
        Command(
            *("run", deal, "--paths", paths, "--json", "--out", out),
            before=MEETS.format(folder=str(folder), name=str(paths)),
            cwd=tmp_path,
        )
        for paths in (2000, 3000)
    ]
    try:
        told = [command.said() for command in commands]
    finally:
        for command in commands:
            command.kill_all()
    assert [said.code for said in told] == [0, 0], told
    assert names_in(folder) == ["meeting", "run"]
    summary = (out / "summary.json").read_text(encoding="utf-8")
    assert summary in [said.out for said in told]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["paths"] == json.loads(summary)["paths"]
    with Command("verify", out, cwd=tmp_path) as command:
        said = command.said()
    assert said.code == 0, said.err


def test_a_second_sweep_into_a_directory_in_use_is_refused(sweep_file, undisturbed, tmp_path):
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    arguments = ("sweep", sweep_file, "--workers", 1, "--out", out)
    with Command(*arguments, before=held_after(3, marker, go), cwd=tmp_path) as first:
        first.until(marker.exists)
        held = parts_of(out)
        for resume in ([], ["--resume"]):
            with Command(*arguments, *resume, cwd=tmp_path) as second:
                said = second.said()
            assert said.code == 2, said.err
            assert ("another sweep is writing" if resume else "holds this sweep already") in said.err
            assert parts_of(out) == held
        go.touch()
        said = first.said()
    assert said.code == 0, said.err
    assert files_of(out)["part-0.parquet"] == undisturbed.dataset
    assert len(parts_of(out)) == undisturbed.parts


@pytest.mark.parametrize("paths", [200, 300])
def test_a_sweep_that_was_begun_second_does_not_replace_the_first(sweep_file, tmp_path, paths):
    """Both find the directory free before either writes, and the first is done before the second begins."""

    def job(paths: int) -> SweepJob:
        document = json.loads(sweep_file.read_text(encoding="utf-8")) | {"set": {"simulation.paths": paths}}
        file = sweep_file.with_name("small.yaml")
        file.write_text(json.dumps(document), encoding="utf-8")
        points = Points(load_sweep(file))
        points.check()
        return SweepJob(points, tmp_path / "out", resume=False)

    first, second = job(200), job(paths)
    first.run(ThisProcess(), lambda: False)
    before = files_of(tmp_path / "out")
    with pytest.raises(InvalidInput, match="holds this sweep already" if paths == 200 else "another sweep"):
        second.run(ThisProcess(), lambda: False)
    assert files_of(tmp_path / "out") == before
