"""The market's defaults against what Hong Kong listings of 2026 did after their first day.

The observed figures are medians and means of a panel of 113 main-board listings; how sure they are is said in
``docs/decisions/aftermarket.md``. None of the tests is a fit to the last digit: each states its band.
"""

import math
from datetime import date

import numpy as np
import pytest
from after_paths import paths_of, plan_of
from small_deals import small_market

from sim.backtest.aftermarket_panel import BINS, panel
from sim.deals.deals import load_deals
from sim.market.parameters import Aftermarket, load_market

DEFAULT = Aftermarket()


def returns_after(days):
    """Log returns from the first close over some trading days of the default volatility, without a greenshoe."""
    after = {"days": days, "unlock_days": np.empty(0, np.int64), "stabilisation_days": 1}
    paths = paths_of(plan_of({"over_allotment": None}, **after), 60_000)
    return np.log(paths["before_expiry"] / paths["offer_price"]) - paths["log_close"]


def test_half_a_years_median_is_the_observed_one():
    """-21.3% in 2026, a standard error of about 8 points from 40 deals; the mean is not told by the volatility."""
    assert np.expm1(np.median(returns_after(124))) == pytest.approx(-0.213, abs=0.04)


def test_the_medians_of_a_week_and_a_month():
    assert np.expm1(np.median(returns_after(5))) == pytest.approx(-0.008, abs=0.02)
    assert np.expm1(np.median(returns_after(20))) == pytest.approx(-0.010, abs=0.04)


def test_the_median_of_the_deepest_fall_is_the_observed_one():
    """54% in 2026; it was not fitted."""
    rng = np.random.default_rng(2026)
    sigma = DEFAULT.daily_volatility * np.exp(
        DEFAULT.daily_volatility_log_sd * rng.standard_normal((5_000, 1))
    )
    sigma = np.minimum(sigma, DEFAULT.most_daily_volatility)
    log_price = np.cumsum(sigma * rng.standard_normal((5_000, 124)) - sigma**2 / 2, axis=1)
    peak = np.maximum(np.maximum.accumulate(log_price, axis=1), 0.0)
    assert np.median(-np.expm1((log_price - peak).min(axis=1))) == pytest.approx(0.54, abs=0.03)


def test_the_spread_of_volatility_is_that_of_mean_over_median():
    """8% over 6%: a log-normal's mean is its median times exp(s^2 / 2)."""
    assert DEFAULT.daily_volatility_log_sd == pytest.approx(math.sqrt(2 * math.log(0.08 / 0.06)), abs=0.005)


@pytest.mark.parametrize("day", ["2026-01-01", "2026-07-01"])
def test_the_unlock_of_a_usual_deal_falls_as_observed(day):
    """-5.6% over [-5, +5], a standard error of 3.4 points; 37% cornerstones, 20% public after reallocation."""
    market = load_market("hkex", None, date.fromisoformat(day))
    active = 0.2 + market.demand.placing_activity * (0.8 - 0.37 + 0.15)
    after = market.aftermarket
    fall = (1 - after.anticipated) * math.log(1 + after.sold * 0.37 / active) / market.demand.elasticity
    assert -math.expm1(-fall) == pytest.approx(0.056, abs=0.034)


def test_the_panel_of_past_deals_has_the_observed_shape():
    """Purchases in all deals that close at or below the offer price, in hardly any that close 25% above it."""
    past = load_deals()
    deals = past.between(date(2026, 1, 1), date(2026, 2, 15)).with_inputs_of("t1")
    assert len(deals) >= 10
    rows = panel(deals, past, paths=300)
    assert [(row.low, row.high) for row in rows] == list(BINS)
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert rows[0].bought == 1.0
    assert rows[2].bought < 0.1
    assert rows[3].bought < 0.01
    assert rows[0].exercised < 0.1 < rows[1].exercised < rows[2].exercised
    assert all(-0.1 < row.later_return < 0.1 for row in rows)


def test_a_bin_without_a_path_has_no_figures():
    past = load_deals()
    rows = panel([past[-1]], past, paths=1)
    assert sum(row.share == 0.0 for row in rows) == 3


def test_a_market_file_may_set_it_and_a_scenario_override_it():
    market = {"aftermarket": {"daily_volatility": 0.03, "sold": 0.6}}
    after = plan_of({"lock_up.anticipated": 0.9}, market).aftermarket
    assert (after.volatility, after.sold, after.anticipated) == (0.03, 0.6, 0.9)
    assert small_market().aftermarket == DEFAULT
