"""Baselines: the solver against a direct check, the shape of samples, what each stage uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.backtest.baselines import (
    QUANTILE_LEVELS,
    SAMPLE_SIZE,
    Climatology,
    GreyShift,
    QuantileRegression,
    Regression,
    default_baselines,
    inputs,
    public_coverage_of,
    quantile_slopes,
    sample_of_quantiles,
)
from sim.deals.deals import Deal, load_deals

AS_OF = date(2026, 3, 2)


def pinball(residuals: np.ndarray, level: float) -> float:
    return float(np.maximum(level * residuals, (level - 1.0) * residuals).sum())


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_quantile_slopes_minimise_the_pinball_loss(level: float, penalty: float) -> None:
    random = np.random.default_rng(11)
    rows = np.column_stack([np.ones(150), random.normal(size=(150, 3))])
    returns = rows @ np.array([0.1, 0.5, 0.0, -0.3]) + random.standard_t(4, 150) * (
        0.3 + 0.2 * (rows[:, 1] > 0)
    )

    def loss(slopes: np.ndarray) -> float:
        return pinball(returns - rows @ slopes, level) + penalty * float(np.abs(slopes[1:]).sum())

    best = quantile_slopes(rows, returns, level, penalty)
    # The loss is convex: no better point nearby in any of many directions is no better point at all.
    for direction in random.normal(size=(300, 4)):
        for step in (1e-3, 1e-1):
            assert loss(best) <= loss(best + step * direction) + 1e-9


def test_the_median_of_a_constant_is_the_sample_median() -> None:
    returns = np.array([0.1, 0.2, 0.4, 0.8, 1.0])
    assert quantile_slopes(np.ones((5, 1)), returns, 0.5, 1.0) == pytest.approx([0.4])


def test_a_column_of_zeros_gets_no_weight() -> None:
    random = np.random.default_rng(2)
    rows = np.column_stack([np.ones(60), random.normal(size=60), np.zeros(60)])
    assert quantile_slopes(rows, random.normal(size=60), 0.3, 1.0)[2] == pytest.approx(0.0, abs=1e-9)


def test_crossing_quantiles_are_rearranged_and_tails_reach_on() -> None:
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    sample = sample_of_quantiles(levels, np.array([-0.5, -0.1, 0.3, 0.2, 1.0]), 10_000)
    assert (np.diff(sample) >= 0.0).all()
    assert np.quantile(sample, levels) == pytest.approx([-0.5, -0.1, 0.2, 0.3, 1.0], abs=2e-3)
    assert sample[0] < -0.5
    assert sample[-1] > 1.0
    flat = sample_of_quantiles(levels, np.zeros(5), 100)
    assert (flat == 0.0).all()


def test_coverage_where_no_figure_was_published() -> None:
    unknown = Deal("1", AS_OF)
    assert public_coverage_of(unknown) == 5.0
    assert public_coverage_of(replace(unknown, public_undersubscribed=True)) == 0.7
    assert public_coverage_of(replace(unknown, public_coverage=0.0)) == 0.3
    assert public_coverage_of(replace(unknown, public_coverage=812.0)) == 812.0


def test_inputs_by_hand() -> None:
    deal = Deal(
        "1", AS_OF, offer_price=10.0, base_shares=100_000_000, ah_listing=True, regime="chapter-18c",
        public_coverage=200.0, placing_coverage=4.0, grey_return=0.5, market_heat=0.2,
    )  # fmt: skip
    size = (np.log(1e9) - 20.7) / 1.3
    whole = [1, 1, 1, size, 0.2, np.log(200), np.log(2), np.log(4), 0, np.log(1.5)]
    assert inputs(deal, "t2", 9.0) == pytest.approx(whole)
    assert inputs(deal, "t1", 9.0) == pytest.approx(whole[:-1])
    assert inputs(deal, "t0", 9.0) == pytest.approx(whole[:5])
    assert inputs(replace(deal, placing_coverage=None), "t1", 9.0)[7:] == [0.0, 1.0]
    assert inputs(replace(deal, market_heat=None), "t0", 9.0)[4] == 9.0


def test_at_launch_coverage_changes_nothing_and_at_allotment_it_does() -> None:
    deals = load_deals()
    deal = next(each for each in deals.between(AS_OF) if each.public_coverage is not None)
    other = replace(deal, public_coverage=1.0, grey_return=4.0, placing_coverage=1.0)
    for forecaster in (Regression(), QuantileRegression()):
        forecaster.prepare(deals.before(AS_OF), AS_OF)
        for stage, same in (("t0", True), ("t1", False), ("t2", False)):
            first, second = (
                forecaster.forecast(each.as_known(stage), stage).sample for each in (deal, other)
            )
            assert np.array_equal(first, second) is same
            assert first.shape == (SAMPLE_SIZE,)
            assert (np.diff(first) >= 0.0).all()


def test_climatology_is_the_window_and_grey_shift_moves_the_quote() -> None:
    deals = load_deals()
    climatology, grey = Climatology(), GreyShift()
    for forecaster in (climatology, grey):
        forecaster.prepare(deals, AS_OF)
    window = deals.before(AS_OF, 900)
    deal = deals.between(AS_OF)[0]
    np.testing.assert_array_equal(climatology.forecast(deal, "t0").sample, window.column("log_return_close"))
    moves = window.column("log_return_close") - window.column("log_return_grey")
    at = replace(deal, grey_return=0.5)
    expected = np.log(1.5) + moves[np.isfinite(moves)]
    np.testing.assert_allclose(grey.forecast(at, "t2").sample, expected, atol=1e-15)
    with pytest.raises(ValueError, match="the grey close is not known at t1"):
        grey.forecast(deal.as_known("t1"), "t1")


def test_the_quantile_regression_follows_a_spread_that_grows() -> None:
    # Recovery: the spread of the log return is planted as proportional to the market heat.
    random = np.random.default_rng(8)
    heat = random.uniform(0.1, 1.0, 600)
    rows = np.column_stack([np.ones(600), heat])
    returns = heat * random.normal(size=600)
    lower, upper = (quantile_slopes(rows, returns, level, 0.0) for level in (0.1, 0.9))
    # Five standard errors of the difference, measured on 100 other seeds as 0.15: false alarms below 1e-6.
    assert upper[1] - lower[1] == pytest.approx(2 * 1.2816, abs=0.8)
    assert np.isin([0.1, 0.9], QUANTILE_LEVELS).all()


def test_the_baselines_have_different_names() -> None:
    assert [each.name for each in default_baselines()] == [
        "climatology", "regression", "quantile_regression", "grey_shift",
    ]  # fmt: skip
