"""``firstday run --desks``: the answers of ``firstday desk`` beside those of the run."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

import sim.cli
from sim.desks.together import ask_desks
from sim.market.parameters import load_market
from sim.scenario import load_scenario

CONFIGS = Path(__file__).parents[2] / "configs"
BIREN, STAR = CONFIGS / "biren_06082.yaml", CONFIGS / "metax_688802.yaml"


@pytest.fixture
def firstday(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command in an empty folder and gives its output and messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.report.plots.draw_run", lambda *_: ())

    def run(*arguments: object) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["firstday", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            sim.cli.main()
        said = capsys.readouterr()
        assert not end.value.code, said.err
        return said.out, said.err

    return run


def test_the_answers_are_those_of_each_desk_and_the_run_verifies(firstday):
    few = (BIREN, "--paths", 2000, "--json")
    out, err = firstday("run", *few, "--desks", "--out", "one")
    summary = json.loads(out)
    assert err == ""
    assert summary == json.loads(Path("one/summary.json").read_text(encoding="utf-8"))
    assert list(summary["desks"]) == ["subscriber", "stabiliser", "issuer", "cornerstone"]
    for name, answer in summary["desks"].items():
        assert answer == json.loads(firstday("desk", name, *few)[0])
    alone = json.loads(firstday("run", *few, "--out", "two")[0])
    assert alone == {key: value for key, value in summary.items() if key != "desks"}
    assert "same" in firstday("verify", "one")[1]


def test_each_desk_has_its_sentence_under_the_table(firstday):
    _, err = firstday("run", BIREN, "--paths", 2000, "--desks")
    places = [err.index(f"{name}'s desk: ") for name in ("subscriber", "stabiliser", "issuer", "cornerstone")]
    assert places == sorted(places)
    assert err.index("greenshoe: manager buys") < places[0]
    assert max(map(len, err.splitlines())) <= 100


def test_a_desk_that_has_nothing_to_say_is_not_asked(firstday):
    bare = ("--set", "over_allotment=null", "--set", "cornerstones=null")
    out, err = firstday("run", BIREN, "--paths", 500, "--desks", "--json", *bare)
    assert (list(json.loads(out)["desks"]), err) == (["subscriber", "issuer"], "")


def test_a_deal_that_never_lists_gives_most_desks_nothing_to_say():
    """Nobody in the placing: the subscriber is told not to apply, the others refuse."""
    never = {"observed": {"placing_coverage": 0.05}, "simulation.paths": 200}
    deal = load_scenario(CONFIGS / "biren_06082_launch.yaml", never)
    answers, left_out = ask_desks(deal, load_market(deal.market, None, deal.list_date))
    assert [answer.desk for answer in answers] == ["subscriber"]
    assert answers[0].sentence().startswith("Do not apply")
    assert [
        re.search(r"the (\w+)'s desk is left out: the deal is withdrawn on every path", note)[1]
        for note in left_out
    ] == [
        "stabiliser",
        "issuer",
        "cornerstone",
    ]


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["table", "json"])
def test_a_desk_that_refuses_is_left_out_with_a_note(firstday, as_json):
    _, err = firstday("run", STAR, "--paths", 500, "--desks", "--out", "one", *as_json)
    desks = json.loads(Path("one/summary.json").read_text(encoding="utf-8"))["desks"]
    assert "issuer" in desks
    assert "subscriber" not in desks
    assert "the subscriber's desk is left out: the ballot of star is not modelled" in " ".join(err.split())
