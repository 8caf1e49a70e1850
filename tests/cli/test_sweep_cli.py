"""firstday sweep --runs: run directories that verify, those that are missing and no more, and refusals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def sweep_file(deal: Path) -> Path:
    """A sweep of two scenarios of the made-up deal."""
    path = deal.with_name("sweep.yaml")
    document = {
        "scenario": "deal.yaml",
        "set": {"simulation.paths": 300},
        "grid": {"over_allotment.fraction": [0, 0.15]},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def runs_in(out: str) -> list[str]:
    return sorted(path.name for path in (Path(out) / "_runs").iterdir())


def test_run_directories_on_request_and_again_only_those_that_are_gone(firstday, sweep_file):
    asked = ("sweep", sweep_file, "--workers", 1, "--out", "out", "--runs")
    said = firstday(*asked)
    assert (said.code, said.out) == (0, "")
    assert "2 scenarios, 600 paths simulated in" in said.err
    assert "2 run directories: out/_runs" in said.err
    assert runs_in("out") == ["0000", "0001"]
    for name in runs_in("out"):
        assert firstday("verify", Path("out") / "_runs" / name).code == 0
    # The numbers of the dataset are those of the run directory beside it.
    told = (
        pd.read_parquet("out")
        .query("metric == 'returns.close' and statistic == 'mean'")
        .set_index("scenario")
    )
    for number, name in enumerate(runs_in("out")):
        summary = json.loads((Path("out") / "_runs" / name / "summary.json").read_text(encoding="utf-8"))
        assert told.loc[number, "value"] == summary["returns"]["close"]["mean"]
    shutil.rmtree("out/_runs/0001")
    said = firstday(*asked, "--resume")
    assert said.code == 0
    assert "0 paths simulated" in said.err
    assert "1 run directories: out/_runs" in said.err
    assert runs_in("out") == ["0000", "0001"]


def test_without_the_option_there_are_none_and_a_finished_sweep_may_be_given_them(firstday, sweep_file):
    asked = ("sweep", sweep_file, "--workers", 1, "--out", "out")
    assert firstday(*asked).code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["_sweep", "part-0.parquet"]
    said = firstday(*asked, "--resume", "--runs", "--keep-paths", 299)
    assert (said.code, runs_in("out")) == (0, ["0000", "0001"])
    assert sorted(path.name for path in Path("out/_runs/0000").iterdir()) == ["manifest.json", "summary.json"]


def test_replicates_have_no_run_directories_and_nothing_is_made(firstday, sweep_file):
    document = json.loads(sweep_file.read_text(encoding="utf-8")) | {"replicates": 2}
    sweep_file.write_text(json.dumps(document), encoding="utf-8")
    said = firstday("sweep", sweep_file, "--workers", 1, "--out", "out", "--runs")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        "--runs: the sweep has 2 replicates, and a run begins at path 0; leave out replicates, or --runs"
    ]
    assert not Path("out").exists()


def test_interrupted_between_run_directories_it_says_how_to_go_on(firstday, sweep_file, monkeypatch):
    asked = ("sweep", sweep_file, "--workers", 1, "--out", "out", "--runs")

    @contextmanager
    def pressed_after_one() -> Iterator[object]:
        # The sweep is one job; then the first run directory.
        answers = iter((False, False, True))
        yield lambda: next(answers)

    with monkeypatch.context() as patch:
        patch.setattr("sim.commands.sweep.interruptible", pressed_after_one)
        said = firstday(*asked)
    assert said.code == 130
    assert "1 run directories are still to be written; go on with --resume --runs: out" in said.err
    assert runs_in("out") == ["0000"]
    said = firstday(*asked, "--resume")
    assert (said.code, runs_in("out")) == (0, ["0000", "0001"])
