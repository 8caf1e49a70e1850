"""Which trading day the stabilisation period ends on, and a locked tranche comes free."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_deals import DEAL, small_deal

from sim.errors import InvalidInput
from sim.scenario import scenario_from_mapping
from sim.scenario.schedule import (
    applications_close,
    horizon_trading_days,
    lock_up_end,
    months_after,
    stabilisation_end,
    stabilisation_trading_days,
    trading_day_of,
    trading_days,
    unlocks,
)

DAYS = st.dates(date(2018, 1, 1), date(2030, 12, 31))


def biren(changes=None):
    """Terms of Biren as far as they decide days."""
    return scenario_from_mapping(
        {
            "name": "Biren Technology",
            "code": "06082",
            "venue": "hkex",
            "regime": "chapter-18c",
            "list_date": "2026-01-02",
            "offer": {"price": 19.6, "base_shares": 247_692_800, "public_tranche": 0.05, "board_lot": 200},
            "over_allotment": {"fraction": 0.15},
            "cornerstones": {"fraction": 0.5},
            "horizon": "lock_up",
        },
        "biren",
        changes or {},
    )


def test_biren_ends_stabilisation_and_lock_up_on_the_published_days():
    deal = biren()
    assert applications_close(deal) == date(2025, 12, 29)
    assert stabilisation_end(deal) == date(2026, 1, 28)
    assert lock_up_end(deal) == date(2026, 7, 2)
    assert [unlock.day for unlock in unlocks(deal)] == [date(2026, 7, 2)]


@given(first=DAYS, span=st.integers(-10, 800))
def test_trading_days_are_weekdays(first, span):
    last = first + timedelta(days=span)
    after = np.busday_count(first + timedelta(days=1), last + timedelta(days=1)) if span > 0 else 0
    assert trading_days(first, last) == after


@given(listed=DAYS, span=st.integers(1, 800))
def test_a_day_without_trading_counts_as_the_next_with_it(listed, span):
    day = listed + timedelta(days=span)
    traded = np.busday_offset(day, 0, roll="forward").astype(date)
    assert trading_day_of(listed, day) == max(trading_days(listed, traded), 1)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2025, 12, 5), 12, date(2026, 12, 5)),
        (date(2025, 12, 5), 1, date(2026, 1, 5)),
        (date(2026, 1, 2), 0, date(2026, 1, 2)),
    ],
)
def test_months_after_a_day(day, months, later):
    assert months_after(day, months) == later


def test_the_usual_close_of_applications_became_earlier_with_fini():
    assert applications_close(small_deal()) == date(2023, 5, 25)
    after = small_deal({"list_date": "2024-06-03"})
    assert applications_close(after) == date(2024, 5, 30)
    told = small_deal({"offer.applications_close": "2023-05-29"})
    assert stabilisation_end(told) == date(2023, 6, 28)


def test_on_star_the_period_counts_from_listing():
    deal = scenario_from_mapping(
        {
            **{key: value for key, value in DEAL.items() if key not in ("regime", "cornerstones", "market")},
            "venue": "star",
            "list_date": "2025-12-05",
            "locked": [
                {"name": "offline", "shares": 2_000_000, "months": 9},
                {"name": "strategic", "shares": 2_000_000, "months": 12, "strategic": True},
            ],
            "lock_up": {"holders": [{"name": "founders", "shares": 90_000_000, "months": 36}]},
            "horizon": "lock_up",
        }
    )
    assert stabilisation_end(deal) == date(2026, 1, 4)
    assert [unlock.name for unlock in unlocks(deal)] == ["offline", "strategic", "founders"]
    assert lock_up_end(deal) == date(2028, 12, 5)


def test_cornerstones_end_the_lock_up_unless_a_month_is_named():
    holders = [{"name": "founders", "shares": 90_000_000, "months": 12}]
    deal = biren({"lock_up.holders": holders})
    assert lock_up_end(deal) == date(2026, 7, 2)
    assert lock_up_end(biren({"lock_up.holders": holders, "lock_up.months": 12})) == date(2027, 1, 2)


def test_the_horizon_decides_the_days():
    assert horizon_trading_days(biren({"horizon": "first_day"})) == 0
    assert (
        horizon_trading_days(biren({"horizon": "stabilisation"})) == stabilisation_trading_days(biren()) == 18
    )
    assert horizon_trading_days(biren()) == 129


@pytest.mark.parametrize("horizon", ["first_day", "stabilisation", "lock_up"])
def test_a_resolved_scenario_keeps_horizon_and_lock_up(horizon):
    deal = small_deal({"horizon": horizon, "lock_up.sold": 0.5, "offer.applications_close": "2023-05-26"})
    assert scenario_from_mapping(deal.resolved()) == deal


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"offer.applications_close": "2023-06-01"}, "offer.applications_close", "is not before the listing"),
        ({"offer.applications_close": "2023-05-02"}, "offer.applications_close", "would end on 2023-06-01"),
        ({"horizon": "lock_up", "cornerstones": None}, "horizon", "nothing is locked up"),
        (
            {"horizon": "lock_up", "cornerstones.lock_up_months": 0},
            "horizon",
            "the lock-up ends on 2023-06-01",
        ),
        ({"horizon": "lock_up", "lock_up.months": 0}, "horizon", "the lock-up ends on 2023-06-01"),
        ({"horizon": "day"}, "horizon", ""),
        ({"lock_up.sold": 1.1}, "lock_up.sold", ""),
        ({"lock_up.anticipated": -0.1}, "lock_up.anticipated", ""),
        ({"lock_up.shares": 3}, "lock_up.shares", ""),
    ],
)
def test_what_cannot_be_is_refused(changes, field, problem):
    with pytest.raises(InvalidInput) as raised:
        small_deal(changes)
    (fault,) = raised.value.faults
    assert fault.field == field
    assert problem in fault.problem
