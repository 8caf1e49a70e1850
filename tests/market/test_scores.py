"""Scores of sampled forecasts: against another implementation, and their size and power on known truths.

False-alarm rates are stated a test; seeds are fixed, so a pass is a pass on every machine.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scoringrules
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.backtest.scoring import (
    LOG_SCORE_BLUR,
    brier,
    crps,
    interval_coverage,
    log_score,
    paired_difference,
    pit,
    reliability,
    uniform_of,
    uniformity_p,
)

values = st.floats(-5.0, 5.0, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=60), values)
def test_crps_agrees_with_scoringrules_and_with_the_double_sum(sample: list[float], outcome: float) -> None:
    draws = np.array(sample)
    ours = float(crps(draws, outcome))
    assert ours == pytest.approx(
        float(scoringrules.crps_ensemble(outcome, draws, estimator="nrg")), abs=1e-11
    )
    direct = np.abs(draws - outcome).mean() - 0.5 * np.abs(draws[:, None] - draws).mean()
    assert ours == pytest.approx(direct, abs=1e-11)
    assert ours >= -1e-12


def test_crps_of_many_is_that_of_each() -> None:
    random = np.random.default_rng(3)
    draws, outcomes = random.normal(size=(4, 5, 200)), random.normal(size=(4, 5))
    many = crps(draws, outcomes)
    assert many.shape == (4, 5)
    assert many[2, 3] == crps(draws[2, 3], outcomes[2, 3])


def test_crps_of_a_fine_normal_sample_is_the_closed_form() -> None:
    sample = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for outcome in (-2.0, 0.0, 0.7):
        assert float(crps(sample, outcome)) == pytest.approx(
            float(scoringrules.crps_normal(outcome, 0.0, 1.0)), abs=2e-4
        )


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(3, 10\) do not fit outcomes of shape \(2,\)"):
        crps(np.zeros((3, 10)), np.zeros(2))
    with pytest.raises(ValueError, match="do not fit"):
        crps(np.zeros(0), 0.0)


def atom_draws(random: np.random.Generator, shape: tuple[int, ...], shift: float = 0.0) -> np.ndarray:
    """Draw from a return distribution with a tenth of its mass exactly at the offer price."""
    smooth = random.standard_t(4, size=shape) * 0.3 + shift
    return np.where(random.random(shape) < 0.1, 0.0, smooth)


def pits_of(shift: float) -> np.ndarray:
    random = np.random.Generator(np.random.Philox(41))
    outcomes, samples = atom_draws(random, (400,)), atom_draws(random, (400, 300), shift)
    pairs = enumerate(zip(samples, outcomes, strict=True))
    return np.array([pit(sample, outcome, uniform_of("pit", k)) for k, (sample, outcome) in pairs])


def test_a_perfect_forecaster_has_uniform_pits_and_a_biased_one_has_not() -> None:
    # A perfect forecaster fails this with probability 1e-6: the test is exact, PITs are uniform with atoms.
    assert uniformity_p(pits_of(0.0)) > 1e-6
    # The planted bias of half a standard deviation must be seen at the same level.
    assert uniformity_p(pits_of(0.15)) < 1e-6


def test_coverage_of_a_perfect_and_of_a_narrow_forecaster() -> None:
    # Exact binomial limits of 400 deals at a false-alarm rate below 1e-6 for the three levels together.
    right = interval_coverage(pits_of(0.0))
    random = np.random.Generator(np.random.Philox(43))
    narrow = interval_coverage(stats.norm.cdf(random.normal(size=400) * 2.0))
    for level, share in right.items():
        low, high = stats.binom.interval(1 - 3e-7, 400, int(level) / 100)
        assert low <= 400 * share <= high
        assert 400 * narrow[level] < low


def test_an_unrandomised_pit_would_fail_on_atoms() -> None:
    random = np.random.Generator(np.random.Philox(41))
    outcomes, samples = atom_draws(random, (400,)), atom_draws(random, (400, 300))
    plain = [(sample <= outcome).mean() for sample, outcome in zip(samples, outcomes, strict=True)]
    assert uniformity_p(plain) < uniformity_p(pits_of(0.0))


def test_the_uniform_of_a_deal_is_fixed() -> None:
    # Recorded once: a change would move every PIT of every earlier report.
    assert uniform_of("06082", "2026-01-02", "t1") == uniform_of("06082", "2026-01-02", "t1")
    assert uniform_of("06082", "2026-01-02", "t1") != uniform_of("06082", "2026-01-02", "t2")
    assert uniform_of("ab", "c") != uniform_of("a", "bc")
    # Kolmogorov-Smirnov at 1e-6.
    assert uniformity_p([uniform_of("deal", k) for k in range(2000)]) > 1e-6


def test_the_p_value_is_that_of_scipy() -> None:
    sample = np.random.default_rng(5).random(57)
    assert uniformity_p(sample) == pytest.approx(stats.kstest(sample, "uniform", method="exact").pvalue)


def test_pit_counts_ties_within_rounding() -> None:
    assert pit([0.0, 0.0, 1e-7, 1.0], 0.0, 0.5) == pytest.approx(2.0 / 5.0)
    assert pit([1.0, 2.0], 0.0, 0.5) == pytest.approx(0.5 / 3.0)
    assert pit([1.0, 2.0], 3.0, 0.5) == pytest.approx(2.5 / 3.0)


def test_log_score_is_the_blurred_density_and_stays_finite() -> None:
    sample = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    spread = np.sqrt(1.0 + LOG_SCORE_BLUR**2)
    for outcome in (-1.0, 0.0, 1.5):
        assert log_score(sample, outcome) == pytest.approx(stats.norm.logpdf(outcome, scale=spread), abs=5e-3)
    assert np.isfinite(log_score(sample, 30.0))
    assert np.isfinite(log_score(np.zeros(50), 2.0))
    pinned = np.concatenate([np.zeros(1000), sample])
    assert log_score(pinned, 0.0) > log_score(sample, 0.0)
    assert log_score(sample, 30.0) < log_score(sample, 5.0) < log_score(sample, 2.0)


def test_the_true_forecast_wins_every_score_on_average() -> None:
    random = np.random.Generator(np.random.Philox(47))
    outcomes, right, wrong = (
        atom_draws(random, (500,)), atom_draws(random, (500, 400)), atom_draws(random, (500, 400), 0.2)
    )  # fmt: skip
    gap = paired_difference(crps(right, outcomes), crps(wrong, outcomes), range(500))
    assert gap.high < 0.0
    logs = [[log_score(s, o) for s, o in zip(d, outcomes, strict=True)] for d in (right, wrong)]
    assert np.mean(logs[0]) > np.mean(logs[1])


def test_brier_and_reliability_by_hand() -> None:
    assert brier([0.0, 1.0, 0.5], [0, 1, 1]) == pytest.approx(0.25 / 3)
    assert np.isnan(brier([], []))
    bins = reliability([0.05, 0.15, 0.15, 1.0], [0, 1, 0, 1], bins=10)
    assert [(each.count, each.frequency) for each in bins] == [(1, 0.0), (2, 0.5), (1, 1.0)]
    for each, (hits, n) in zip(bins, [(0, 1), (1, 2), (1, 1)], strict=True):
        exact = stats.binomtest(hits, n).proportion_ci(0.90, "exact")
        assert (each.low, each.high) == pytest.approx((exact.low, exact.high))
    assert all(left.upper <= right.lower + 1e-12 for left, right in pairwise(bins))


def test_the_bootstrap_draws_whole_days() -> None:
    random = np.random.Generator(np.random.Philox(53))
    common = np.repeat(random.normal(size=40), 5)
    by_day = paired_difference(common, np.zeros(200), np.repeat(np.arange(40), 5).tolist())
    by_deal = paired_difference(common, np.zeros(200), range(200))
    assert by_day.mean == by_deal.mean
    assert by_day.high - by_day.low > 1.7 * (by_deal.high - by_deal.low)
    assert by_day == paired_difference(common, np.zeros(200), np.repeat(np.arange(40), 5).tolist())
    with pytest.raises(ValueError, match="0 differences do not fit 0 blocks"):
        paired_difference([], [], [])
