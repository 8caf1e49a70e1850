"""Rules that tie fields together: what just keeps them, and when they run."""

import pytest
from scenario_texts import MECHANISM_B, PLACING, PN18, SOUND, STONES, USD, replaced

from sim.scenario import load_scenario
from sim.scenario.checks import sound_part
from sim.scenario.observed_rules import OBSERVED_CHECKS
from sim.scenario.reading import parse_document
from sim.scenario.rules import CHECKS


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([], id="as it is"),
        pytest.param([("price: 19.60", "price: 17")], id="at the bottom"),
        pytest.param(
            [
                ("price: 19.60", "price: 15.30"),
                ("board_lot: 200", "board_lot: 200\n  downward_flexibility: 0.1"),
            ],
            id="as low as the terms grant",
        ),
        pytest.param([("[17.00, 19.60]", "[17.00, 22.10]")], id="as wide as allowed"),
        pytest.param([*PN18, ("[17.00", "[12.00")], id="wide, before the rule"),
        pytest.param([("fraction: 0.15", "shares: 42_726_800")], id="15% in shares"),
        pytest.param([("fraction: 0.15", "fraction: 0")], id="no over-allotment"),
        pytest.param(
            [("public_tranche: 0.05", "public_tranche: 0.0500006")], id="tranche rounded up to lots"
        ),
        pytest.param(MECHANISM_B, id="mechanism B at 10%"),
        pytest.param(
            [MECHANISM_B[0], ("public_tranche: 0.05", "public_tranche: 0.6"), (STONES, "{fraction: 0.1}")],
            id="mechanism B at 60%",
        ),
        pytest.param(PN18, id="pn18"),
        pytest.param(
            [*PN18[:2], ("public_tranche: 0.05", "public_tranche: 0.075"), *PN18[3:]], id="pn18 waiver"
        ),
        pytest.param(
            [PN18[0], ("2026-01-02", "2025-08-08"), PN18[2], *PN18[3:]], id="pn18 listed after the reform"
        ),
        pytest.param([("2025-12-17", "2026-01-01")], id="peer of the day before"),
        pytest.param([(STONES, USD)], id="cornerstones in US$"),
        pytest.param([("  price: 19.60\n", "")], id="no price yet"),
        pytest.param([(PLACING, f"{PLACING}\n  allotted_public_shares: 136_923_200")], id="all that is free"),
        pytest.param([(PLACING, f"{PLACING}\n  allotted_public_shares: 12_384_800")], id="nothing moved"),
    ],
)
def test_what_just_keeps_the_rules_loads(write, pairs):
    load_scenario(write(replaced(*pairs)))


def test_deferred_delivery_leaves_less_to_buy_back(said, write):
    # 136,923,200 shares float without the over-allotment; the manager must be able to buy 42,726,800 of them.
    tight = "locked:\n  - {name: a, shares: 100_000_000, months: 6}\nobserved:"
    load_scenario(write(replaced(("observed:", tight))))
    (fault,) = said(replaced(("observed:", tight), ("borrowed", "deferred")))
    assert (fault.line, fault.field) == (15, "locked")


def test_star_terms_are_not_held_to_hong_kong_rules(write):
    text = """\
name: Odd lots
code: "688999"
venue: star
list_date: 2025-06-05
offer: {price_range: [10, 20], price: 15, base_shares: 49_975_690, public_tranche: 0.1597, board_lot: 500}
"""
    scenario = load_scenario(write(text))
    assert (scenario.regime, scenario.market, scenario.stage) == ("star", "star", "t0")


def test_rules_run_on_what_is_sound(said):
    faults = said(
        replaced(("name: Example", "name: 3"), ("[17.00", "[15.00"), ("fraction: 0.15", "fraction: 0.2"))
    )
    assert [fault.field for fault in faults] == ["name", "offer.price_range", "over_allotment.fraction"]


def test_rules_do_not_run_on_what_is_unsound(said):
    (fault,) = said(replaced(("[17.00, 19.60]", "[x, 19.60]"), ("price: 19.60", "price: 25")))
    assert fault.field == "offer.price_range.0"


@pytest.mark.parametrize("check", [*CHECKS, *OBSERVED_CHECKS], ids=lambda check: check.rule.__name__)
def test_a_rule_reads_only_the_fields_it_names(check):
    """Blank every field a rule does not name: it must run all the same."""
    data = parse_document(SOUND, "x").data
    leaves = [(key, inner) for key, value in data.items() if isinstance(value, dict) for inner in value]
    leaves += [(key,) for key, value in data.items() if not isinstance(value, dict)]
    named = check.reads
    unsound = [leaf for leaf in leaves if not any(leaf[: len(field)] == field for field in named)]
    assert list(check.rule(sound_part(data, unsound))) == []
