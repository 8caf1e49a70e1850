"""The dataset of a sweep has the same bytes whoever did the work and however often it was interrupted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_sweeps import checked, never, swept

import sim.studies.sweep.tasks as tasks
from sim.engine import BLOCK_PATHS, prepare
from sim.errors import InvalidInput
from sim.simulation import simulate
from sim.statistics import HISTOGRAM_WIDTH
from sim.studies.cluster import ThisProcess
from sim.studies.sweep.rows import statistics_of
from sim.studies.sweep.run import SweepJob

LARGE = tasks.WHOLE_PATHS + 3 * BLOCK_PATHS + 11


def bytes_of(out: Path) -> bytes:
    return (out / "part-0.parquet").read_bytes()


def parts_of(out: Path) -> list[Path]:
    return sorted((out / "_sweep" / "parts").glob("**/*.part"))


@pytest.fixture
def alone(write, tmp_path):
    """A sweep of six scenarios with two replicates, in this process; its file and its directory."""
    path = write(replicates=2)
    swept(path, tmp_path / "alone")
    return path, tmp_path / "alone"


def test_two_workers_give_the_bytes_of_one_process(alone, two_workers, tmp_path):
    path, out = alone
    run = swept(path, tmp_path / "two", two_workers)
    assert run.workers == 2
    assert bytes_of(tmp_path / "two") == bytes_of(out)


def test_a_fault_of_a_job_is_not_the_scheduler_s(two_workers, tmp_path):
    absent = tmp_path / "absent"
    with pytest.raises(FileNotFoundError, match="absent"):
        list(two_workers.answers(os.stat, [absent], never))
    assert [answer for _, answer in two_workers.answers(os.fspath, [absent], never)] == [str(absent)]


@pytest.mark.parametrize("bundle", [1, 1_500])
def test_the_bundles_leave_every_bit(alone, tmp_path, monkeypatch, bundle):
    path, out = alone
    monkeypatch.setattr(tasks, "LEAST_BUNDLE", bundle)
    swept(path, tmp_path / "other")
    assert len(parts_of(tmp_path / "other")) > len(parts_of(out))
    assert bytes_of(tmp_path / "other") == bytes_of(out)


def test_a_scenario_has_the_numbers_of_a_run(alone):
    path, out = alone
    told = pd.read_parquet(out)
    points = checked(path)
    for point in range(len(points)):
        scenario = points.scenario(point)
        summary = simulate(scenario, market=points.market_of(scenario), threads=1, fan=False).summary
        names, values = statistics_of(summary)
        own = told[(told["point"] == point) & (told["replicate"] == 0)]
        assert list(zip(own["metric"], own["statistic"], strict=True)) == list(names)
        np.testing.assert_array_equal(own["value"].to_numpy(), np.array(values))


def test_replicates_differ_and_agree_within_their_errors(alone):
    """Difference of two means over its error is normal: 12 of them beyond 6 sd has probability 2.4e-8."""
    close = pd.read_parquet(alone[1]).query("metric == 'returns.close'")
    table = close.pivot_table(index=["point", "replicate"], columns="statistic", values="value")
    one, other = (table.xs(number, level="replicate") for number in (0, 1))
    assert (one["mean"] != other["mean"]).all()
    score = (one["mean"] - other["mean"]) / np.hypot(one["mean_se"], other["mean_se"])
    assert (score.abs() < 6.0).all()


def test_the_dataset_reads_as_one_table_with_the_swept_fields_as_columns(alone):
    told = pd.read_parquet(alone[1])
    assert list(told.columns) == [
        *("scenario", "point", "replicate", "first_path", "paths", "seed", "stage"),
        *("over_allotment.fraction", "observed.public_coverage"),
        *("metric", "statistic", "value"),
    ]
    assert not told.duplicated(["scenario", "metric", "statistic"]).any()
    assert told["scenario"].nunique() == 12
    assert set(told["observed.public_coverage"]) == {20.0, 200.0}
    assert not any("second" in name or "wall" in name for name in told["metric"])
    first = told.query("scenario == 3").iloc[0]
    assert (first["point"], first["replicate"], first["first_path"], first["paths"]) == (1, 1, 700, 700)
    timings = json.loads((alone[1] / "_sweep" / "timings.json").read_text())
    assert timings["scenarios"] == 12
    assert timings["paths"] == timings["simulated"] == 12 * 700


def test_columns_of_texts_lists_and_what_is_left_out(write, tmp_path):
    holder = [{"name": "holder", "shares": 1000, "months": 6}]
    grid = {"theme": ["chips", "robots"], "locked": [[], holder], "market_heat": [None, 1]}
    swept(write(grid, paths=50), tmp_path / "mixed")
    told = pd.read_parquet(tmp_path / "mixed")
    assert set(told["theme"]) == {"chips", "robots"}
    assert [json.loads(text) for text in sorted(set(told["locked"]), key=len)] == [[], holder]
    assert told["market_heat"].isna().sum() * 2 == len(told)


def test_a_large_scenario_is_cut_and_merges_to_the_bits_of_one_run(write, tmp_path, two_workers, monkeypatch):
    path = write({"over_allotment.fraction": [0.1]}, paths=LARGE)
    monkeypatch.setattr(tasks, "CHUNK_BLOCKS", 5)
    swept(path, tmp_path / "cut", two_workers)
    assert len(parts_of(tmp_path / "cut")) == 4
    points = checked(path)
    scenario = points.scenario(0)
    summary = simulate(
        scenario, market=points.market_of(scenario), keep_paths=0, threads=2, fan=False
    ).summary
    told = pd.read_parquet(tmp_path / "cut")
    np.testing.assert_array_equal(told["value"].to_numpy(), np.array(statistics_of(summary)[1]))
    assert told.query("metric == 'quantile_error'")["value"].item() == HISTOGRAM_WIDTH


@pytest.mark.parametrize("harm", ["gone", "cut", "flipped", "foreign", "swapped", "empty"])
def test_resuming_simulates_what_is_missing_or_harmed_and_no_more(write, tmp_path, monkeypatch, harm):
    monkeypatch.setattr(tasks, "LEAST_BUNDLE", 1_500)
    path, out = write(), tmp_path / "out"
    swept(path, out)
    whole = bytes_of(out)
    first, second, _ = parts_of(out)
    content = first.read_bytes()
    if harm == "swapped":
        first.write_bytes(second.read_bytes())
    elif harm == "foreign":
        swept(write({"over_allotment.fraction": [0.05]}), tmp_path / "other")
        first.write_bytes(parts_of(tmp_path / "other")[0].read_bytes())
        path = write()
    else:
        first.unlink()
        if harm != "gone":
            flipped = bytearray(content)
            flipped[-200] ^= 1
            first.write_bytes({"cut": content[:-1], "flipped": bytes(flipped), "empty": b""}[harm])
    (out / "part-0.parquet").unlink()
    run = swept(path, out, resume=True)
    assert (run.simulated, run.paths) == (1_400, 4_200)
    assert bytes_of(out) == whole


def test_resuming_a_finished_sweep_simulates_nothing(alone):
    path, out = alone
    before = bytes_of(out)
    run = swept(path, out, resume=True)
    assert run.simulated == 0
    assert bytes_of(out) == before


def test_stopped_and_resumed_is_undisturbed(write, tmp_path, two_workers, monkeypatch):
    monkeypatch.setattr(tasks, "LEAST_BUNDLE", 700)
    path = write()
    swept(path, tmp_path / "whole")
    asked = 0

    def soon() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    stopped = SweepJob(checked(path), tmp_path / "out", resume=False).run(ThisProcess(), soon)
    assert stopped.rows is None
    assert 0 < stopped.simulated < stopped.paths
    assert not (tmp_path / "out" / "part-0.parquet").exists()
    rest = SweepJob(checked(path), tmp_path / "out", resume=True).run(two_workers, never)
    assert rest.simulated == rest.paths - stopped.simulated
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")


def test_seed_0_is_a_seed(write, tmp_path):
    zero, one = ({"simulation.paths": 300, "simulation.seed": seed} for seed in (0, 1))
    for name, settings in (("zero", zero), ("again", zero), ("one", one)):
        swept(write({"market_heat": [0.1]}, set=settings), tmp_path / name)
    assert bytes_of(tmp_path / "zero") == bytes_of(tmp_path / "again")
    assert bytes_of(tmp_path / "zero") != bytes_of(tmp_path / "one")


def test_the_worker_must_have_the_same_kernels(write):
    points = checked(write())
    job = tasks.Job(next(tasks.tasks_of(points.paths, 1)), (), (), "another")
    with pytest.raises(InvalidInput, match="another version of firstday"):
        tasks.perform(job)


def test_beyond_the_first_day_too(write, tmp_path, two_workers):
    path = write({"horizon": ["first_day", "lock_up"]}, paths=300)
    swept(path, tmp_path / "one")
    swept(path, tmp_path / "two", two_workers)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    told = pd.read_parquet(tmp_path / "one")
    after = told[told["metric"].str.startswith("aftermarket.")]
    assert set(after["horizon"]) == {"lock_up"}
    points = checked(path)
    assert prepare(points.scenario(1), points.market_of(points.scenario(1))).recorded[-1] == "exhausted_day"
