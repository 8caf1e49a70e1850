"""Norms of venues, variance components of theme heat, and its weight."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.backtest.past import peers_of_past
from sim.deals.deals import Deals, load_deals
from sim.market.fit.blocks import BlockFit
from sim.market.fit.market import fit_market, shipped_star_deals
from sim.market.fit.norms import norms, trimmed_mean
from sim.market.fit.theme import (
    THEME,
    ThemeData,
    posterior_heat,
    theme_data,
    theme_log_likelihood,
    theme_weight,
)
from sim.market.theme import theme_heat

AS_OF = date(2026, 7, 1)
DEALS = load_deals()


def test_a_norm_is_the_mean_of_the_listings_before_it():
    found = norms(DEALS, "hkex", AS_OF)
    at = date(2025, 12, 1)
    (norm,) = (each for each in found if each.effective == at)
    before = [deal.log_return_close for deal in DEALS if deal.list_date < at][-40:]
    assert norm.mean == pytest.approx(np.mean(before), abs=1e-4)
    # What lists on the day itself does not move it.
    more = Deals.of([*DEALS, replace(DEALS[0], code="1", list_date=at, close_return=50.0)])
    assert norm in norms(more, "hkex", AS_OF)


def test_the_norm_of_star_is_not_moved_by_two_deals():
    """The norm of 2025 without Moore Threads and MetaX is 1.09; with both of them, half a year later, still so."""
    star = {each.effective: each.mean for each in norms(shipped_star_deals(), "star", AS_OF)}
    assert star[date(2025, 12, 1)] == pytest.approx(1.09, abs=0.05)
    assert star[date(2026, 3, 1)] == pytest.approx(1.09, abs=0.10)


def test_a_trimmed_mean_leaves_both_ends_out():
    assert trimmed_mean([100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, -90.0], 0.1) == 4.5


def test_heat_in_the_fit_is_heat_in_the_simulator():
    """The same closed form, once over arrays and once over the peers of a scenario."""
    fit = fit_market(DEALS, AS_OF)
    data = theme_data(DEALS, fit.market.peers.venues["hkex"].norms, AS_OF)
    mean, variance = posterior_heat(THEME.values(np.array([fit.start()[n] for n in THEME.names])), data)
    flagged = [d for d in DEALS if d.ai_semi_robotics and d.list_date >= date(2024, 1, 1)]
    for deal, ours, spread in zip(
        flagged[-8:], mean[0][data.flagged][-8:], variance[0][data.flagged][-8:], strict=True
    ):
        heat = theme_heat(peers_of_past(deal, DEALS), fit.market.peers, deal.list_date)
        assert heat.mean == pytest.approx(ours, rel=1e-9)
        assert heat.se == pytest.approx(math.sqrt(spread), rel=1e-9)


def made_up_themes(seed, months=60, deals=12, theme_sd=0.4, idiosyncratic_sd=0.3):
    """Deals of `months` themes, none a peer of another's, with known components."""
    draws = np.random.default_rng(seed)
    heat = np.repeat(theme_sd * draws.standard_normal(months), deals)
    excess = heat + idiosyncratic_sd * draws.standard_normal(months * deals)
    theme, order = np.repeat(np.arange(months), deals), np.tile(np.arange(deals), months)
    is_peer = (theme[:, None] == theme[None, :]) & (order[:, None] > order[None, :])
    day = order.astype(float)
    return ThemeData(day, excess, np.ones(len(excess), dtype=bool), np.where(is_peer, 1e-9, 0.0), is_peer)


def test_variance_components_are_found_again():
    """720 deals of 60 themes. Five and a half standard errors: false alarm below 1e-7; each error is under 15%."""
    fit = BlockFit.of(THEME, theme_log_likelihood(made_up_themes(1)), {}, polish=True)
    truth = {"log_theme_sd": math.log(0.4), "log_idiosyncratic_sd": math.log(0.3)}
    for each in fit.estimates(errors=True):
        if each.name in truth:
            assert abs(each.value - truth[each.name]) < 5.5 * each.standard_error
            assert each.standard_error < 0.15
        else:
            assert not each.is_seen


def test_no_theme_gives_no_heat():
    fit = BlockFit.of(THEME, theme_log_likelihood(made_up_themes(2, theme_sd=0.0)), {}, polish=False)
    assert math.exp(fit["log_theme_sd"]) < 0.1


def test_a_weight_within_its_error_is_zero():
    heat = np.array([0.1, -0.1, 0.2, -0.2])
    assert theme_weight(heat, np.zeros(4), np.ones(4)).used == 0.0
    assert theme_weight(heat, -heat, np.full(4, 0.05)).used == 0.0
    strong = theme_weight(heat, heat, np.full(4, 0.01))
    assert strong.estimate == pytest.approx(1.0, abs=0.01)
    assert 0.95 < strong.used < strong.estimate
