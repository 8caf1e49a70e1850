"""What a summary says of the days after the first: its block ``aftermarket``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan
from sim.scenario.schedule import lock_up_end, stabilisation_end, unlocks
from sim.statistics import Moments, probability_se
from sim.summaries import mean_of, share
from sim.tally import AFTER, COVERED, after_prices

__all__ = ["COVERED", "aftermarket_summary"]

_EVENTS = ("full_exercise", "partial_exercise", "no_exercise", "support_exhausted", "stabilised")

Described = Callable[[str], tuple[dict[str, Any], dict[str, Any]]]
"""Describes the return and the price of a name."""


def aftermarket_summary(
    plan: Plan,
    described: Described,
    moments: Mapping[str, Moments],
    counts: Mapping[str, int],
    days: NDArray[np.int64],
    listed: int,
) -> dict[str, Any]:
    """Return the block of the summary; probabilities are shares of the paths that list.

    Parameters
    ----------
    plan
        What was simulated, with a horizon beyond the first day.
    described
        Describes a price.
    moments, counts
        What was collected, by the names of :mod:`sim.tally`.
    days
        (trading days + 1,), paths by the day on which the short was used up.
    listed
        Paths that list.
    """
    scenario = plan.scenario
    prices = {}
    for name in after_prices(plan):
        of_returns, of_prices = described(name)
        prices[name] = {"returns": of_returns, "prices": of_prices}

    def probability(event: str) -> dict[str, float]:
        hits = counts[AFTER + event]
        return {"value": share(hits, listed), "se": probability_se(hits, listed)}

    document: dict[str, Any] = {
        "horizon": scenario.horizon,
        "stabilisation": {
            "end": stabilisation_end(scenario).isoformat(),
            "trading_days": days.size - 1,
            **prices["stabilisation_close"],
        },
    }
    if plan.over_allotment > 0.0:
        document["stabilisation"] |= {
            **_manager(scenario.offer.base_shares, moments, counts[AFTER + "support_exhausted"], days),
            "probabilities": {event: probability(event) for event in _EVENTS},
        }
    if "expiry_close" in prices:
        end, last = lock_up_end(scenario), plan.aftermarket.days
        document["lock_up"] = {
            "end": None if end is None else end.isoformat(),
            "trading_days": last,
            "freed": [unlock.name for unlock in unlocks(scenario) if unlock.trading_day == last],
            "before": prices["before_expiry"],
            "after": prices["expiry_close"],
            "unlock_return_mean": mean_of(moments[AFTER + "unlock"]),
            "unlock_return_mean_se": moments[AFTER + "unlock"].se,
            "probabilities": {"under_water": probability("under_water")},
        }
    return document


def _manager(
    base: int, moments: Mapping[str, Moments], exhausted: int, days: NDArray[np.int64]
) -> dict[str, Any]:
    purchases, exercised, gain, day = (
        moments[AFTER + name] for name in ("purchases", "exercised", "gain", "day")
    )
    middle = int(np.searchsorted(np.cumsum(days), (exhausted + 1) // 2)) if exhausted else None
    return {
        "purchases_mean": mean_of(purchases) * base,
        "purchases_mean_se": purchases.se * base,
        "exercised_fraction_mean": mean_of(exercised),
        "exercised_fraction_mean_se": exercised.se,
        "manager_gain_mean": mean_of(gain) * base,
        "manager_gain_mean_se": gain.se * base,
        "exhausted_day_mean": mean_of(day),
        "exhausted_day_mean_se": day.se,
        "exhausted_day_median": middle,
    }
