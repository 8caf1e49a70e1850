"""Collects what follows the first day: the block ``aftermarket`` of a summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Batch, Plan
from sim.scenario.schedule import lock_up_end, stabilisation_end, unlocks
from sim.statistics import HistogramCounter, Moments, probability_se
from sim.summaries import described, exact_quantiles, histogram_quantiles, mean_of, scaled, share

Kept = Mapping[str, NDArray[np.float64]]

COVERED = 1.0 - 1e-5
"""Share of the short from which it counts as covered: purchases come from a single-precision lift."""
_EVENTS = ("full_exercise", "partial_exercise", "no_exercise", "support_exhausted", "stabilised")


class _Price:
    """A price and its return against the offer price; histograms stand in where paths are not kept."""

    def __init__(self, name: str, streamed: bool) -> None:
        self.name, self._streamed = name, streamed
        self.returns, self.prices = Moments(), Moments()
        self._ratio_counts, self._price_counts = HistogramCounter(), HistogramCounter()

    def add(self, block: Batch, unit: float) -> None:
        prices = block[self.name]
        ratios = prices / block["offer_price"]
        self.returns.add(ratios - 1.0)
        self.prices.add(prices)
        if self._streamed:
            self._ratio_counts.add(ratios)
            self._price_counts.add(prices / unit)

    def summary(self, kept: Kept | None, unit: float) -> dict[str, Any]:
        if kept is None:
            ratios = histogram_quantiles(self._ratio_counts.freeze())
            prices = scaled(histogram_quantiles(self._price_counts.freeze()), unit)
            returns = scaled(ratios, 1.0, -1.0)
        else:
            returns = exact_quantiles(kept[self.name] / kept["offer_price"] - 1.0)
            prices = exact_quantiles(kept[self.name])
        return {"returns": described(self.returns, returns), "prices": described(self.prices, prices)}


class AftermarketCollector:
    """Consumes blocks of a plan whose horizon lies beyond the first day.

    Parameters
    ----------
    plan
        What is being simulated.
    streamed
        Whether paths are not kept, so that quantiles need histograms.
    """

    def __init__(self, plan: Plan, streamed: bool) -> None:
        self._plan = plan
        names = ["stabilisation_close"]
        if plan.scenario.horizon == "lock_up":
            names += ["before_expiry", "expiry_close"]
        self._prices = {name: _Price(name, streamed) for name in names}
        self._means = {name: Moments() for name in ("purchases", "exercised", "gain", "day", "unlock")}
        self._events = dict.fromkeys(_EVENTS, 0)
        self._listed = self._under_water = 0
        self._days = np.zeros(plan.aftermarket.stabilisation_days + 1, dtype=np.int64)

    def add(self, block: Batch) -> None:
        """Add the next block of paths."""
        short, unit = self._plan.over_allotment, self._plan.scenario.reference_price
        listed = ~np.isnan(block["close"])
        self._listed += int(listed.sum())
        for price in self._prices.values():
            price.add(block, unit)
        bought, days = block["purchases_total"], block["exhausted_day"]
        if short > 0.0:
            self._means["purchases"].add(bought)
            self._means["exercised"].add(block["exercised"] / short)
            self._means["gain"].add(block["manager_gain"])
            self._means["day"].add(days)
            none, all_bought = bought <= (1.0 - COVERED) * short, bought >= COVERED * short
            self._count("full_exercise", none)
            self._count("no_exercise", all_bought)
            self._count("partial_exercise", listed & ~none & ~all_bought)
            self._count("stabilised", listed & ~none)
            self._count("support_exhausted", ~np.isnan(days))
            used = days[~np.isnan(days)].astype(np.int64)
            self._days += np.bincount(used, minlength=self._days.size)
        if "expiry_close" in self._prices:
            self._means["unlock"].add(block["expiry_close"] / block["before_expiry"] - 1.0)
            self._under_water += int((block["expiry_close"] < block["offer_price"]).sum())

    def _count(self, event: str, happened: NDArray[np.bool_]) -> None:
        self._events[event] += int(happened.sum())

    def summary(self, kept: Kept | None) -> dict[str, Any]:
        """Return the block of the summary; probabilities are shares of the paths that list."""
        scenario = self._plan.scenario
        unit = scenario.reference_price
        prices = {name: price.summary(kept, unit) for name, price in self._prices.items()}
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
                "unlock_return_mean": mean_of(self._means["unlock"]),
                "unlock_return_mean_se": self._means["unlock"].se,
                "probabilities": {"under_water": self._probability(self._under_water)},
            }
        return document

    def _manager(self) -> dict[str, Any]:
        base, means = self._plan.scenario.offer.base_shares, self._means
        exhausted = self._events["support_exhausted"]
        middle = int(np.searchsorted(np.cumsum(self._days), (exhausted + 1) // 2)) if exhausted else None
        return {
            "purchases_mean": mean_of(means["purchases"]) * base,
            "purchases_mean_se": means["purchases"].se * base,
            "exercised_fraction_mean": mean_of(means["exercised"]),
            "exercised_fraction_mean_se": means["exercised"].se,
            "manager_gain_mean": mean_of(means["gain"]) * base,
            "manager_gain_mean_se": means["gain"].se * base,
            "exhausted_day_mean": mean_of(means["day"]),
            "exhausted_day_mean_se": means["day"].se,
            "exhausted_day_median": middle,
            "probabilities": {event: self._probability(hits) for event, hits in self._events.items()},
        }

    def _probability(self, hits: int) -> dict[str, float]:
        return {"value": share(hits, self._listed), "se": probability_se(hits, self._listed)}
