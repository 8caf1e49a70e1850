"""Sessions, halts, fees and dates of the venues."""

import dataclasses
from datetime import date
from itertools import pairwise

import pytest

from sim.errors import InvalidInput
from sim.venues import VENUE_NAMES, get_venue

HKEX, STAR = get_venue("hkex"), get_venue("star")


def _clock(sessions):
    return [
        (
            f"{s.start_minute // 60}:{s.start_minute % 60:02}-{s.end_minute // 60}:{s.end_minute % 60:02}",
            s.kind,
        )
        for s in sessions
    ]


def test_names_lead_to_venues():
    assert VENUE_NAMES == ("hkex", "star")
    assert [get_venue(name).name for name in VENUE_NAMES] == ["hkex", "star"]
    assert (HKEX.currency, HKEX.currency_sign, STAR.currency, STAR.currency_sign) == (
        "HKD",
        "HK$",
        "CNY",
        "RMB ",
    )


def test_unknown_names_list_the_known_ones():
    with pytest.raises(InvalidInput, match="'nyse' is unknown; one of: hkex, star"):
        get_venue("nyse")
    with pytest.raises(InvalidInput, match="'star' is no rule of hkex; one of: pn18, mechanism-a"):
        HKEX.reallocation("star")


def test_hong_kong_trades_330_minutes_and_ends_with_an_auction():
    sessions = HKEX.sessions(date(2026, 1, 2))
    assert _clock(sessions) == [
        ("9:30-12:00", "continuous"),
        ("13:00-16:00", "continuous"),
        ("16:00-16:10", "closing_auction"),
    ]
    assert sum(s.minutes for s in sessions if s.kind == "continuous") == 330


def test_hong_kong_had_no_closing_auction_for_new_issues_before_october_2019():
    assert {s.kind for s in HKEX.sessions(date(2019, 10, 7))} == {"continuous"}
    assert HKEX.sessions(date(2019, 10, 8))[-1].kind == "closing_auction"


def test_hong_kong_closes_at_noon_on_the_eves():
    assert _clock(HKEX.sessions(date(2025, 12, 24))) == [
        ("9:30-12:00", "continuous"),
        ("12:00-12:10", "closing_auction"),
    ]
    assert _clock(HKEX.sessions(date(2018, 12, 31))) == [("9:30-12:00", "continuous")]


def test_half_days_are_trading_days():
    assert [day for day in HKEX.half_days if day.weekday() > 4] == []


def test_star_trades_237_minutes_and_ends_with_an_auction():
    sessions = STAR.sessions(date(2025, 12, 5))
    assert _clock(sessions) == [
        ("9:30-11:30", "continuous"),
        ("13:00-14:57", "continuous"),
        ("14:57-15:00", "closing_auction"),
    ]


@pytest.mark.parametrize("venue", [HKEX, STAR])
def test_sessions_follow_one_another(venue):
    for sessions in venue.day_sessions:
        for day in (sessions.full_day, sessions.half_day):
            assert all(s.start_minute < s.end_minute for s in day)
            assert all(one.end_minute <= two.start_minute for one, two in pairwise(day))


def test_star_halts_twice_and_hong_kong_never():
    assert (STAR.halts, STAR.halt_minutes, STAR.halt_ends_by) == ((0.30, 0.60), 10, 14 * 60 + 57)
    assert (HKEX.halts, HKEX.halt_ends_by) == ((), None)


def test_an_application_for_one_lot_of_biren_costs_what_the_prospectus_says():
    assert HKEX.fees.rate("application") == pytest.approx(0.010085, abs=1e-12)
    value = 200 * 19.60
    assert value + HKEX.fees.cost(value, "application") == pytest.approx(3959.53, abs=0.005)


@pytest.mark.parametrize(("value", "duty"), [(1000.0, 1), (1000.01, 2), (5000.0, 5), (0.0, 0), (3920.0, 4)])
def test_stamp_duty_is_rounded_up_to_a_dollar(value, duty):
    (stamp,) = (fee for fee in HKEX.fees.items if fee.name == "stamp duty")
    assert stamp.cost(value) == duty


def test_selling_costs_more_than_the_stamp_duty_alone():
    assert HKEX.fees.cost(10_000.0, "sale") == pytest.approx(
        10 + 10_000 * (0.0027 + 0.00015 + 0.00565 + 0.0042) / 100
    )


def test_star_applications_are_free():
    assert STAR.fees.cost(57_140.0, "application") == 0


@pytest.mark.parametrize(
    ("regime", "day", "applies"),
    [
        ("pn18", date(2018, 1, 4), True),
        ("pn18", date(2025, 7, 9), True),
        ("pn18", date(2025, 9, 1), False),
        ("mechanism-a", date(2025, 8, 3), False),
        ("mechanism-b", date(2025, 8, 11), True),
        ("chapter-18c", date(2023, 3, 30), False),
        ("chapter-18c", date(2026, 1, 2), True),
    ],
)
def test_regimes_apply_by_listing_date(regime, day, applies):
    assert HKEX.reallocation(regime).applies_on(day) is applies


@pytest.mark.parametrize("venue", [HKEX, STAR])
def test_every_rule_names_its_source(venue):
    sources = [venue.source]
    sources += [ladder.source for ladder in venue.ladders.values()]
    sources += [table.source for table in venue.tick_tables]
    sources += [sessions.source for sessions in venue.day_sessions]
    sources += [fee.source for fee in venue.fees.items]
    assert all(len(source) > 10 for source in sources)


def test_venues_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        HKEX.halts = (0.1,)
    with pytest.raises(TypeError):
        HKEX.ladders["pn18"] = None
