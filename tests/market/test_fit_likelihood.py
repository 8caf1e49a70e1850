"""The fit's equations against the kernels', and its likelihoods against plain integrals."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import integrate, stats
from small_deals import small_market

from sim.backtest.past import kernel_parameters, past_deal
from sim.deals.deals import load_deals
from sim.kernels.opening import clear_opening
from sim.kernels.parameters import QUANTITIES, DemandParameters
from sim.market.fit.data import fit_data
from sim.market.fit.day import DAY, day_log_likelihood
from sim.market.fit.grey import GREY, grey_log_likelihood, variance_nodes
from sim.market.fit.pressure import (
    PRESSURE,
    degrees_of,
    full_lift,
    location,
    pressure_log_likelihood,
    scale,
    student_log_density,
)

AS_OF = date(2026, 1, 1)
DEALS = load_deals()
DATA = fit_data(DEALS, AS_OF)


def random_vector(block, seed):
    draws = np.random.default_rng(seed)
    sd = np.array([prior.sd for prior in block.priors.values()])
    return block.values(block.means() + sd * draws.standard_normal(len(sd)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_location_scale_and_lift_are_the_kernels(seed):
    values = random_vector(PRESSURE, seed)
    kappa, deflation, saturation, elasticity, ratio = (
        float(values[name][0, 0])
        for name in (
            "log_kappa",
            "public_deflation",
            "log_saturation",
            "log_elasticity",
            "log_anchored_ratio",
        )
    )
    market = small_market(
        {
            "valuation.spread": {
                "intercept": float(values["spread"][0, 0]),
                "deal_size": float(values["spread_size"][0, 0]),
                "anchored": float(values["spread_anchored"][0, 0]),
            },
            "valuation.spread_public_coverage": float(values["spread_public_coverage"][0, 0]),
            "uncertainty": {"valuation": 1.0, "coverage": 1.0},
        }
    )
    past = DEALS.before(AS_OF)
    known = list(past.before(AS_OF, 900).with_outcome())
    ours = zip(location(values, DATA)[0], scale(values, DATA)[0], full_lift(values, DATA)[0], strict=True)
    compared = 0
    for deal, (centre, spread, lift) in zip(known, ours, strict=True):
        if not deal.has_inputs_of("t1"):
            continue
        told = kernel_parameters(past_deal(deal, "t1", past), market, 1)
        demand = DemandParameters(
            kappa=math.exp(kappa),
            public_saturation=math.exp(saturation),
            public_deflation=deflation,
            placing_deflation=0.0,
            placing_activity=0.3,
            elasticity=math.exp(elasticity + ratio * (deal.ah_listing is True)),
        )
        day = told.day._replace(stabilisation_elasticity=20.0)
        pressure, capacity, out = np.empty(1), np.empty(1), np.empty((len(QUANTITIES), 1))
        log_public = np.array([told.coverage.public_mean])
        none, bands = np.zeros(1), np.empty((2, 1))
        clear_opening(
            demand, told.terms, day, told.ticks, log_public, none, none, bands, pressure, capacity, out
        )
        assert pressure[0] == pytest.approx(centre, abs=1e-12)
        assert capacity[0] == pytest.approx(lift, rel=1e-12)
        kernel_spread = told.coverage.spread_mean + told.coverage.spread_slope * log_public[0]
        assert math.exp(min(max(kernel_spread, -4.0), 1.0)) == pytest.approx(spread, rel=1e-12)
        compared += 1
    assert compared > 80


def test_the_law_of_an_open_has_mass_one():
    """Density below the pin, mass at the offer price and density above add up for every deal."""
    values = random_vector(PRESSURE, 4)
    one = DATA.where(np.arange(len(DATA)) == len(DATA) - 1)
    one = replace(one, weight=np.ones(1))

    def density(opened):
        at = replace(one, opened=np.array([opened]))
        return math.exp(float(pressure_log_likelihood(at)(values)[0]))

    lift = float(full_lift(values, one)[0, 0])
    width = lift / float(values["opening_absorption"][0, 0])
    below = integrate.quad(density, -8.0, -width + lift - 1e-12, limit=200)[0]
    above = integrate.quad(density, 1e-8, 12.0, limit=200)[0]
    assert below + density(0.0) + above == pytest.approx(1.0, abs=2e-3)
    assert density(0.0) > 1e-3


def test_a_close_without_an_open_is_a_student_with_more_noise():
    values = random_vector(PRESSURE, 5)
    one = DATA.where(np.arange(len(DATA)) == 3)
    one = replace(one, opened=np.array([np.nan]), closed=np.array([0.2]), weight=np.array([0.5]))
    spread = math.hypot(float(scale(values, one)[0, 0]), 0.15)
    law = stats.t(float(degrees_of(values)[0, 0]), float(location(values, one)[0, 0]), spread)
    assert float(pressure_log_likelihood(one)(values)[0]) == pytest.approx(0.5 * law.logpdf(0.2), rel=1e-10)


def test_the_move_of_a_day_is_a_scale_mixture_of_normals():
    values = random_vector(DAY, 6)
    one = DATA.where(np.isfinite(DATA.opened)).last(1)
    one = replace(one, opened=np.array([0.3]), closed=np.array([0.15]), log_range=np.array([np.nan]))
    one = replace(one, weight=np.ones(1))
    size, heat = one.size[0], one.heat[0]
    drift = float(values["drift"][0, 0] + values["drift_size"][0, 0] * size)
    log_scale = float(values["volatility"][0, 0] + values["volatility_size"][0, 0] * size)
    log_scale += float(values["volatility_heat"][0, 0] * heat)
    sd = math.exp(float(values["log_volatility_sd"][0, 0]))

    def integrand(z):
        return stats.norm.pdf(-0.15, drift, math.exp(log_scale + sd * z)) * stats.norm.pdf(z)

    expected = integrate.quad(integrand, -10, 10)[0]
    assert float(day_log_likelihood(one)(values)[0]) == pytest.approx(math.log(expected), abs=1e-3)


def test_a_held_day_tells_nothing_of_the_move():
    values = DAY.values(DAY.means())
    one = DATA.where(np.isfinite(DATA.opened)).last(1)
    one = replace(one, opened=np.array([-0.05]), log_range=np.array([np.nan]))
    assert float(day_log_likelihood(one)(values)[0]) == 0.0
    assert float(day_log_likelihood(one, stabilised=False)(values)[0]) != 0.0


def test_the_open_given_the_grey_market_has_mass_one():
    pressure = PRESSURE.values(PRESSURE.means())
    values = random_vector(GREY, 7)
    one = DATA.where(np.isfinite(DATA.opened) & np.isfinite(DATA.grey)).last(1)
    one = replace(one, grey=np.array([0.02]), weight=np.ones(1))

    def density(opened):
        at = replace(one, opened=np.array([opened]))
        return math.exp(float(grey_log_likelihood(at, pressure)(values)[0]))

    lift = float(full_lift(pressure, one)[0, 0])
    below = integrate.quad(density, -4.0, -lift / 0.3 + lift - 1e-12, limit=200)[0]
    above = integrate.quad(density, 1e-8, 4.0, limit=200, points=[0.1])[0]
    assert below + density(0.0) + above == pytest.approx(1.0, abs=1e-4)


def test_variance_nodes_have_the_mean_of_the_t():
    """The mean of nu / chi2(nu) is nu / (nu - 2); equally likely nodes lose a little of its tail."""
    assert variance_nodes(np.array([12.0]), 4000).mean() == pytest.approx(12.0 / 10.0, rel=2e-3)


def test_student_log_density_is_scipys():
    for degrees in (2.6, 6.0, 40.0):
        np.testing.assert_allclose(
            student_log_density(np.array([0.0, 1.0, 9.0]), degrees),
            stats.t(degrees).logpdf([0.0, 1.0, 3.0]),
            rtol=1e-12,
        )
