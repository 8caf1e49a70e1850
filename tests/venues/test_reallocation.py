"""Reallocation against the deals that ran it, and what every ladder must obey."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InvalidInput
from sim.venues import (
    VENUE_NAMES,
    ReallocationLadder,
    get_venue,
    reallocated_public_shares,
    tranche_at_step,
)

LADDERS = [ladder for name in VENUE_NAMES for ladder in get_venue(name).ladders.values()]


@pytest.mark.parametrize(
    ("venue", "regime", "coverage", "base", "public", "lot", "strategic", "expected"),
    [
        pytest.param("hkex", "chapter-18c", 2347.53, 247_692_800, 0.05, 200, 0, 49_538_600, id="Biren"),
        pytest.param(
            "star", "star", 4126.49, 70_000_000, 0.16, 500, 14_000_000, 16_800_000, id="Moore Threads"
        ),
        pytest.param("star", "star", 4498.38, 40_100_000, 0.16, 500, 7_605_419, 9_665_500, id="MetaX"),
        pytest.param("hkex", "chapter-18c", 9.99, 247_692_800, 0.05, 200, 0, 12_384_800, id="Biren, few"),
    ],
)
def test_ends_with_the_announced_public_shares(
    venue, regime, coverage, base, public, lot, strategic, expected
):
    ladder = get_venue(venue).reallocation(regime)
    assert reallocated_public_shares(ladder, coverage, base, public, lot, strategic) == expected


@pytest.mark.parametrize(
    ("regime", "initial", "steps"),
    [
        ("pn18", 0.10, {14.99: 0.10, 15: 0.30, 49.99: 0.30, 50: 0.40, 99.99: 0.40, 100: 0.50, 5000: 0.50}),
        ("mechanism-a", 0.05, {14.99: 0.05, 15: 0.15, 49.99: 0.15, 50: 0.25, 99.99: 0.25, 100: 0.35}),
        ("mechanism-b", 0.10, {0: 0.10, 15: 0.10, 5000: 0.10}),
        ("chapter-18c", 0.05, {9.99: 0.05, 10: 0.10, 49.99: 0.10, 50: 0.20, 100: 0.20}),
    ],
)
def test_hong_kong_steps_are_reached_at_the_threshold(regime, initial, steps):
    ladder = get_venue("hkex").reallocation(regime)
    reached = {
        coverage: reallocated_public_shares(ladder, coverage, 1_000_000, initial, 100) for coverage in steps
    }
    assert reached == {coverage: round(fraction * 1_000_000) for coverage, fraction in steps.items()}


def test_star_steps_are_reached_only_beyond_the_threshold():
    ladder = get_venue("star").reallocation("star")
    moved = {
        coverage: reallocated_public_shares(ladder, coverage, 1_000_000, 0.2, 500) - 200_000
        for coverage in (50, 50.01, 100, 100.01)
    }
    assert moved == {50: 0, 50.01: 50_000, 100: 50_000, 100.01: 100_000}


@pytest.mark.parametrize(
    ("initial", "steps"),
    [
        pytest.param(0.075, [75_000, 225_000, 300_000, 375_000], id="waiver"),
        pytest.param(0.05, [50_000, 150_000, 200_000, 250_000], id="half"),
        pytest.param(0.15, [150_000, 450_000, 500_000, 500_000], id="at most half the offer"),
        pytest.param(0.55, [550_000, 550_000, 550_000, 550_000], id="never cut"),
        pytest.param(0.1005, [100_500, 300_000, 400_000, 500_000], id="rounded up to lots"),
        pytest.param(0.1006, [100_600, 301_800, 402_400, 500_000], id="no rounding"),
        pytest.param(0.0994, [99_400, 298_200, 397_600, 497_000], id="no rounding down"),
    ],
)
def test_the_ladder_is_scaled_along_with_the_initial_tranche(initial, steps):
    ladder = get_venue("hkex").reallocation("pn18")
    coverages = (1.0, 15.0, 50.0, 100.0)
    found = [reallocated_public_shares(ladder, each, 1_000_000, initial, 100) for each in coverages]
    assert found == steps


def test_a_step_that_adds_is_not_scaled():
    star = get_venue("star").reallocation("star")
    assert [float(tranche_at_step(star, step, 0.16)) for step in star.fractions] == [0.05, 0.10]


def test_a_rule_without_a_nominal_tranche_is_not_scaled():
    ladder = replace(get_venue("hkex").reallocation("pn18"), initial=None)
    assert float(tranche_at_step(ladder, 0.3, 0.2)) == 0.3
    assert float(tranche_at_step(ladder, 0.3, 0.4)) == 0.4


@given(
    ladder=st.sampled_from(LADDERS),
    coverages=st.lists(st.floats(0, 1e6), min_size=2, max_size=6),
    lots=st.integers(1, 10**7),
    lot=st.sampled_from([1, 50, 100, 200, 500, 1000, 2000]),
    public=st.floats(0, 1),
    strategic_share=st.floats(0, 0.5),
)
def test_public_shares_rise_with_coverage_and_never_leave_the_offer(
    ladder: ReallocationLadder, coverages, lots, lot, public, strategic_share
):
    base = lots * lot
    strategic = int(strategic_share * lots) * lot
    shares = [
        reallocated_public_shares(ladder, coverage, base, public, lot, strategic)
        for coverage in sorted(coverages)
    ]
    assert shares == sorted(shares)
    assert shares[-1] <= (base - strategic if ladder.additive else base)
    assert all(count % lot == 0 for count in shares)
    # The initial tranche is never cut, save where the strategic placement left less.
    assert shares[0] >= min(int(public * base), base - strategic)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((-1.0, 1000, 0.1, 100, 0), "coverage"),
        ((float("nan"), 1000, 0.1, 100, 0), "coverage"),
        ((float("inf"), 1000, 0.1, 100, 0), "coverage"),
        ((1.0, 0, 0.1, 100, 0), "base_shares"),
        ((1.0, 1000, 1.1, 100, 0), "public_tranche"),
        ((1.0, 1000, float("nan"), 100, 0), "public_tranche"),
        ((1.0, 1000, 0.1, 0, 0), "board_lot"),
        ((1.0, 1000, 0.1, 100, 1001), "strategic_shares"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, field):
    with pytest.raises(InvalidInput) as raised:
        reallocated_public_shares(get_venue("hkex").reallocation("pn18"), *arguments)
    assert [fault.field for fault in raised.value.faults] == [field]
