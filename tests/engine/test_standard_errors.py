"""Monte Carlo standard errors against what repetition shows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.statistics import probability_se, quantile_se


def test_the_error_of_a_share_is_the_binomial_one():
    assert probability_se(3_000, 10_000) == pytest.approx(math.sqrt(0.3 * 0.7 / 10_000), rel=1e-3)


@pytest.mark.parametrize("hits", [0, 100])
def test_none_or_all_of_the_paths_is_no_certainty(hits):
    # The rule of three bounds a share without a hit at 3 / n; half a hit is a sixth of that, its error near it.
    assert 0.003 < probability_se(hits, 100) < 0.03


def test_no_path_gives_no_error():
    assert math.isnan(probability_se(0, 0))


@pytest.mark.parametrize("probability", [0.05, 0.25, 0.5, 0.9])
def test_the_error_of_a_quantile_is_its_spread_over_runs(probability):
    """False alarm under 1e-6.

    The spread of 3,000 quantiles has a relative error of 1 / sqrt(2 * 3,000) = 1.3%, the mean error below 1%;
    12% is six of their joint deviations and 2% for the rounding of ranks. A missing square root, a one-sided or
    a doubled interval would be off by half or more.
    """
    samples = np.sort(np.random.default_rng(4).normal(size=(3_000, 1_000)), axis=1)
    spread = np.quantile(samples, probability, axis=1).std()
    stated = np.mean([quantile_se(sample, probability) for sample in samples])
    assert stated == pytest.approx(spread, rel=0.12)


def test_one_value_has_no_quantile_error():
    assert math.isnan(quantile_se(np.array([1.0]), 0.5))


def test_the_error_of_an_extreme_quantile_stays_inside_the_sample():
    ordered = np.arange(10.0)
    assert 0.0 < quantile_se(ordered, 0.01) <= 9.0
    assert 0.0 < quantile_se(ordered, 0.99) <= 9.0
