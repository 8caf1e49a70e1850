"""The scenario files that come with the project: they load, and hold what was announced of their deals."""

from pathlib import Path

import pytest

from sim.scenario import load_scenario

CONFIGS = Path(__file__).resolve().parents[2] / "configs"

# Name, stage, over-allotted shares, public shares after reallocation (CATL's assumed), float in shares.
ANNOUNCED = [
    ("biren_06082", "t1", 42_726_800, 49_538_600, 179_650_000),
    ("biren_06082_launch", "t0", 37_153_800, 12_384_800, 114_299_600),
    ("catl_03750", "t1", 20_336_700, 44_210_500, 77_971_200),
    ("boan_06955", "t1", 1_604_200, None, 10_694_800),
    ("moore_threads_688795", "t1", 0, 16_800_000, 29_380_000),
    ("metax_688802", "t1", 0, 9_665_500, 18_138_981),
]


@pytest.mark.parametrize(("name", "stage", "over_allotted", "public", "float_shares"), ANNOUNCED)
def test_a_shipped_scenario_holds_what_was_announced(name, stage, over_allotted, public, float_shares):
    scenario = load_scenario(CONFIGS / f"{name}.yaml")
    assert scenario.stage == stage
    assert scenario.over_allotted_shares() == over_allotted
    assert scenario.float_shares() == float_shares
    if public is not None:
        assert scenario.public_shares() == public


def test_biren_starts_from_the_two_returns_asked_for():
    peers = load_scenario(CONFIGS / "biren_06082.yaml").peers
    assert [peer.first_day_return for peer in peers] == [4.6878, 6.82]


@pytest.mark.parametrize("name", [row[0] for row in ANNOUNCED])
def test_no_deal_tells_its_own_first_day(name):
    scenario = load_scenario(CONFIGS / f"{name}.yaml")
    assert scenario.observed.grey_return is None
    assert scenario.peers == "auto" or all(peer.name not in scenario.name for peer in scenario.peers)


def test_the_cornerstones_of_catl_hold_the_announced_part_of_the_upsized_offer():
    scenario = load_scenario(CONFIGS / "catl_03750.yaml")
    assert scenario.cornerstone_shares() / scenario.upsized_shares == pytest.approx(0.5749, abs=5e-5)


def test_metax_is_free_to_the_announced_share():
    scenario = load_scenario(CONFIGS / "metax_688802.yaml")
    assert scenario.float_shares() == pytest.approx(9_665_500 + 8_473_500, abs=1_000)
