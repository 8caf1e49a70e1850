"""The running mean of the close: what the paths so far give, at path numbers that no batch decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_deals import UNPRICED, small_deal, small_market

import sim.simulation
from sim.convergence import FIRST_MARK, marks_between
from sim.simulation import simulate


def run_of(changes=None, **options):
    return simulate(small_deal(changes or {}), market=small_market(), fan=False, **options)


@pytest.mark.parametrize("changes", [{}, UNPRICED], ids=["priced", "withdrawn paths"])
def test_every_entry_is_the_mean_of_the_paths_so_far(changes):
    result = run_of({**changes, "simulation.paths": 20_000})
    returns = result.kept["close"] / result.kept["offer_price"] - 1.0
    told = result.convergence
    assert told.paths[0] == FIRST_MARK
    for count, mean, se in zip(told.paths, told.mean, told.se, strict=True):
        listed = returns[:count][~np.isnan(returns[:count])]
        assert mean == pytest.approx(listed.mean(), rel=1e-12)
        assert se == pytest.approx(listed.std(ddof=1) / math.sqrt(listed.size), rel=1e-12)


@pytest.mark.parametrize("paths", [1, 9, 10, 2_000, 16_384, 16_385, 50_000])
def test_the_last_entry_is_the_summary(paths):
    result = run_of({"simulation.paths": paths})
    told, close = result.convergence, result.summary["returns"]["close"]
    assert told.paths[-1] == paths
    assert np.all(np.diff(told.paths) > 0)
    assert told.mean[-1] == close["mean"]
    assert told.se[-1] == close["mean_se"] or (math.isnan(told.se[-1]) and paths == 1)


def test_neither_batches_nor_kept_paths_nor_threads_change_a_bit(monkeypatch):
    deal = {"simulation.paths": 60_000}
    whole = run_of(deal).convergence
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", 16_384)
    other = run_of(deal, keep_paths=0, threads=1).convergence
    for one, two in ((whole.paths, other.paths), (whole.mean, other.mean), (whole.se, other.se)):
        assert one.tobytes() == two.tobytes()


def test_an_interrupted_run_ends_at_its_last_path(monkeypatch):
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", 1)

    def pressed(_: int, __: int) -> None:
        raise KeyboardInterrupt

    partial = run_of({"simulation.paths": 50_000}, progress=pressed)
    assert partial.convergence.paths[-1] == partial.paths == 16_384


def test_nothing_simulated_is_nothing_noted(monkeypatch):
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.simulation, "parts", pressed)
    assert run_of().convergence.paths.size == 0


def test_a_thousand_million_paths_are_noted_about_a_hundred_times():
    marks = marks_between(0, 10**9)
    assert 100 < len(marks) <= 200
    assert marks_between(0, FIRST_MARK - 1) == []


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_blocks_note_what_the_whole_would(first, size):
    """However the paths are cut, the same numbers are noted, each once."""
    whole = marks_between(0, first + size)
    assert marks_between(0, first) + marks_between(first, first + size) == whole
    assert whole == sorted(set(whole))
