"""Offer price, withdrawal, lock-up in whole lots, reallocation and the float, against exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from kernel_cases import (
    CENTS,
    few,
    flat_demand,
    known_coverage,
    ladder,
    launch,
    parameters,
    plain_terms,
    regulated_day,
    simulate,
)

from sim.kernels.arithmetic import exponential
from sim.kernels.demand import locked_shares, reallocate
from sim.kernels.parameters import QUANTITIES

PATHS = few(20_000, 200)
STILL = regulated_day(4, sigma_base=0.0)


def book(log_placing_sd=1.5, **terms):
    """A deal whose placing coverage alone is uncertain, around one time."""
    uncertain = {"price_low": 17.0, "price_high": 19.6, "price_floor": 17.0, "may_withdraw": True}
    return parameters(
        coverage=known_coverage(placing_sd=log_placing_sd),
        terms=plain_terms(**(uncertain | terms)),
        day=STILL,
        ticks=CENTS,
    )


def test_the_offer_price_moves_inside_the_range_with_the_book():
    paths = simulate(book(), PATHS)
    position = np.clip(0.3 + 0.25 * np.log(paths["placing_coverage"]), 0.0, 1.0)
    np.testing.assert_allclose(paths["offer_price"], 17.0 + 2.6 * position, atol=0.00501)
    assert paths["offer_price"].min() == 17.0
    assert paths["offer_price"].max() == 19.6


def test_a_flexible_deal_may_price_below_its_range_but_not_below_its_floor():
    paths = simulate(book(price_floor=15.3), PATHS)
    log_placing = np.log(paths["placing_coverage"])
    expected = np.clip(17.0 + 2.6 * (0.3 + 0.25 * log_placing), 15.3, 19.6)
    np.testing.assert_allclose(paths["offer_price"], expected, atol=0.00501)
    assert paths["offer_price"].min() == 15.3


@pytest.mark.parametrize("low", [17.0, 17.03, 9.7, 33.33, 120.05])
@pytest.mark.parametrize("downward", [0.0, 0.1])
def test_a_deal_is_withdrawn_when_its_book_is_not_covered_at_the_lowest_price(low, downward):
    # Neither the low end nor 90% of it need be a price of the tick grid.
    floor = low * (1.0 - downward)
    range_ = {"price_low": low, "price_high": 1.15 * low, "price_floor": floor}
    paths = simulate(book(log_placing_sd=3.0, **range_), PATHS)
    log_placing = np.log(paths["placing_coverage"])
    lowest = low + 0.15 * low * (0.3 + 0.25 * log_placing) <= floor
    withdrawn = (log_placing < 0.0) & lowest
    assert 0.02 < withdrawn.mean() < 0.5
    np.testing.assert_array_equal(np.isnan(paths["close"]), withdrawn)


def test_a_withdrawn_path_keeps_its_price_and_coverages_and_nothing_else():
    paths = simulate(launch(), PATHS)
    withdrawn = np.isnan(paths["close"])
    kept = {"offer_price", "public_coverage", "placing_coverage"}
    for name in QUANTITIES:
        blank = np.isnan(paths[name])
        if name in kept:
            assert not blank.any()
        elif name == "minutes_until_below":
            assert blank[withdrawn].all()
        elif QUANTITIES.index(name) >= QUANTITIES.index("stabilisation_close"):
            # Of the days after the first, which are not simulated here, nothing is known on any path.
            assert blank.all()
        else:
            np.testing.assert_array_equal(blank, withdrawn)


def test_a_known_price_is_never_withdrawn():
    fixed = {"price_low": 19.6, "price_high": 19.6, "price_floor": 19.6, "may_withdraw": False}
    paths = simulate(book(**fixed), PATHS)
    assert (paths["offer_price"] == 19.6).all()
    assert not np.isnan(paths["close"]).any()


@pytest.mark.parametrize("price", [202.5, 33.37, 252.73, 19.6])
def test_a_known_price_is_the_offer_price_even_between_two_ticks(price):
    # Offer prices are agreed, not traded: Hong Kong deals have priced at 202.50 where the tick is 0.20.
    tick = parameters().ticks._replace(numerators=np.array([2.0]), denominators=np.array([10.0]))
    fixed = {"price_low": price, "price_high": price, "price_floor": price, "may_withdraw": False}
    deal = book(**fixed, over_allotment=0.15)._replace(ticks=tick)
    falling = deal._replace(coverage=deal.coverage._replace(valuation_mean=-0.01))
    paths = simulate(falling, few(300))
    assert (paths["offer_price"] == price).all()
    # Held at the offer price all day.
    for quantity in ("open", "high", "low", "close"):
        assert (paths[quantity] == price).all()


@pytest.mark.parametrize("price", [17.0, 18.24, 19.6])
@pytest.mark.parametrize("shares", [1, 3, 12_384_800, 247_692_800])
def test_cornerstone_money_buys_whole_lots_at_the_offer_price(price, shares):
    lot, money_hkd = 200, 2_900_000_000
    base = 247_692_800 if shares > 3 else 1_000 * shares
    money_hkd = money_hkd if shares > 3 else 7_777
    terms = plain_terms(locked=0.05, cornerstone_money=money_hkd / base, lot=lot / base)
    locked = locked_shares(terms, price) - 0.05
    lots = int(Fraction(money_hkd) / (Fraction(str(price)) * lot))
    assert locked == pytest.approx(lots * lot / base, rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("lots", [1, 7, 49_999, 1_238_463])
def test_money_for_exactly_so_many_lots_buys_them_all(lots):
    base, lot, price = 247_692_800, 200, 19.6
    terms = plain_terms(cornerstone_money=lots * lot * price / base, lot=lot / base)
    assert locked_shares(terms, price) == pytest.approx(lots * lot / base, rel=1e-12)


def test_cornerstones_get_more_shares_at_a_lower_price():
    paths = simulate(book(cornerstone_money=8.0, lot=0.001, may_withdraw=False), PATHS)
    order = np.argsort(paths["offer_price"])
    assert (np.diff(paths["cornerstones"][order]) <= 0.0).all()
    whole = paths["cornerstones"] / 0.001
    np.testing.assert_allclose(whole, np.round(whole), atol=1e-9)


LADDERS = {
    "chapter 18C": ([0.0, 10.0, 50.0], [0.05, 0.10, 0.20]),
    "mechanism A": ([0.0, 15.0, 50.0, 100.0], [0.05, 0.15, 0.25, 0.35]),
    "practice note 18": ([0.0, 15.0, 50.0, 100.0], [0.10, 0.30, 0.40, 0.50]),
    "mechanism B": ([0.0], [0.6]),
}


@pytest.mark.parametrize("name", LADDERS)
def test_reallocation_climbs_its_ladder(name):
    thresholds, fractions = map(np.array, LADDERS[name])
    terms = plain_terms(ladder_thresholds=thresholds, ladder_fractions=fractions)
    coverage = np.concatenate([[0.0], 0.999999 * thresholds, thresholds, 1.000001 * thresholds, [5e4]])
    out = np.empty(coverage.size)
    reallocate(terms, coverage, out)
    expected = fractions[np.searchsorted(thresholds, coverage, side="right") - 1]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("times", [10.0, 15.0, 20.0, 50.0, 100.0])
def test_a_coverage_of_exactly_the_threshold_reaches_it(times):
    # Kernels are told the logarithm of a coverage: its exponential may fall a rounding error short.
    steps = plain_terms(ladder_thresholds=np.array([0.0, times]), ladder_fractions=np.array([0.05, 0.2]))
    known = parameters(coverage=known_coverage(public_mean=np.log(times)), terms=steps, day=STILL)
    assert simulate(known, 1)["public_tranche"][0] == 0.2
    below = known_coverage(public_mean=np.log(times * 0.99999))
    assert simulate(known._replace(coverage=below), 1)["public_tranche"][0] == 0.05


def test_the_active_float_is_the_float_at_listing_when_all_of_the_placing_is_active():
    deal = launch()
    all_active = simulate(deal._replace(demand=deal.demand._replace(placing_activity=1.0)), PATHS)
    listed = ~np.isnan(all_active["close"])
    np.testing.assert_allclose(
        all_active["active_float"][listed], all_active["float_at_listing"][listed], rtol=1e-15
    )
    none_active = simulate(deal._replace(demand=deal.demand._replace(placing_activity=0.0)), PATHS)
    tranche = none_active["public_tranche"][listed]
    np.testing.assert_allclose(none_active["active_float"][listed], tranche, rtol=1e-15)


def test_scarcity_is_demand_over_float():
    deal = launch()
    paths = simulate(deal, PATHS)
    own = 0.8 * paths["placing_coverage"] ** 0.1
    retail = (1.0 + paths["public_coverage"] / 45.0) ** 0.58
    k0 = 1.08 * (0.05 * retail + (1.15 - 0.05 - paths["cornerstones"]) * own)
    unlocked = 1.15 - paths["public_tranche"] - paths["cornerstones"]
    f0 = paths["public_tranche"] + 0.8 * (unlocked + 0.1725)
    np.testing.assert_allclose(paths["active_float"], f0, rtol=1e-13)
    np.testing.assert_allclose(paths["scarcity"], np.log(k0 / f0) / 1.5, rtol=1e-11, atol=1e-13)


def test_a_lock_up_of_the_whole_placing_leaves_none():
    # Cornerstones may take more than the placing that was planned; less than nothing is not allotted.
    terms = plain_terms(locked=0.95, over_allotment=0.15, over_allotment_borrowed=True, **ladder())
    deal = parameters(terms=terms, demand=flat_demand(kappa=2.0), day=STILL)
    paths = simulate(deal, 1)
    assert paths["active_float"][0] == pytest.approx(0.05 + 0.15, rel=1e-14)
    assert np.isfinite(paths["close"][0])
    assert exponential(1.5 * paths["scarcity"][0]) == pytest.approx(2.0 * 0.1 / 0.2, rel=1e-12)
