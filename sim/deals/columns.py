"""What the columns of the files of past deals may hold, and how the cells of one row must agree.

The rules were checked against every row of the shipped files; where a rule of the exchange is known it is
named. Meanings and sources of the columns are in ``sim/data/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import cast

from sim.deals.cells import Column
from sim.deals.table import Row, RowFault

DOWNWARD_PRICE_FLEXIBILITY = 0.10
"""A final offer price may lie this far below the bottom of its range (HKEX guidance on downward pricing)."""

CODE_IS_FREE_AFTER = timedelta(days=365)
"""The exchange gives a stock code to another company after a delisting: 02718 and 06600 appear twice."""

FIRST_DAY = date(1986, 4, 2)
"""The unified exchange of Hong Kong opened for trading."""

LAST_DAY = date(2099, 12, 31)

HKEX_COLUMNS: tuple[Column, ...] = (
    Column("code", "code", required=True, filled=True, width=5),
    Column("name", "text"),
    Column("list_date", "date", required=True, filled=True),
    Column("board", "text", choices=("main", "gem")),
    Column("chapter", "text", choices=("general", "18a", "18c", "gem")),
    Column("regime", "text", choices=("pn18", "mechanism-a", "mechanism-b", "chapter-18c")),
    Column("industry", "text"),
    Column("ai_semi_robotics", "flag"),
    Column("ah_listing", "flag"),
    Column("price_low", "number", low=0.0, above=True, high=1e7),
    Column("price_high", "number", low=0.0, above=True, high=1e7),
    Column("offer_price", "number", required=True, filled=True, low=0.0, above=True, high=1e7),
    Column("base_shares", "whole", low=1.0, high=1e13),
    Column("public_tranche_initial", "number", low=0.0, above=True, high=1.0),
    Column("public_tranche_final", "number", low=0.0, high=1.0),
    Column("public_coverage", "number", low=0.0, high=1e7),
    Column("public_undersubscribed", "flag"),
    Column("placing_coverage", "number", low=0.0, high=1e7),
    Column("cornerstone_fraction", "number", low=0.0, high=1.0),
    Column("over_allotment_issued", "number", low=0.0, high=0.16),
    Column("market_cap", "number", low=0.0, above=True, high=1e15),
    Column("hsi_20d_return", "number", low=-1.0, above=True, high=10.0),
    Column("grey_return", "number", low=-1.0, above=True, high=100.0),
    Column("open", "number", low=0.0, above=True, high=1e7),
    Column("high", "number", low=0.0, above=True, high=1e7),
    Column("low", "number", low=0.0, above=True, high=1e7),
    Column("close", "number", low=0.0, above=True, high=1e7),
    Column("close_return", "number", low=-1.0, above=True, high=100.0),
    Column("volume", "whole", low=0.0, high=1e13),
    Column("close_is_derived", "flag"),
    Column("verified", "flag"),
)

STAR_COLUMNS: tuple[Column, ...] = (
    Column("code", "code", required=True, filled=True, width=6),
    Column("name", "text"),
    Column("list_date", "date", required=True, filled=True),
    Column("board", "text", choices=("star",)),
    Column("offer_price", "number", required=True, filled=True, low=0.0, above=True, high=1e7),
    Column("offer_is_inferred", "flag"),
    Column("open", "number", low=0.0, above=True, high=1e7),
    Column("high", "number", low=0.0, above=True, high=1e7),
    Column("low", "number", low=0.0, above=True, high=1e7),
    Column("close", "number", low=0.0, above=True, high=1e7),
    Column("close_return", "number", required=True, filled=True, low=-1.0, above=True, high=100.0),
    Column("shares_offered", "whole", low=1.0, high=1e13),
    Column("strategic_fraction", "number", low=0.0, high=1.0),
    Column("online_coverage", "number", low=0.0, high=1e7),
    Column("lottery_rate", "number", low=0.0, high=1.0),
    Column("turnover_rate", "number", low=0.0, high=1.0),
)

ALLOTMENT_COLUMNS: tuple[Column, ...] = (
    Column("pool", "text", required=True, filled=True, choices=("A", "B")),
    Column("applied_shares", "whole", required=True, filled=True, low=1.0, high=1e13),
    Column("applicants", "whole", required=True, filled=True, low=0.0, high=1e10),
    Column("guaranteed_shares", "whole", required=True, filled=True, low=0.0, high=1e13),
    Column("ballot_winners_of_extra_200", "whole", required=True, filled=True, low=0.0, high=1e10),
    Column("expected_shares", "number", required=True, filled=True, low=0.0, high=1e13),
    Column("prob_any", "number", required=True, filled=True, low=0.0, high=1.0),
)


def _number(row: Row, name: str) -> float | None:
    return cast("float | None", row.get(name))


def _session_faults(row: Row) -> list[RowFault]:
    """Prices of the first day: the low is the lowest, the high the highest."""
    found: list[RowFault] = []
    high, low = _number(row, "high"), _number(row, "low")
    if high is not None and low is not None and low > high:
        found.append(("low", f"the low {low:g} is above the high {high:g}", "exchange the two"))
        return found
    for name in ("open", "close"):
        price = _number(row, name)
        if price is None:
            continue
        if high is not None and price > high * (1 + 1e-9):
            found.append((name, f"{price:g} is above the day's high {high:g}", "check both prices"))
        if low is not None and price < low * (1 - 1e-9):
            found.append((name, f"{price:g} is below the day's low {low:g}", "check both prices"))
    return found


def _return_faults(row: Row, price_step: float, return_step: float) -> list[RowFault]:
    """The return of the close is close / offer price - 1, up to the rounding of the two."""
    offer, close, stated = (_number(row, name) for name in ("offer_price", "close", "close_return"))
    if offer is None or close is None or stated is None:
        return []
    implied = close / offer - 1.0
    allowed = return_step + price_step * (1.0 + abs(1.0 + stated)) / offer
    if abs(implied - stated) <= allowed:
        return []
    return [
        (
            "close_return",
            f"{stated:g} is not close / offer_price - 1 = {implied:.6f}",
            f"expected the two within {allowed:.6f}, or one of close and close_return left blank",
        )
    ]


def _terms_faults(row: Row) -> list[RowFault]:
    """Offer price against its range, and the statements about the public tranche against each other."""
    found: list[RowFault] = []
    low, high, offer = (_number(row, name) for name in ("price_low", "price_high", "offer_price"))
    if low is not None and high is not None and low > high:
        found.append(("price_low", f"{low:g} is above price_high {high:g}", "exchange the two"))
    elif offer is not None:
        if high is not None and offer > high * (1 + 1e-9):
            found.append(
                (
                    "offer_price",
                    f"{offer:g} is above the range's top {high:g}",
                    "pricing above is not allowed",
                )
            )
        floor = None if low is None else low * (1 - DOWNWARD_PRICE_FLEXIBILITY)
        if floor is not None and offer < floor * (1 - 1e-9):
            found.append(
                ("offer_price", f"{offer:g} is over 10% below the range's bottom {low:g}", "check the range")
            )
    coverage = _number(row, "public_coverage")
    if row.get("public_undersubscribed") is True and coverage is not None and coverage >= 1.0:
        found.append(
            ("public_coverage", f"{coverage:g} of an undersubscribed public tranche", "expected below 1")
        )
    return found


def _date_faults(row: Row, seen: dict[str, date]) -> list[RowFault]:
    """Listing dates in reach, and no company twice."""
    found: list[RowFault] = []
    code, listed = cast(str, row["code"]), cast(date, row["list_date"])
    if not FIRST_DAY <= listed <= LAST_DAY:
        found.append(("list_date", f"{listed} is out of reach", f"expected {FIRST_DAY} to {LAST_DAY}"))
    before = seen.get(code)
    if before is not None and abs(listed - before) < CODE_IS_FREE_AFTER:
        found.append(("code", f"{code} is listed twice, also on {before}", "expected one row a deal"))
    seen[code] = listed
    return found


def hkex_checks() -> Callable[[Row], list[RowFault]]:
    """Return the checks between the cells of a HKEX row; take a fresh one a file: it remembers codes."""
    seen: dict[str, date] = {}

    def check(row: Row) -> list[RowFault]:
        return [
            *_date_faults(row, seen),
            *_terms_faults(row),
            *_session_faults(row),
            *_return_faults(row, price_step=0.0006, return_step=0.0006),
        ]

    return check


def star_checks() -> Callable[[Row], list[RowFault]]:
    """Return the checks between the cells of a STAR row; take a fresh one a file: it remembers codes."""
    seen: dict[str, date] = {}

    def check(row: Row) -> list[RowFault]:
        return [
            *_date_faults(row, seen),
            *_session_faults(row),
            *_return_faults(row, price_step=0.0051, return_step=0.0006),
        ]

    return check


def allotment_checks() -> Callable[[Row], list[RowFault]]:
    """Return the checks of one tier of a public offer; tiers must rise and no more win than applied."""
    last = 0

    def check(row: Row) -> list[RowFault]:
        nonlocal last
        found: list[RowFault] = []
        applied, winners = cast(int, row["applied_shares"]), cast(int, row["ballot_winners_of_extra_200"])
        applicants, expected = cast(int, row["applicants"]), cast(float, row["expected_shares"])
        if applied <= last:
            found.append(("applied_shares", f"{applied} does not follow {last}", "expected rising tiers"))
        last = applied
        if winners > applicants:
            found.append(
                ("ballot_winners_of_extra_200", f"{winners} of {applicants} applicants", "expected no more")
            )
        if expected > applied:
            found.append(("expected_shares", f"{expected:g} of {applied} applied for", "expected no more"))
        return found

    return check
