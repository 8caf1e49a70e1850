"""The metrics of studies: values as in a run, and standard errors of differences against their spread over seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2
from small_deals import UNPRICED, small_deal
from study_deals import COLD, small_samples

from sim.errors import InvalidInput
from sim.simulation import simulate
from sim.studies.metrics import (
    METRICS,
    difference,
    mean_measured,
    metric_named,
    metrics_named,
    quantile_measured,
    share_measured,
    spread_measured,
)

SEEDS = 120
PATHS = 3_000
ALARM = 1e-9
"""Of each check of a variance; there are some forty in this file: together below 1e-6."""
LAUNCH = {**UNPRICED, "offer.downward_flexibility": 0.1}
CASES = {
    # Known price and coverage: the greenshoe a tenth smaller.
    "greenshoe": ({}, {"over_allotment.fraction": 0.135}),
    # At launch a path lists in one scenario and is withdrawn in the other; the means are conditional.
    "launch": (LAUNCH, {**LAUNCH, "cornerstones.fraction": 0.1}),
    # Known in one, drawn in the other: the paths have little in common.
    "stage": (LAUNCH, {**LAUNCH, "observed.partial_public_coverage": 3.0}),
}
TESTED = (
    "mean",
    "sd",
    "q0.05",
    "q0.5",
    "q0.9",
    "below",
    "open_at_offer",
    "withdrawn",
    "purchases",
    "exercised",
)


@pytest.fixture(scope="module", params=sorted(CASES))
def replayed(request):
    """Differences and their standard errors over seeds, (seeds, 2) a metric; the seeds share no path."""
    found = {name: [] for name in TESTED}
    for seed in range(SEEDS):
        base, other = small_samples(*CASES[request.param], paths=PATHS, seed=1_000 + seed)
        for name in TESTED:
            measure = METRICS[name].measure
            gap = difference(measure(base), measure(other))
            found[name].append((gap.value, gap.se, gap.independent_se))
    return request.param, {name: np.array(rows) for name, rows in found.items()}


def test_the_error_of_a_difference_is_its_spread_over_seeds(replayed):
    """Sum of squares over the mean squared error is chi-squared with seeds - 1 degrees of freedom.

    The statistical bounds are 0.40 and 2.01. Bahadur's representation leaves out a term of order n^-3/4, and the
    density behind it is estimated: errors of quantiles and of the spread may be 1.25 times too small, those of
    quantiles twice too large where the scenarios differ by little more than a shift.
    """
    case, found = replayed
    low, high = chi2.ppf([ALARM / 2, 1 - ALARM / 2], SEEDS - 1) / (SEEDS - 1)
    wrong = {}
    for name, rows in found.items():
        value, se = rows[:, 0], rows[:, 1]
        if np.all(value == 0.0):
            # Half a hit: no difference in all paths is no certainty.
            assert np.all((se > 0.0) & (se <= 1.0 / PATHS)), (case, name)
            continue
        ratio = value.var(ddof=1) / np.mean(se**2)
        loose = 1.25**2 if name == "sd" or name.startswith("q") else 1.0
        if not low / (4.0 if name.startswith("q") else 1.0) < ratio < high * loose:
            wrong[name] = ratio
    assert not wrong, case


def test_independent_errors_would_not_pass(replayed):
    """The check has power: the error of independent paths, some five times too large, is told apart."""
    case, found = replayed
    rows = found["mean"]
    ratio = rows[:, 0].var(ddof=1) / np.mean(rows[:, 2] ** 2)
    low = chi2.ppf(ALARM / 2, SEEDS - 1) / (SEEDS - 1)
    assert ratio < low, case


def test_values_are_those_of_a_run():
    deal = small_deal({**LAUNCH, "simulation.paths": 4_000})
    (sample,) = small_samples(LAUNCH)
    summary = simulate(deal, market=COLD, threads=1, fan=False).summary
    got = {name: metric.measure(sample) for name, metric in METRICS.items()}
    close = summary["returns"]["close"]
    assert got["mean"].value == pytest.approx(close["mean"], rel=1e-12)
    assert got["sd"].value == pytest.approx(close["sd"], rel=1e-12)
    assert got["mean_vwap"].value == pytest.approx(summary["returns"]["vwap"]["mean"], rel=1e-12)
    for name, event in {
        "below": "close_below_offer",
        "at_offer": "close_at_offer",
        "open_below": "open_below_offer",
        "open_at_offer": "open_at_offer",
        "withdrawn": "withdrawn",
        "stabilised": "stabilised",
        "exhausted": "support_exhausted",
    }.items():
        assert got[name].value == summary["probabilities"][event]["value"], name
        assert got[name].se == pytest.approx(summary["probabilities"][event]["se"], rel=1e-12), name
    assert 0.0 < got["withdrawn"].value < 1.0
    assert got["purchases"].value == pytest.approx(summary["greenshoe"]["purchases_mean"], rel=1e-9)
    assert got["exercised"].value == pytest.approx(summary["greenshoe"]["exercised_fraction_mean"], rel=1e-9)
    # The delta method gives the error of a mean over a random number of paths: the usual one but for n - 1.
    assert got["mean"].se == pytest.approx(close["mean_se"], rel=1e-3)
    # Quantiles are before rounding: within a tick of the run's.
    for level, value in close["quantiles"].items():
        assert got[f"q{level}"].value == pytest.approx(value, abs=0.011)


def test_the_same_paths_differ_by_exactly_nothing():
    base, other = small_samples({}, {})
    assert base.same_as(other)
    for metric in METRICS.values():
        gap = difference(metric.measure(base), metric.measure(other), same=True)
        assert (gap.value, gap.se, gap.variance_reduction) == (0.0, 0.0, math.inf)


def test_a_difference_turned_round_is_its_negative():
    base, other = small_samples(*CASES["launch"])
    for metric in METRICS.values():
        one, two = metric.measure(base), metric.measure(other)
        there, back = difference(one, two), difference(two, one)
        assert there.value == -back.value
        assert (there.se, there.independent_se) == (back.se, back.independent_se)


def test_a_quantile_at_the_offer_price_has_no_error():
    values = np.concatenate([np.zeros(600), np.linspace(0.1, 0.5, 300), np.linspace(-0.3, -0.1, 100)])
    inside = quantile_measured(values, 0.5)
    assert (inside.value, inside.se) == (0.0, 0.0)
    assert quantile_measured(values, 0.9).se > 0.0


def test_the_influence_of_a_quantile_is_that_of_the_normal():
    """Mean zero, and an error of sqrt(p (1 - p) / n) / f; the density is estimated within a few percent."""
    values = np.random.default_rng(5).normal(size=400_000)
    for level, density in ((0.5, 0.39894), (0.05, 0.10314)):
        measured = quantile_measured(values, level)
        in_log = measured.se / (1.0 + measured.value)
        assert in_log == pytest.approx(math.sqrt(level * (1 - level) / values.size) / density, rel=0.1)
        assert abs(measured.influence.mean()) < 1e-4 * measured.influence.std()


def test_no_path_no_number():
    gone = np.full(10, np.nan)
    for measured in (
        mean_measured(gone),
        spread_measured(gone),
        quantile_measured(gone, 0.5),
        share_measured(np.zeros(10, dtype=bool), np.zeros(10, dtype=bool)),
    ):
        assert math.isnan(measured.value)
        assert math.isnan(measured.se)
        assert math.isnan(difference(measured, measured).value)
    one = mean_measured(np.array([0.25, np.nan]))
    assert one.value == 0.25
    assert math.isnan(one.se)
    assert spread_measured(np.full(5, 0.3)).se == 0.0


def test_metrics_are_found_by_name():
    assert metric_named("median") is METRICS["q0.5"]
    assert metric_named("q0.05") is METRICS["q0.05"]
    assert metric_named("q.07").name == "q0.07"
    assert [metric.name for metric in metrics_named("mean, below,q0.2")] == ["mean", "below", "q0.2"]


@pytest.mark.parametrize(
    "text", ["", "mode", "q", "q0", "q1", "q1.5", "q-0.1", "qnan", "mean,,below", "mean,mean"]
)
def test_other_names_are_refused(text):
    with pytest.raises(InvalidInput):
        metrics_named(text)
