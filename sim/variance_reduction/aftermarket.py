"""The block ``aftermarket`` of a summary: :mod:`sim.aftermarket_collector` with the estimators of weighted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Batch, Plan
from sim.scenario.schedule import lock_up_end, stabilisation_end, unlocks
from sim.tally import COVERED, after_prices
from sim.variance_reduction.prices import PriceTally
from sim.variance_reduction.sums import EventShare, Frame, WeightedMean

Array = NDArray[np.float64]

_EVENTS = ("full_exercise", "partial_exercise", "no_exercise", "support_exhausted", "stabilised")


class WeightedAftermarket:
    """Consumes blocks of a plan whose horizon lies beyond the first day.

    Parameters
    ----------
    plan
        What is being simulated.
    mixture
        Whether paths carry weights.
    streamed
        Whether paths are not kept, so that quantiles need histograms.
    """

    def __init__(self, plan: Plan, mixture: bool, streamed: bool) -> None:
        self._plan = plan
        self._prices = {name: PriceTally(plan, name, mixture, streamed) for name in after_prices(plan)}
        self._means = {
            name: WeightedMean(mixture) for name in ("purchases", "exercised", "gain", "day", "unlock")
        }
        self._events = {name: EventShare(mixture) for name in (*_EVENTS, "under_water")}
        self._days = np.zeros(plan.aftermarket.stabilisation_days + 1)

    def add(self, block: Batch, frame: Frame) -> None:
        """Add the next block of paths."""
        short, listed = self._plan.over_allotment, ~np.isnan(block["close"])
        for price in self._prices.values():
            price.add(block, frame)
        if short > 0.0:
            self._add_manager(block, frame, short, listed)
        if "expiry_close" in self._prices:
            after = block["expiry_close"]
            self._means["unlock"].add(after / block["before_expiry"] - 1.0, frame)
            self._events["under_water"].add(after < block["offer_price"], listed, frame)

    def _add_manager(self, block: Batch, frame: Frame, short: float, listed: NDArray[np.bool_]) -> None:
        bought, days = block["purchases_total"], block["exhausted_day"]
        self._means["purchases"].add(bought, frame)
        self._means["exercised"].add(block["exercised"] / short, frame)
        self._means["gain"].add(block["manager_gain"], frame)
        self._means["day"].add(days, frame)
        none, all_bought = bought <= (1.0 - COVERED) * short, bought >= COVERED * short
        used = ~np.isnan(days)
        happened = {
            "full_exercise": none,
            "no_exercise": all_bought,
            "partial_exercise": ~none & ~all_bought,
            "stabilised": ~none,
            "support_exhausted": used,
        }
        for event, hits in happened.items():
            self._events[event].add(hits, listed, frame)
        drawn = block.drawn
        weights = None if drawn is None or drawn.weights is None else drawn.weights[used]
        self._days += np.bincount(days[used].astype(np.int64), weights, minlength=self._days.size)

    def summary(self, kept: Mapping[str, Array] | None, weights: Array | None) -> dict[str, Any]:
        """Return the block of the summary; probabilities are shares of the paths that list."""
        scenario = self._plan.scenario
        prices = {}
        for name, price in self._prices.items():
            returns, told = price.summary(kept, weights)
            prices[name] = {"returns": returns, "prices": told}
        document: dict[str, Any] = {
            "horizon": scenario.horizon,
            "stabilisation": {
                "end": stabilisation_end(scenario).isoformat(),
                "trading_days": self._days.size - 1,
                **prices["stabilisation_close"],
            },
        }
        if self._plan.over_allotment > 0.0:
            document["stabilisation"] |= self._manager()
        if "expiry_close" in prices:
            end, days = lock_up_end(scenario), self._plan.aftermarket.days
            document["lock_up"] = {
                "end": None if end is None else end.isoformat(),
                "trading_days": days,
                "freed": [unlock.name for unlock in unlocks(scenario) if unlock.trading_day == days],
                "before": prices["before_expiry"],
                "after": prices["expiry_close"],
                "unlock_return_mean": self._means["unlock"].mean,
                "unlock_return_mean_se": self._means["unlock"].se,
                "probabilities": {"under_water": self._probability("under_water")},
            }
        return document

    def _manager(self) -> dict[str, Any]:
        base, means = self._plan.scenario.offer.base_shares, self._means
        total = float(self._days.sum())
        middle = int(np.searchsorted(np.cumsum(self._days), 0.5 * total)) if total > 0.0 else None
        return {
            "purchases_mean": means["purchases"].mean * base,
            "purchases_mean_se": means["purchases"].se * base,
            "exercised_fraction_mean": means["exercised"].mean,
            "exercised_fraction_mean_se": means["exercised"].se,
            "manager_gain_mean": means["gain"].mean * base,
            "manager_gain_mean_se": means["gain"].se * base,
            "exhausted_day_mean": means["day"].mean,
            "exhausted_day_mean_se": means["day"].se,
            "exhausted_day_median": middle,
            "probabilities": {event: self._probability(event) for event in _EVENTS},
        }

    def _probability(self, event: str) -> dict[str, float]:
        share = self._events[event]
        return {"value": share.value, "se": share.se}
