"""The weighted collector against the plain one, and its errors against their definitions."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from reduction_deals import LOCK_UP
from small_deals import UNPRICED, small_deal, small_market

from sim.collector import Collector
from sim.engine import Drawn, batches, prepare
from sim.estimates import Estimate
from sim.kernels.weighted import GROUPS
from sim.statistics import probability_se
from sim.variance_reduction.collector import WeightedCollector
from sim.variance_reduction.method import Method
from sim.variance_reduction.quantiles import WeightedHistogram, kept_quantiles
from sim.variance_reduction.sums import EventShare, Frame, WeightedMean

PATHS = 16_384 + 777
SOBOL, MIXTURE = Method("sobol"), Method("importance")


def both(changes, keep_paths, method):
    """Summaries, histograms and running means of the same plain paths from both collectors."""
    plan = prepare(small_deal({**changes, "simulation.paths": PATHS}), small_market())
    plain = Collector(plan, keep_paths, PATHS)
    weighted = WeightedCollector(plan, keep_paths, PATHS, method, threads=2, controlled=False)
    for batch in batches(plan, PATHS, 16_384):
        plain.add(batch)
        count = batch.values.shape[1]
        weights = np.ones(count) if method is MIXTURE else None
        weighted.add(replace(batch, drawn=Drawn(np.zeros((5, count)), weights)))
    return plain, weighted


def flat(document: Any, name: str = "") -> dict[str, Any]:
    if isinstance(document, dict):
        return {k: v for key, part in document.items() for k, v in flat(part, f"{name}/{key}").items()}
    return {name: document}


@pytest.mark.parametrize("method", [SOBOL, MIXTURE], ids=["replicates", "mixture"])
@pytest.mark.parametrize("keep_paths", [PATHS, 0], ids=["kept", "streamed"])
@pytest.mark.parametrize("changes", [{}, UNPRICED, LOCK_UP], ids=["priced", "launch", "lock-up"])
def test_weights_of_one_give_the_plain_summary(changes, keep_paths, method):
    """Figures are the same; errors are those of 32 groups of independent paths, near the plain ones.

    The relative deviation of an error from 32 replicates is 1 / sqrt(62); a factor of 1.9 is five of them.
    """
    plain, weighted = both(changes, keep_paths, method)
    expected, found = flat(plain.summary(False)), flat(weighted.summary(False))
    gains = {name for name in found if name.startswith("/variance_reduction")}
    assert set(found) - gains == set(expected)
    for name, value in expected.items():
        if not isinstance(value, float) or math.isnan(value):
            assert found[name] == value or (math.isnan(value) and math.isnan(found[name])), name
        elif "quantiles_se" in name:
            # Errors are read off ranks on the tick grid: the odd one is a tick, or none at an atom.
            assert min(value, found[name]) < 1e-9 or value / 3.0 <= found[name] <= 3.0 * value, name
        elif "_se" in name or name.endswith("/se"):
            # Of what never happens a mixture knows half as much: half of its paths follow the model's own law.
            certain = expected.get(name.replace("/se", "/value")) in (0.0, 1.0)
            factor = 2.1 if certain else 1.9 if method is SOBOL else 1.25
            assert value / factor <= found[name] <= value * factor or value < 1e-6, name
        else:
            # Quantiles of weights are order statistics, not between two of them.
            apart = expected[name.replace("quantiles", "quantiles_se")] if "quantiles" in name else 0.0
            close = 1e-8 + (apart if method is MIXTURE else 0.0)
            assert found[name] == pytest.approx(value, rel=1e-8, abs=close), name
    for name, histogram in plain.histograms.items():
        np.testing.assert_array_equal(weighted.histograms[name].counts, histogram.counts)
        assert weighted.histograms[name].at_offer == histogram.at_offer
    np.testing.assert_array_equal(weighted.convergence.paths, plain.convergence.paths)
    np.testing.assert_allclose(weighted.convergence.mean, plain.convergence.mean, rtol=1e-9)


def add_all(told, values, weights=None, control=None):
    for start in range(0, values.size, 64):
        part = slice(start, start + 64)
        one = np.ones_like(values) if weights is None else weights
        frame = Frame.of(one[part], None if control is None else control[part], start)
        told.add(values[part], frame)
    return told


def test_the_error_of_replicates_is_that_of_their_means():
    values = np.random.default_rng(1).normal(size=64 * GROUPS)
    told = add_all(WeightedMean(mixture=False), values)
    means = values.reshape(-1, GROUPS).mean(axis=0)
    assert told.mean == pytest.approx(values.mean())
    assert told.sd == pytest.approx(values.std(ddof=1))
    assert told.se == pytest.approx(means.std(ddof=1) / math.sqrt(GROUPS))
    assert told.gain == pytest.approx((values.std(ddof=1) / told.se) ** 2 / values.size)


def test_missing_values_and_a_cut_last_row_are_left_out():
    values = np.random.default_rng(1).normal(size=1_003)
    values[::5] = np.nan
    for weights in (None, np.random.default_rng(2).uniform(0.1, 2.0, size=values.size)):
        told = add_all(WeightedMean(mixture=weights is not None), values, weights)
        known = ~np.isnan(values)
        one = np.ones(values.size) if weights is None else weights
        assert told.mean == pytest.approx(np.average(values[known], weights=one[known]))
        assert told.count == known.sum()
        assert told.paths == values.size


def test_the_error_of_a_mixture_is_that_of_a_ratio_over_strata():
    generator = np.random.default_rng(3)
    values, weights = generator.normal(2.0, 1.0, size=3_200), generator.uniform(0.1, 2.0, size=3_200)
    told = add_all(WeightedMean(mixture=True), values, weights)
    away = (weights * (values - told.mean)).reshape(-1, GROUPS)
    expected = math.sqrt((away.shape[0] * away.var(axis=0, ddof=1)).sum()) / weights.sum()
    assert told.se == pytest.approx(expected)
    assert told.effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


@pytest.mark.parametrize("mixture", [False, True])
def test_a_constant_has_no_error(mixture):
    """Sums of weights round; what is left of them would read as an error."""
    for seed in range(20):
        weights = np.random.default_rng(seed).uniform(0.1, 2.0, size=3_203)
        values = np.full(weights.size, 0.2794281716346389)
        values[::9] = np.nan
        told = add_all(WeightedMean(mixture), values, weights)
        assert (told.se, told.sd, told.gain) == (0.0, 0.0, None)
        assert told.mean == pytest.approx(0.2794281716346389, rel=1e-14)
    # A spread of a hundred-thousandth is one.
    values = 1.0 + 1e-5 * np.random.default_rng(1).normal(size=3_200)
    told = add_all(WeightedMean(mixture), values, np.ones(3_200))
    assert told.sd == pytest.approx(values.std(ddof=1), rel=1e-4)
    assert told.se > 0.0


@pytest.mark.parametrize("mixture", [False, True])
def test_a_control_is_taken_off_by_its_regression(mixture):
    generator = np.random.default_rng(4)
    control = generator.normal(size=3_200)
    values = 1.0 + 3.0 * control + 0.01 * generator.normal(size=3_200)
    weights = generator.uniform(0.5, 1.5, size=3_200) if mixture else None
    told = add_all(WeightedMean(mixture), values, weights, control)
    assert told.slope == pytest.approx(3.0, abs=0.002)
    assert told.mean == pytest.approx(1.0, abs=0.002)
    assert told.se < 0.0005
    apart = add_all(WeightedMean(mixture), values - told.slope * control, weights)
    assert (told.mean, told.se) == (pytest.approx(apart.mean), pytest.approx(apart.se, rel=1e-6))


def test_a_control_of_two_paths_is_not_regressed_on():
    values, control = np.array([0.1, 0.3]), np.array([-1.0, 2.0])
    told = add_all(WeightedMean(mixture=False), values, control=control)
    assert (told.slope, told.mean) == (0.0, pytest.approx(0.2))
    assert told.se == pytest.approx(values.std(ddof=1) / math.sqrt(2))
    assert told.gain == pytest.approx(1.0)


def test_few_paths_say_no_error():
    told = WeightedMean(mixture=True)
    assert math.isnan(told.mean)
    assert math.isnan(told.se)
    assert told.gain is None
    for count in (1, GROUPS, 2 * GROUPS - 1):
        assert math.isnan(add_all(WeightedMean(mixture=True), np.arange(float(count)), np.ones(count)).se)
    assert math.isnan(add_all(WeightedMean(mixture=False), np.ones(1)).se)
    assert add_all(WeightedMean(mixture=True), np.arange(64.0), np.ones(64)).se > 0.0


@pytest.mark.parametrize("happens", [False, True])
@pytest.mark.parametrize("mixture", [False, True])
def test_none_or_all_of_the_paths_is_no_certainty(mixture, happens):
    """With many draws of weights: their sum in another order may differ in its last bits."""
    for seed in range(20):
        weights = np.random.default_rng(seed).uniform(0.1, 2.0, size=100) if mixture else np.ones(100)
        told = WeightedMean(mixture)
        told.add(np.full(100, float(happens)), Frame.of(weights))
        share = EventShare(told, 100 * happens)
        assert share.estimate == Estimate(float(happens), probability_se(0, 50 if mixture else 100))
        assert share.gain is None


@pytest.mark.parametrize("steps", [(1_000,), (7, 31, 32, 33, 897), (1, 1, 998)])
def test_a_stream_may_be_cut_anywhere(steps):
    generator = np.random.default_rng(8)
    values, weights, control = generator.normal(size=(3, 1_000))
    values[::9] = np.nan
    told = WeightedMean(mixture=True)
    starts = np.cumsum([0, *steps])
    for start, stop in pairwise(starts):
        part = slice(start, stop)
        told.add(values[part], Frame.of(weights[part], control[part], int(start)))
    x = np.where(np.isnan(values), 0.0, values)
    w = np.where(np.isnan(values), 0.0, weights)
    expected = [w, w * x, w * x**2, w**2, w**2 * x, w**2 * x**2]
    expected += [w * control, w * x * control, w * control**2]
    expected += [w**2 * control, w**2 * x * control, w**2 * control**2]
    for sums, of_path in zip(told.sums, expected, strict=True):
        by_group = np.bincount(np.arange(1_000) % GROUPS, of_path, minlength=GROUPS)
        np.testing.assert_allclose(sums, by_group, rtol=1e-12, atol=1e-12)
    assert (told.count, told.paths) == (888, 1_000)


@pytest.mark.parametrize("shape", ["spread", "one far away", "few values", "all the same", "one value"])
def test_weighted_quantiles_are_those_of_values_in_order(shape):
    generator = np.random.default_rng(9)
    values = {
        "spread": generator.normal(size=5_000),
        # All but one in a single cell.
        "one far away": np.append(generator.normal(size=4_999), 1e9),
        "few values": generator.integers(0, 5, size=5_000) / 3.0,
        "all the same": np.full(100, 0.1),
        "one value": np.array([2.5]),
    }[shape]
    weights = generator.uniform(0.0, 2.0, size=values.size)
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    for p, (value, _) in kept_quantiles(values, weights).items():
        assert value == values[order][np.searchsorted(share, p)]


def test_the_error_of_a_weighted_quantile_is_read_back_through_the_share_up_to_it():
    generator = np.random.default_rng(10)
    values, weights = generator.normal(size=6_400), generator.uniform(0.0, 2.0, size=6_400)
    for p, (value, error) in kept_quantiles(values, weights).items():
        told = WeightedMean(mixture=True)
        told.add((values <= value).astype(float), Frame.of(weights))
        reach = told.se
        high, low = (
            np.quantile(values, q, weights=weights, method="inverted_cdf") for q in (p + reach, p - reach)
        )
        assert error == pytest.approx(0.5 * (high - low), rel=1e-9)


def test_quantiles_of_equal_weights_are_numpys():
    values = np.random.default_rng(5).normal(size=2_000)
    values[::7] = np.nan
    for p, (value, error) in kept_quantiles(values, None).items():
        assert value == pytest.approx(np.nanquantile(values, p))
        assert error > 0.0


def test_weighted_quantiles_and_histograms_are_those_of_repeated_values():
    generator = np.random.default_rng(6)
    ratios = np.exp(generator.normal(0.1, 0.3, size=4_000))
    ratios[::9] = 1.0
    weights = generator.integers(1, 4, size=ratios.size).astype(float)
    repeated = np.repeat(ratios, weights.astype(int))
    for p, (value, error) in kept_quantiles(ratios, weights).items():
        assert value == pytest.approx(np.quantile(repeated, p, method="inverted_cdf"))
        assert error >= 0.0
    histogram, plain = WeightedHistogram(), WeightedHistogram()
    histogram.add(ratios, weights)
    plain.add(repeated, np.ones_like(repeated))
    np.testing.assert_array_equal(histogram.cells[0], plain.cells[0])
    assert histogram.freeze(repeated.size).at_offer == (repeated == 1.0).sum()
    assert histogram.freeze(100).total == 100
    for (value, error), (other, less) in zip(
        histogram.quantiles().values(), plain.quantiles().values(), strict=True
    ):
        assert value == pytest.approx(other, rel=1e-9)
        assert error >= less


def test_nothing_listed_gives_no_quantile():
    none = np.full(64, np.nan)
    assert all(math.isnan(value) for value, _ in kept_quantiles(none, None).values())
    assert all(math.isnan(value) for value, _ in WeightedHistogram().quantiles().values())
    assert WeightedHistogram().freeze(0).total == 0
