"""The page as a file: a run for each stop, nothing fetched, nothing run but its own scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest
from explore_client import write_deal

from sim.errors import InvalidInput
from sim.explore.answer import close_answer
from sim.explore.deal import Deal, load_deal
from sim.explore.export import check_destination, page_text, runs_of, stops_of, stored_document, write_page

NAME = "</script><script>alert(1)</script>"


@pytest.fixture(scope="module")
def deal(tmp_path_factory) -> Deal:
    """The made-up deal with a name that means harm and three of its controls."""
    whole = load_deal(write_deal(tmp_path_factory.mktemp("export"), name=NAME), 500)
    wanted = ("offer.price", "cornerstones.fraction", "market.demand.elasticity")
    return replace(whole, controls=tuple(each for each in whole.controls if each.name in wanted))


@pytest.fixture(scope="module")
def stored(deal) -> dict[str, object]:
    return stored_document(deal)


@pytest.fixture(scope="module")
def page(stored) -> str:
    return page_text(stored)


def test_every_stop_holds_the_run_of_its_value(deal, stored):
    for control in deal.controls:
        runs = stored["runs"][control.name]
        assert tuple(run["value"] for run in runs) == stops_of(control)
        fitting = [run for run in runs if "answer" in run]
        assert len(fitting) >= 10
        for run in fitting[::7]:
            told = close_answer(deal, {control.name: run["value"]})
            assert run["answer"]["summary"]["returns"] == told["summary"]["returns"]
            assert run["answer"]["sentence"] == told["sentence"]
            assert run["answer"]["files"] == told["files"]


def test_a_stop_that_does_not_fit_keeps_its_faults(deal):
    stones = next(each for each in deal.controls if each.name == "cornerstones.fraction")
    too_many = replace(deal, controls=(replace(stones, grid=(0.2, 0.3, 0.99)),))
    runs = stored_document(too_many)["runs"]["cornerstones.fraction"]
    assert [list(run) for run in runs] == [["value", "answer"], ["value", "faults"]]
    assert "placing tranche" in runs[1]["faults"][0]["problem"]


def test_sliders_stop_at_stored_values_only(deal, stored):
    for control, told in zip(deal.controls, stored["start"]["controls"], strict=True):
        known = {run["value"] for run in stored["runs"][control.name]} | {control.value}
        assert set(told["grid"]) <= known
        assert told["start"] in told["grid"]


def test_every_run_is_counted(deal, stored):
    seen = []
    stored_document(deal, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (runs_of(deal), runs_of(deal))
    assert 1 + sum(len(runs) for runs in stored["runs"].values()) == runs_of(deal)


def test_the_page_fetches_nothing(page):
    assert not re.search(r"<(?:link|script|img|iframe)[^>]*(?:src|href)=\"(?!data:,)", page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "unsafe" not in policy


def test_the_policy_names_every_script_and_style_of_the_page(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    blocks = re.findall(r"<script>(.*?)</script>", page, re.DOTALL) + re.findall(
        r"<style>(.*?)</style>", page, re.DOTALL
    )
    assert len(blocks) == 6
    for block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_a_name_cannot_end_its_block(page):
    data = re.search(r'<script type="application/json" id="stored">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data)["start"]["name"] == NAME
    assert "alert(1)" not in page.replace(data, "")


def test_the_file_says_what_it_is(stored):
    assert "nothing is interpolated" in stored["start"]["note"]
    assert "500 paths" in stored["start"]["note"]


def test_the_file_is_written_whole(deal, tmp_path):
    few = replace(deal, controls=deal.controls[:1])
    file = tmp_path / "page.html"
    file.write_text("old", encoding="utf-8")
    size = write_page(few, file)
    assert file.stat().st_size == size > 50_000
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("where", ["", "missing/page.html"])
def test_a_place_that_cannot_be_written_is_refused_first(tmp_path, where):
    with pytest.raises(InvalidInput) as refusal:
        check_destination(tmp_path / where)
    assert refusal.value.faults[0].source == "--export"
