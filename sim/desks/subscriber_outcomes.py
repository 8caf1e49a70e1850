"""What the subscriber's desk finds of tiers, exits and the winner's curse, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sim.desks.application import Funding
from sim.desks.exits import Exit
from sim.desks.ladder import Tier
from sim.estimates import Estimate, finite


def levels_to_json(quantiles: Mapping[float, float]) -> dict[str, float | None]:
    """Return quantiles by their level as text."""
    return {f"{level:g}": finite(value) for level, value in quantiles.items()}


@dataclass(frozen=True, slots=True)
class TierOutcome:
    """What applying for a tier comes to, after all costs, in currency.

    Parameters
    ----------
    applicants
        Applicants of the tier, the mean over paths where they are forecast.
    money_applied, own_money
        Money of the application, and what of it and of the fixed cost is the applicant's own.
    expected_shares, prob_any
        Shares expected, and chance of any.
    profit_sd
        Standard deviation of the profit of one application, over paths and ballot.
    return_on_money
        Expected profit over own money.
    break_even
        First-day return at which the expected profit is zero.
    quantiles
        Profit by level, over paths and ballot.
    """

    pool: str
    applied_shares: int
    applicants: float
    funding: Funding
    money_applied: float
    own_money: float
    expected_shares: float
    prob_any: float
    expected_profit: Estimate
    profit_sd: float
    prob_loss: Estimate
    return_on_money: Estimate
    break_even: float
    quantiles: Mapping[float, float]

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``desk subscriber --json``."""
        return {
            "pool": self.pool,
            "applied_shares": self.applied_shares,
            "expected_shares": self.expected_shares,
            "prob_any": self.prob_any,
            "expected_profit": finite(self.expected_profit.value),
            "expected_profit_se": finite(self.expected_profit.se),
            "prob_loss": finite(self.prob_loss.value),
            "return_on_money": finite(self.return_on_money.value),
            "prob_loss_se": finite(self.prob_loss.se),
            "return_on_money_se": finite(self.return_on_money.se),
            "profit_sd": finite(self.profit_sd),
            "profit_quantiles": levels_to_json(self.quantiles),
            "break_even_return": finite(self.break_even),
            "applicants": self.applicants,
            "money_applied": self.money_applied,
            "own_money": self.own_money,
            "funding": self.funding.name,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """The best tier in one respect, for one way of paying."""

    by: Literal["profit", "return on money"]
    outcome: TierOutcome


@dataclass(frozen=True, slots=True)
class ExitOutcome:
    """One tier sold at one exit; ``behind`` is its profit less the best exit's, on the same paths."""

    exit: Exit
    expected_profit: Estimate
    behind: Estimate
    prob_loss: Estimate
    quantiles: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class WinnersCurse:
    """Allotment rate (expected shares over applied) and return of a tier over the paths that list.

    ``together`` is the mean of their product, ``covariance`` what it differs by from the product of the means.
    """

    tier: Tier
    rate: Estimate
    first_day_return: Estimate
    together: Estimate
    covariance: Estimate
