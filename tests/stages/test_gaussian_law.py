"""Exact conditioning of the Gaussian of log coverages and theme heat, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from small_deals import UNPRICED, small_deal, small_market

from sim.engine import prepare
from sim.market.features import features_of
from sim.market.parameters import Features
from sim.market.stages import GaussianLaw, coverage_law, coverage_parameters
from sim.market.theme import ThemeHeat
from sim.scenario.models import Observed

AXES = np.eye(3)


def some_law(seed: int) -> GaussianLaw:
    draws = np.random.default_rng(seed)
    root = draws.normal(size=(3, 3))
    return GaussianLaw(draws.normal(size=3), root @ root.T)


def conditioned(
    law: GaussianLaw, directions: np.ndarray, values: np.ndarray, noise: np.ndarray
) -> GaussianLaw:
    """All observations at once, by the block formula."""
    across = law.covariance @ directions.T
    total = directions @ across + np.diag(noise)
    gain = np.linalg.solve(total, across.T).T
    mean = law.mean + gain @ (values - directions @ law.mean)
    return GaussianLaw(mean, law.covariance - gain @ across.T)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [(0.0, 0.0), (0.3, 0.0), (0.3, 2.0)])
def test_one_observation_after_the_other_is_all_at_once(seed, noise):
    law = some_law(seed)
    directions = np.random.default_rng(seed + 100).normal(size=(2, 3))
    values = np.array([0.7, -1.1])
    expected = conditioned(law, directions, values, np.array(noise))
    for order in ([0, 1], [1, 0]):
        stepwise = law
        for k in order:
            stepwise = stepwise.observe(directions[k], values[k], noise[k])
        np.testing.assert_allclose(stepwise.mean, expected.mean, atol=1e-10)
        np.testing.assert_allclose(stepwise.covariance, expected.covariance, atol=1e-10)


def test_an_exact_observation_leaves_no_doubt():
    law = some_law(3).observe(AXES[0], 2.5, 0.0)
    assert law.mean[0] == pytest.approx(2.5)
    np.testing.assert_allclose(law.covariance[0], 0.0, atol=1e-12)


def test_an_observation_through_endless_noise_says_nothing():
    law = some_law(4)
    after = law.observe(AXES[1], 100.0, 1e18)
    np.testing.assert_allclose(after.mean, law.mean, atol=1e-9)
    np.testing.assert_allclose(after.covariance, law.covariance, atol=1e-9)


def test_what_is_certain_already_cannot_be_learnt():
    certain = GaussianLaw(np.array([1.0, 2.0, 3.0]), np.diag([0.0, 1.0, 1.0]))
    after = certain.observe(AXES[0], 5.0, 0.0)
    np.testing.assert_array_equal(after.mean, certain.mean)


HEAT = ThemeHeat(mean=0.2, se=0.3, peers=())


def law_of(changes: dict[str, object], heat: ThemeHeat = HEAT) -> GaussianLaw:
    scenario = small_deal(changes)
    return coverage_law(scenario.observed, small_market(), features_of(scenario), heat)


def test_the_prior_is_the_markets_and_loads_on_heat():
    law = law_of(UNPRICED)
    np.testing.assert_allclose(law.mean, [4.0 + 0.8 * 0.2, 1.5 + 0.5 * 0.2, 0.2])
    assert law.covariance[0, 0] == pytest.approx(1.44**2 + (0.8 * 0.3) ** 2)
    assert law.covariance[1, 1] == pytest.approx(0.84**2 + (0.5 * 0.3) ** 2)
    assert law.covariance[0, 1] == pytest.approx(0.4 * 1.44 * 0.84 + 0.8 * 0.5 * 0.3**2)
    np.testing.assert_allclose(law.covariance[2], [0.8 * 0.09, 0.5 * 0.09, 0.09])


def test_heat_that_is_known_moves_coverage_and_nothing_else():
    law = law_of(UNPRICED, ThemeHeat(mean=0.5, se=0.0, peers=()))
    np.testing.assert_allclose(law.mean, [4.4, 1.75, 0.5])
    np.testing.assert_allclose(law.covariance[2], 0.0)


def test_a_partial_coverage_is_seen_through_its_noise():
    prior = law_of(UNPRICED)
    seen = {**UNPRICED, "observed.partial_public_coverage": 300.0, "observed.partial_noise": 0.5}
    expected = prior.observe(AXES[0], np.log(300.0), 0.25)
    law = law_of(seen)
    np.testing.assert_allclose(law.mean, expected.mean)
    np.testing.assert_allclose(law.covariance, expected.covariance)
    assert prior.mean[0] < law.mean[0] < np.log(300.0)


def test_the_final_coverage_outranks_the_partial_one():
    final = law_of({"observed.partial_public_coverage": 300.0})
    np.testing.assert_allclose(final.mean, law_of({}).mean)
    assert final.mean[0] == pytest.approx(np.log(20.0))
    assert final.mean[1] == pytest.approx(np.log(2.0))


def test_coverages_below_any_demand_curve_count_as_the_lowest():
    tiny, lowest = law_of({"observed.public_coverage": 1e-5}), law_of({"observed.public_coverage": 0.3})
    np.testing.assert_array_equal(tiny.mean, lowest.mean)


def test_the_law_holds_whatever_the_market():
    """What coverages leave of heat is the textbook's, and known coverages have neither spread nor say."""
    draws = np.random.default_rng(5)
    parameters = prepare(small_deal(), small_market()).parameters
    for _ in range(200):
        public_sd, placing_sd, heat_sd = (float(x) for x in draws.uniform(0.05, 3.0, 3))
        market = small_market(
            {
                "coverage.public.sd": public_sd,
                "coverage.placing.sd": placing_sd,
                "coverage.correlation": float(draws.uniform(-0.95, 0.95)),
                "coverage.public.theme_loading": float(draws.normal()),
                "coverage.placing.theme_loading": float(draws.normal()),
            }
        )
        heat = ThemeHeat(0.1, heat_sd, ())
        c = coverage_law(Observed(), market, Features(), heat).covariance
        left = c[2, 2] - c[:2, 2] @ np.linalg.solve(c[:2, :2], c[:2, 2])
        seen = Observed(public_coverage=20.0, placing_coverage=2.0)
        known = coverage_parameters(seen, "t1", market, Features(), heat, parameters.demand, parameters.terms)
        assert known.valuation_sd**2 == pytest.approx(0.25 * left, rel=1e-6)
        assert (known.public_sd, known.placing_sd) == (0.0, 0.0)
