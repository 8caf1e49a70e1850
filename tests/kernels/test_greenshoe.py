"""Stabilisation path by path on common random numbers: closed form 6 of the model, and the manager's own rules."""

import numpy as np
import pytest
from kernel_cases import (
    few,
    known_coverage,
    parameters,
    plain_terms,
    regulated_day,
    shorter,
    simulate,
    u_shaped,
)

PATHS = few(20_000, 120)
ENDLESS = 100.0
STEPS = 32


def deal(short, day):
    """A deal near its offer price whose float does not depend on the short: placees wait for delivery."""
    law = known_coverage(valuation_mean=-0.02, valuation_sd=0.06)
    return parameters(seed=1, coverage=law, terms=plain_terms(locked=0.3, over_allotment=short), day=day)


DAYS = {
    "regulator": regulated_day(STEPS, stabilisation_elasticity=2.0),
    "gradual": u_shaped(STEPS, sigma_log_sd=0.3, stabilisation_elasticity=2.0),
}


@pytest.mark.parametrize("kind", DAYS)
def test_6_a_finite_greenshoe_lies_between_none_and_endless(kind):
    none, finite, endless = (
        simulate(deal(short, DAYS[kind]), PATHS, trace=True) for short in (0.0, 0.05, ENDLESS)
    )
    np.testing.assert_array_equal(none["float_at_listing"], finite["float_at_listing"])
    np.testing.assert_array_equal(none["pressure_close"], finite["pressure_close"])
    assert (none.trace <= finite.trace).all()
    assert (finite.trace <= endless.trace).all()
    for price in ("open", "high", "low", "close"):
        assert (none[price] <= finite[price]).all()
        assert (finite[price] <= endless[price]).all()
    # Each of the three is needed: the short is exhausted on some paths, used on some, untouched on others.
    assert 0.0 < np.mean(finite.trace[-1] < endless.trace[-1]) < 1.0
    assert 0.0 < np.mean(none.trace[-1] < finite.trace[-1]) < 1.0


@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize("short", [0.01, 0.05, 0.15, 0.6])
def test_6_purchases_stay_within_the_short(kind, short):
    paths = simulate(deal(short, DAYS[kind]), PATHS)
    assert paths["purchases"].min() >= 0.0
    assert paths["purchases"].max() <= short * (1.0 + 1e-6)
    if short < 0.1:
        assert np.mean(paths["purchases"] > 0.999999 * short) > 0.05


def one_move_a_row(day):
    """The same day with one step in four: what happens between two rows of the trace happens at the later one."""
    first = np.arange(day.volatility.size) % 4 == 0
    return day._replace(
        volatility=np.where(first, 2 * day.volatility, 0).astype(np.float32),
        drift=np.where(first, day.drift, 0).astype(np.float32),
        absorption=np.where(first, day.absorption, 0).astype(np.float32),
    )


@pytest.mark.parametrize("kind", DAYS)
def test_6_purchases_never_fall_and_never_happen_above_the_offer_price(kind):
    day = one_move_a_row(DAYS[kind])
    whole = simulate(deal(0.05, day), PATHS, trace=True)
    bought = np.zeros(PATHS)
    for row in range(1, STEPS // 4 + 1):
        later = simulate(deal(0.05, shorter(day, 4 * row)), PATHS)["purchases"]
        assert (later >= bought).all()
        buying = later > bought
        if row > 1:
            assert buying.any()
            # Where all that is sold is taken, y - y leaves a rounding error of single precision.
            assert (whole.trace[row, buying] <= 1e-7).all()
        bought = later
    # What is bought at the open is bought at or below the offer price too.
    untouched = whole.trace.min(axis=0) > 0.0
    assert untouched.any()
    assert (bought[untouched] == 0.0).all()


def test_a_price_is_held_at_the_offer_exactly_until_the_short_is_used_up():
    paths = simulate(deal(0.05, DAYS["gradual"]), PATHS, trace=True)
    lift = -np.log1p(-paths["purchases"] / paths["active_float"]) / 2.0
    capacity = -np.log1p(-0.05 / 0.7) / 2.0
    unused = lift < 0.9999 * capacity
    broken = paths["log_close"] < 0.0
    assert not (unused & broken).any()
    held = paths["log_close"] == 0.0
    assert 0.01 < held.mean() < 0.5
    assert unused[held].all()
    assert (paths["close"][held] == paths["offer_price"][held]).all()
    free = ~held
    np.testing.assert_allclose(paths["log_close"][free], (paths["pressure_close"] + lift)[free], atol=1e-6)


def test_a_short_larger_than_the_float_is_never_covered():
    day = regulated_day(4, stabilisation_elasticity=0.05)
    paths = simulate(deal(ENDLESS, day), PATHS)
    assert (paths["log_close"] >= 0.0).all()
    assert (paths["purchases"] < 0.95 * paths["active_float"]).all()


def test_over_allotment_lifts_the_float_only_when_it_is_borrowed():
    for borrowed in (False, True):
        terms = plain_terms(locked=0.3, over_allotment=0.15, over_allotment_borrowed=borrowed)
        paths = simulate(parameters(terms=terms), 1)
        assert paths["float_at_listing"][0] == pytest.approx(0.7 + 0.15 * borrowed, rel=1e-15)
