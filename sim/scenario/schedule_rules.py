"""Rules on what follows the first day; see :mod:`sim.scenario.rules`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sim.scenario.rules import Check, Finding
from sim.scenario.scenario import Scenario
from sim.scenario.schedule import (
    STABILISATION_DAYS,
    horizon_trading_days,
    lock_up_end,
    stabilisation_end,
    stabilisation_trading_days,
    unlocks,
)


def _applications_close_before_listing(scenario: Scenario) -> Iterator[Finding]:
    closes = scenario.offer.applications_close
    if closes is None:
        return
    path = ("offer", "applications_close")
    if closes >= scenario.list_date:
        yield Finding(path, f"{closes} is not before the listing", f"a day before {scenario.list_date}")
    elif scenario.venue == "hkex" and stabilisation_trading_days(scenario) < 1:
        yield Finding(
            path,
            f"the stabilisation period would end on {stabilisation_end(scenario)}, with the first trading day",
            f"a day after {scenario.list_date - timedelta(days=STABILISATION_DAYS)}",
        )


def _something_comes_free(scenario: Scenario) -> Iterator[Finding]:
    if scenario.horizon == "lock_up" and not unlocks(scenario):
        yield Finding(
            ("horizon",), "nothing is locked up", "cornerstones, locked or lock_up.holders; or stabilisation"
        )


def _lock_up_outlasts_stabilisation(scenario: Scenario) -> Iterator[Finding]:
    end = lock_up_end(scenario)
    if scenario.horizon != "lock_up" or end is None:
        return
    if horizon_trading_days(scenario) <= stabilisation_trading_days(scenario):
        yield Finding(
            ("horizon",),
            f"the lock-up ends on {end}, the stabilisation period on {stabilisation_end(scenario)}",
            "a lock-up that ends later, or horizon: stabilisation",
        )


_LISTING = (("list_date",), ("offer", "applications_close"), ("venue",))
_LOCKS = (("horizon",), ("cornerstones",), ("locked",), ("lock_up",))

SCHEDULE_CHECKS = (
    Check(_applications_close_before_listing, _LISTING),
    Check(_something_comes_free, _LOCKS),
    Check(_lock_up_outlasts_stabilisation, (*_LISTING, *_LOCKS)),
)
