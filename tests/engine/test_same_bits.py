"""The same paths give the same bits however they were batched, threaded, kept or started."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_deals import small_deal, small_market

import sim.simulation
from sim.engine import BLOCK_PATHS, batches, prepare
from sim.result import Result
from sim.run_directory import summary_json
from sim.simulation import simulate

PATHS = 2 * BLOCK_PATHS + 777


@pytest.fixture(scope="module")
def whole() -> Result:
    return simulate(small_deal({"simulation.paths": PATHS}), market=small_market(), threads=1, fan=False)


def run(paths: int = PATHS, seed: int = 7, **options: Any) -> Result:
    scenario = small_deal({"simulation.paths": paths, "simulation.seed": seed})
    return simulate(scenario, market=small_market(), fan=False, **options)


def kept_bytes(result: Result) -> dict[str, bytes]:
    assert result.kept is not None
    return {name: values.tobytes() for name, values in result.kept.items()}


def streamed(result: Result) -> dict[str, Any]:
    """The summary without what is read off the kept paths."""
    summary = dict(result.summary)
    del summary["quantile_error"]
    for block in ("returns", "prices"):
        summary[block] = {
            name: {key: value for key, value in told.items() if not key.startswith("quantiles")}
            for name, told in summary[block].items()
        }
    return summary


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, BLOCK_PATHS, 3 * BLOCK_PATHS])
def test_batches_and_threads_leave_every_bit(monkeypatch, whole, batch, threads):
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", batch)
    result = run(threads=threads)
    assert summary_json(result) == summary_json(whole)
    assert kept_bytes(result) == kept_bytes(whole)


@pytest.mark.parametrize("batch", [BLOCK_PATHS, 3 * BLOCK_PATHS])
def test_streamed_statistics_are_the_same_without_kept_paths(monkeypatch, whole, batch):
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", batch)
    result = run(threads=2, keep_paths=PATHS - 1)
    assert result.kept is None
    assert streamed(result) == streamed(whole)
    for name, histogram in whole.histograms.items():
        assert (histogram.counts == result.histograms[name].counts).all()


def test_quantiles_without_kept_paths_are_within_their_stated_error(whole):
    result = run(keep_paths=0)
    error = result.summary["quantile_error"]
    assert 0.0 < error <= 0.001
    assert whole.summary["quantile_error"] == 0.0
    for name, told in whole.summary["prices"].items():
        for level, price in told["quantiles"].items():
            read = result.summary["prices"][name]["quantiles"][level]
            # A kept quantile may lie between two order statistics, here far less than another bin apart.
            assert abs(np.log(read / price)) <= 2.0 * error, (name, level)


@pytest.mark.parametrize("first", [0, 5, BLOCK_PATHS - 3])
def test_a_path_is_the_same_wherever_a_stream_starts(whole, first):
    plan = prepare(whole.scenario, whole.market)
    parts = [
        (batch.first, batch.values.copy())
        for batch in batches(plan, PATHS - first, BLOCK_PATHS, first=first, threads=2)
    ]
    # Every batch but the first starts on a block, so that blocks are summed whole.
    assert [start for start, _ in parts] == [first] + [
        start for start in range(BLOCK_PATHS, PATHS, BLOCK_PATHS) if start > first
    ]
    values = np.concatenate([part for _, part in parts], axis=1)
    for row, name in enumerate(plan.recorded):
        assert values[row].tobytes() == whole.kept[name][first:].tobytes(), name


def test_seed_0_is_a_seed(whole):
    zero = run(seed=0)
    assert zero.seed == zero.summary["seed"] == 0
    assert kept_bytes(zero) == kept_bytes(run(seed=0))
    assert kept_bytes(zero)["close"] != kept_bytes(whole)["close"]


def test_seeds_share_no_path():
    """Two seeds' paths are independent: their correlation is normal with sd 1 / sqrt(n); 5.3 sd is 1e-7."""
    one, other = (run(paths=BLOCK_PATHS, seed=seed).kept["valuation"] for seed in (1, 2**62 + 1))
    assert not np.isin(one, other).any()
    # The ranks have no heavy tails.
    ranks = [values.argsort().argsort() for values in (one, other)]
    assert abs(np.corrcoef(*ranks)[0, 1]) < 5.3 / BLOCK_PATHS**0.5


def test_more_paths_begin_with_the_same_ones(whole):
    more = run(paths=PATHS + 5)
    for name, values in whole.kept.items():
        assert more.kept[name][:PATHS].tobytes() == values.tobytes()
