"""The mixture of importance sampling: its weights, what it aims at, closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reduction_deals import DEALS, alarms, gaussian_plan, plan_of, two_sided
from scipy import stats
from small_deals import small_deal, small_market

from sim.engine import batches, prepare
from sim.errors import InvalidInput
from sim.kernels.parameters import QUANTITIES
from sim.kernels.rng import seed_words
from sim.kernels.scores import STANDARD_DRAWS, balanced_weights, tilted_scores
from sim.variance_reduction.day import DayLaw
from sim.variance_reduction.importance import ImportanceSampler
from sim.variance_reduction.tilt import Tilt

PATHS = 65_536


def draws_of(tilt: Tilt, count: int, first: int = 0, dimensions: int = 3):
    scores, weights = np.zeros((STANDARD_DRAWS, count)), np.empty(count)
    log_ratios = np.empty(count)
    rows = np.arange(dimensions)
    law = (tilt.mean, tilt.root, tilt.inverse, tilt.log_determinant)
    tilted_scores(np.uint64(first), np.uint32(1), np.uint32(2), *law, rows, scores, log_ratios)
    balanced_weights(log_ratios, weights)
    return scores[:dimensions].T, weights


COVARIANCE = np.array([[0.3, 0.1, 0.0], [0.1, 1.2, -0.3], [0.0, -0.3, 0.9]])
TILT = Tilt.of(np.array([-2.5, 0.7, 0.1]), COVARIANCE)


def test_a_weight_is_the_density_of_the_model_over_that_of_the_mixture():
    scores, weights = draws_of(TILT, 2_000)
    nominal = stats.multivariate_normal(np.zeros(3)).pdf(scores)
    tilted = stats.multivariate_normal(TILT.mean, TILT.root @ TILT.root.T).pdf(scores)
    np.testing.assert_allclose(weights, nominal / (0.5 * nominal + 0.5 * tilted), rtol=1e-10)
    assert weights.max() <= 2.0


def test_even_paths_follow_the_model_and_odd_ones_the_tilt():
    scores, _ = draws_of(TILT, PATHS)
    whitened = np.linalg.solve(TILT.root, (scores[1::2] - TILT.mean).T).T
    p_values = {}
    for name, z in (("even", scores[::2]), ("odd", whitened)):
        root = math.sqrt(z.shape[0])
        for d in range(3):
            p_values[f"{name} mean {d}"] = two_sided(root * z[:, d].mean())
            p_values[f"{name} variance {d}"] = two_sided(
                root * ((z[:, d] ** 2).mean() - 1.0) / math.sqrt(2.0)
            )
            p_values[f"{name} product {d}"] = two_sided(root * (z[:, d] * z[:, (d + 1) % 3]).mean())
    assert alarms(p_values) == set()


def test_weights_give_back_the_moments_of_the_model():
    scores, weights = draws_of(TILT, PATHS)
    told = {}
    for d in range(3):
        for power, expected in ((0, 1.0), (1, 0.0), (2, 1.0), (4, 3.0)):
            x = weights * scores[:, d] ** power
            error = math.sqrt(0.5 * (x[::2].var() + x[1::2].var()) / x.size)
            told[f"{d}^{power}"] = two_sided((x.mean() - expected) / error)
            # Power: a weight that is one in thirty too large is noticed in what is far from zero.
            if power == 0:
                assert alarms({"planted": two_sided((1.033 * x.mean() - expected) / error)}) == {"planted"}
    assert alarms(told) == set()


@pytest.mark.parametrize("first", [0, 1, 999, (1 << 32) + 3])
def test_a_path_has_its_draws_wherever_a_stream_starts(first):
    scores, weights = draws_of(TILT, 200, first)
    part, of_part = draws_of(TILT, 50, first + 70)
    np.testing.assert_array_equal(part, scores[70:120])
    np.testing.assert_array_equal(of_part, weights[70:120])


@pytest.mark.parametrize(("deviations", "gain"), [(2.0, 5.0), (3.719, 100.0), (4.753, 5_000.0)])
def test_a_log_normal_close_falls_below_the_offer_as_often_as_it_should(deviations, gain):
    """``P(close < offer) = Phi(-deviations)``: 2.3%, 1e-4 and 1e-6."""
    plan = gaussian_plan(deviations * math.hypot(0.15, 0.1), 0.15, 0.1)
    batch = next(batches(plan, PATHS, PATHS, sampler=ImportanceSampler(plan, "close_below_offer")))
    hits = batch.drawn.weights * (batch["close"] < batch["offer_price"])
    error = math.sqrt(0.5 * (hits[::2].var() + hits[1::2].var()) / PATHS)
    chance = stats.norm.sf(deviations)
    assert alarms({"share": two_sided((hits.mean() - chance) / error)}) == set()
    # Power: a share off by a third would be noticed.
    assert alarms({"share": two_sided((1.33 * hits.mean() - chance) / error)}) == {"share"}
    assert chance / PATHS > gain * error**2


@pytest.mark.parametrize("event", ["close_below_offer", "support_exhausted"])
@pytest.mark.parametrize("name", DEALS)
def test_the_tilt_meets_the_event_more_often_than_the_model(name, event):
    plan = plan_of(name)
    batch = next(batches(plan, PATHS, PATHS, threads=2, sampler=ImportanceSampler(plan, event)))
    bought = batch["purchases"] >= 0.99999 * plan.over_allotment
    happened = batch["close"] < batch["offer_price"] if event == "close_below_offer" else bought
    assert happened[1::2].mean() > happened[::2].mean()
    weights = batch.drawn.weights
    root = math.sqrt(0.5 * (weights[::2].var() + weights[1::2].var()) / PATHS)
    assert alarms({"weights": two_sided((weights.mean() - 1.0) / root)}) == set()


def paths_of(plan, first, count, threads=1):
    sampler = ImportanceSampler(plan, "close_below_offer")
    out = np.empty((len(QUANTITIES), count))
    drawn = sampler.simulate(first, out, threads)
    return out, drawn.weights


def test_a_path_is_the_same_wherever_a_stream_starts():
    plan = plan_of("hot")
    whole, weights = paths_of(plan, 0, 3_000)
    for first, count in ((0, 1), (1, 1), (7, 100), (1_024, 1_976)):
        part, of_part = paths_of(plan, first, count, threads=2)
        np.testing.assert_array_equal(part, whole[:, first : first + count])
        np.testing.assert_array_equal(of_part, weights[first : first + count])


def test_the_day_of_an_odd_path_falls_as_the_tilt_says():
    """The mean of the day's moves, and the mean of the weights over the day alone: ``E_g[f/g] = 1``."""
    plan = gaussian_plan(0.5, 0.05, 0.2)
    sampler = ImportanceSampler(plan, "close_below_offer")
    assert sampler.tilt.fall > 0.1
    out = np.empty((len(QUANTITIES), PATHS))
    draws = sampler.simulate(0, out, 2).draws
    opened, closed = (out[QUANTITIES.index(name)] for name in ("scarcity", "pressure_close"))
    opened = opened + out[QUANTITIES.index("valuation")]
    law = DayLaw.of(plan.parameters.day)
    variance = law.variance(opened, draws[3])
    ratio = np.exp(law.log_ratio(sampler.tilt.fall, opened, closed, variance))
    move, root = closed - opened, math.sqrt(PATHS / 2)
    inverse = 1.0 / ratio[1::2]
    told = {
        "even": two_sided(root * move[::2].mean() / 0.2),
        "odd": two_sided(root * (move[1::2].mean() + sampler.tilt.fall) / 0.2),
        "f/g": two_sided(root * (inverse.mean() - 1.0) / inverse.std()),
        "g/f": two_sided(root * (ratio[::2].mean() - 1.0) / ratio[::2].std()),
    }
    assert alarms(told) == set()


def test_a_day_with_memory_is_not_tilted():
    plan = plan_of("hot")
    day = plan.parameters.day._replace(momentum=0.1)
    plan = replace(plan, parameters=plan.parameters._replace(day=day))
    assert ImportanceSampler(plan, "close_below_offer").tilt.fall == 0.0


@pytest.mark.parametrize("spread", [0.3, 0.5])
def test_the_law_is_not_drawn_to_days_without_volatility(spread):
    """The fits of forty seeds agree. Power: with no bound on the second moment some end ten deviations away."""
    plan = gaussian_plan(0.67, 0.1, 0.15)
    means = []
    for seed in range(40):
        low, high = seed_words(seed)
        day = plan.parameters.day._replace(sigma_log_sd=spread)
        seeded = plan.parameters._replace(key_low=low, key_high=high, day=day)
        means.append(ImportanceSampler(replace(plan, parameters=seeded), "close_below_offer").tilt.mean)
    assert np.abs(np.array(means) - np.median(means, axis=0)).max() < 0.25


def test_an_event_that_cannot_happen_is_refused():
    plan = prepare(small_deal({"over_allotment": None}), small_market())
    with pytest.raises(InvalidInput, match="no shares are over-allotted"):
        ImportanceSampler(plan, "support_exhausted")
    ImportanceSampler(plan, "close_below_offer")
