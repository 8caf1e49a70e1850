"""Repeated runs of each method: centred where plain paths are, and spread as their standard errors say.

The mean estimate of :data:`RUNS` runs must lie within chance of that of :data:`PLAIN_PATHS` independent plain paths,
and the spread of the estimates must agree with the standard errors told, which of 32 replicates have a spread of
their own.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from reduction_deals import DEALS, alarms, two_sided
from scipy import stats
from small_deals import small_deal, small_market

import sim.variance_reduction.importance
import sim.variance_reduction.sobol
from sim.result import Result
from sim.simulation import simulate
from sim.variance_reduction.method import PLAIN, Method
from sim.variance_reduction.sobol import REPLICATES

RUNS, PATHS = 40, 2_048
PLAIN_PATHS = 1_000_000
METHODS = {
    "sobol": Method("sobol"),
    "close_below_offer": Method("importance", "close_below_offer"),
    "support_exhausted": Method("importance", "support_exhausted"),
}


def told(result: Result) -> dict[str, tuple[float, float]]:
    """Estimates of a run and their errors."""
    summary = result.summary
    close, price = summary["returns"]["close"], summary["prices"]["high"]
    estimates = {
        "close mean": (close["mean"], close["mean_se"]),
        "high mean": (price["mean"], price["mean_se"]),
        "median": (close["quantiles"]["0.5"], close["quantiles_se"]["0.5"]),
        "purchases": tuple(summary["greenshoe"][name] for name in ("purchases_mean", "purchases_mean_se")),
    }
    for event in ("close_below_offer", "support_exhausted", "open_at_offer"):
        share = summary["probabilities"][event]
        estimates[event] = (share["value"], share["se"])
    return estimates


def run(name: str, seed: int, paths: int, method: Method = PLAIN) -> dict[str, tuple[float, float]]:
    changes = {**DEALS[name], "simulation.seed": seed, "simulation.paths": paths}
    return told(simulate(small_deal(changes), market=small_market(), fan=False, threads=2, method=method))


@pytest.fixture(scope="module")
def plain() -> dict[str, dict[str, tuple[float, float]]]:
    return {name: run(name, 10**6, PLAIN_PATHS) for name in DEALS}


def p_values(runs: list[dict[str, tuple[float, float]]], truth: dict[str, tuple[float, float]]):
    """Of the bias of each estimate, and of its spread; a false alarm in any comes with 1e-7, see alarms."""
    found = {}
    for name, (exact, exact_error) in truth.items():
        values, errors = np.array([each[name] for each in runs]).T
        spread = values.std(ddof=1) / math.sqrt(RUNS)
        # With so few runs the mean over its error is Student-t.
        score = (values.mean() - exact) / math.hypot(spread, exact_error)
        found[f"{name}: bias"] = float(2.0 * stats.t(RUNS - 1).sf(abs(score)))
        if name == "median":
            # Order statistics on the tick grid: the error of a quantile is told to a tick.
            continue
        ratio = values.var(ddof=1) / np.mean(errors**2)
        # Of log ratio: 2 / (RUNS - 1) from the runs, and from the errors 2 / 31 each, of replicates.
        deviation = math.sqrt(2.0 / (RUNS - 1) + 2.0 / 31.0 / RUNS)
        found[f"{name}: spread"] = two_sided(math.log(ratio) / deviation)
    return found


CASES = [
    *((name, "sobol") for name in DEALS),
    ("launch", "close_below_offer"),
    ("hot", "close_below_offer"),
    ("grey", "close_below_offer"),
    ("allotment", "support_exhausted"),
]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_estimates_are_centred_and_spread_as_told(name, method, plain):
    runs = [run(name, seed, PATHS, METHODS[method]) for seed in range(RUNS)]
    assert alarms(p_values(runs, plain[name])) == set()


def test_a_weight_that_is_off_is_noticed(plain, monkeypatch):
    """Power: weights with the log of the ratio of the densities off by a third, as if a term were forgotten."""
    genuine = sim.variance_reduction.importance.balanced_weights

    def planted(log_ratios, weights):
        genuine(log_ratios + 0.33, weights)

    monkeypatch.setattr(sim.variance_reduction.importance, "balanced_weights", planted)
    runs = [run("hot", seed, PATHS, METHODS["close_below_offer"]) for seed in range(RUNS)]
    assert "close_below_offer: bias" in alarms(p_values(runs, plain["hot"]))


def test_points_shared_by_replicates_are_noticed(plain, monkeypatch):
    """Power: one scrambling for eight replicates leaves their spread far too small."""
    genuine = sim.variance_reduction.sobol.scrambled

    def planted(*arguments, **named):
        columns, shifts = genuine(*arguments, **named)
        shared = np.arange(REPLICATES) // 8 * 8
        return columns[shared], shifts[shared]

    monkeypatch.setattr(sim.variance_reduction.sobol, "scrambled", planted)
    runs = [run("allotment", seed, PATHS, METHODS["sobol"]) for seed in range(RUNS)]
    assert "close mean: spread" in alarms(p_values(runs, plain["allotment"]))
