"""Recorded quantities of a path: their units and what they are, for the columns of tables and files."""

from __future__ import annotations

from collections.abc import Mapping

from sim.result import Result

CURRENCY = "currency"
OF_BASE = "fraction of the base offer"

_MEANINGS: Mapping[str, tuple[str, str]] = {
    "open": (CURRENCY, "opening price"),
    "high": (CURRENCY, "highest price of the first day"),
    "low": (CURRENCY, "lowest price of the first day"),
    "close": (CURRENCY, "closing price of the first day"),
    "vwap": (CURRENCY, "volume-weighted average price of the first day, not rounded to ticks"),
    "offer_price": (CURRENCY, "offer price, known where the deal is withdrawn too"),
    "public_coverage": ("times", "public offer covered, known where the deal is withdrawn too"),
    "placing_coverage": ("times", "placing covered, known where the deal is withdrawn too"),
    "public_tranche": (OF_BASE, "public tranche after reallocation"),
    "cornerstones": (OF_BASE, "cornerstones' shares"),
    "float_at_listing": (OF_BASE, "shares that may trade from the first day"),
    "active_float": (OF_BASE, "shares whose holders may trade on the first day"),
    "purchases": (OF_BASE, "shares that the stabilising manager buys on the first day"),
    "minutes_at_offer": ("minutes", "time at the offer price on the first day"),
    "minutes_until_below": (
        "minutes",
        "time until the price first falls below the offer price; NaN if never",
    ),
    "valuation": ("log", "valuation u of docs/model.md"),
    "scarcity": ("log", "log price that the float gives at u = 0, against the offer price"),
    "pressure_close": ("log", "log price against the offer price at the close, before stabilisation"),
    "log_close": ("log", "log return of the close against the offer price, before rounding to ticks"),
    "stabilisation_close": (CURRENCY, "close that ends the stabilisation period"),
    "before_expiry": (CURRENCY, "price at the end of the lock-up, before what comes free"),
    "expiry_close": (CURRENCY, "price at the end of the lock-up, after what comes free"),
    "purchases_total": (OF_BASE, "shares that the stabilising manager buys in all"),
    "exercised": (OF_BASE, "shares for which the over-allotment option is exercised"),
    "manager_gain": ("currency a share of the base offer", "gain of the stabilising manager"),
    "exhausted_day": ("days", "trading day after the first on which the short is used up; NaN if never"),
    "weight": ("number", "weight of the path, of importance sampling: every statistic weighs it so"),
}

AFTER_FIRST_DAY: Mapping[str, tuple[str, str]] = {
    "stabilisation_close": ("stabilisation", ""),
    "before_expiry": ("lock_up", "before"),
    "expiry_close": ("lock_up", "after"),
}
"""Where the block ``aftermarket`` of a summary holds a price."""


def currency_of(result: Result) -> str:
    """Currency of a deal's venue, ``HK$``."""
    return result.scenario.rules.currency_sign.strip()


def unit_of(result: Result, quantity: str) -> str:
    """Unit of a recorded quantity, with the currency by name."""
    return _MEANINGS[quantity][0].replace(CURRENCY, currency_of(result))


def meaning_of(quantity: str) -> str:
    """What a recorded quantity is, in a few words."""
    return _MEANINGS[quantity][1]
