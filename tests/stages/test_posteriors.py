"""Every stage's posterior against rejection sampling on the prior.

Rejection is exact: a draw of the prior is kept with a probability proportional to the likelihood of what was
observed. Each comparison raises a false alarm with a probability under 1e-6 (:mod:`samples`), and ``sees``
shows that it would notice a shift of a tenth of a standard deviation or a spread off by a tenth.
"""

from __future__ import annotations

import numpy as np
import pytest
from prior import (
    PLACING_SD,
    PUBLIC_SD_GIVEN_PLACING,
    draw_heat_and_placing,
    draw_valuation,
    normal_density,
    placing_noise,
    public_mean,
    scarcity,
    student_density,
)
from samples import same_law, sees, simulated
from scipy.stats import norm, t
from small_deals import MARKET, UNPRICED, small_deal, small_market

from sim.engine import prepare

PATHS = 60_000
NO_PLACING: dict[str, object] = {"observed.placing_coverage": None}
COLD: dict[str, object] = {"valuation.theme_weight": dict.fromkeys(("t0", "t0.9", "t1", "t2"), 0.0)}


def kept(draws: np.random.Generator, chance: np.ndarray) -> np.ndarray:
    """Which draws to keep, each with its own chance."""
    return draws.random(chance.size) < chance


def t1_by_rejection(placing_is_known: bool) -> tuple[np.ndarray, np.ndarray]:
    """Valuation and opening pressure once the public coverage is 20, and perhaps the placing coverage 2."""
    draws = np.random.default_rng(11)
    heat, log_placing, expected = draw_heat_and_placing(draws, 3_000_000)
    log_public = np.log(20.0)
    if placing_is_known:
        log_placing = np.full_like(heat, np.log(2.0))
        chance = normal_density(placing_noise(heat, log_placing), 0.0, PLACING_SD)
        chance *= normal_density(public_mean(heat, log_placing), log_public, PUBLIC_SD_GIVEN_PLACING)
    else:
        chance = normal_density(expected, log_public, PUBLIC_SD_GIVEN_PLACING)
    keep = kept(draws, chance)
    heat, log_placing = heat[keep][:PATHS], log_placing[keep][:PATHS]
    valuation = draw_valuation(draws, heat, log_public)
    return valuation, scarcity(log_public, log_placing) + valuation


def test_book_closing_sees_the_final_coverage_through_noise():
    """T0.9: the launch's paths, kept by the likelihood of a coverage of 300 so far."""
    noise = 0.5
    market = small_market()
    prior = simulated(small_deal({**UNPRICED, "simulation.seed": 1}), market, 400_000)
    seen = {**UNPRICED, "observed.partial_public_coverage": 300.0, "observed.partial_noise": noise}
    posterior = simulated(small_deal(seen), market, PATHS)
    keep = kept(
        np.random.default_rng(12), normal_density(np.log(prior["public_coverage"]), np.log(300.0), noise)
    )
    for name in ("public_coverage", "placing_coverage", "valuation"):
        # A withdrawn path has no valuation; coverages it has.
        ours, theirs = posterior[name], prior[name][keep]
        ours, theirs = np.log(ours[ours > 0]) if "coverage" in name else ours, theirs
        theirs = np.log(theirs[theirs > 0]) if "coverage" in name else theirs
        ours, theirs = ours[~np.isnan(ours)], theirs[~np.isnan(theirs)]
        assert same_law(ours, theirs), name
        assert sees(ours, theirs), name
    assert not same_law(np.log(prior["public_coverage"]), np.log(posterior["public_coverage"]))


@pytest.mark.parametrize("placing_is_known", [True, False])
def test_allotment_fixes_coverage_and_tells_of_heat(placing_is_known):
    """T1: coverages known exactly, or the placing coverage integrated out."""
    changes = {} if placing_is_known else NO_PLACING
    posterior = simulated(small_deal(changes), small_market(), PATHS)
    valuation, pressure = t1_by_rejection(placing_is_known)
    for ours, theirs in ((posterior["valuation"], valuation), (posterior["pressure"], pressure)):
        assert same_law(ours, theirs)
        assert sees(ours, theirs)
    np.testing.assert_allclose(posterior["public_coverage"], 20.0)
    assert (posterior["placing_coverage"].std() > 0.1) is not placing_is_known


def after_grey(
    prior: dict[str, np.ndarray], forecast: np.ndarray, grey_return: float, seed: int = 13
) -> np.ndarray:
    """Which of the prior's paths to keep, given the forecast of the opening pressure and the grey market."""
    grey = MARKET["grey"]
    expected = forecast + grey["bias"] + grey["slope"] * (prior["pressure"] - forecast)
    surprise = (np.log1p(grey_return) - expected) / np.exp(grey["noise"]["intercept"])
    return kept(np.random.default_rng(seed), student_density(surprise, grey["degrees_of_freedom"]))


@pytest.mark.parametrize("grey_return", [-0.10, 0.05, 0.50])
def test_the_grey_market_is_a_noisy_look_at_the_pressure(grey_return):
    """T2 with both coverages known: the paths of T1, kept by the likelihood of the grey market."""
    market = small_market()
    prior = simulated(small_deal({"simulation.seed": 2}), market, 1_200_000)
    # Valuation is symmetric about its mean given the coverages, which are the same on every path.
    forecast = np.full(prior["pressure"].size, np.median(prior["pressure"]))
    posterior = simulated(small_deal({"observed.grey_return": grey_return}), market, PATHS)
    theirs = prior["pressure"][after_grey(prior, forecast, grey_return)]
    assert same_law(posterior["pressure"], theirs)
    assert sees(posterior["pressure"], theirs)
    assert posterior["pressure"].std() < 0.9 * prior["pressure"].std()


def test_a_grey_market_integrates_an_unknown_placing_coverage_out():
    """T2 without the placing coverage; without heat, the forecast given coverages is the scarcity plus -0.3."""
    market = small_market(COLD | {"demand.placing_deflation": 0.6})
    prior = simulated(small_deal(NO_PLACING | {"simulation.seed": 3}), market, 600_000)
    keep = after_grey(prior, prior["scarcity"] - 0.3, 0.2)
    posterior = simulated(small_deal(NO_PLACING | {"observed.grey_return": 0.2}), market, PATHS)
    for ours, theirs in (
        (posterior["pressure"], prior["pressure"][keep]),
        (posterior["valuation"], prior["valuation"][keep]),
        (posterior["scarcity"], prior["scarcity"][keep]),
    ):
        assert abs(ours.mean() - theirs.mean()) < 6.0 * np.hypot(
            ours.std() / ours.size**0.5, theirs.std() / theirs.size**0.5
        )
    assert same_law(posterior["pressure"], prior["pressure"][keep])
    assert sees(posterior["pressure"], prior["pressure"][keep])


def test_a_grey_market_through_endless_noise_leaves_allotments_forecast():
    noisy = small_market({"grey.noise.intercept": 12.0})
    before = simulated(small_deal({"simulation.seed": 4}), noisy, PATHS)
    after = simulated(small_deal({"observed.grey_return": 3.0}), noisy, PATHS)
    assert same_law(before["pressure"], after["pressure"])
    assert sees(before["pressure"], after["pressure"])


def test_a_grey_market_without_noise_is_the_pressure():
    clear = small_market({"grey.noise.intercept": -12.0, "grey.slope": 1.0, "grey.bias": 0.0})
    after = simulated(small_deal({"observed.grey_return": 0.25}), clear, 10_000)
    np.testing.assert_allclose(after["pressure"], np.log(1.25), atol=1e-3)


def test_the_valuation_spreads_with_public_coverage():
    """On common random numbers: ``log scale = spread + spread_public_coverage (log R - 6) / 3``."""
    market = small_market(COLD)
    centre = MARKET["valuation"]["centre"]["intercept"]
    few, many = (
        simulated(small_deal({"observed.public_coverage": times}), market, 2_000)["valuation"] - centre
        for times in (20.0, 2_000.0)
    )
    wider = MARKET["valuation"]["spread_public_coverage"] * np.log(100.0) / 3.0
    np.testing.assert_allclose(many / few, np.exp(wider), rtol=1e-9)


@pytest.mark.parametrize("grey_return", [-0.7, -0.3, 0.0, 0.6, 1.5, 4.0])
def test_the_nodes_are_the_posterior_however_surprising_the_grey_market(grey_return):
    """The mixture over the nodes against numerical integration of two Student densities."""
    market = small_market(COLD)
    before = prepare(small_deal(), market).parameters.coverage
    after = prepare(small_deal({"observed.grey_return": grey_return}), market).parameters.coverage
    forecast = float(scarcity(np.log(20.0), np.log(2.0))) + before.valuation_mean
    scale = np.exp(before.spread_mean + before.spread_slope * np.log(20.0))
    grey = MARKET["grey"]
    noise = np.exp(grey["noise"]["intercept"])
    pressure = np.linspace(-9.0, 9.0, 200_001)
    expected = forecast + grey["bias"] + grey["slope"] * (pressure - forecast)
    density = t.pdf((pressure - forecast) / scale, MARKET["valuation"]["degrees_of_freedom"])
    density *= t.pdf((np.log1p(grey_return) - expected) / noise, grey["degrees_of_freedom"])
    exact = np.cumsum(density) / density.sum()
    chances = np.diff(after.node_cumulative, prepend=0.0)
    valuation = pressure[::1_000] - (forecast - before.valuation_mean)
    mixture = norm.cdf((valuation[:, None] - after.node_valuation_mean) / after.node_valuation_sd) @ chances
    np.testing.assert_allclose(mixture, exact[::1_000], atol=5e-4)
