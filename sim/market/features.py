"""Features of a deal: what its valuation and coverage may depend on before its own demand is known."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache

from sim.deals.deals import HEAT_LISTINGS, HEAT_MINIMUM, Deals, load_deals
from sim.deals.usual import LOWEST_COVERAGE, UNDERSUBSCRIBED_COVERAGE
from sim.market.parameters import Features
from sim.scenario.scenario import Scenario

DEAL_SIZE_CENTRE, DEAL_SIZE_SCALE = 20.7, 1.3
"""A log of about HK$1bn, and the spread of log deal sizes."""
UNKNOWN_HEAT = 0.1
"""Market heat before three deals have listed: about the mean log return of all past deals."""
COVERAGE_HEAT_CENTRE = 6.0
COVERAGE_HEAT_LISTINGS = 10
COVERAGE_HEAT_MINIMUM = 4
FINI_START = date(2023, 11, 22)
"""From this day brokers no longer lock the full application money, and coverages are another quantity."""


def standard_size(money: float) -> float:
    """Return the deal size feature of an amount raised, HK$."""
    return (math.log(money) - DEAL_SIZE_CENTRE) / DEAL_SIZE_SCALE


def coverage_heat(deals: Deals, day: date) -> float:
    """Mean log public coverage of the last ten listings strictly before a day, less its centre; 0 where unknown."""
    seen = []
    for deal in deals:
        if not FINI_START <= deal.list_date < day:
            continue
        if deal.public_undersubscribed:
            seen.append(math.log(UNDERSUBSCRIBED_COVERAGE))
        elif deal.public_coverage is not None:
            seen.append(math.log(max(deal.public_coverage, LOWEST_COVERAGE)))
    recent = seen[-COVERAGE_HEAT_LISTINGS:]
    if len(recent) < COVERAGE_HEAT_MINIMUM:
        return 0.0
    return sum(recent) / len(recent) - COVERAGE_HEAT_CENTRE


def features_of(scenario: Scenario, deals: Deals | None = None) -> Features:
    """Return the features of a scenario, from the listings of its venue before its own.

    Parameters
    ----------
    scenario
        The deal.
    deals
        Past deals, the shipped ones when left out; those listed on or after the deal's own day are not seen.
    """
    money = scenario.offer.base_shares + scenario.offer.size_adjustment_shares
    price = scenario.offer.price
    if price is None and scenario.offer.price_range is not None:
        price = sum(scenario.offer.price_range) / 2.0
    size = standard_size(money * (price or 1.0))
    anchored = 1.0 if scenario.ah_listing else 0.0
    if scenario.venue != "hkex":
        # Past deals are of Hong Kong, and no other market depends on its heat unless a file of its own says so.
        return Features(market_heat=scenario.market_heat or 0.0, deal_size=size, anchored=anchored)
    day = scenario.list_date
    heat, heat_of_coverage = _shipped_heats(day) if deals is None else _heats(deals, day)
    return Features(
        market_heat=heat if scenario.market_heat is None else scenario.market_heat,
        coverage_heat=heat_of_coverage,
        deal_size=size,
        anchored=anchored,
    )


def _heats(deals: Deals, day: date) -> tuple[float, float]:
    """Market heat and coverage heat on the morning of a day."""
    past = deals.before(day)
    last = [deal.log_return_close for deal in past if deal.log_return_close is not None][-HEAT_LISTINGS:]
    heat = sum(last) / len(last) if len(last) >= HEAT_MINIMUM else UNKNOWN_HEAT
    return heat, coverage_heat(past, day)


@lru_cache(maxsize=64)
def _shipped_heats(day: date) -> tuple[float, float]:
    """Heats of the shipped deals: a sweep asks for one day's a thousand times."""
    return _heats(load_deals(), day)
