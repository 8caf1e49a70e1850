"""Which ladder a scenario means: a shipped one by name, or a file beside the scenario."""

from __future__ import annotations

import shutil

import pytest
from desk_deals import CONFIGS, biren

from sim.deals.listings import ALLOTMENT_FILE
from sim.desks.ladder import published_ladder
from sim.errors import InvalidInput
from sim.scenario import load_scenario, scenario_from_mapping


def test_a_file_is_looked_for_beside_the_scenario(tmp_path):
    shutil.copy(CONFIGS / "biren_06082.yaml", tmp_path / "deal.yaml")
    shutil.copy(ALLOTMENT_FILE, tmp_path / "ladder.csv")
    scenario = load_scenario(tmp_path / "deal.yaml", {"allotment": "ladder.csv"})
    assert scenario.allotment == str((tmp_path / "ladder.csv").resolve())
    assert scenario_from_mapping(scenario.resolved()) == scenario
    assert published_ladder(scenario) == published_ladder(biren())


def test_none_is_none():
    assert biren({"allotment": None}).allotment is None
    assert published_ladder(biren({"allotment": None})) is None


def test_a_ladder_that_is_not_there_is_told():
    with pytest.raises(InvalidInput, match=r"an allotment file, or a shipped name"):
        biren({"allotment": "absent.csv"})
