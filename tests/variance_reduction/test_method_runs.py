"""Runs by a method: bits, verification, targets, interruption, the command line, refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from reduction_deals import DEALS, GREY
from small_deals import UNPRICED, small_deal, small_market

import sim.simulation
from sim.engine import BLOCK_PATHS
from sim.errors import InvalidInput
from sim.report.reduction_lines import reduction_lines
from sim.run_directory import summary_json, write_run
from sim.simulation import simulate
from sim.variance_reduction.method import METHODS, PLAIN, Method, method_from_json, method_of
from sim.verification import verify

REDUCED = [Method("sobol"), Method("importance"), Method("importance", "support_exhausted")]
IDS = ["sobol", "importance", "support"]
PATHS = 2 * BLOCK_PATHS + 777
by_method = pytest.mark.parametrize("method", REDUCED, ids=IDS)


def run(method: Method, changes=(), **options):
    deal = small_deal({"simulation.paths": PATHS, **dict(changes)})
    return simulate(deal, market=small_market(), fan=False, method=method, **options)


@by_method
@pytest.mark.parametrize("paths", [PATHS, 4 * BLOCK_PATHS + 777], ids=["threads share blocks", "own blocks"])
def test_batches_and_threads_leave_every_bit(monkeypatch, method, paths):
    changes = {"simulation.paths": paths}
    whole = run(method, changes, threads=1)
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", 1)
    parts = run(method, changes, threads=2)
    assert summary_json(parts) == summary_json(whole)
    assert parts.convergence.se.tobytes() == whole.convergence.se.tobytes()
    assert {name: values.tobytes() for name, values in parts.kept.items()} == {
        name: values.tobytes() for name, values in whole.kept.items()
    }


@by_method
def test_more_paths_begin_with_the_same_ones(method):
    few, more = run(method, {"simulation.paths": 1_000}), run(method)
    for name, values in few.kept.items():
        np.testing.assert_array_equal(more.kept[name][:1_000], values)


@by_method
@pytest.mark.parametrize("name", DEALS)
def test_a_run_is_verified(tmp_path, method, name):
    result = simulate(small_deal(DEALS[name]), market=small_market(), method=method)
    out = write_run(result, tmp_path / "run")
    assert json.loads((out / "manifest.json").read_text())["variance_reduction"] == method.to_json()
    assert "2,000 paths" in verify(out, threads=2)[1]


@by_method
def test_a_manifest_of_another_method_is_a_difference(tmp_path, method):
    out = write_run(run(method, {"simulation.paths": 500}), tmp_path / "run")
    path = out / "manifest.json"
    manifest = json.loads(path.read_text())
    for other in ({"method": "none"}, Method("importance", "support_exhausted").to_json()):
        if other == method.to_json():
            continue
        path.write_text(json.dumps(manifest | {"variance_reduction": other}))
        with pytest.raises(InvalidInput, match="differs when recomputed"):
            verify(out)
    path.write_text(json.dumps(manifest | {"variance_reduction": {"method": "magic"}}))
    with pytest.raises(InvalidInput, match="names no method"):
        verify(out)


def test_a_manifest_without_a_method_is_of_plain_paths():
    assert method_from_json(None, "here") == PLAIN


@pytest.mark.parametrize(
    "document", [[], "sobol", 1, {}, {"method": "importance"}, {"method": "sobol", "x": 1}]
)
def test_a_damaged_method_is_refused(document):
    with pytest.raises(InvalidInput, match="names no method"):
        method_from_json(document, "here")


def test_a_target_is_of_the_method_s_own_error(tmp_path):
    changes = {"simulation.paths": 40 * BLOCK_PATHS}
    plain = run(PLAIN, changes, target_se=2e-3)
    result = run(Method("sobol"), changes, target_se=2e-3)
    assert result.target_reached
    assert plain.paths > result.paths
    assert result.summary["returns"]["close"]["mean_se"] <= 2e-3
    verify(write_run(result, tmp_path / "run"))


@by_method
def test_an_interrupted_run_is_verified(monkeypatch, tmp_path, method):
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", 1)

    def pressed(_: int, __: int) -> None:
        raise KeyboardInterrupt

    partial = run(method, progress=pressed)
    assert (partial.partial, partial.paths) == (True, BLOCK_PATHS)
    verify(write_run(partial, tmp_path / "run"))


@by_method
def test_paths_need_not_be_kept(method):
    kept, streamed = run(method), run(method, keep_paths=0)
    assert streamed.kept is None
    for name, told in kept.summary["returns"].items():
        other = streamed.summary["returns"][name]
        assert (other["mean"], other["mean_se"]) == (told["mean"], told["mean_se"])
        for level, value in told["quantiles"].items():
            # Within the bin of the histogram, and a rank.
            assert other["quantiles"][level] == pytest.approx(value, abs=0.003 * (1.0 + abs(value)) + 1e-3)


def test_weights_are_kept_and_every_figure_rests_on_them():
    result = run(Method("importance"), GREY)
    weights, close = result.kept["weight"], result.kept["close"]
    below = close < result.kept["offer_price"]
    share = result.summary["probabilities"]["close_below_offer"]["value"]
    assert share == pytest.approx(np.average(below, weights=weights))
    assert result.summary["returns"]["close"]["quantiles"]["0.5"] == pytest.approx(
        np.quantile(close / 10.0 - 1.0, 0.5, weights=weights, method="inverted_cdf")
    )
    assert result.histograms["close"].total == result.paths


@by_method
def test_deals_that_are_withdrawn_are_counted(method):
    market = small_market({"coverage.placing.centre.intercept": 0.0})
    deal = small_deal({**UNPRICED, "simulation.paths": PATHS})
    plain = simulate(deal, market=market, fan=False).summary["probabilities"]["withdrawn"]
    reduced = simulate(deal, market=market, fan=False, method=method).summary["probabilities"]["withdrawn"]
    assert 0.1 < plain["value"] < 0.9
    assert abs(plain["value"] - reduced["value"]) < 5.3 * np.hypot(plain["se"], reduced["se"])


@pytest.mark.parametrize("paths", [1, 2, 31, 33, 64])
@by_method
def test_few_paths_are_a_run(tmp_path, method, paths):
    result = run(method, {"simulation.paths": paths})
    lines = reduction_lines(result)
    gains = result.summary["variance_reduction"]["gain"]
    aim = "close_mean" if method.name == "sobol" else method.rare_event
    assert ("cannot tell" in lines[0]) == (gains[aim] is None)
    assert not any(line.endswith((" ", ":")) for line in lines)
    verify(write_run(result, tmp_path / "run"))


def test_lines_say_what_was_gained():
    assert reduction_lines(run(PLAIN)) == []
    assert "plain ones for the mean close" in reduction_lines(run(Method("sobol")))[0]
    lines = " ".join(reduction_lines(run(Method("importance"), GREY)))
    assert "aimed at P(closes below the offer)" in lines
    assert "effective sample size" in lines


@pytest.mark.parametrize(
    ("name", "event", "problem"),
    [
        ("antithetic", None, "is not a method"),
        ("", None, "is not a method"),
        ("importance", "rain", "is no event"),
        ("sobol", "close_below_offer", "aims at no event"),
        ("none", "support_exhausted", "aims at no event"),
    ],
)
def test_what_is_no_method_is_refused(name, event, problem):
    with pytest.raises(InvalidInput, match=problem):
        method_of(name, event)


def test_methods_have_names():
    assert [method_of(name).name for name in METHODS] == ["none", "sobol", "importance"]
    assert method_of("importance", "support_exhausted") == Method("importance", "support_exhausted")
