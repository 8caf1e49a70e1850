"""Rules of the Stock Exchange of Hong Kong for the first day of a listing.

How sure a rule is stands in its source: "primary" where the exchange's or the legislator's own text was read
or two independent sources agree, "secondary" for one good source, "approximate" where it was not found in a
document and should be checked before it is shown as a fact.
"""

from __future__ import annotations

from datetime import date

from sim.venues.rules import (
    LOT_ROUNDING,
    DaySessions,
    Fee,
    FeeSchedule,
    ReallocationLadder,
    Session,
    TickTable,
    Venue,
)

PUBLIC_OFFER_REFORM = date(2025, 8, 4)
"""Listing documents published from this day on choose between mechanisms A and B."""

# A deal lists about ten days after its document, so the first weeks after the reform still see the old rule.
LAST_LISTING_UNDER_PRACTICE_NOTE_18 = date(2025, 8, 15)

_REFORM_SOURCE = (
    "HKEX, conclusions on IPO price discovery and open market requirements, August 2025 (primary)"
)


def _fixed(fraction: float) -> tuple[float, float]:
    return (fraction - LOT_ROUNDING, fraction + LOT_ROUNDING)


LADDERS = {
    "pn18": ReallocationLadder(
        regime="pn18",
        initial=0.10,
        thresholds=(15.0, 50.0, 100.0),
        fractions=(0.30, 0.40, 0.50),
        effective_from=None,
        effective_to=LAST_LISTING_UNDER_PRACTICE_NOTE_18,
        source="HKEX Practice Note 18, paragraph 4.2, as in force until 3 August 2025 (primary)",
        # Large deals had waivers (5%, 7.5%; a few large state companies about 1%), others started higher.
        public_tranche_range=(0.005, 0.50),
    ),
    "mechanism-a": ReallocationLadder(
        regime="mechanism-a",
        initial=0.05,
        thresholds=(15.0, 50.0, 100.0),
        fractions=(0.15, 0.25, 0.35),
        effective_from=PUBLIC_OFFER_REFORM,
        effective_to=None,
        source=_REFORM_SOURCE,
        public_tranche_range=_fixed(0.05),
    ),
    "mechanism-b": ReallocationLadder(
        regime="mechanism-b",
        initial=None,
        thresholds=(),
        fractions=(),
        effective_from=PUBLIC_OFFER_REFORM,
        effective_to=None,
        source=_REFORM_SOURCE,
        public_tranche_range=(0.10 - LOT_ROUNDING, 0.60 + LOT_ROUNDING),
    ),
    "chapter-18c": ReallocationLadder(
        regime="chapter-18c",
        initial=0.05,
        thresholds=(10.0, 50.0),
        fractions=(0.10, 0.20),
        effective_from=date(2023, 3, 31),
        effective_to=None,
        source="HKEX Listing Rules, chapter 18C, in force since 31 March 2023 (primary)",
        public_tranche_range=_fixed(0.05),
    ),
}

_LOWER_BOUNDS = (0.0, 0.25, 0.5, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)
_DENOMINATORS = (1000, 1000, 1000, 100, 100, 100, 100, 100, 100, 100, 100, 100)
_SPREADS_SOURCE = "HKEX, Reduction of Minimum Spreads, and Second Schedule of the Trading Rules"

TICK_TABLES = (
    TickTable(
        lower_bounds=_LOWER_BOUNDS,
        numerators=(1, 5, 10, 2, 5, 5, 10, 20, 50, 100, 200, 500),
        denominators=_DENOMINATORS,
        effective=date(2006, 7, 24),
        source=f"{_SPREADS_SOURCE}; HKEX news release, 18 July 2006 (primary)",
    ),
    TickTable(
        lower_bounds=_LOWER_BOUNDS,
        numerators=(1, 5, 10, 1, 2, 5, 10, 20, 50, 100, 200, 500),
        denominators=_DENOMINATORS,
        effective=date(2025, 8, 4),
        source=f"{_SPREADS_SOURCE}; phase 1 (primary)",
    ),
    TickTable(
        lower_bounds=_LOWER_BOUNDS,
        numerators=(1, 5, 5, 1, 2, 5, 10, 20, 50, 100, 200, 500),
        denominators=_DENOMINATORS,
        effective=date(2026, 7, 1),
        source=f"{_SPREADS_SOURCE}; phase 2, announced for the middle of 2026, day approximate",
        date_is_approximate=True,
    ),
)

_MORNING = Session(9 * 60 + 30, 12 * 60, "continuous")
_AFTERNOON = Session(13 * 60, 16 * 60, "continuous")

DAY_SESSIONS = (
    DaySessions(
        effective=date(2012, 3, 5),
        full_day=(_MORNING, _AFTERNOON),
        half_day=(_MORNING,),
        source="HKEX trading hours (primary); small companies and new issues had no closing auction yet",
    ),
    DaySessions(
        effective=date(2019, 10, 8),
        full_day=(_MORNING, _AFTERNOON, Session(16 * 60, 16 * 60 + 10, "closing_auction")),
        half_day=(_MORNING, Session(12 * 60, 12 * 60 + 10, "closing_auction")),
        source="HKEX news release, 8 October 2019: closing auction for all equities (primary)",
    ),
)

# Eves of Christmas, New Year and Lunar New Year that were or are trading days.
HALF_DAYS = frozenset(
    date(*day)
    for day in (
        *((year, 12, 24) for year in (2018, 2019, 2020, 2021, 2024, 2025, 2026)),
        *((year, 12, 31) for year in (2018, 2019, 2020, 2021, 2024, 2025, 2026)),
        (2018, 2, 15),
        (2019, 2, 4),
        (2020, 1, 24),
        (2021, 2, 11),
        (2022, 1, 31),
        (2024, 2, 9),
        (2025, 1, 28),
        (2026, 2, 16),
    )
)

_APPLICATION = "listing documents of 2023-26 (primary)"
_SALE = "HKEX, SFC and AFRC levies (primary)"

FEES = FeeSchedule(
    (
        Fee("brokerage", "application", 0.01, _APPLICATION),
        Fee("SFC transaction levy", "application", 0.000027, _APPLICATION),
        Fee("AFRC transaction levy", "application", 0.0000015, _APPLICATION),
        Fee("exchange trading fee", "application", 0.0000565, _APPLICATION),
        Fee("stamp duty", "sale", 0.001, "Stamp Duty Ordinance (primary)", 1, date(2023, 11, 17)),
        Fee("SFC transaction levy", "sale", 0.000027, _SALE),
        Fee("AFRC transaction levy", "sale", 0.0000015, _SALE),
        Fee("exchange trading fee", "sale", 0.0000565, _SALE),
        Fee("stock settlement fee", "sale", 0.000042, "HKSCC, since mid-2025 (approximate)"),
    )
)

HKEX = Venue(
    name="hkex",
    currency="HKD",
    currency_sign="HK$",
    tick_tables=TICK_TABLES,
    ladders=LADDERS,
    day_sessions=DAY_SESSIONS,
    half_days=HALF_DAYS,
    fees=FEES,
    # The volatility control mechanism covers index constituents only; a new issue is not one yet.
    halts=(),
    halt_minutes=0,
    halt_ends_by=None,
    most_over_allotment=0.15,
    most_size_adjustment=0.15,
    most_range_width=0.30,
    range_rule_from=PUBLIC_OFFER_REFORM,
    most_downward_flexibility=0.10,
    trades_in_board_lots=True,
    source="HKEX Listing Rules and Trading Rules; Price Stabilizing Rules, Cap. 571W",
)
