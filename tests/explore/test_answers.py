"""The page's numbers are those of a run, its files give them back; what does not fit is said beside its control."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from explore_client import PATHS, client_of, write_deal
from interruption import press_after_one_part

from sim.errors import InvalidInput
from sim.explore.answer import close_answer, desk_answer, finite_only
from sim.explore.controls import controls_of
from sim.explore.deal import SHIPPED, load_deal, moved
from sim.explore.server import explore_app
from sim.explore.written import _dumped, _plain, _yaml, scenario_yaml
from sim.market.parameters import load_market
from sim.report import distribution
from sim.scenario import load_scenario
from sim.simulation import simulate

ELASTICITY = "market.demand.elasticity"
MOVES = {
    "offer.price": 9.37,
    "cornerstones.fraction": 0.123,
    "over_allotment.fraction": 0.0,
    "observed.public_coverage": 417.0,
    "observed.placing_coverage": None,
    "market_heat": 0.31,
    "observed.grey_return": 0.2,
    ELASTICITY: 2.77,
}


def saved(answer, folder):
    """Save the files that the page offers as it tells to, and load the scenario from there."""
    for file in answer["files"]:
        (folder / file["name"]).write_text(file["text"], encoding="utf-8")
    return load_scenario(folder / answer["files"][0]["name"])


@pytest.mark.parametrize("name", [None, *MOVES])
def test_the_files_of_the_page_give_its_numbers(small, tmp_path, name):
    values = {} if name is None else {name: MOVES[name]}
    (tmp_path / "market.yaml").write_text(json.dumps(small.market.model_dump(mode="json")), encoding="utf-8")
    answer = close_answer(small, values)
    scenario = saved(answer, tmp_path)
    assert scenario.simulation.paths == PATHS
    run = simulate(scenario, folder=tmp_path)
    assert answer["summary"] == finite_only(run.summary)
    assert (len(answer["files"]) == 2) == (name == ELASTICITY)


def test_a_file_written_by_parts_is_the_file_written_whole(small):
    """Equal numbers of two kinds, 18 and 18.0, are not each other's text."""
    market = small.market.model_dump(mode="python")
    for data in (small.written, market, {"paths": 18}, {"paths": 18.0}, {"paths": 18}):
        assert _yaml(data) == _dumped(_plain(data))
    assert (_yaml({"paths": 18}), _yaml({"paths": 18.0})) == ("paths: 18\n", "paths: 18.0\n")


def test_every_control_moved_at_once_gives_its_numbers(small, tmp_path):
    answer = close_answer(small, MOVES)
    assert answer["summary"] == finite_only(simulate(saved(answer, tmp_path), folder=tmp_path).summary)


def test_a_move_changes_the_numbers(small):
    means = {
        name: close_answer(small, {name: value})["summary"]["returns"]["close"]["mean"]
        for name, value in MOVES.items()
    }
    own = close_answer(small, {})["summary"]["returns"]["close"]["mean"]
    # The made-up market gives market heat no weight.
    assert {name for name, mean in means.items() if mean == own} == {"market_heat"}


def test_threads_and_the_width_of_a_bar_change_no_number(small):
    one, other = close_answer(small, {}, threads=1), close_answer(small, {}, step=0.25, threads=2)
    assert one["summary"] == other["summary"]
    assert other["close"]["width"] == 0.25 != one["close"]["width"]


@pytest.mark.parametrize("step", [None, 0.001, 0.02, 10.0])
def test_bars_and_the_atom_hold_all_paths(small, step):
    close = close_answer(small, {}, step)["close"]
    bars = np.dot(close["density"], np.subtract(close["right"], close["left"]))
    # Six digits of each of at most 400 bars are sent.
    assert bars + close["at_offer"] + close["beyond"] == pytest.approx(1.0, abs=1e-3)
    assert len(close["density"]) <= 401


def test_the_bars_below_the_offer_are_the_chance_of_closing_below(small):
    close = close_answer(small, {})["close"]
    below = sum(
        density * (right - left)
        for left, right, density in zip(close["left"], close["right"], close["density"], strict=True)
        if right <= 1e-9
    )
    assert below == pytest.approx(close["below_offer"][0], abs=1e-3)
    run = simulate(small.scenario, market=small.market)
    assert close["at_offer"] == distribution.shares(run.histograms["close"]).at_offer


def test_a_deal_that_never_lists_says_so(tmp_path):
    file = write_deal(
        tmp_path,
        offer={
            "price_range": [10.0, 11.0],
            "base_shares": 10_000_000,
            "public_tranche": 0.1,
            "board_lot": 100,
        },
    )
    answer = close_answer(
        load_deal(file, 200), {"observed.public_coverage": 0.001, "observed.placing_coverage": 0.001}
    )
    assert answer["listed"] == 0
    assert answer["close"] is None
    assert "withdrawn on all" in answer["sentence"]
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "control", "problem"),
    [
        ({"cornerstones.fraction": 0.95}, "cornerstones.fraction", "the placing tranche has"),
        ({"offer.price": 12.0}, "offer.price", "above the top of the range"),
        ({"offer.price": -1.0}, "offer.price", "more than 0"),
        ({"offer.price": 0.0}, "offer.price", "more than 0"),
        ({"over_allotment.fraction": 0.16}, "over_allotment.fraction", "above the limit"),
        ({"observed.public_coverage": 1e12}, "observed.public_coverage", "at most"),
        ({"observed.grey_return": -1.5}, "observed.grey_return", "more than -1"),
        ({"offer.price": None, "observed.grey_return": 0.2}, "observed.grey_return", "not given"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_control(client, question, values, control, problem):
    answer = client("POST", "/ask", json={**question, "values": values})
    assert answer.status_code == 200
    faults = answer.json()["faults"]
    assert any(
        each["control"] == control and problem in f"{each['problem']}; {each['remedy']}" for each in faults
    ), faults


@pytest.mark.parametrize(("name", "value"), [(ELASTICITY, 0.01), ("market_heat", 50.0)])
def test_bounds_of_the_page_are_said_beside_the_control_too(client, question, name, value):
    faults = client("POST", "/ask", json={**question, "values": {name: value}}).json()["faults"]
    assert [each["control"] for each in faults] == [name]


def test_a_question_is_answered_as_a_run(client, question, small):
    answer = client("POST", "/ask", json={**question, "values": {"observed.public_coverage": 33.0}}).json()
    run = simulate(moved(small, {"observed.public_coverage": 33.0}).scenario, market=small.market)
    assert answer["summary"] == finite_only(run.summary)
    assert answer["summary"]["seed"] == small.scenario.simulation.seed


@pytest.mark.parametrize("desk", ["subscriber", "stabiliser", "issuer", "cornerstone"])
def test_a_desk_answers_as_its_command(client, question, small, desk):
    from sim.desks.together import questions

    values = {"over_allotment.fraction": 0.1}
    answer = client("POST", "/ask", json={**question, "ask": desk, "values": values}).json()
    told = dict(questions(moved(small, values).scenario, small.market, None))[desk]()
    plain = answer["sentence"].replace("±", "+-").replace("\N{MINUS SIGN}", "-")
    assert plain == told.sentence() + "."
    assert len(answer["tables"]) == len(told.tables())


def test_a_loss_has_a_minus_that_no_line_breaks_at(small):
    told = desk_answer(
        small, "subscriber", {"observed.public_coverage": 1.1, "observed.placing_coverage": 0.5}
    )
    assert "\N{MINUS SIGN}HK$" in told["sentence"]
    assert "-HK$" not in json.dumps(told)


def test_a_desk_without_a_deal_says_so(small):
    values = {"over_allotment.fraction": 0.0}
    assert "stabiliser" not in close_answer(small, values)["desks"]
    assert "nothing for this desk" in desk_answer(small, "stabiliser", values)["sentence"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "null",
        "1e5",
        "- a: b",
        "#x",
        "é 株式",
        "'\"",
        "a\\nb",
        "on",
        "2026-01-02",
        "{}",
        "%",
        "a: b #c",
    ],
)
def test_any_name_comes_back_from_the_file(tmp_path, name):
    (tmp_path / "in").mkdir()
    deal = load_deal(write_deal(tmp_path / "in", name=name), PATHS)
    (tmp_path / "market.yaml").write_text((tmp_path / "in" / "market.yaml").read_text(), encoding="utf-8")
    out = tmp_path / "out.yaml"
    out.write_text(scenario_yaml(deal, moved(deal, {"offer.price": 9.9})), encoding="utf-8")
    assert load_scenario(out).name == name


def test_the_file_of_the_deal_as_loaded_says_the_same(small, tmp_path):
    (tmp_path / "market.yaml").write_text(json.dumps(small.market.model_dump(mode="json")), encoding="utf-8")
    back = saved(close_answer(small, {}), tmp_path)
    assert {**back.resolved(), "market": ""} == {**small.scenario.resolved(), "market": ""}


def test_the_shipped_deal_is_the_one_in_configs():
    from pathlib import Path

    configs = Path(__file__).parents[2] / "configs" / "biren_06082.yaml"
    assert SHIPPED.read_bytes() == configs.read_bytes()


@pytest.mark.parametrize(
    "config", sorted((SHIPPED.parents[3] / "configs").glob("*_*[0-9].yaml")), ids=lambda file: file.stem
)
def test_every_shipped_deal_has_its_controls(config):
    scenario = load_scenario(config)
    market = load_market(scenario.market, None, scenario.list_date)
    controls = {control.name: control for control in controls_of(scenario, market)}
    assert "observed.public_coverage" in controls
    assert ("observed.grey_return" in controls) == (market.grey is not None)
    for control in controls.values():
        assert list(control.grid) == sorted(set(control.grid))
        assert 20 <= len(control.grid) <= 140
        assert all(math.isfinite(value) for value in control.grid)
        if control.value is not None:
            assert control.value in control.grid
        assert control.unknown is not None or control.value is not None


def test_a_fault_of_the_program_is_no_answer(small, question):
    def broken(*_):
        raise ZeroDivisionError

    app = explore_app(small, frozenset({"127.0.0.1:8406"}), answerer=broken)
    with pytest.raises(ZeroDivisionError):
        client_of(app)("POST", "/ask", json=question, headers={"origin": "http://127.0.0.1:8406"})


def test_a_deal_is_told_from_a_changed_one(tmp_path):
    again = load_deal(write_deal(tmp_path), PATHS)
    fewer = load_deal(write_deal(tmp_path), PATHS - 1)
    assert fewer.identity != again.identity


def test_a_market_parameter_out_of_its_bounds_is_refused(small):
    with pytest.raises(InvalidInput) as refusal:
        moved(small, {ELASTICITY: -1.0})
    assert "greater than 0" in str(refusal.value)


def test_ctrl_c_while_the_page_is_answered_is_no_answer(monkeypatch, small):
    press_after_one_part(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        close_answer(small, MOVES)
