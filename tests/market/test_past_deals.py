"""Past deals: order, features, and that nothing looks ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from math import log, log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.deals.deals import HEAT_LISTINGS, STAGES, Deal, Deals, load_deals, pooled
from sim.errors import InvalidInput

START = date(2025, 1, 1)


def deal(code: str, day: int, close_return: float | None = 0.1, **known: float) -> Deal:
    return Deal(code, START + timedelta(days=day), offer_price=10.0, close_return=close_return, **known)


def test_deals_are_sorted_by_date_then_code() -> None:
    deals = Deals.of([deal("3", 1), deal("2", 2), deal("1", 2), deal("9", 0)])
    assert [each.code for each in deals] == ["9", "3", "1", "2"]


def test_market_heat_is_the_mean_of_the_last_ten_before_the_day() -> None:
    deals = Deals.of([deal(str(k), k, close_return=0.01 * k) for k in range(14)])
    assert deals[2].market_heat is None
    assert deals[3].market_heat == pytest.approx(np.mean([log1p(0.01 * k) for k in range(3)]))
    assert deals[13].market_heat == pytest.approx(np.mean([log1p(0.01 * k) for k in range(3, 13)]))


def test_listings_of_one_day_do_not_see_each_other() -> None:
    deals = Deals.of([*(deal(str(k), 0) for k in range(5)), deal("a", 1, 3.0), deal("b", 1, -0.5)])
    assert deals[-1].market_heat == deals[-2].market_heat == pytest.approx(log1p(0.1))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 763),
    st.floats(-0.9, 9.0),
    st.floats(-0.9, 9.0),
)
def test_changing_the_future_or_the_own_outcome_changes_no_feature(
    which: int, own: float, later: float
) -> None:
    deals = load_deals()
    day = deals[which].list_date
    changed = Deals.of(
        each if each.list_date < day else replace(each, close_return=own if each is deals[which] else later)
        for each in deals
    )
    assert changed[which].code == deals[which].code
    for stage in STAGES:
        assert changed[which].as_known(stage) == deals[which].as_known(stage)
    assert changed.before(day) == deals.before(day)


def test_heat_does_follow_the_past() -> None:
    deals = load_deals()
    changed = Deals.of([*deals.deals[:-5], replace(deals[-5], close_return=5.0), *deals.deals[-4:]])
    later = [k for k in range(len(deals)) if deals[k].list_date > deals[-5].list_date]
    before = [changed[k].market_heat == deals[k].market_heat for k in range(len(deals) - 5)]
    assert all(before)
    assert all(changed[k].market_heat != deals[k].market_heat for k in later)


def test_each_stage_knows_what_it_should() -> None:
    whole = next(each for each in load_deals() if None not in (each.placing_coverage, each.grey_return))
    t0, t1, t2 = (whole.as_known(stage) for stage in STAGES)
    for known in (t0, t1, t2):
        assert (known.close, known.close_return, known.open, known.volume) == (None, None, None, None)
        assert known.over_allotment_issued is None
    assert (t0.offer_price, t0.public_coverage, t0.placing_coverage, t0.market_cap) == (
        None,
        None,
        None,
        None,
    )
    assert t0.log_size is not None
    assert (t1.offer_price, t1.placing_coverage) == (whole.offer_price, whole.placing_coverage)
    assert t1.public_coverage == whole.public_coverage
    assert t1.grey_return is None
    assert t2.grey_return == whole.grey_return
    with pytest.raises(ValueError, match="stage 't3' is not known"):
        whole.as_known("t3")


def test_the_option_is_unknown_until_the_stabilisation_period_is_over() -> None:
    deals = Deals.of([deal("1", 0, over_allotment_issued=0.15), deal("2", 20, over_allotment_issued=0.1)])
    known = deals.before(START + timedelta(days=40))
    assert [each.over_allotment_issued for each in known] == [0.15, None]
    assert [each.over_allotment_issued for each in deals.before(START + timedelta(days=60))] == [0.15, 0.1]


def test_windows_are_strict_before_and_closed_between() -> None:
    deals = Deals.of([deal(str(k), k) for k in range(10)])
    fifth = START + timedelta(days=5)
    assert [each.code for each in deals.before(fifth)] == ["0", "1", "2", "3", "4"]
    assert [each.code for each in deals.before(fifth, days=2)] == ["3", "4"]
    assert [each.code for each in deals.between(fifth, fifth)] == ["5"]
    assert len(deals.between()) == 10
    assert len(deals.before(START)) == 0


def test_features_of_a_deal() -> None:
    known = deal("1", 0, 0.5, open=12.0, base_shares=100, grey_return=0.2, price_low=8.0, price_high=10.0)
    (first,) = Deals.of([known])
    assert first.log_return_close == pytest.approx(log(1.5))
    assert first.log_return_open == pytest.approx(log(1.2))
    assert first.log_return_grey == pytest.approx(log(1.2))
    assert first.log_size == pytest.approx(log(1000.0))
    assert first.as_known("t0").log_size == pytest.approx(log(900.0))


def test_the_frame_and_the_columns_agree() -> None:
    deals = load_deals()
    frame = deals.frame()
    assert frame["list_date"].is_monotonic_increasing
    for name in ("market_heat", "log_return_close", "log_return_open", "public_coverage", "ah_listing"):
        np.testing.assert_array_equal(frame[name].to_numpy(), deals.column(name))
    frame.loc[0, "market_heat"] = 99.0
    assert 99.0 not in deals.column("market_heat")
    assert np.isnan(deals.column("market_heat")[0])


def test_two_files_pooled_are_one_file_split() -> None:
    deals = load_deals()
    data, test = Deals.of(deals.deals[::2]), Deals.of(deals.deals[1::2])
    assert pooled(data, test) == deals
    assert pooled(deals, test) == deals
    assert HEAT_LISTINGS == 10


def test_files_that_disagree_about_a_deal_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"close_return: the data state 0.1, the deals to forecast 0.2"):
        pooled(Deals.of([deal("1", 0, 0.1)]), Deals.of([deal("1", 0, 0.2)]))
