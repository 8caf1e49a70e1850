"""Rules of the STAR Market of the Shanghai Stock Exchange for the first day of a listing.

How sure a rule is stands in its source, as in :mod:`sim.venues.hkex`.
"""

from __future__ import annotations

from datetime import date

from sim.venues.rules import DaySessions, Fee, FeeSchedule, ReallocationLadder, Session, TickTable, Venue

MARKET_OPENED = date(2019, 7, 22)

LADDERS = {
    "star": ReallocationLadder(
        regime="star",
        initial=None,
        thresholds=(50.0, 100.0),
        fractions=(0.05, 0.10),
        effective_from=MARKET_OPENED,
        effective_to=None,
        source=(
            "SSE, implementation rules for STAR offerings: online coverage above 50 and 100 times moves 5% "
            "and 10% of the shares left after the strategic placement online (primary: announcements of "
            "688795, 5,600,000 of 56,000,000, and of 688802, 3,249,500 of 32,494,581)"
        ),
        public_tranche_range=(0.0, 1.0),
        additive=True,
        threshold_included=False,
    ),
}

TICK_TABLES = (
    TickTable(
        lower_bounds=(0.0,),
        numerators=(1,),
        denominators=(100,),
        effective=MARKET_OPENED,
        source="SSE Trading Rules: RMB 0.01 at every price (primary)",
    ),
)

_CLOSING_CALL_STARTS = 14 * 60 + 57

_HOURS = (
    Session(9 * 60 + 30, 11 * 60 + 30, "continuous"),
    Session(13 * 60, _CLOSING_CALL_STARTS, "continuous"),
    Session(_CLOSING_CALL_STARTS, 15 * 60, "closing_auction"),
)

DAY_SESSIONS = (DaySessions(MARKET_OPENED, _HOURS, _HOURS, "SSE Trading Rules (primary)"),)

_STAR_SALE = "Ministry of Finance and SSE schedules, since 28 August 2023 (approximate)"

FEES = FeeSchedule(
    (
        Fee("stamp duty", "sale", 0.0005, _STAR_SALE, effective=date(2023, 8, 28)),
        Fee("exchange handling fee", "sale", 0.0000341, _STAR_SALE, effective=date(2023, 8, 28)),
        Fee("CSRC supervision fee", "sale", 0.00002, "CSRC schedule (approximate)"),
        Fee("transfer fee", "sale", 0.00001, "ChinaClear schedule (approximate)"),
    )
)

STAR = Venue(
    name="star",
    currency="CNY",
    currency_sign="RMB ",
    tick_tables=TICK_TABLES,
    ladders=LADDERS,
    day_sessions=DAY_SESSIONS,
    half_days=frozenset(),
    fees=FEES,
    # No price limit in the first five sessions; either side, each move halts once.
    halts=(0.30, 0.60),
    halt_minutes=10,
    halt_ends_by=_CLOSING_CALL_STARTS,
    most_over_allotment=0.15,
    most_size_adjustment=None,
    most_range_width=None,
    range_rule_from=None,
    most_downward_flexibility=0.0,
    trades_in_board_lots=False,
    source="SSE, special provisions on the trading of STAR stocks (secondary)",
)
