"""Changes by dotted path: what they set, what they take back, and faults that name the option."""

import numpy as np
import pytest
from scenario_texts import replaced

from sim.errors import InvalidInput
from sim.scenario import load_scenario, scenario_from_mapping, with_changes


@pytest.fixture
def sound(write):
    return load_scenario(write(replaced()))


def test_a_change_equals_writing_it_in_the_file(write, sound):
    written = load_scenario(write(replaced(("fraction: 0.15", "fraction: 0"), ("4.6878", "4.2546"))))
    assert with_changes(sound, {"over_allotment.fraction": 0, "peers.0.first_day_return": 4.2546}) == written


def test_changes_leave_their_input_alone(sound):
    data = sound.resolved()
    scenario_from_mapping(data, changes={"offer.price": 18, "peers.0.name": "x", "observed": None})
    assert data == sound.resolved()


def test_null_takes_a_field_back(sound):
    early = with_changes(
        sound, {"offer.price": None, "observed": None, "simulation": None, "over_allotment": None}
    )
    assert early.offer.price is None
    assert early.stage == "t0"
    assert early.simulation.seed == 0
    assert early.over_allotted_shares() == 0


def test_a_change_reaches_into_what_is_absent(sound):
    bare = with_changes(sound, {"over_allotment": None, "cornerstones": None})
    assert with_changes(bare, {"over_allotment.fraction": 0.1}).over_allotted_shares() == 28_484_600


def test_one_way_of_saying_it_replaces_the_other(sound):
    changed = with_changes(sound, {"over_allotment.shares": 200, "cornerstones.fraction": 0.25})
    assert (changed.over_allotment.fraction, changed.over_allotment.shares) == (None, 200)
    assert changed.cornerstones.amount_hkd is None
    assert changed.cornerstones.lock_up_months == 6
    dollars = with_changes(changed, {"cornerstones.amount_usd": 1e6, "cornerstones.usd_hkd": 7.8})
    assert dollars.cornerstones.committed_hkd == pytest.approx(7.8e6)
    assert with_changes(dollars, {"cornerstones.shares": 400}).cornerstones.usd_hkd is None


def test_both_ways_at_once_are_a_fault(sound):
    with pytest.raises(InvalidInput, match="has both a fraction and shares"):
        with_changes(sound, {"over_allotment.shares": 200, "over_allotment.fraction": 0.1})


def test_numbers_of_a_grid_are_numbers(sound):
    changed = with_changes(
        sound,
        {
            "simulation.paths": np.int64(5000),
            "offer.price": np.float64(18.0),
            "offer.price_range": (np.float32(17.0), 19.6),
            "observed": {"public_coverage": np.float64(3.0)},
        },
    )
    assert (changed.simulation.paths, changed.offer.price, changed.offer.price_range) == (
        5000,
        18.0,
        (17.0, 19.6),
    )
    assert type(changed.simulation.paths) is int
    assert type(changed.observed.public_coverage) is float


@pytest.mark.parametrize(
    ("changes", "source", "field", "problem"),
    [
        ({"offer.price": 25}, "--set offer.price=25", "offer.price", "25 is above the top"),
        (
            {"offer.price_range": [17, 18]},
            "--set offer.price_range=[17, 18]",
            "offer.price",
            "19.6 is above the top",
        ),
        ({"offer.price": True}, "--set offer.price=true", "offer.price", "true is no number"),
        (
            {"offer.board_lot": None},
            "--set offer.board_lot=null",
            "offer.board_lot",
            "null is no whole number",
        ),
        ({"offer.pricee": 3}, "--set offer.pricee=3", "offer.pricee", "is no field"),
        ({"offr.price": 3}, "--set offr.price=3", "offr", "is no field"),
        (
            {"over_allotment": {"fraction": 2}},
            '--set over_allotment={"fraction": 2}',
            "over_allotment.fraction",
            "2 is",
        ),
        ({"peers.7.name": "x"}, "--set peers.7.name=x", "peers.7.name", "7 is no item of a list of 2"),
        ({"peers.last": 1}, "--set peers.last=1", "peers.last", "'last' is no item"),
        ({"name.first": 1}, "--set name.first=1", "name.first", "'name' holds a single value"),
        ({"": 1}, "--set =1", "", "'' is no field"),
        ({"offer..price": 1}, "--set offer..price=1", "offer..price", "'' is no field"),
        ({"0": 1}, "--set 0=1", "0", "0 is no field"),
        ({"list_date": "2025-12-17"}, "--set list_date=2025-12-17", "peers.1.list_date", "MetaX listed on"),
        ({"market": "nowhere"}, "--set market=nowhere", "market", "'nowhere' is unknown"),
    ],
)
def test_a_fault_of_a_change_names_the_option(said, changes, source, field, problem):
    (fault,) = said(replaced(), changes)
    assert (fault.source, fault.field, fault.line) == (source, field, None)
    assert fault.problem.startswith(problem)


def test_faults_of_the_file_come_before_those_of_options(said):
    faults = said(replaced(("seed: 6082", "seed: -1")), {"offer.price": -1})
    assert [fault.field for fault in faults] == ["simulation.seed", "offer.price"]
