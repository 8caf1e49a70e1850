"""The figures of the report are those of the run, in its tables and in its pictures."""

from __future__ import annotations

import math
import re
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from web_runs import asked_of, page_of, result_of, table_of, tree

from sim.report import distribution
from sim.report.web.after import after_facts
from sim.report.web.answer import answer_facts
from sim.report.web.convergence_chart import settled
from sim.report.web.svg import number, shortened, text_width
from sim.report.web.wording import cell, count_told, logs_told, money_told, return_told

PRICED = ["after allotment", "size adjustment", "deferred", "bare", "biren", "star"]


def value_of(text: str) -> tuple[float, float]:
    """A figure and its error as printed, percent as a fraction; 0 where no error is printed."""
    shown, _, error = text.replace("−", "-").replace(",", "").partition(" ± ")
    unit = 0.01 if shown.endswith("%") else 1.0
    plain = (re.sub(r"[^\d.e+-]", "", part) for part in (shown, error or "0"))
    value, spread = (float(part) * unit for part in plain)
    return value, spread


@pytest.mark.parametrize("kind", [*PRICED, "launch", "fifty paths", "nothing kept"])
def test_returns_are_those_of_the_summary(kind):
    """Printed figures lie within their own printed error of the summary's, and the errors are of its size."""
    summary = result_of(kind).summary["returns"]
    headings, *rows = table_of(page_of(kind), "Return on the offer price")
    assert headings[1] == "mean"
    levels = ("0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95")
    for row, quantity in zip(rows, ("open", "high", "low", "close", "vwap"), strict=True):
        told = summary[quantity]
        wanted = [(told["mean"], told["mean_se"])]
        wanted += [(told["quantiles"][level], told["quantiles_se"][level]) for level in levels]
        for text, (value, error) in zip(row[1:], wanted, strict=True):
            printed, spread = value_of(text)
            assert printed == pytest.approx(value, abs=max(error, 0.0006))
            if error > 0.001 and value != 0.0:
                assert 0.5 * error <= spread <= 2.0 * error


def test_chances_are_those_of_the_summary():
    for kind in ("biren", "launch"):
        told = result_of(kind).summary["probabilities"]
        rows = {row[0]: value_of(row[1]) for row in table_of(page_of(kind), "Chances on the first day")[1:]}
        events = {"Closes below the offer price": "close_below_offer", "Opens exactly at it": "open_at_offer"}
        for name, event in events.items():
            value, error = rows[name]
            assert value == pytest.approx(told[event]["value"], abs=told[event]["se"])
            assert 0.5 * told[event]["se"] <= error <= 2.0 * told[event]["se"]


@pytest.mark.parametrize("kind", [*PRICED, "launch"])
def test_the_chance_of_the_offer_price_itself_is_told_where_somebody_holds_it(kind):
    names = {fact.name for fact in answer_facts(result_of(kind))}
    holds = result_of(kind).scenario.over_allotted_shares() > 0
    assert ("Chance of a close exactly at the offer price" in names) == holds


@pytest.mark.parametrize("kind", PRICED)
def test_the_float_adds_up(kind):
    deal = result_of(kind).scenario
    _, *rows = table_of(page_of(kind), "Shares that can trade on the first day")
    amounts = [int(row[1].replace(",", "").replace("−", "-").replace("+", "")) for row in rows]
    assert sum(amounts[:-1]) == amounts[-1] == deal.float_shares()
    of_base = [value_of(row[2])[0] for row in rows]
    assert of_base[-1] == pytest.approx(deal.float_shares() / deal.offer.base_shares, abs=6e-4)


def test_an_uncertain_float_has_an_error():
    kind = "money of cornerstones"
    rows = {row[0]: row[1] for row in table_of(page_of(kind), "Shares that can trade on the first day")}
    assert "±" in rows["Float: shares that can trade"]
    assert "±" in rows["Cornerstones, locked"]
    value, _ = value_of(rows["Float: shares that can trade"])
    assert value * 1e6 == pytest.approx(result_of(kind).summary["float_shares"], rel=1e-3)


@pytest.mark.parametrize("kind", ["after allotment", "launch", "biren", "star"])
def test_the_parts_of_the_return_add_up(kind):
    _, *rows = table_of(page_of(kind), "What makes the return")
    logs = [value_of(row[1]) for row in rows]
    whole, error = logs[-1]
    assert sum(value for value, _ in logs[:-1]) == pytest.approx(whole, abs=max(2e-3, error))
    changes = [1.0 + value_of(row[2])[0] for row in rows]
    assert math.prod(changes[:-1]) == pytest.approx(changes[-1], rel=max(5e-3, error))
    kept = result_of(kind).kept["log_close"]
    listed = kept[~np.isnan(kept)]
    spread = listed.std(ddof=1) / math.sqrt(listed.size)
    assert whole == pytest.approx(listed.mean(), abs=spread)
    # A standard error is printed with one digit.
    assert 0.6 * spread <= error <= 1.6 * spread


def area(path: str) -> float:
    """Area inside a path of straight lines, by the shoelace formula."""
    points = np.array([[float(part) for part in point.split()] for point in path.strip("MZ").split("L")])
    x, y = points.T
    return abs(0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))


@pytest.mark.parametrize("kind", ["after allotment", "biren", "cold", "launch"])
def test_the_areas_of_the_histogram_are_the_shares(kind):
    parts = distribution.shares(result_of(kind).histograms["close"])
    pictures = [
        svg for svg in tree(page_of(kind)).all("svg") if "distribution" in svg.attributes["aria-labelledby"]
    ]
    assert len(pictures) == 2
    for svg in pictures:
        areas = dict.fromkeys(("below", "above"), 0.0)
        for path in svg.all("path"):
            name = path.attributes["class"].split()[0]
            if name in areas:
                areas[name] = area(path.attributes["d"])
        share = areas["below"] / sum(areas.values())
        assert share == pytest.approx(parts.below / (parts.below + parts.above), abs=0.02)
        atoms = [path for path in svg.all("path") if path.attributes["class"] == "at-offer"]
        assert bool(atoms) is (parts.at_offer > 0.0)


def test_the_running_mean_ends_at_the_summary():
    for kind in ("biren", "nothing kept", "fifty paths"):
        _, *rows = table_of(page_of(kind), "Mean return of the close as paths are added")
        last = rows[-1]
        told = result_of(kind).summary["returns"]["close"]
        assert last[0] == f"{result_of(kind).paths:,}"
        assert value_of(last[1])[0] == pytest.approx(told["mean"], abs=told["mean_se"])


def test_an_undefined_mean_is_not_drawn():
    told = settled(result_of("two paths").convergence)
    assert np.isfinite(told.mean).all()
    assert np.isfinite(told.se).all()
    assert settled(result_of("all withdrawn").convergence).paths.size == 0


def test_the_answer_names_price_range_and_chance():
    summary = result_of("biren").summary
    (answer,) = [node for node in tree(page_of("biren")).all("p") if node.attributes.get("class") == "answer"]
    percent = [float(text.replace("−", "-")) for text in re.findall(r"([+−]?[\d.]+)%", answer.text)]
    quantiles = summary["returns"]["close"]["quantiles"]
    wanted = [quantiles["0.5"], quantiles["0.1"], quantiles["0.9"]]
    assert percent[:3] == [pytest.approx(100.0 * value, abs=1.5) for value in wanted]
    assert percent[3] == pytest.approx(
        100.0 * summary["probabilities"]["close_below_offer"]["value"], abs=1.0
    )


def test_peers_add_up_to_the_heat():
    theme = result_of("peers").theme
    _, *rows = table_of(page_of("peers"), "Peers")
    assert [row[0] for row in rows] == [*(peer.name for peer in theme.peers), "Together"]
    assert value_of(rows[-1][-1]) == (
        pytest.approx(theme.mean, abs=0.006),
        pytest.approx(theme.se, abs=0.006),
    )
    assert sum(value_of(row[-1])[0] for row in rows[:-1]) == pytest.approx(theme.mean, abs=0.02)


def test_parameters_carry_the_errors_of_the_fit():
    fitted = {each.name: each for each in result_of("biren").market.estimates}
    rows = {row[0]: row[1] for row in table_of(page_of("biren"), "What past deals say")}
    value, error = value_of(rows["Reach of the grey market"])
    assert value == pytest.approx(fitted["slope"].value, abs=0.006)
    assert error == pytest.approx(fitted["slope"].standard_error, abs=0.006)
    spread = math.exp(fitted["spread"].value)
    value, error = value_of(rows["Spread of the value"])
    assert value == pytest.approx(spread, abs=0.01)
    assert error == pytest.approx(spread * fitted["spread"].standard_error, rel=0.3)


def test_a_market_that_tells_no_errors_says_so():
    assert "does not tell how uncertain" in page_of("after allotment")


def test_the_manifest_is_that_of_the_run():
    from sim.run_directory import manifest_of

    told = manifest_of(result_of("biren"), {})
    rows = dict(table_of(page_of("biren"), "Manifest")[1:])
    assert rows["Scenario"] == told["scenario_sha256"]
    assert rows["Market"] == told["market_sha256"]
    assert rows["Kernels"] == told["kernel_hash"]
    assert (rows["Seed"], rows["Paths"]) == ("6082", "4,000")


def test_the_desks_answer_as_on_the_command_line():
    """A run of no more paths than are looked at gives the desk's own answer."""
    from sim.desks.base import simulate_desk
    from sim.desks.issuer import IssuerOptions, issuer_desk
    from sim.desks.subscriber import subscriber_desk
    from sim.desks.subscriber_options import SubscriberOptions

    result = result_of("biren")
    played = simulate_desk(result.scenario, market=result.market)
    subscriber, issuer = asked_of("biren").answers
    assert subscriber.to_json() == subscriber_desk(played, SubscriberOptions()).to_json()
    assert issuer.to_json() == issuer_desk(played, IssuerOptions()).to_json()
    assert asked_of("biren").paths == 4_000


def test_the_first_paths_are_looked_at_and_no_more(monkeypatch):
    monkeypatch.setattr("sim.desks.kept.MOST_PATHS", 500)
    from sim.desks.base import simulate_desk
    from sim.desks.issuer import IssuerOptions, issuer_desk
    from sim.desks.kept import ask_kept
    from sim.desks.subscriber import subscriber_desk
    from sim.desks.subscriber_options import SubscriberOptions
    from sim.scenario import with_changes

    result = result_of("after allotment")
    asked = ask_kept(result)
    assert (asked.paths, result.paths) == (500, 2_000)
    few = with_changes(result.scenario, {"simulation.paths": 500})
    played = simulate_desk(few, market=result.market)
    alone = (subscriber_desk(played, SubscriberOptions()), issuer_desk(played, IssuerOptions()))
    assert [each.to_json() for each in asked.answers] == [each.to_json() for each in alone]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (return_told(0.4532, 0.0021), "+45.3% ± 0.2%"),
        (return_told(-0.08, 0.0), "−8.0%"),
        (return_told(0.0, 0.01), "0%"),
        (return_told(math.nan, math.nan), "n/a"),
        (money_told(28.412, 0.031, "HK$"), "HK$28.41 ± 0.03"),
        (money_told(-5.0, 0.2, "HK$"), "−HK$5.0 ± 0.2"),
        (count_told(7_231_000.0, 48_000.0), "7.23m ± 0.05m"),
        (count_told(-2.5e9, 3e7), "−2.50bn ± 0.03bn"),
        (count_told(820_000.0, 0.0), "820,000"),
        (logs_told(0.2793, 0.0004), "+0.2793 ± 0.0004"),
        (logs_told(0.2793, 1e-18), "+0.279"),
        (logs_told(math.nan, 1.0), "n/a"),
        (cell("-1,320"), "−1,320"),
        (cell("20,100 +- 100"), "20,100 ± 100"),
        (cell("one-third"), "one-third"),
        (cell("-"), "-"),
        (number(-0.04), "0"),
        (number(12.0), "12"),
        (number(3.25), "3.2"),
    ],
)
def test_figures_are_written_with_their_errors(told, wanted):
    assert told == wanted


def test_text_that_is_too_wide_is_cut():
    assert shortened("Float", 100.0) == "Float"
    cut = shortened("locked part of the offline tranche", 100.0)
    assert cut.endswith("…")
    assert text_width(cut) <= 100.0
    assert text_width("壁仞") == text_width("abcd")


def test_a_manager_that_loses_is_told_so():
    result = result_of("stabilisation")
    summary = deepcopy(dict(result.summary))
    summary["aftermarket"]["stabilisation"] |= {"manager_gain_mean": -3.2e6, "manager_gain_mean_se": 1e5}
    (fact, *_) = after_facts(replace(result, summary=summary))
    assert fact.meaning == "It loses HK$3.2m ± 0.1m on them."
    summary["aftermarket"]["stabilisation"]["manager_gain_mean"] = 3.2e6
    (fact, *_) = after_facts(replace(result, summary=summary))
    assert fact.meaning == "It gains HK$3.2m ± 0.1m on them."
