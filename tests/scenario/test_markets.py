"""Which market a scenario means: a shipped one by name, or a file beside the scenario."""

from scenario_texts import replaced

from sim.scenario import load_scenario, scenario_from_mapping, shipped_markets
from sim.venues import VENUE_NAMES


def test_every_venue_has_a_market_of_its_name():
    assert set(VENUE_NAMES) <= set(shipped_markets())


def test_a_path_starts_at_the_folder_of_the_scenario(write, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    market = tmp_path / "mine" / "market.yaml"
    market.write_text("{}")
    monkeypatch.chdir("/")
    scenario = load_scenario(write(replaced(("market: hkex", "market: mine/market.yaml"))))
    assert scenario.market == str(market.resolve())
    # What is resolved names the file from anywhere.
    assert scenario_from_mapping(scenario.resolved()) == scenario


def test_a_bare_file_name_is_a_path(write, tmp_path):
    (tmp_path / "own.yml").write_text("{}")
    scenario = load_scenario(write(replaced(("market: hkex", "market: own.yml"))))
    assert scenario.market == str((tmp_path / "own.yml").resolve())
