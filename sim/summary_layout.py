"""How a summary lays out what paths told, whatever estimators they were told by: `summary.json` of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan
from sim.estimates import Estimate
from sim.scenario.schedule import lock_up_end, stabilisation_end, unlocks
from sim.statistics import HISTOGRAM_WIDTH
from sim.tally import AFTER, EVENTS, PRICES, after_prices

_AFTER_EVENTS = ("full_exercise", "partial_exercise", "no_exercise", "support_exhausted", "stabilised")


@dataclass(frozen=True, slots=True)
class Told:
    """What was estimated, by the names of :mod:`sim.tally`.

    Parameters
    ----------
    means
        Of the quantities.
    shares
        Of the paths on which an event comes: among all of a withdrawal, among those that list of another event.
    described
        The return and the price of each name, as the summary has them.
    days
        (trading days + 1,), weight of the paths by the day on which the short was used up.
    streamed
        Whether quantiles were read off histograms.
    """

    means: Mapping[str, Estimate]
    shares: Mapping[str, Estimate]
    described: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]
    days: NDArray[np.float64] | NDArray[np.int64]
    streamed: bool

    def share(self, event: str) -> dict[str, float]:
        """Lay out the share of an event."""
        told = self.shares[event]
        return {"value": told.value, "se": told.se}


def summary_of(plan: Plan, paths: int, partial: bool, told: Told) -> dict[str, Any]:
    """Return the summary of ``paths`` paths; ``partial`` says that the run was interrupted.

    Events other than a withdrawal are shares of the paths that list. ``quantile_error`` bounds what reading
    quantiles off a histogram adds, in log price; 0 where they are exact.
    """
    scenario, means = plan.scenario, told.means
    base = scenario.offer.base_shares
    parts = {"valuation_and_heat": "pressure_move", "scarcity": "scarcity", "stabilisation": "lift"}
    after = {} if plan.parameters.aftermarket is None else {"aftermarket": _aftermarket(plan, told)}
    return {
        "scenario": scenario.name,
        "stage": scenario.stage,
        "paths": paths,
        "seed": scenario.simulation.seed,
        "partial": partial,
        "offer_price": scenario.offer.price or means["offer_price"].value,
        "float_shares": float(np.round(means["float_at_listing"].value * base)),
        "float_shares_se": means["float_at_listing"].se * base,
        "returns": {name: told.described[name][0] for name in PRICES},
        "prices": {name: told.described[name][1] for name in PRICES},
        "probabilities": {event: told.share(event) for event in EVENTS},
        "greenshoe": {
            "over_allotted_shares": scenario.over_allotted_shares(),
            "purchases_mean": means["purchases"].value * base,
            "purchases_mean_se": means["purchases"].se * base,
            "purchases_fraction_of_short_mean": means["bought_of_short"].value,
            "exercised_fraction_mean": means["exercised"].value,
            "exercised_fraction_mean_se": means["exercised"].se,
        },
        "decomposition": {part: means[name].value for part, name in parts.items()},
        "decomposition_se": {part: means[name].se for part, name in parts.items()},
        "quantile_error": HISTOGRAM_WIDTH if told.streamed else 0.0,
        **after,
    }


def _aftermarket(plan: Plan, told: Told) -> dict[str, Any]:
    """Lay out the days after the first; probabilities are shares of the paths that list."""
    scenario = plan.scenario
    prices = {}
    for name in after_prices(plan):
        of_returns, of_prices = told.described[name]
        prices[name] = {"returns": of_returns, "prices": of_prices}
    document: dict[str, Any] = {
        "horizon": scenario.horizon,
        "stabilisation": {
            "end": stabilisation_end(scenario).isoformat(),
            "trading_days": told.days.size - 1,
            **prices["stabilisation_close"],
        },
    }
    if plan.over_allotment > 0.0:
        document["stabilisation"] |= {
            **_manager(scenario.offer.base_shares, told),
            "probabilities": {event: told.share(AFTER + event) for event in _AFTER_EVENTS},
        }
    if "expiry_close" in prices:
        end, last = lock_up_end(scenario), plan.aftermarket.days
        unlock = told.means[AFTER + "unlock"]
        document["lock_up"] = {
            "end": None if end is None else end.isoformat(),
            "trading_days": last,
            "freed": [each.name for each in unlocks(scenario) if each.trading_day == last],
            "before": prices["before_expiry"],
            "after": prices["expiry_close"],
            "unlock_return_mean": unlock.value,
            "unlock_return_mean_se": unlock.se,
            "probabilities": {"under_water": told.share(AFTER + "under_water")},
        }
    return document


def _manager(base: int, told: Told) -> dict[str, Any]:
    purchases, exercised, gain, day = (
        told.means[AFTER + name] for name in ("purchases", "exercised", "gain", "day")
    )
    running = np.cumsum(told.days)
    middle = int(np.searchsorted(running, 0.5 * running[-1])) if running[-1] > 0 else None
    return {
        "purchases_mean": purchases.value * base,
        "purchases_mean_se": purchases.se * base,
        "exercised_fraction_mean": exercised.value,
        "exercised_fraction_mean_se": exercised.se,
        "manager_gain_mean": gain.value * base,
        "manager_gain_mean_se": gain.se * base,
        "exhausted_day_mean": day.value,
        "exhausted_day_mean_se": day.se,
        "exhausted_day_median": middle,
    }
