"""The days after the first: closed forms, a plain re-computation, and the first day left as it was.

Statistical tests have a false-alarm rate of 1e-6 or less (4.9 standard errors) and a fixed seed.
"""

import math

import numpy as np
import pytest
from after_paths import COLD, paths_of, plan_of

from sim.engine import OF_LOCK_UP, OF_STABILISATION
from sim.kernels.aftermarket import draw_daily_volatility, draw_days
from sim.kernels.parameters import QUANTITIES

FAR = 4.9
NO_SHOE = {"over_allotment": None}
STEADY = {"volatility": 0.04, "volatility_log_sd": 0.0, "volatility_most": 1.0, "drift": 0.0}


def after_first_day(paths, name):
    """Log of a later price over the unrounded close of the first day."""
    return np.log(paths[name] / paths["offer_price"]) - paths["log_close"]


@pytest.mark.parametrize("horizon", ["stabilisation", "lock_up"])
@pytest.mark.parametrize("deal", [{}, COLD, {"offer.price": None, "observed": None}])
def test_the_first_day_is_the_same_bit_for_bit_whatever_the_horizon(horizon, deal):
    first = paths_of(plan_of({**deal, "horizon": "first_day"}), 3_000)
    later = paths_of(plan_of({**deal, "horizon": horizon}), 3_000)
    of_first_day = [name for name in QUANTITIES if name not in OF_STABILISATION + OF_LOCK_UP]
    assert len(of_first_day) == 19
    for name in of_first_day:
        assert first[name].tobytes() == later[name].tobytes(), name
    for name in OF_STABILISATION + OF_LOCK_UP:
        assert np.isnan(first[name]).all(), name


def test_paths_do_not_depend_on_threads_or_where_they_start():
    plan = plan_of(COLD)
    whole = paths_of(plan, 20_000, threads=1)
    again = paths_of(plan, 20_000, threads=3)
    late = paths_of(plan, 5_000, first=12_345)
    for name in QUANTITIES:
        assert whole[name].tobytes() == again[name].tobytes(), name
        assert whole[name][12_345:17_345].tobytes() == late[name].tobytes(), name


def test_without_noise_nothing_moves_but_by_the_unlock():
    plan = plan_of(NO_SHOE, volatility=0.0, volatility_log_sd=0.0, drift=0.0)
    paths = paths_of(plan, 2_000)
    np.testing.assert_array_equal(paths["stabilisation_close"], paths["close"])
    np.testing.assert_array_equal(paths["before_expiry"], paths["close"])


@pytest.mark.parametrize(("sold", "anticipated"), [(1.0, 0.0), (0.3, 0.3), (0.0, 0.0), (1.0, 1.0)])
def test_the_unlock_falls_by_what_it_adds_to_the_float(sold, anticipated):
    """``-(1 - anticipated)/eta log((F + c sold) / F)`` of docs/aftermarket.md; here F = 0.7 and c = 0.3."""
    paths = paths_of(plan_of(NO_SHOE, sold=sold, anticipated=anticipated), 2_000)
    expected = -(1.0 - anticipated) / 1.5 * math.log((0.7 + 0.3 * sold) / 0.7)
    fall = np.log(paths["expiry_close"] / paths["before_expiry"])
    # Both prices are on a grid of ticks, at most 0.2% of a price of one dollar and more.
    dear = paths["before_expiry"] > 5.0
    assert dear.sum() > 500
    np.testing.assert_allclose(fall[dear], expected, rtol=0, atol=0.0041)
    assert abs(fall[dear].mean() - expected) < 3e-4


def test_two_tranches_fall_as_one_of_both():
    one = plan_of(NO_SHOE, sold=1.0)
    days = one.aftermarket.days
    two = plan_of(
        NO_SHOE,
        sold=1.0,
        unlock_days=np.array([days, days]),
        unlock_fixed=np.array([0.2, 0.1]),
        unlock_money=np.zeros(2),
    )
    first, second = (paths_of(plan, 1_000)["expiry_close"] for plan in (one, two))
    np.testing.assert_allclose(first, second, rtol=1e-6, atol=0.011)


def test_cornerstones_money_comes_free_as_shares_do():
    """HK$30m at HK$10 is 30% of ten million shares, whichever way it is said."""
    shares = paths_of(plan_of(), 1_000)
    money = paths_of(plan_of({"cornerstones": {"amount_hkd": 30_000_000}}), 1_000)
    np.testing.assert_allclose(money["expiry_close"], shares["expiry_close"], rtol=1e-6, atol=0.011)


def test_deferred_shares_reach_the_market_when_the_period_ends():
    plan = plan_of({**COLD, "over_allotment.settlement": "deferred"}, sold=1.0, anticipated=0.0)
    after = plan.aftermarket
    assert after.unlock_days.tolist() == [after.stabilisation_days, after.days]
    assert after.unlock_fixed.tolist() == pytest.approx([0.15, 0.3])
    kept = plan_of(
        {**COLD, "over_allotment.settlement": "deferred"},
        sold=1.0,
        anticipated=0.0,
        unlock_days=after.unlock_days[1:],
        unlock_fixed=after.unlock_fixed[1:],
        unlock_money=after.unlock_money[1:],
    )
    late, never = (paths_of(each, 4_000)["before_expiry"] for each in (plan, kept))
    dear = never > 5.0
    # F = 0.7: deferred placees cannot sell before.
    np.testing.assert_allclose(np.log(late[dear] / never[dear]), -math.log(0.85 / 0.7) / 1.5, atol=0.0041)


def test_daily_steps_are_a_martingale_of_the_volatility_given():
    """Without a greenshoe: log price over n days is Normal(-s^2 n / 2, s^2 n), the ratio's mean is 1."""
    paths = paths_of(plan_of(NO_SHOE, **STEADY), 40_000)
    days = plan_of(NO_SHOE).aftermarket.days
    x = after_first_day(paths, "before_expiry")
    variance = 0.04**2 * days
    assert abs(x.mean() + variance / 2) < FAR * math.sqrt(variance / x.size)
    assert abs(x.var() / variance - 1.0) < FAR * math.sqrt(2.0 / x.size)
    ratio = np.exp(x)
    assert abs(ratio.mean() - 1.0) < FAR * math.sqrt(math.expm1(variance) / x.size)


def test_drift_is_of_the_expected_price():
    steady = {**STEADY, "drift": 0.001}
    x = np.exp(after_first_day(paths_of(plan_of(NO_SHOE, **steady), 40_000), "before_expiry"))
    days = plan_of(NO_SHOE).aftermarket.days
    mean, variance = math.exp(0.001 * days), 0.04**2 * days
    assert abs(x.mean() - mean) < FAR * mean * math.sqrt(math.expm1(variance) / x.size)


def test_volatility_is_log_normal_and_bounded():
    after = plan_of().aftermarket
    sigma = np.empty(200_000, np.float32)
    draw_daily_volatility(np.uint64(0), np.uint32(7), np.uint32(0), after, sigma)
    assert sigma.max() == np.float32(after.volatility_most)
    below = float((sigma < np.float32(after.volatility)).mean())
    assert abs(below - 0.5) < FAR * 0.5 / math.sqrt(sigma.size)
    # One standard deviation up is exp(0.76) of the median, still below the bound.
    wild = float((sigma < after.volatility * math.exp(after.volatility_log_sd)).mean())
    assert abs(wild - 0.841345) < FAR * math.sqrt(0.841345 * 0.158655 / sigma.size)


def test_the_walk_is_what_plain_python_makes_of_the_same_normals():
    plan = plan_of(
        COLD, unlock_days=np.empty(0, np.int64), unlock_fixed=np.empty(0), unlock_money=np.empty(0)
    )
    count, after, day = 256, plan.aftermarket, plan.parameters.day
    paths = paths_of(plan, count)
    low, high = plan.parameters.key_low, plan.parameters.key_high
    sigma, normals = np.empty(count, np.float32), np.empty((4, count), np.float32)
    draw_daily_volatility(np.uint64(0), low, high, after, sigma)
    elasticity, short = day.stabilisation_elasticity, plan.over_allotment
    active = paths["active_float"]
    capacity = np.log(active / (active - short)) / elasticity
    pressure = paths["pressure_close"].copy()
    lift = -np.log1p(-paths["purchases"] / active) / elasticity
    used = np.where(lift >= capacity * (1 - 1e-5), 0.0, np.nan)

    def leave(left, capacity):
        now = ~left & np.isnan(used) & (pressure + lift > after.exercise_above)
        return left | now, np.where(now, lift, capacity)

    left, capacity = leave(np.zeros(count, bool), capacity)
    for step in range(after.days):
        if step % 4 == 0:
            draw_days(np.uint64(0), step // 4, low, high, normals)
        pressure += sigma * normals[step % 4] + after.drift - sigma.astype(float) ** 2 / 2
        if step < after.stabilisation_days:
            lift = np.minimum(lift + after.absorption * np.maximum(-(pressure + lift), 0.0), capacity)
            used = np.where(np.isnan(used) & ~left & (lift >= capacity * (1 - 1e-5)), step + 1, used)
            left, capacity = leave(left, capacity)
        if step + 1 == after.stabilisation_days:
            lift = np.minimum(np.maximum(lift, -pressure), capacity)
            end, bought = np.exp(pressure + lift), active * -np.expm1(-elasticity * lift)
    np.testing.assert_allclose(paths["stabilisation_close"], 10.0 * end, rtol=2e-3, atol=0.006)
    np.testing.assert_allclose(paths["purchases_total"], bought, atol=1e-4)
    np.testing.assert_allclose(paths["before_expiry"], 10.0 * np.exp(pressure + lift), rtol=2e-3, atol=0.006)
    np.testing.assert_array_equal(paths["exhausted_day"], used)
    assert 0.05 < np.isnan(used).mean() < 0.95
    assert 0.05 < (left & (paths["exercised"] > 0.0)).mean() < 0.95


def test_a_manager_who_left_buys_nothing_more():
    """Above the level at the first close: exercised at once, and the price is what nobody's bids leave it."""
    plan, waiting = (plan_of(COLD, exercise_above=above) for above in (0.1, np.inf))
    paths, patient = paths_of(plan, 20_000), paths_of(waiting, 20_000)
    left = paths["log_close"] > 0.1
    np.testing.assert_allclose(paths["purchases_total"][left], paths["purchases"][left], atol=1e-7)
    assert np.isnan(paths["exhausted_day"][left & (paths["purchases"] < 0.149)]).all()
    assert (patient["purchases_total"][left] > paths["purchases_total"][left] + 1e-6).mean() > 0.1
    # What falls later finds no bid.
    fell = left & (paths["stabilisation_close"] < 10.0) & (patient["stabilisation_close"] >= 10.0)
    assert fell.any()


def test_support_holds_the_price_up_and_no_more_than_its_lift():
    """On the same random numbers: between nobody bidding for the same shares and the whole short bought."""
    bid = paths_of(plan_of(COLD), 5_000)
    nobody = paths_of(plan_of({**COLD, "over_allotment": None, "other_tradable_shares": 1_500_000}), 5_000)
    np.testing.assert_array_equal(bid["active_float"], nobody["active_float"])
    lift = np.log((1.15 - 0.3) / (1.0 - 0.3)) / 6.0
    # A tick of a cheap share is as large as the lift.
    dear = nobody["stabilisation_close"] > 5.0
    ratio = np.log(bid["stabilisation_close"][dear] / nobody["stabilisation_close"][dear])
    assert ratio.min() > -0.003
    assert ratio.max() < lift + 0.003
    assert ratio.max() > lift - 0.003


def test_withdrawn_paths_have_no_aftermarket():
    paths = paths_of(plan_of({"offer.price": None, "observed": {"placing_coverage": 0.3}}), 200)
    withdrawn = np.isnan(paths["close"])
    assert withdrawn.any()
    for name in OF_STABILISATION + OF_LOCK_UP:
        assert np.isnan(paths[name][withdrawn]).all(), name
