"""The cornerstone's desk."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from printed_answers import printed_lines
from small_deals import small_deal, small_market

from sim.desks.base import simulate_desk
from sim.desks.cornerstone import CornerstoneOptions, cornerstone_desk
from sim.desks.discounts import chaffe
from sim.errors import InvalidInput
from sim.estimates import Estimate


def played(horizon="lock_up", market=None, **changes):
    deal = small_deal({"horizon": horizon, "simulation.paths": 20_000, **changes})
    return simulate_desk(deal, market=small_market(market))


@pytest.fixture(scope="module")
def paths():
    return played()


@pytest.fixture(scope="module")
def answer(paths):
    return cornerstone_desk(paths, CornerstoneOptions())


def test_the_figures_are_those_of_the_paths(paths, answer):
    offer, vwap, end = paths["offer_price"], paths["vwap"], paths["expiry_close"]
    assert answer.money == 30_000_000
    assert answer.locked.value.value == pytest.approx(30e6 * (end / offer).mean())
    assert answer.market.value.value == pytest.approx(30e6 * (end / vwap).mean())
    assert answer.advantage.value == pytest.approx(answer.locked.value.value - answer.market.value.value)
    # Path by path the two move together, so their difference is known better than either.
    assert answer.advantage.se < answer.locked.value.se
    assert answer.locked.under_water.value == (end < offer).mean()
    assert answer.market.under_water.value == (end < vwap).mean()
    assert answer.better.value == (offer < vwap).mean()
    assert answer.locked.quantiles[0.5] == pytest.approx(30e6 * np.median(end / offer))


def test_the_unlock_falls_as_the_closed_form_says(answer):
    """F = 0.85, c = 0.3, eta = 1.5, sold and anticipated 0.3; ticks blur it by less than 0.1%."""
    expected = 1.0 - (1.0 + 0.3 * 0.3 / 0.85) ** (-0.7 / 1.5)
    assert answer.unlock_fall.value == pytest.approx(expected, abs=1e-3)


def test_the_simulated_put_is_chaffes_where_the_model_is_his():
    """No greenshoe, no unlock, one volatility: the put on the paths is the closed form to Monte Carlo error."""
    market = {
        "aftermarket": {"daily_volatility": 0.04, "daily_volatility_log_sd": 0.0, "sold": 0.0},
        "valuation.spread": {"intercept": -8.0},
        "valuation.spread_public_coverage": 0.0,
        "valuation.centre": {"intercept": 0.0},
    }
    answer = cornerstone_desk(played(market=market, over_allotment=None), CornerstoneOptions())
    volatility = 0.04 * math.sqrt(answer.trading_days / answer.years)
    (row,) = (row for row in answer.discounts if row.name == "median")
    assert row.volatility == pytest.approx(volatility)
    assert row.values["chaffe"] == pytest.approx(float(chaffe(volatility, answer.years)))
    # 4.9 standard errors: a false alarm in a million; the tick adds 0.1%.
    assert abs(answer.simulated_put.value - row.values["chaffe"]) < 4.9 * answer.simulated_put.se + 0.001


def test_the_closed_forms_come_in_order_and_longstaff_may_be_undefined(answer):
    for row in answer.discounts:
        values = list(row.values.values())
        assert list(row.values) == ["finnerty", "ghaidarov", "chaffe", "longstaff"]
        assert values[:3] == sorted(values[:3])
    assert math.isnan(answer.discounts[-1].values["longstaff"])
    assert any("says nothing" in remark for remark in answer.remarks())
    assert answer.to_json()["discounts"][-1]["longstaff"] is None


def test_a_given_volatility_is_used(paths):
    answer = cornerstone_desk(paths, CornerstoneOptions(volatility=0.8, money=1e6))
    (row,) = answer.discounts
    assert row.values["chaffe"] == pytest.approx(float(chaffe(0.8, answer.years)))
    assert answer.money == 1e6


def test_costs_of_the_market_make_it_dearer(paths, answer):
    costly = cornerstone_desk(paths, CornerstoneOptions(market_costs=0.01))
    assert costly.market.value.value == pytest.approx(answer.market.value.value / 1.01)


def test_money_of_cornerstones_is_what_they_committed():
    deal = played(cornerstones={"amount_hkd": 12_345_000}, **{"simulation.paths": 100})
    assert cornerstone_desk(deal, CornerstoneOptions()).money == 12_345_000


@pytest.mark.parametrize("horizon", ["first_day", "stabilisation"])
def test_paths_that_end_too_early_are_refused(horizon):
    with pytest.raises(InvalidInput, match="ends before the lock-up; lock_up"):
        cornerstone_desk(played(horizon, **{"simulation.paths": 10}), CornerstoneOptions())


@pytest.mark.parametrize(
    "options",
    [
        CornerstoneOptions(money=0.0),
        CornerstoneOptions(money=math.inf),
        CornerstoneOptions(volatility=0.0),
        CornerstoneOptions(volatility=95.0),
        CornerstoneOptions(market_costs=-0.1),
    ],
)
def test_what_is_out_of_bounds_is_refused(paths, options):
    with pytest.raises(InvalidInput):
        cornerstone_desk(paths, options)


def test_withdrawn_paths_are_left_out():
    deal = played(**{"offer.price": None, "observed": {"placing_coverage": 0.05}, "simulation.paths": 200})
    answer = cornerstone_desk(deal, CornerstoneOptions())
    assert math.isnan(answer.locked.value.value)
    json.dumps(answer.to_json(), allow_nan=False)


def test_an_offer_price_above_the_market_is_not_told_as_below(answer):
    dear = replace(answer, below_market=Estimate(-0.065, 0.001)).sentence()
    assert "the offer price is 6.5% +- 0.1% above the first day's VWAP on average" in dear
    cheap = replace(answer, below_market=Estimate(0.065, 0.001)).sentence()
    assert "the offer price is 6.5% +- 0.1% below the first day's VWAP on average" in cheap


def test_it_prints_within_100_columns(answer):
    lines = printed_lines(answer, answer.scenario, answer.paths)
    assert max(map(len, lines)) <= 100
    assert any("Chaffe" in line for line in lines)
    assert answer.sentence().startswith("Ask ")
