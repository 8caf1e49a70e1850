"""The mean return of a run is a number: seeds agree on it within their standard errors, and on the spread.

The valuation is Student-t in log price, whose exponential has no mean; the kernels cut it off. Without the cut one
path in a hundred thousand carries the mean, and standard errors of two seeds differ by factors of ten and more.
"""

from dataclasses import replace

import numpy as np
import pytest
from small_deals import small_deal, small_market

from sim.engine import Plan, batches, prepare

SEEDS = range(6)
PATHS = 100_000
# Two-sided, 6 comparisons at 2e-8 each: a false-alarm rate below 2e-7.
DEVIATIONS = 5.6
HEAVY = {"valuation.degrees_of_freedom": 3.0, "valuation.spread": {"intercept": -0.6}}


def plan(seed: int) -> Plan:
    return prepare(small_deal({"simulation.seed": seed}), small_market(HEAVY))


def close_returns(plan: Plan) -> np.ndarray:
    parts = [batch["close"] / batch["offer_price"] - 1.0 for batch in batches(plan, PATHS, PATHS, threads=2)]
    return np.concatenate(parts)


def agree(plans: list[Plan]) -> bool:
    returns = [close_returns(each) for each in plans]
    means = np.array([each.mean() for each in returns])
    spreads = np.array([each.std() for each in returns])
    errors = spreads / np.sqrt(PATHS)
    within = bool((np.abs(means - means.mean()) < DEVIATIONS * errors).all())
    return within and bool(spreads.max() < 1.25 * spreads.min())


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [plan(seed) for seed in SEEDS]


def test_seeds_agree_on_mean_and_spread(plans):
    assert agree(plans)


def test_without_the_bound_they_do_not(plans):
    unbounded = []
    for each in plans:
        coverage = each.parameters.coverage._replace(noise_bound=np.inf)
        unbounded.append(replace(each, parameters=each.parameters._replace(coverage=coverage)))
    assert not agree(unbounded)
