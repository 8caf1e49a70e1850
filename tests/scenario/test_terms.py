"""What follows from the terms of a deal, on the figures of real ones."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scenario_texts import STONES, USD, replaced

from sim.scenario import load_scenario, scenario_from_mapping, with_changes


@pytest.fixture
def biren(write):
    return load_scenario(write(replaced()))


def test_over_allotment_is_rounded_down_to_lots_of_the_upsized_offer(biren):
    assert biren.upsized_shares == 284_846_600
    assert biren.over_allotted_shares() == 42_726_800


def test_an_over_allotment_in_shares_is_taken_as_it_is(biren):
    assert with_changes(biren, {"over_allotment.shares": 2_000}).over_allotted_shares() == 2_000


@pytest.mark.parametrize(("price", "fraction"), [(17.00, 0.689), (18.30, 0.640), (19.60, 0.597)])
def test_money_buys_more_cornerstone_shares_at_a_lower_price(biren, price, fraction):
    assert biren.cornerstone_shares(price) / biren.offer.base_shares == pytest.approx(fraction, abs=0.0006)
    assert biren.cornerstone_shares(price) % biren.offer.board_lot == 0


def test_cornerstones_hold_the_disclosed_part_of_the_upsized_offer(biren):
    assert biren.cornerstone_shares() / biren.upsized_shares == pytest.approx(0.5193, abs=5e-5)


def test_cornerstones_in_dollars_are_the_same_cornerstones(write, biren):
    dollars = load_scenario(write(replaced((STONES, USD))))
    assert dollars.cornerstone_shares() == pytest.approx(biren.cornerstone_shares(), rel=1e-4)


def test_the_bottom_of_the_range_stands_in_for_an_unknown_price(biren):
    early = with_changes(biren, {"offer.price": None})
    assert early.reference_price == 17.00
    assert early.cornerstone_shares() == biren.cornerstone_shares(17.00)


def test_the_float_is_the_disclosed_free_float_and_the_borrowed_shares(biren):
    # 136.9 million shares, 5.71% of 2,396,131,700 in issue, were free at listing.
    free = with_changes(biren, {"over_allotment.settlement": "deferred"}).float_shares()
    assert free / 2_396_131_700 == pytest.approx(0.0571, abs=5e-5)
    assert biren.float_shares() == free + 42_726_800
    assert (
        with_changes(biren, {"other_tradable_shares": 1_000}).float_shares() == biren.float_shares() + 1_000
    )


def test_the_public_offer_ends_as_announced(biren):
    assert biren.public_shares() == 49_538_600
    assert biren.public_shares(20.0) == 24_769_400
    assert with_changes(biren, {"observed": None}).public_shares() == 12_384_800


def test_announced_public_shares_replace_the_ladder(biren):
    told = with_changes(biren, {"observed.allotted_public_shares": 60_000_000})
    assert told.public_shares() == 60_000_000
    assert told.public_shares(0.0) == 12_384_800
    assert told.stage == biren.stage


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, "t1"),
        ({"observed.grey_return": 0.3}, "t2"),
        ({"observed.public_coverage": None}, "t0"),
        ({"observed": {"partial_public_coverage": 100.0}, "offer.price": None}, "t0.9"),
        ({"offer.price": None}, "t0.9"),
        ({"observed": {"placing_coverage": 10.0}, "offer.price": None}, "t0"),
        ({"observed": None, "offer.price": None}, "t0"),
        ({"observed": {"public_coverage": 5.0, "partial_public_coverage": 3.0}}, "t1"),
    ],
)
def test_the_stage_follows_from_what_is_known(biren, changes, stage):
    assert with_changes(biren, changes).stage == stage


def test_old_hong_kong_listings_fall_under_practice_note_18():
    terms = {"price": 5.0, "base_shares": 1_000_000, "public_tranche": 0.1, "board_lot": 1000}
    deal = {"name": "Old", "code": "01234", "venue": "hkex", "list_date": date(2019, 5, 6), "offer": terms}
    scenario = scenario_from_mapping(deal)
    assert (scenario.regime, scenario.market) == ("pn18", "hkex")


def test_a_scenario_cannot_be_changed(biren):
    with pytest.raises(ValidationError, match="frozen"):
        biren.name = "x"
    with pytest.raises(ValidationError, match="frozen"):
        biren.offer.price = 1.0


@given(
    price=st.none() | st.floats(17.0, 19.6),
    lots=st.integers(1, 10**6),
    fraction=st.floats(0, 0.15),
    stones=st.floats(0, 0.5),
    observed=st.fixed_dictionaries(
        {},
        optional={
            "public_coverage": st.floats(1e-3, 1e5),
            "placing_coverage": st.floats(1e-3, 1e3),
            "partial_public_coverage": st.floats(1e-3, 1e5),
        },
    ),
    peers=st.just("auto")
    | st.lists(
        st.fixed_dictionaries(
            {
                "name": st.text("abc xyz", min_size=1).filter(str.strip),
                "venue": st.sampled_from(["hkex", "star"]),
                "list_date": st.dates(date(2018, 1, 1), date(2026, 1, 1)).map(str),
                "first_day_return": st.floats(-0.99, 10),
                "business_distance": st.floats(0, 1),
            }
        ),
        max_size=4,
        unique_by=lambda peer: (peer["name"].strip(), peer["list_date"]),
    ),
    seed=st.integers(0, 2**63 - 1),
)
def test_a_resolved_scenario_reads_back_equal(price, lots, fraction, stones, observed, peers, seed):
    scenario = scenario_from_mapping(
        {
            "name": "Any",
            "code": "00001",
            "venue": "hkex",
            "regime": "mechanism-b",
            "list_date": "2026-01-02",
            "offer": {
                "price_range": [17.0, 19.6],
                "price": price,
                "base_shares": lots * 200,
                "public_tranche": 0.1,
                "board_lot": 200,
            },
            "over_allotment": {"fraction": fraction},
            "cornerstones": {"fraction": stones},
            "observed": observed,
            "peers": peers,
            "simulation": {"seed": seed},
        }
    )
    text = json.dumps(scenario.resolved(), allow_nan=False)
    again = scenario_from_mapping(json.loads(text))
    assert again == scenario
    assert again.resolved() == scenario.resolved()
    assert 0 <= scenario.over_allotted_shares() <= 0.15 * scenario.upsized_shares
    assert scenario.float_shares() > scenario.over_allotted_shares()
    assert hash(scenario) == hash(again)
