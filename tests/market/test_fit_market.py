"""A fitted market: what it may look at, what it found before, what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from small_deals import DEAL

from sim.deals.deals import Deals, load_deals
from sim.engine import batches, prepare
from sim.errors import InvalidInput
from sim.market.fit.blocks import Block, BlockFit, Prior
from sim.market.fit.coverage import RegressionData, regress
from sim.market.fit.groups import (
    DAY_GROUPS,
    GREY_GROUPS,
    PLACING_GROUPS,
    PRESSURE_GROUPS,
    PUBLIC_GROUPS,
    THEME_GROUPS,
    regression_contributions,
)
from sim.market.fit.market import fit_market, shipped_star_deals
from sim.market.fit.star import STAR_DAY_GROUPS, STAR_PRESSURE_GROUPS
from sim.scenario import load_scenario, scenario_from_mapping

AS_OF = date(2026, 1, 1)
DEALS = load_deals()
STAR = shipped_star_deals()


@pytest.fixture(scope="module")
def fit():
    return fit_market(DEALS, AS_OF, errors=True)


def spoiled(deals, first):
    """The deals with first days out of this world from a day on."""
    return Deals.of(
        deal
        if deal.list_date < first
        else replace(
            deal, open=99.0 * deal.offer_price, high=99.0 * deal.offer_price, low=1e-3, close_return=98.0,
            public_coverage=9e4, placing_coverage=900.0, grey_return=50.0,
        )
        for deal in deals
    )  # fmt: skip


@pytest.mark.parametrize(
    ("venue", "day"),
    [("hkex", date(2025, 12, 30)), ("star", date(2025, 12, 5)), ("star", date(2025, 12, 17))],
)
def test_nothing_of_the_day_or_later_is_looked_at(venue, day):
    """Moore Threads and MetaX listed on the two days of the STAR Market; several listed on the one of HKEX."""
    home, abroad = (DEALS, STAR) if venue == "hkex" else (STAR, DEALS)
    assert any(deal.list_date == day for deal in home)
    clean = fit_market(home, day, venue=venue, abroad=abroad)
    dirty = fit_market(spoiled(home, day), day, venue=venue, abroad=spoiled(abroad, day))
    assert dirty.market == clean.market
    assert clean.last_deal < day
    tomorrow = date.fromordinal(day.toordinal() + 1)
    assert fit_market(spoiled(home, day), tomorrow, venue=venue, abroad=abroad).market != clean.market


def test_estimates_are_those_of_the_trials(fit):
    """Posterior modes and errors found independently when the form was chosen, to their last printed figure."""
    expected = {
        "log_kappa": (-0.05, 0.17),
        "public_deflation": (0.64, 0.14),
        "log_saturation": (3.69, 0.77),
        "log_elasticity": (1.04, 0.22),
        "log_anchored_ratio": (0.43, 0.35),
        "spread": (-1.36, 0.13),
        "spread_public_coverage": (0.22, 0.14),
        "spread_size": (-0.29, 0.11),
        "log_degrees": (1.25, 0.61),
        "bias": (0.026, 0.008),
        "slope": (0.88, 0.03),
        "log_noise": (-2.92, 0.13),
        "noise_size": (-0.09, 0.13),
        "drift": (-0.025, 0.016),
        "drift_size": (0.024, 0.015),
        "volatility_size": (-0.43, 0.07),
        "volatility_heat": (0.35, 0.31),
        "public_intercept": (5.36, 0.42),
        "public_deal_size": (-0.46, 0.25),
    }
    found = {each.name: each for each in fit.parameters}
    for name, (value, error) in expected.items():
        assert found[name].value == pytest.approx(value, abs=0.011), name
        assert found[name].standard_error == pytest.approx(error, abs=0.011), name


def test_the_start_changes_the_time_and_not_the_answer(fit):
    other = fit_market(DEALS, AS_OF, start=fit_market(DEALS, date(2025, 7, 1)))
    for ours, theirs in zip(other.parameters, fit.parameters, strict=True):
        assert ours.value == pytest.approx(theirs.value, abs=0.01 * theirs.standard_error)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-2)


def test_a_fit_counts_its_deals(fit):
    assert (fit.deals, fit.first_deal, fit.last_deal) == (89, date(2023, 12, 29), date(2025, 12, 30))
    assert fit.market.origin.log_likelihood == fit.log_likelihood


def test_what_the_data_do_not_see_is_said():
    early = fit_market(DEALS, date(2019, 1, 1), errors=True)
    assert {"log_anchored_ratio", "slope", "volatility", "public_intercept"} <= set(early.not_seen)
    assert "log_kappa" not in early.not_seen
    assert "not seen" in early.to_yaml()


def test_the_table_says_what_each_group_adds(fit):
    gains = {each.group: each.log_likelihood for each in fit.table()}
    assert gains["public coverage in demand and spread"] > 10
    assert gains["grey market under-reacts"] > 4
    assert gains["volatility by size"] > 10
    assert gains["a volatility of its own for each day"] < 2


def test_no_parameter_is_without_its_line(fit):
    blocks = (PRESSURE_GROUPS, GREY_GROUPS, DAY_GROUPS, THEME_GROUPS)
    held = {name for groups in blocks for group in groups.values() for name in group}
    held |= {f"public_{name}" for group in PUBLIC_GROUPS.values() for name in group}
    held |= {f"placing_{name}" for group in PLACING_GROUPS.values() for name in group}
    assert held == {each.name for each in fit.parameters}
    groups = (*blocks, PUBLIC_GROUPS, PLACING_GROUPS)
    assert [each.group for each in fit.table()] == [name for each in groups for name in each]


def test_no_parameter_of_star_is_without_its_line():
    fitted = fit_market(STAR, date(2025, 12, 1), venue="star")
    groups = (STAR_PRESSURE_GROUPS, STAR_DAY_GROUPS, THEME_GROUPS)
    held = {name for each in groups for group in each.values() for name in group}
    assert held == {each.name for each in fitted.parameters}


def test_a_coverage_is_refitted_without_what_it_does_not_depend_on():
    """Twice 200 deals with a slope of 0.5 or none: the gain is that of least squares, wide priors aside."""
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(200), rng.normal(size=200)])
    noise, weight = rng.normal(size=200), np.ones(200)
    priors = {"intercept": Prior(0.0, 100.0), "slope": Prior(0.0, 100.0)}
    for slope in (0.5, 0.0):
        y = 3.0 + slope * x[:, 1] + noise
        fitted = regress(RegressionData(x, y, weight, priors, 1.0))
        squares = np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2)
        (gain,) = regression_contributions([(fitted, {"slope": {"slope": 0.0}})])
        expected = 100.0 * np.log(np.sum((y - y.mean()) ** 2) / squares)
        assert gain.log_likelihood == pytest.approx(expected, abs=0.05 + 0.05 * expected)
        held = regression_contributions([(fitted, {"level": {"intercept": fitted["intercept"]}})])
        assert held[0].log_likelihood == pytest.approx(0.0, abs=1e-3)


def test_errors_of_a_straight_line_are_the_textbooks():
    """Normal mean with known spread and a normal prior: mode and error in closed form."""
    x = np.random.default_rng(0).normal(1.0, 2.0, 50)

    def log_likelihood(values):
        return (-0.5 * ((x - values["mean"]) / 2.0) ** 2).sum(axis=1)

    block = Block({"mean": Prior(0.0, 0.5), "set": Prior(3.0, 0.0)})
    found = BlockFit.of(block, log_likelihood, {}, polish=True)
    precision = 50 / 4.0 + 1 / 0.25
    (estimate,) = found.estimates(errors=True)
    assert estimate.value == pytest.approx(x.sum() / 4.0 / precision, rel=1e-8)
    assert estimate.standard_error == pytest.approx(precision**-0.5, rel=1e-6)
    assert found["set"] == 3.0
    assert estimate.is_seen


def test_star_has_no_scarcity_and_the_centre_of_its_listings():
    """Open of Moore Threads as of its own day: twelve months of listings opened at about three times the offer."""
    market = fit_market(STAR, date(2025, 12, 5), venue="star").market
    scenario = load_scenario("configs/moore_threads_688795.yaml", {"simulation.paths": 16384})
    batch = next(batches(prepare(scenario, market), 16384, 16384))
    np.testing.assert_allclose(batch["scarcity"], 0.0, atol=1e-12)
    assert market.grey is None
    past = [d.log_return_open for d in STAR.before(date(2025, 12, 5))]
    assert market.valuation.centre.intercept == pytest.approx(np.median(past), abs=0.15)


def test_a_fit_needs_deals_and_a_venue():
    with pytest.raises(InvalidInput, match="no deal listed"):
        fit_market(DEALS, date(2018, 1, 1))
    with pytest.raises(InvalidInput, match="nasdaq"):
        fit_market(DEALS, AS_OF, venue="nasdaq")


def test_a_fitted_market_runs(fit):
    scenario = scenario_from_mapping(DEAL, "small", {"list_date": "2026-01-02", "regime": "mechanism-b"})
    batch = next(batches(prepare(scenario, fit.market), 4096, 4096))
    assert np.isfinite(batch["close"]).all()
