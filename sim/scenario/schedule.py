"""What happens on which trading day after the first: the end of stabilisation, and locked tranches coming free.

Trading days are weekdays: public holidays are not known here, so a half-year counts about six days too many.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.scenario.models import LockedHolder, LockedTranche
    from sim.scenario.scenario import Scenario

STABILISATION_DAYS = 30
"""Calendar days from the close of applications (STAR: from listing) to the end of the stabilisation period."""
FINI = date(2023, 11, 22)
"""First day of the Hong Kong settlement platform that shortened the time from pricing to listing."""
_CLOSE_TO_LISTING, _CLOSE_TO_LISTING_BEFORE_FINI = timedelta(days=4), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Unlock:
    """A locked tranche that comes free.

    Parameters
    ----------
    name
        What the tranche is called.
    day
        Calendar day from which its shares may be sold.
    trading_day
        The same in trading days after the first, at least 1; a day without trading counts as the next with it.
    shares
        Shares; those of cornerstones who committed money are not in it, since they depend on the offer price.
    money
        Whether the shares are what the cornerstones' money buys.
    """

    name: str
    day: date
    trading_day: int
    shares: int
    money: bool = False


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last: 31 August and six months is 28 February."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def trading_days(first: date, last: date) -> int:
    """Count the weekdays after ``first`` up to and including ``last``; 0 where ``last`` is not later."""
    span = max((last - first).days, 0)
    weeks, rest = divmod(span, 7)
    return 5 * weeks + sum((first.weekday() + step) % 7 < 5 for step in range(1, rest + 1))


def trading_day_of(listed: date, day: date) -> int:
    """Number of the first weekday on or after ``day``, counted from listing; at least 1."""
    return max(trading_days(listed, day - timedelta(days=1)) + 1, 1)


def applications_close(scenario: Scenario) -> date:
    """Return the last day of applications: as given, or the usual four (before FINI seven) days before listing."""
    if scenario.offer.applications_close is not None:
        return scenario.offer.applications_close
    usual = _CLOSE_TO_LISTING if scenario.list_date >= FINI else _CLOSE_TO_LISTING_BEFORE_FINI
    return scenario.list_date - usual


def stabilisation_end(scenario: Scenario) -> date:
    """Return the last day of the stabilisation period, Cap. 571W; on STAR it counts from listing."""
    start = scenario.list_date if scenario.venue == "star" else applications_close(scenario)
    return start + timedelta(days=STABILISATION_DAYS)


def stabilisation_trading_days(scenario: Scenario) -> int:
    """Count the trading days of the stabilisation period after the first."""
    return trading_days(scenario.list_date, stabilisation_end(scenario))


def unlocks(scenario: Scenario) -> tuple[Unlock, ...]:
    """Return the tranches that come free, in the order of their days."""
    found = []
    stones = scenario.cornerstones
    if stones is not None:
        money = stones.committed_hkd is not None
        shares = 0 if money else scenario.cornerstone_shares()
        found.append(_unlock(scenario.list_date, "cornerstones", stones.lock_up_months, shares, money))
    tranches: list[LockedTranche | LockedHolder] = [*scenario.locked, *scenario.lock_up.holders]
    found += [_unlock(scenario.list_date, each.name, each.months, each.shares) for each in tranches]
    return tuple(sorted(found, key=lambda unlock: unlock.day))


def _unlock(listed: date, name: str, months: int, shares: int, money: bool = False) -> Unlock:
    day = months_after(listed, months)
    return Unlock(name, day, trading_day_of(listed, day), shares, money)


def lock_up_end(scenario: Scenario) -> date | None:
    """Return the day that ``horizon: lock_up`` runs to; ``None`` where nothing is locked.

    It is the day asked for, else the day the cornerstones' shares come free, else the last tranche's.
    """
    if scenario.lock_up.months is not None:
        return months_after(scenario.list_date, scenario.lock_up.months)
    if scenario.cornerstones is not None:
        return months_after(scenario.list_date, scenario.cornerstones.lock_up_months)
    return max((unlock.day for unlock in unlocks(scenario)), default=None)


def horizon_trading_days(scenario: Scenario) -> int:
    """Count the trading days after the first that are simulated."""
    if scenario.horizon == "first_day":
        return 0
    if scenario.horizon == "stabilisation":
        return stabilisation_trading_days(scenario)
    end = lock_up_end(scenario)
    return 0 if end is None else trading_day_of(scenario.list_date, end)
