"""What ``validate`` calls valid, ``run`` accepts: the market of a scenario is checked without simulating."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_deals import DEAL, small_deal, small_market

from sim.engine import prepare
from sim.errors import InvalidInput

EARLY_PEER = {"name": "Early", "venue": "star", "list_date": "2019-07-22", "first_day_return": 0.5}
OLD_PEER = {"name": "Old", "venue": "hkex", "list_date": "2017-06-01", "first_day_return": 0.1}
GREY = {**DEAL["observed"], "grey_return": 0.1}

CASES = {
    "venue": (
        {"market": "star", "list_date": "2025-06-02"},
        None,
        ["market: star is of star; use a market of hkex"],
    ),
    "peers": (
        {"peers": [EARLY_PEER, OLD_PEER]},
        {},
        [
            "peers: Early: the market has no norm of star on 2019-07-22; ",
            "peers: Old: the market has no norm of hkex on 2017-06-01; ",
        ],
    ),
    "vintage": (
        {"list_date": "2018-06-01"},
        None,
        ["list_date: the earliest shipped market was known on 2019-"],
    ),
    "grey": (
        {"observed": GREY},
        {"grey": None},
        ["observed.grey_return: is given and the market made-up has no "],
    ),
    "all": (
        {"observed": GREY, "peers": [EARLY_PEER]},
        {"grey": None, "venue": "star"},
        ["market: made-up is of star; ", "peers: Early: ", "observed.grey_return: "],
    ),
}


def written(folder: Path, deal: dict, market: dict | None) -> Path:
    """Write the made-up deal with some fields replaced, and its market where it has one of its own."""
    data = {**DEAL, **deal}
    if market is not None:
        own = small_market(market).model_dump(mode="json")
        (folder / "market.yaml").write_text(json.dumps(own), encoding="utf-8")
        data["market"] = "./market.yaml"
    path = folder / "deal.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize("case", CASES)
def test_validate_refuses_what_run_refuses(firstday, tmp_path, case):
    deal, market, expected = CASES[case]
    path = written(tmp_path, deal, market)
    said = firstday("validate", path)
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert len(lines) == len(expected)
    for line, told in zip(lines, expected, strict=True):
        assert line.startswith(f"{path}: {told}")
    run = firstday("run", path, "--paths", 100)
    assert run.code == 2
    assert len(run.err.splitlines()) == len(expected)
    assert not Path("runs").exists()


def test_a_broken_market_file_is_named_itself(firstday, tmp_path):
    path = written(tmp_path, {}, {})
    broken = small_market().model_dump(mode="json")
    broken["demand"]["kappa"] = -1.0
    (tmp_path / "market.yaml").write_text(json.dumps(broken), encoding="utf-8")
    said = firstday("validate", path)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "market.yaml: demand.kappa: " in said.err


def test_the_relative_market_of_a_sound_scenario_is_found(firstday, tmp_path):
    path = written(tmp_path, {"peers": [{**EARLY_PEER, "list_date": "2023-01-05"}], "observed": GREY}, {})
    assert firstday("validate", path).code == 0


def test_prepare_tells_every_fault_of_a_market():
    scenario = small_deal({"observed.grey_return": 0.1, "peers": [EARLY_PEER]})
    with pytest.raises(InvalidInput) as refusal:
        prepare(scenario, small_market({"grey": None, "venue": "star"}))
    assert [fault.source for fault in refusal.value.faults] == ["Small Deal"] * 3
