"""Run directories of a sweep: those of `firstday run`, written where they are missing or harmed and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from interruption import press_after_one_part
from small_sweeps import checked, never

from sim.errors import InvalidInput
from sim.run_directory import write_run
from sim.simulation import simulate
from sim.studies.cluster import ThisProcess
from sim.studies.sweep.run import SweepJob, SweepRun
from sim.studies.sweep.runs import perform_run, run_name
from sim.verification import verify

GRID = {"over_allotment.fraction": [0, 0.15], "market_heat": [0.1]}


def with_runs(path: Path, out: Path, crew=None, *, stopped=never, resume=False, keep_paths=1000) -> SweepRun:
    job = SweepJob(checked(path), out, resume=resume, keep_paths=keep_paths)
    return job.run(crew or ThisProcess(), stopped)


def names(out: Path) -> list[str]:
    return sorted(place.name for place in (out / "_runs").iterdir())


def test_a_run_directory_has_the_bytes_of_a_run_and_verifies(write, tmp_path, two_workers):
    path, out = write(GRID, paths=300), tmp_path / "out"
    run = with_runs(path, out, two_workers)
    assert (run.runs, run.runs_missing) == (2, 0)
    assert names(out) == ["0000", "0001"]
    points = checked(path)
    for point, name in enumerate(names(out)):
        own = out / "_runs" / name
        assert len(verify(own, threads=1)) == 2
        scenario = points.scenario(point)
        alone = simulate(scenario, market=points.market_of(scenario), threads=2, fan=False)
        write_run(alone, tmp_path / name)
        for file in ("summary.json", "paths.npz"):
            assert (own / file).read_bytes() == (tmp_path / name / file).read_bytes()
    # The run directories leave the dataset alone, and it still reads as one table.
    SweepJob(points, tmp_path / "without", resume=False).run(ThisProcess(), never)
    assert not (tmp_path / "without" / "_runs").exists()
    assert (out / "part-0.parquet").read_bytes() == (tmp_path / "without" / "part-0.parquet").read_bytes()
    assert pd.read_parquet(out)["scenario"].nunique() == 2


@pytest.mark.parametrize("harm", ["gone", "paths", "summary", "other", "fewer"])
def test_resuming_writes_what_is_missing_or_harmed_and_no_more(write, tmp_path, harm):
    path, out = write(GRID, paths=300), tmp_path / "out"
    with_runs(path, out)
    first, second = (out / "_runs" / name for name in names(out))
    whole = {file.name: file.read_bytes() for file in first.iterdir() if file.name != "manifest.json"}
    untouched = second.stat().st_mtime_ns
    if harm == "gone":
        first.rename(tmp_path / "elsewhere")
    elif harm == "other":
        other = checked(path).scenario(1)
        write_run(simulate(other, market=checked(path).market_of(other), threads=1, fan=False), first)
    elif harm == "fewer":
        manifest = json.loads((first / "manifest.json").read_text())
        manifest["kept_paths"] = False
        (first / "manifest.json").write_text(json.dumps(manifest))
    else:
        file = first / {"paths": "paths.npz", "summary": "summary.json"}[harm]
        file.write_bytes(file.read_bytes()[:-7])
    again = with_runs(path, out, resume=True)
    assert (again.runs, again.simulated) == (1, 0)
    assert {file.name: file.read_bytes() for file in first.iterdir() if file.name in whole} == whole
    assert second.stat().st_mtime_ns == untouched
    assert with_runs(path, out, resume=True).runs == 0


def test_beyond_keep_paths_there_are_summaries_only(write, tmp_path):
    with_runs(write(GRID, paths=300), tmp_path / "out", keep_paths=299)
    own = tmp_path / "out" / "_runs" / "0001"
    assert sorted(file.name for file in own.iterdir()) == ["manifest.json", "summary.json"]
    verify(own, threads=1)


def test_stopped_between_run_directories_each_is_whole(write, tmp_path):
    asked = 0

    def soon() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    path, out = write(GRID, paths=300), tmp_path / "out"
    stopped = with_runs(path, out, stopped=soon)
    assert stopped.rows is not None
    assert (stopped.runs, stopped.runs_missing) == (1, 1)
    verify(out / "_runs" / "0000", threads=1)
    assert with_runs(path, out, resume=True).runs == 1


def test_what_is_no_run_is_not_overwritten(write, tmp_path):
    path, out = write(GRID, paths=300), tmp_path / "out"
    place = out / "_runs" / "0001"
    SweepJob(checked(path), out, resume=False).run(ThisProcess(), never)
    place.mkdir(parents=True)
    (place / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(
        InvalidInput, match="holds other files; move 0001 away, then go on with --resume --runs"
    ):
        with_runs(path, out, resume=True)
    assert (place / "letter.txt").read_text() == "dear"
    assert names(out) == ["0001"]


def test_replicates_have_no_run_of_their_own(write, tmp_path):
    with pytest.raises(InvalidInput, match="--runs: the sweep has 2 replicates, and a run begins at path 0"):
        SweepJob(checked(write(GRID, replicates=2)), tmp_path / "out", resume=False, keep_paths=10)
    assert not (tmp_path / "out").exists()


def test_a_worker_that_does_not_see_the_directory_says_so(write, tmp_path):
    job = SweepJob(checked(write(GRID, paths=300)), tmp_path / "out", resume=False, keep_paths=1000)
    assert job._runs is not None
    told = job._runs.job(0)
    for text in (None, "{", '{"identity": "another"}'):
        if text is not None:
            told.sweep.parent.mkdir(parents=True, exist_ok=True)
            told.sweep.write_text(text)
        with pytest.raises(InvalidInput, match="a worker does not see"):
            perform_run(told)
    assert not told.out.exists()


@pytest.mark.parametrize(
    ("scenario", "scenarios", "name"), [(7, 10, "0007"), (7, 10_001, "00007"), (9999, 10_000, "9999")]
)
def test_names_sort_as_numbers(scenario, scenarios, name):
    assert run_name(scenario, scenarios) == name


def test_ctrl_c_while_a_run_is_simulated_leaves_no_part_of_it(monkeypatch, write, tmp_path):
    path, out = write(GRID, paths=300), tmp_path / "out"
    press_after_one_part(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        with_runs(path, out)
    assert not (out / "_runs").exists() or names(out) == []
    monkeypatch.undo()
    run = with_runs(path, out, resume=True)
    assert (run.simulated, run.runs, run.runs_missing) == (0, 2, 0)
