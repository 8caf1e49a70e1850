"""What stands for a figure of a past deal that was not published."""

from __future__ import annotations

from math import log

from sim.deals.deals import Deal

UNDERSUBSCRIBED_COVERAGE = 0.7
"""Taken for a public tranche that was not filled and for which no figure was published."""
UNKNOWN_COVERAGE = 5.0
LOWEST_COVERAGE = 0.3
UNKNOWN_LOG_SIZE = log(5e8)


def public_coverage_of(deal: Deal) -> float:
    """Return the public coverage to work with, times subscribed, also where no figure was published."""
    if deal.public_coverage is not None:
        return max(deal.public_coverage, LOWEST_COVERAGE)
    return UNDERSUBSCRIBED_COVERAGE if deal.public_undersubscribed else UNKNOWN_COVERAGE
