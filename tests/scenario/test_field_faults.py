"""Faults of single fields: where they are, what they say, and that all come at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenario_texts import SOUND, replaced

from sim.errors import InvalidInput
from sim.scenario import load_scenario, scenario_from_mapping
from sim.scenario.reading import parse_document

SOUND_DATA = parse_document(SOUND, "sound.yaml").data


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "field", "problem", "remedy"),
    [
        ('code: "06082"', "code: 06082", 2, 7, "code", "06082 is a number", 'code: "06082"'),
        ('code: "06082"', "code: 6082", 2, 7, "code", "6082 is a number", 'code: "06082"'),
        ("name: Example", "name: ''", 1, 7, "name", "is empty", "a text"),
        ("name: Example", "name: true", 1, 7, "name", "true is no text", "a text"),
        ("venue: hkex", "venue: nyse", 3, 8, "venue", "nyse is unknown", "one of: hkex, star"),
        ("venue: hkex", "venue: hkx", 3, 8, "venue", "hkx is unknown", "did you mean 'hkex'?"),
        (
            "regime: chapter-18c",
            "regime: chapter18c",
            4,
            9,
            "regime",
            "chapter18c is unknown",
            "'chapter-18c'?",
        ),
        ("regime: chapter-18c\n", "", 1, 1, "regime", "is missing", "one of: pn18, mechanism-a"),
        ("2026-01-02", "soon", 5, 12, "list_date", "soon is no day", "year-month-day"),
        ("2026-01-02", "2026", 5, 12, "list_date", "2026 is no day", "year-month-day"),
        (
            "2026-01-02",
            "2026-01-02 09:30:00",
            5,
            12,
            "list_date",
            "2026-01-02 09:30:00 is no day",
            "2026-01-02",
        ),
        ("[17.00, 19.60]", "[17.00]", 7, 16, "offer.price_range.1", "is missing", "two prices"),
        (
            "[17.00, 19.60]",
            "[1, 2, 3]",
            7,
            16,
            "offer.price_range",
            "[1, 2, 3] has too many items",
            "two prices",
        ),
        ("[17.00, 19.60]", "[17.00, .inf]", 7, 24, "offer.price_range.1", ".inf is not finite", "finite"),
        ("[17.00, 19.60]", "19.60", 7, 16, "offer.price_range", "19.60 is no list", "a list"),
        ("price: 19.60", "price: .nan", 8, 10, "offer.price", ".nan is not finite", "a finite number"),
        ("price: 19.60", "price: -19.60", 8, 10, "offer.price", "-19.60 is out of range", "more than 0"),
        ("price: 19.60", "price: yes", 8, 10, "offer.price", "yes is no number", "plain digits"),
        ("price: 19.60", "price: true", 8, 10, "offer.price", "true is no number", "plain digits"),
        ("price: 19.60", "price: HK$19.60", 8, 10, "offer.price", "HK$19.60 is no number", "unit"),
        ("247_692_800", "247,692,800", 9, 16, "offer.base_shares", "247,692,800 is no whole", "plain digits"),
        ("247_692_800", "247692800.5", 9, 16, "offer.base_shares", "247692800.5 is no whole number", "whole"),
        ("37_153_800", "-1", 10, 27, "offer.size_adjustment_shares", "-1 is out of range", "at least 0"),
        (
            "public_tranche: 0.05",
            "public_tranche: 5",
            11,
            19,
            "offer.public_tranche",
            "5 is out",
            "5% is 0.05",
        ),
        (
            "public_tranche: 0.05",
            "public_tranche: 5%",
            11,
            19,
            "offer.public_tranche",
            "5% is no number",
            "percent",
        ),
        ("  board_lot: 200\n", "", 6, 1, "offer.board_lot", "is missing", "board lot, as board_lot: 200"),
        ("board_lot: 200", "board_lot: true", 12, 14, "offer.board_lot", "true is no whole number", "whole"),
        ("board_lot: 200", "board_lot: 0", 12, 14, "offer.board_lot", "0 is out of range", "more than 0"),
        (
            "fraction: 0.15",
            "fraction: -0.15",
            13,
            28,
            "over_allotment.fraction",
            "-0.15 is out",
            "at least 0",
        ),
        ("borrowed", "later", 13, 46, "over_allotment.settlement", "later is unknown", "borrowed, deferred"),
        ("2_899_300_000", "-.inf", 14, 28, "cornerstones.amount_hkd", "-.inf is not finite", "finite"),
        ("2347.53", ".inf", 16, 20, "observed.public_coverage", ".inf is not finite", "a finite number"),
        ("2347.53", "0", 16, 20, "observed.public_coverage", "0 is out of range", "more than 0"),
        (
            "4.6878",
            "468.78",
            19,
            81,
            "peers.0.first_day_return",
            "468.78 is out of range",
            "+468.78% is 4.6878",
        ),
        ("6.82", "-1", 20, 73, "peers.1.first_day_return", "-1 is out of range", "more than -1"),
        ("name: MetaX, ", "", 20, 5, "peers.1.name", "is missing", "name, as name: Moore Threads"),
        ("seed: 6082", "seed: -1", 22, 36, "simulation.seed", "-1 is out of range", "at least 0"),
        ("{paths: 100_000, seed: 6082}", "many", 22, 13, "simulation", "many does not hold fields", "fields"),
        ("market: hkex", "market: hkx", 21, 9, "market", "'hkx' is unknown", "did you mean 'hkex'?"),
        ("market: hkex", "market: mine/hk.yaml", 21, 9, "market", "there is no file", "a market file"),
        ("market: hkex", "market: 3", 21, 9, "market", "3 is no text", "a text"),
    ],
)
def test_a_fault_has_its_place_and_a_remedy(said, old, new, line, column, field, problem, remedy):
    (fault,) = said(replaced((old, new)))
    assert (fault.line, fault.column, fault.field) == (line, column, field)
    assert fault.problem.startswith(problem)
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "field", "remedy"),
    [
        ("regime:", "regim:", 4, 1, "regim", "did you mean 'regime'?"),
        ("venue: hkex\n", "venu: hkex\n", 3, 1, "venu", "did you mean 'venue'?"),
        ("  base_shares", "  base_share", 9, 3, "offer.base_share", "did you mean 'base_shares'?"),
        ("seed:", "sead:", 22, 30, "simulation.sead", "did you mean 'seed'?"),
        ("  board_lot: 200\n", "  board_lot: 200\n  venue: hkex\n", 13, 3, "offer.venue", "the top level"),
        (
            "name: Example\n",
            "name: Example\nbase_shares: 3\n",
            2,
            1,
            "base_shares",
            "belongs to 'offer.base_shares'",
        ),
        ("name: Example\n", "name: Example\nzzz: 3\n", 2, 1, "zzz", "one of: name, code, venue"),
    ],
)
def test_a_misspelled_field_is_one_fault_with_a_suggestion(said, old, new, line, column, field, remedy):
    (fault,) = said(replaced((old, new)))
    assert (fault.line, fault.column, fault.field) == (line, column, field)
    assert fault.problem == "is no field"
    assert remedy in fault.remedy


def test_every_fault_is_said_at_once_in_the_order_of_the_file(said):
    faults = said(
        replaced(
            ('code: "06082"', "code: 06082"),
            ("price: 19.60", "price: 25"),
            ("247_692_800", "247_692_801"),
            ("  board_lot", "  zzz: 1\n  board_lot"),
            ("fraction: 0.15", "fraction: 0.2"),
            ("2347.53", ".nan"),
            ("2025-12-17", "2026-01-02"),
            ("market: hkex", "market: nowhere"),
            ("seed: 6082", "seed: 1.5"),
        )
    )
    assert [(fault.line, fault.field) for fault in faults] == [
        (2, "code"),
        (8, "offer.price"),
        (9, "offer.base_shares"),
        (12, "offer.zzz"),
        (14, "over_allotment.fraction"),
        (17, "observed.public_coverage"),
        (21, "peers.1.list_date"),
        (22, "market"),
        (23, "simulation.seed"),
    ]


def test_a_fault_prints_as_one_line_that_an_editor_can_follow(write):
    path = write(replaced(("  base_shares", "  base_share")))
    with pytest.raises(InvalidInput) as raised:
        load_scenario(path)
    assert str(raised.value) == f"{path}:9:3: offer.base_share: is no field; did you mean 'base_shares'?"


def test_plain_data_has_no_places():
    with pytest.raises(InvalidInput) as raised:
        scenario_from_mapping({**SOUND_DATA, "venue": "nyse"}, "manifest")
    (fault,) = raised.value.faults
    assert str(fault) == "manifest: venue: 'nyse' is unknown; one of: hkex, star"


_JUNK = st.sampled_from(
    [None, True, -1, 0, 1.5, float("nan"), float("inf"), "", "x", [], [1], {}, {"a": 1}, [{}], 10**30]
)
_FIELDS = [(key,) for key in SOUND_DATA] + [
    (key, inner) for key, value in SOUND_DATA.items() if isinstance(value, dict) for inner in value
]


@given(st.dictionaries(st.sampled_from(_FIELDS), _JUNK, min_size=1, max_size=5))
def test_junk_in_any_fields_is_a_scenario_or_invalid_input(junk):
    data = parse_document(SOUND, "sound.yaml").data
    for path, value in junk.items():
        holder = data if len(path) == 1 else data.get(path[0])
        if isinstance(holder, dict):
            holder[path[-1]] = value
    try:
        scenario = scenario_from_mapping(data)
    except InvalidInput as error:
        scenario, faults = None, error.faults
    else:
        faults = ()
    assert (scenario is None) == bool(faults)
    assert all(fault.problem and fault.remedy for fault in faults)
    # No fault is said twice about one field.
    assert len(set(faults)) == len(faults)
