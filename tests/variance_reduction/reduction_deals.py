"""Deals of these tests, and p-values that make an alarm.

Every statistical test is one family of comparisons that alarms when a p-value is below ``FALSE_ALARM`` divided by
their number (Bonferroni); seeds are fixed, so an alarm can only come when the numbers change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import stats
from small_deals import UNPRICED, small_deal, small_market

from sim.engine import Plan, prepare
from sim.kernels.parameters import CoverageParameters, TermParameters

FALSE_ALARM = 1e-7

HOT: dict[str, object] = {"observed.public_coverage": 4_000.0}
GREY: dict[str, object] = {"observed.grey_return": 0.5}
LOCK_UP: dict[str, object] = {"horizon": "lock_up", "cornerstones.lock_up_months": 6}
DEALS: Mapping[str, Mapping[str, object]] = {
    "launch": UNPRICED,
    "allotment": {},
    "hot": HOT,
    "grey": GREY,
}


def plan_of(name: str, seed: int = 7) -> Plan:
    """One of the deals made ready, in the made-up market."""
    return prepare(small_deal({**DEALS[name], "simulation.seed": seed}), small_market())


def two_sided(score: float) -> float:
    """P-value of a standard normal score."""
    return float(2.0 * stats.norm.sf(abs(score)))


def alarms(p_values: Mapping[str, float]) -> set[str]:
    """Names of the comparisons whose p-value is too small to be chance."""
    return {name for name, p in p_values.items() if not p >= FALSE_ALARM / len(p_values)}


def gaussian_plan(open_at: float, valuation_sd: float, day_sd: float) -> Plan:
    """A deal whose close is log-normal: a Gaussian valuation, a constant volatility, no manager, fine ticks.

    The log return of the close is normal with mean ``open_at`` and variance ``valuation_sd^2 + day_sd^2``.
    """
    plan = plan_of("allotment")
    given = plan.parameters
    known: dict[str, float] = dict.fromkeys(
        ("public_sd", "placing_sd", "valuation_public_slope", "valuation_placing_slope"), 0.0
    )
    coverage: CoverageParameters = given.coverage._replace(
        **known,
        valuation_mean=0.0,
        valuation_sd=valuation_sd,
        spread_mean=-700.0,
        spread_low=-700.0,
        spread_high=-700.0,
        spread_slope=0.0,
    )
    terms: TermParameters = given.terms._replace(over_allotment=0.0)
    steps = given.day.volatility.size
    day = given.day._replace(
        sigma_base=day_sd, sigma_slope=0.0, sigma_log_sd=0.0, drift=np.zeros(steps, np.float32)
    )
    ticks = given.ticks._replace(
        lower_bounds=np.array([0.0]), numerators=np.array([1.0]), denominators=np.array([1e6])
    )
    bare = replace(plan, parameters=given._replace(coverage=coverage, terms=terms, day=day, ticks=ticks))
    from sim.engine import batches

    scarcity = next(batches(bare, 1, 1))["scarcity"][0]
    centred = coverage._replace(valuation_mean=open_at - float(scarcity))
    return replace(bare, parameters=bare.parameters._replace(coverage=centred))
