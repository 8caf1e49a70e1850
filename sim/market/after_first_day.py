"""From a scenario and a market to what the kernels are told of the days after the first."""

from __future__ import annotations

import math

import numpy as np

from sim.kernels.parameters import AftermarketParameters
from sim.market.parameters import Market
from sim.scenario.scenario import Scenario
from sim.scenario.schedule import (
    Unlock,
    horizon_trading_days,
    stabilisation_end,
    stabilisation_trading_days,
    unlocks,
)


def aftermarket_parameters(scenario: Scenario, market: Market) -> AftermarketParameters | None:
    """Return the days after the first up to the scenario's horizon, ``None`` where that is the first day.

    Over-allotted shares whose delivery was deferred reach their placees when the stabilisation period ends: they
    come free then like any locked tranche.
    """
    days = horizon_trading_days(scenario)
    if days == 0:
        return None
    base, after = float(scenario.offer.base_shares), market.aftermarket
    bid_days = stabilisation_trading_days(scenario)
    freed = [unlock for unlock in unlocks(scenario) if unlock.trading_day <= days]
    over = scenario.over_allotment
    if over is not None and over.settlement == "deferred":
        end = stabilisation_end(scenario)
        freed.append(Unlock("deferred delivery", end, bid_days, scenario.over_allotted_shares()))
    freed.sort(key=lambda unlock: unlock.trading_day)
    own = scenario.lock_up
    return AftermarketParameters(
        days=days,
        stabilisation_days=bid_days,
        volatility=after.daily_volatility,
        volatility_log_sd=after.daily_volatility_log_sd,
        volatility_most=after.most_daily_volatility,
        drift=after.daily_drift,
        absorption=-math.expm1(-market.stabilisation.absorption_per_day),
        unlock_days=np.array([unlock.trading_day for unlock in freed], dtype=np.int64),
        unlock_fixed=np.array([unlock.shares / base for unlock in freed], dtype=np.float64),
        unlock_money=np.array([float(unlock.money) for unlock in freed], dtype=np.float64),
        sold=after.sold if own.sold is None else own.sold,
        anticipated=after.anticipated if own.anticipated is None else own.anticipated,
        exercise_above=math.log1p(after.exercise_above),
    )
