"""What a venue's listings usually do: its norm from quarter to quarter, from earlier listings only."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date

import numpy as np

from sim.deals.deals import Deal, Deals
from sim.deals.listings import StarListing
from sim.market.parameters import Norm

NORM_LISTINGS = {"hkex": 40, "star": 20}
"""Listings that a norm is the mean of: about half a year in a busy market, a year on the STAR Market."""
NORM_MINIMUM = 8
NORM_MONTHS = (3, 6, 9, 12)
TRIMMED = {"hkex": 0.0, "star": 0.1}
"""Share of the listings left out at either end. On the STAR Market two deals in a year move a mean a lot."""


def star_deals(listings: tuple[StarListing, ...]) -> Deals:
    """Turn STAR listings into deals; the strategic placement is the locked part."""
    return Deals.of(
        Deal(
            code=each.code,
            list_date=each.list_date,
            name=each.name,
            board=each.board,
            offer_price=each.offer_price,
            base_shares=each.shares_offered,
            public_coverage=each.online_coverage,
            cornerstone_fraction=each.strategic_fraction,
            open=each.open,
            high=each.high,
            low=each.low,
            close=each.close,
            close_return=each.close_return,
        )
        for each in listings
    )


def trimmed_mean(values: list[float], share: float) -> float:
    """Mean without the given share of the values at either end."""
    cut = int(share * len(values))
    return float(np.mean(sorted(values)[cut : len(values) - cut]))


def norms(deals: Deals, venue: str, as_of: date) -> tuple[Norm, ...]:
    """Return the norm of a venue from the first of March, June, September and December up to a date.

    Each is the mean of the listings strictly before its first day.
    """
    known = [deal for deal in deals.before(as_of) if deal.log_return_close is not None]
    days = [deal.list_date for deal in known]
    returns = [deal.log_return_close or 0.0 for deal in known]
    out: list[Norm] = []
    for start in _quarters(days[0], as_of) if days else ():
        count = bisect_left(days, start)
        if count < NORM_MINIMUM:
            continue
        last = returns[max(0, count - NORM_LISTINGS[venue]) : count]
        mean = round(trimmed_mean(last, TRIMMED[venue]), 4)
        if not out or out[-1].mean != mean:
            out.append(Norm(effective=start, mean=mean, source=f"the {len(last)} listings before"))
    return tuple(out)


def _quarters(first: date, last: date) -> list[date]:
    starts = (date(year, month, 1) for year in range(first.year, last.year + 1) for month in NORM_MONTHS)
    return [start for start in starts if first < start <= last]
