"""When a run ends: all paths done, precise enough, or interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from small_deals import small_deal, small_market

import sim.collector
import sim.simulation
from sim.engine import BLOCK_PATHS
from sim.errors import InvalidInput
from sim.result import Result
from sim.run_directory import summary_json
from sim.simulation import simulate
from sim.variance_reduction.collector import WeightedCollector
from sim.variance_reduction.method import Method

MOST = 12 * BLOCK_PATHS


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", BLOCK_PATHS)


def run(paths: int = MOST, **options: Any) -> Result:
    return simulate(small_deal({"simulation.paths": paths}), market=small_market(), fan=False, **options)


@pytest.fixture(scope="module")
def whole() -> Result:
    return run()


def test_a_target_within_reach_stops_early(whole):
    target = 2.5 * whole.summary["returns"]["close"]["mean_se"]
    result = run(target_se=target)
    assert result.target_reached
    assert not result.partial
    assert result.summary["returns"]["close"]["mean_se"] <= target
    # The error falls with the root of the paths: 12 / 2.5^2 blocks are enough, and a few more are forgiven.
    assert BLOCK_PATHS < result.paths <= 4 * BLOCK_PATHS
    assert result.summary["paths"] == result.paths == result.kept["close"].size
    assert result.kept["close"].tobytes() == whole.kept["close"][: result.paths].tobytes()


def test_a_loose_target_takes_one_block():
    assert run(target_se=1.0).paths == BLOCK_PATHS


def test_a_target_out_of_reach_takes_every_path(whole):
    target = whole.summary["returns"]["close"]["mean_se"] / 2.0
    result = run(target_se=target)
    assert not result.target_reached
    assert not result.partial
    assert result.summary == {**whole.summary, "target": {"close_mean_se": target, "reached": False}}
    assert any("was asked for" in note for note in result.notes)


def test_a_target_that_everything_is_needed_for_is_reached(whole):
    result = run(target_se=whole.summary["returns"]["close"]["mean_se"])
    assert result.target_reached
    assert result.paths <= MOST


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan"), float("inf")])
def test_a_target_that_is_no_error_is_refused(target):
    with pytest.raises(InvalidInput, match="standard error"):
        run(target_se=target)


def test_no_thread_is_refused():
    with pytest.raises(InvalidInput, match="threads"):
        run(threads=0)


def test_fewer_than_no_paths_cannot_be_kept():
    with pytest.raises(InvalidInput, match="expected 0 or more"):
        run(keep_paths=-1)


def test_a_method_may_be_named():
    assert run(method="sobol").summary == run(method=Method("sobol")).summary
    with pytest.raises(InvalidInput, match="sobl is not a method; expected none, sobol or importance"):
        run(method="sobl")


def test_progress_counts_up_to_the_whole():
    told = []
    run(paths=2 * BLOCK_PATHS + 5, progress=lambda done, total: told.append((done, total)))
    end = 2 * BLOCK_PATHS + 5
    assert told == [(BLOCK_PATHS, end), (2 * BLOCK_PATHS, end), (end, end)]


def stop_after(paths: int) -> Callable[[int, int], None]:
    """Press Ctrl-C in the progress callback once so many paths are done."""

    def progress(done: int, _: int) -> None:
        if done >= paths:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("keep_paths", [MOST, 0])
def test_an_interrupted_run_is_the_start_of_the_whole_one(whole, keep_paths):
    result = run(progress=stop_after(3 * BLOCK_PATHS), keep_paths=keep_paths)
    assert result.partial
    assert result.paths == result.summary["paths"] == 3 * BLOCK_PATHS
    assert result.summary["partial"] is True
    shorter = run(paths=3 * BLOCK_PATHS, keep_paths=keep_paths)
    assert {**result.summary, "partial": False} == shorter.summary
    if keep_paths:
        for name, values in result.kept.items():
            assert values.tobytes() == whole.kept[name][: 3 * BLOCK_PATHS].tobytes()
    else:
        assert result.kept is None


def test_an_interrupted_target_is_not_reached():
    result = run(target_se=1e-9, progress=stop_after(BLOCK_PATHS))
    assert result.partial
    assert not result.target_reached


def test_interrupted_before_the_first_batch(monkeypatch):
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.simulation, "parts", pressed)
    result = run()
    assert (result.paths, result.partial) == (0, True)
    assert np.isnan(result.summary["returns"]["close"]["mean"])
    assert '"mean": null' in summary_json(result)


COMPLETE = "the interruption came after the last path: the figures are complete"
INCOMPLETE = "interrupted; the figures rest on the paths simulated so far"


def pressed_once(usual: Callable[..., Any]) -> Callable[..., Any]:
    """Press Ctrl-C in the first call of a function."""
    calls = []

    def once(*arguments: object, **options: object) -> Any:
        calls.append(usual)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return usual(*arguments, **options)

    return once


@pytest.mark.parametrize(("part", "has_fan"), [("fan", False), ("summary", True), ("histograms", True)])
@pytest.mark.parametrize("method", ["none", "sobol"])
def test_ctrl_c_after_the_last_path_leaves_every_figure(monkeypatch, part, has_fan, method):
    deal, market = small_deal({"simulation.paths": BLOCK_PATHS + 5}), small_market()
    undisturbed = simulate(deal, market=market, method=method)
    own = sim.collector.Collector if method == "none" else WeightedCollector
    if part == "fan":
        monkeypatch.setattr(sim.simulation, "trace_paths", pressed_once(sim.simulation.trace_paths))
    elif part == "summary":
        monkeypatch.setattr(own, "summary", pressed_once(own.summary))
    else:
        monkeypatch.setattr(own, "histograms", property(pressed_once(own.histograms.fget)))
    result = simulate(deal, market=market, method=method)
    assert result.partial
    assert result.summary == {**undisturbed.summary, "partial": True}
    assert result.paths == BLOCK_PATHS + 5
    assert (result.fan is not None) == has_fan
    for name, values in undisturbed.kept.items():
        assert result.kept[name].tobytes() == values.tobytes()
    for name, told in undisturbed.histograms.items():
        assert result.histograms[name].counts.tobytes() == told.counts.tobytes()
    assert set(result.notes) - set(undisturbed.notes) == {COMPLETE}


def test_a_target_reached_before_ctrl_c_stays_reached(monkeypatch):
    monkeypatch.setattr(sim.simulation, "trace_paths", pressed_once(sim.simulation.trace_paths))
    deal = small_deal({"simulation.paths": MOST})
    result = simulate(deal, market=small_market(), target_se=1.0)
    assert (result.partial, result.target_reached, result.paths) == (True, True, BLOCK_PATHS)
    assert result.summary["target"] == {"close_mean_se": 1.0, "reached": True}
    assert COMPLETE in result.notes


def test_a_target_reached_by_the_batch_that_ctrl_c_came_in_is_reached():
    result = run(target_se=1.0, progress=stop_after(BLOCK_PATHS))
    assert (result.partial, result.target_reached, result.paths) == (True, True, BLOCK_PATHS)
    assert result.summary["target"] == {"close_mean_se": 1.0, "reached": True}
    assert COMPLETE in result.notes


def test_a_run_that_lacks_paths_is_not_called_complete():
    notes = run(progress=stop_after(BLOCK_PATHS)).notes
    assert (COMPLETE in notes, INCOMPLETE in notes) == (False, True)


def test_ctrl_c_while_a_batch_is_added_leaves_no_half_of_it(monkeypatch):
    """A signal can arrive between any two lines; the counts must still be of whole batches."""
    merge = sim.collector.merge_moments

    def pressed(total, other):
        merge(total, other)
        if total[0, 0] == 2 * BLOCK_PATHS:  # the moments have seen the second batch, the counts have not
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sim.collector, "merge_moments", pressed)
    # A test run in the background of a shell starts with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = run()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.partial
    assert result.paths == 2 * BLOCK_PATHS
    monkeypatch.undo()
    assert {**result.summary, "partial": False} == run(paths=2 * BLOCK_PATHS).summary
