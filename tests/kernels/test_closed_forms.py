"""The closed forms of the model, numbered as in its description; ``w`` is the lift of the whole short.

The model's criterion is four Monte Carlo standard errors of a million paths. Two million are simulated, so that
meeting it has a false-alarm rate of 1.5e-8 a comparison (5.66 standard errors of two million), and 3e-7 for the
twenty comparisons of this file together.
"""

from functools import cache

import numpy as np
import pytest
from kernel_cases import few, flat_demand, known_coverage, parameters, plain_terms, regulated_day, simulate
from scipy.stats import norm

from sim.kernels.parameters import QUANTITIES

PATHS = 2_000_000
BATCH = 250_000
CRITERION_PATHS = 1_000_000
SIGMA = 0.1
ELASTICITY = 1.5
SHORT = 0.15
LIFT = -np.log(1.0 - SHORT) / ELASTICITY
STEPS = 256
# Broadie, Glasserman and Kou (1997): -zeta(1/2) / sqrt(2 pi) standard deviations of a step.
GRID_SHIFT = 0.5826 * SIGMA / np.sqrt(STEPS)

compiled = pytest.mark.compiled


def deal(y0, short=SHORT, steps=4, elasticity=ELASTICITY):
    """A deal of float one that opens at ``y0`` before stabilisation, in the regulator limit."""
    return parameters(
        seed=8,
        coverage=known_coverage(valuation_mean=y0),
        terms=plain_terms(over_allotment=short),
        day=regulated_day(steps, stabilisation_elasticity=elasticity),
    )


ENDLESS = {"short": 100.0, "elasticity": 0.05}
"""A short that is never covered: its lift is capped at 95% of the float, here a log price of 60."""


@cache
def sample(y0, short=SHORT, steps=4, elasticity=ELASTICITY):
    """Log close, lift and log high of two million paths."""
    names = ("log_close", "purchases", "high")
    rows = [QUANTITIES.index(name) for name in names]
    found = np.concatenate(
        [
            simulate(deal(y0, short, steps, elasticity), BATCH, first).values_array[rows]
            for first in range(0, PATHS, BATCH)
        ],
        axis=1,
    )
    return found[0], -np.log1p(-found[1]) / elasticity, np.log(found[2] / 20.0)


def agrees(values, expected):
    """Whether the mean of ``values`` meets the model's criterion."""
    return bool(abs(values.mean() - expected) <= 4.0 * values.std() / np.sqrt(CRITERION_PATHS))


def mean_excess(a, b=np.inf):
    """``E[min(M, b) - min(M, a)]`` for ``M`` the running maximum of a Brownian motion of spread SIGMA, ``0 <= a``."""

    def above(z):
        return 0.0 if np.isinf(z) else norm.pdf(z) - z * norm.sf(z)

    return 2.0 * SIGMA * (above(a / SIGMA) - above(b / SIGMA))


@pytest.mark.parametrize("borrowed", [False, True])
def test_1_the_open_is_the_offer_price_over_a_band_of_demand(borrowed):
    law = known_coverage(valuation_sd=0.3)
    short = plain_terms(over_allotment=SHORT, over_allotment_borrowed=borrowed)
    still = regulated_day(4, sigma_base=0.0, stabilisation_elasticity=ELASTICITY)
    paths = simulate(parameters(coverage=law, terms=short, day=still), few(20_000, 60), trace=True)
    tradable = 1.0 + SHORT * borrowed
    wanted = np.exp(ELASTICITY * paths["valuation"])
    expected = np.where(
        wanted > tradable,
        np.log(wanted / tradable) / ELASTICITY,
        np.minimum(0.0, np.log(wanted / (tradable - SHORT)) / ELASTICITY),
    )
    np.testing.assert_array_equal(paths["float_at_listing"], tradable)
    np.testing.assert_allclose(paths.trace[0], expected, atol=3e-7)
    inside = (wanted > (tradable - SHORT) * 1.000001) & (wanted < tradable)
    assert 0 < inside.sum() < inside.size
    assert (paths.trace[:, inside] == 0.0).all()
    assert (paths["open"][inside] == paths["offer_price"][inside]).all()
    np.testing.assert_allclose(paths["purchases"][wanted < tradable - SHORT], SHORT, rtol=1e-6)


@compiled
@pytest.mark.parametrize("y0", [0.05, 0.0, -0.06, -0.15])
def test_2_the_greenshoe_moves_the_threshold_of_a_break_by_the_lift(y0):
    log_close, _, _ = sample(y0)
    broke = log_close < 0.0
    assert agrees(broke, norm.cdf((-LIFT - y0) / SIGMA))
    # Power: a lift wrong by one hundredth is noticed where a break is common.
    if y0 < -0.05:
        assert not agrees(broke, norm.cdf((-1.01 * LIFT - y0) / SIGMA))


@compiled
@pytest.mark.parametrize("y0", [0.03, 0.08])
def test_3_purchases_are_the_running_minimum_within_the_short(y0):
    _, lift, _ = sample(y0, steps=STEPS)
    reached = y0 + GRID_SHIFT
    assert agrees(lift > 0.0, 2.0 * norm.sf(reached / SIGMA))
    assert agrees(lift, mean_excess(reached, reached + LIFT))
    # Power: neither form survives without the correction for the grid.
    assert not agrees(lift > 0.0, 2.0 * norm.sf(y0 / SIGMA))
    assert not agrees(lift, mean_excess(y0, y0 + LIFT))


@compiled
def test_3_the_short_is_exhausted_as_often_as_the_minimum_falls_below_it():
    _, lift, _ = sample(0.03, steps=STEPS)
    assert agrees(lift > 0.99999 * LIFT, 2.0 * norm.sf((0.03 + GRID_SHIFT + LIFT) / SIGMA))


@compiled
def test_4_without_a_greenshoe_the_close_is_log_normal():
    log_close, lift, _ = sample(0.02, short=0.0, steps=STEPS)
    assert (lift == 0.0).all()
    assert agrees(log_close, 0.02)
    deviation = (log_close - 0.02) / SIGMA
    assert agrees(deviation**2, 1.0)
    assert not agrees((deviation / 1.005) ** 2, 1.0)
    for quantile in (0.01, 0.25, 0.75, 0.99):
        assert agrees(deviation < norm.ppf(quantile), quantile)


@compiled
@pytest.mark.parametrize("level", [0.06, 0.17])
def test_4_without_a_greenshoe_the_high_has_the_law_of_a_maximum(level):
    _, _, log_high = sample(0.02, short=0.0, steps=STEPS)
    above = log_high > level
    assert agrees(above, 2.0 * norm.sf((level - 0.02 + GRID_SHIFT) / SIGMA))
    assert not agrees(above, 2.0 * norm.sf((level - 0.02) / SIGMA))


@compiled
def test_5_an_endless_short_reflects_the_price_at_the_offer():
    log_close, lift, _ = sample(0.0, **ENDLESS, steps=STEPS)
    assert log_close.min() >= 0.0
    assert agrees(lift, SIGMA * np.sqrt(2.0 / np.pi) - GRID_SHIFT)
    assert not agrees(lift, SIGMA * np.sqrt(2.0 / np.pi))
    # Reflected Brownian motion at one time has the law of the running maximum.
    assert agrees(log_close > 0.1, 2.0 * norm.sf((0.1 + GRID_SHIFT) / SIGMA))


@compiled
def test_5_mean_purchases_of_an_endless_short_are_spitzers_sum():
    """On a grid exactly: Spitzer (1956), ``E max S_k = sum_k E[S_k^+] / k``."""
    _, lift, _ = sample(0.0, **ENDLESS, steps=8)
    spitzer = SIGMA / np.sqrt(2.0 * np.pi * 8) * np.sum(1.0 / np.sqrt(np.arange(1, 9)))
    assert agrees(lift, spitzer)
    assert not agrees(lift, 1.005 * spitzer)


LOCK_UPS = {
    "retail is hotter": {"public": 300.0, "placing": 1.0},
    "placing is hotter": {"public": 1.0, "placing": 25.0},
}


def locked(c, public, placing, valuation=0.1):
    """A deal without noise in which ``c`` of the base offer is locked up."""
    return parameters(
        coverage=known_coverage(
            public_mean=np.log(public), placing_mean=np.log(placing), valuation_mean=valuation
        ),
        demand=flat_demand(kappa=1.08, public_deflation=0.58, placing_deflation=0.3),
        terms=plain_terms(locked=c, size_adjustment=0.1, over_allotment=0.15, over_allotment_borrowed=True),
        day=regulated_day(4, sigma_base=0.0),
    )


@pytest.mark.parametrize("hot", LOCK_UPS)
@pytest.mark.parametrize("c", [0.0, 0.2, 0.5])
def test_7_lock_up_moves_the_price_by_its_closed_form(hot, c):
    coverages = LOCK_UPS[hot]
    width = 1e-4
    first, middle, last = (
        float(simulate(locked(c + shift, **coverages), 1)["scarcity"][0]) for shift in (-width, 0.0, width)
    )
    f0 = 1.0 + 0.1 + 0.15 - c
    own = 1.08 * coverages["placing"] ** 0.3
    retail = 1.08 * 0.1 * (1.0 + coverages["public"] / 45.0) ** 0.58
    k0 = retail + own * (1.0 + 0.1 - 0.1 - c)
    assert middle == pytest.approx(np.log(k0 / f0) / ELASTICITY, rel=1e-13)
    assert (last - first) / (2.0 * width) == pytest.approx((1.0 / f0 - own / k0) / ELASTICITY, rel=1e-6)


@pytest.mark.parametrize(("hot", "sign"), [("retail is hotter", 1), ("placing is hotter", -1)])
def test_7_locking_up_lifts_the_price_exactly_when_retail_is_hotter(hot, sign):
    prices = [
        float(simulate(locked(c, **LOCK_UPS[hot], valuation=0.4), 1)["log_close"][0]) for c in (0.0, 0.2, 0.5)
    ]
    assert min(prices) > 0.0
    assert (np.sign(np.diff(prices)) == sign).all()
