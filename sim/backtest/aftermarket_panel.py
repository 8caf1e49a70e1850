"""What the simulator says of past deals after their first day, to set beside an observed panel.

Run as ``python -m sim.backtest.aftermarket_panel`` it prints the table of ``docs/aftermarket.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sim.backtest.past import kernel_parameters, past_deal
from sim.deals.deals import Deal, Deals, load_deals
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES, AftermarketParameters
from sim.market.parameters import Market, load_market
from sim.scenario.schedule import STABILISATION_DAYS, trading_days

BINS = ((-1.0, 0.0), (0.0, 0.25), (0.25, 1.0), (1.0, math.inf))
"""First-day returns of a bin: above the first (from it, in the lowest bin) up to and including the second."""
DAYS = 20
"""Trading days of the later return, counted from the first day's close."""
CLOSE_TO_LISTING = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class PanelRow:
    """Deals whose first day falls into a bin.

    Parameters
    ----------
    low, high
        First-day returns.
    share
        Share of all deals.
    bought
        Share of them with stabilising purchases by the end of the period.
    exercised
        Mean share of the option exercised.
    later_return
        Median return from the first day's close over :data:`DAYS` trading days.
    """

    low: float
    high: float
    share: float
    bought: float
    exercised: float
    later_return: float


def panel(
    deals: Iterable[Deal], past: Deals, market: Market | None = None, paths: int = 2_000
) -> list[PanelRow]:
    """Simulate deals as known after allotment and sort their paths by first-day return.

    Parameters
    ----------
    deals
        Deals to simulate; each gets a greenshoe of the full 15%, since the file does not say.
    past
        Deals for the features; only those before a deal are seen.
    market
        One market for all; that of each deal's own date when left out.
    paths
        Paths of each deal.
    """
    parts = [_simulated(deal, past, market, paths, seed) for seed, deal in enumerate(deals)]
    paths_of = {name: np.concatenate([part[row] for part in parts]) for row, name in enumerate(QUANTITIES)}
    first_day = paths_of["close"] / paths_of["offer_price"] - 1.0
    return [_row(paths_of, first_day, low, high) for low, high in BINS]


def _simulated(deal: Deal, past: Deals, market: Market | None, paths: int, seed: int) -> NDArray[np.float64]:
    own = load_market("hkex", None, deal.list_date) if market is None else market
    parameters = kernel_parameters(past_deal(deal, "t1", past), own, seed)
    end = deal.list_date - CLOSE_TO_LISTING + timedelta(days=STABILISATION_DAYS)
    values = np.empty((len(QUANTITIES), paths))
    after = _no_unlock(own, trading_days(deal.list_date, end))
    simulate_paths(parameters._replace(aftermarket=after), 0, values, np.empty((0, 0), np.float32))
    return values


def _no_unlock(market: Market, bid_days: int) -> AftermarketParameters:
    after = market.aftermarket
    return AftermarketParameters(
        days=DAYS,
        stabilisation_days=min(bid_days, DAYS),
        volatility=after.daily_volatility,
        volatility_log_sd=after.daily_volatility_log_sd,
        volatility_most=after.most_daily_volatility,
        drift=after.daily_drift,
        absorption=-math.expm1(-market.stabilisation.absorption_per_day),
        unlock_days=np.empty(0, np.int64),
        unlock_fixed=np.empty(0),
        unlock_money=np.empty(0),
        sold=after.sold,
        anticipated=after.anticipated,
        exercise_above=math.log1p(after.exercise_above),
    )


def _row(
    paths: dict[str, NDArray[np.float64]], first_day: NDArray[np.float64], low: float, high: float
) -> PanelRow:
    chosen = (first_day <= high) & ((first_day > low) | (low == -1.0))
    if not chosen.any():
        return PanelRow(low, high, 0.0, math.nan, math.nan, math.nan)
    short = paths["purchases_total"] + paths["exercised"]
    bought = paths["purchases_total"][chosen]
    return PanelRow(
        low=low,
        high=high,
        share=float(chosen.mean()),
        bought=float((bought > 0.0).mean()),
        exercised=float((paths["exercised"][chosen] / short[chosen]).mean()),
        later_return=float(np.median(paths["before_expiry"][chosen] / paths["close"][chosen] - 1.0)),
    )


def main() -> None:
    """Print the panel of the deals of the first half of 2026."""
    past = load_deals()
    deals = past.between(date(2026, 1, 1), date(2026, 6, 30)).with_inputs_of("t1")
    print(f"{len(deals)} deals")
    for row in panel(deals, past):
        print(
            f"{row.low:+.0%} to {row.high:+.0%}: share {row.share:.0%}, purchases {row.bought:.0%}, "
            f"exercised {row.exercised:.0%}, {DAYS}-day return {row.later_return:+.1%}"
        )


if __name__ == "__main__":
    main()
