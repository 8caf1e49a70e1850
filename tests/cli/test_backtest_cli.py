"""``firstday backtest`` and ``firstday calibrate``: what they print, write and refuse."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from sim.commands import console
from sim.deals.deals import HKEX_FILE
from sim.market.parameters import load_market

FEW = ("--from", "2026-06-20", "--paths", "500")


@pytest.fixture
def few_rows(tmp_path):
    """Return a function that writes some columns of the shipped deals, from a day on, as a file of its own."""

    def write(columns: tuple[str, ...], first: str = "2026-06-20", **changes: str) -> Path:
        with HKEX_FILE.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["list_date"] >= first]
        path = tmp_path / "test.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**row, **changes} for row in rows)
        return path

    return write


@pytest.fixture
def without_plots(monkeypatch):
    """Leave the pictures out: they take seconds."""
    monkeypatch.setattr("sim.report.backtest_plots.backtest_plots", lambda _: {})


def test_backtest_json_and_files(firstday):
    said = firstday("backtest", *FEW, "--stage", "t1", "--out", "found", "--json")
    assert (said.code, said.err) == (0, "")
    document = json.loads(said.out)
    assert set(document) == {"t1"}
    stage = document["t1"]
    assert set(stage) == {"n", "crps", "coverage", "pit_ks_p", "brier_below_offer"}
    assert set(stage["crps"]) == {"model", "climatology", "regression", "quantile_regression"}
    assert set(stage["coverage"]) == {"50", "80", "95"}
    assert set(stage["brier_below_offer"]) == {"model", "climatology"}
    rows = list(csv.DictReader(io.StringIO(Path("found/forecasts.csv").read_text(encoding="utf-8"))))
    assert len(rows) == stage["n"] > 5
    assert {"code", "list_date", "stage", "q0.01", "q0.5", "q0.99", "pit"} <= set(rows[0])
    assert min(row["list_date"] for row in rows) >= "2026-06-20"
    pictures = {path.name for path in Path("found").glob("*.png")}
    assert pictures == {"pit_t1.png", "reliability_t1.png", "forecasts_t1.png"}
    assert json.loads(Path("found/backtest.json").read_text(encoding="utf-8")) == document


@pytest.mark.usefixtures("without_plots")
def test_the_table_begins_with_the_score_of_each_stage(firstday):
    said = firstday("backtest", *FEW)
    assert (said.code, said.out) == (0, "")
    heads = [line for line in said.err.splitlines() if line.startswith("T")]
    assert [head[:2] for head in heads] == ["T0", "T1", "T2"]
    assert all(": CRPS 0." in head and " deals, " in head for head in heads)
    for word in ("model", "climatology", "quantile regression", "grey shift", "PIT", "80% interval", "Brier"):
        assert word in said.err
    assert max(len(line) for line in said.err.splitlines()) <= 100
    assert said.err.rstrip().endswith("-> runs/backtest")


@pytest.mark.usefixtures("without_plots")
def test_deals_of_a_second_file_with_the_fewest_columns(firstday, few_rows):
    path = few_rows(("code", "list_date", "offer_price", "close_return"))
    said = firstday("backtest", "--test", path, "--paths", "500", "--json")
    assert said.code == 0
    document = json.loads(said.out)
    assert document["t0"]["n"] > 5
    assert document["t1"] == document["t2"]
    assert document["t1"]["n"] == 0
    assert document["t1"]["crps"] == {}


@pytest.mark.usefixtures("without_plots")
def test_deals_before_2025_are_forecast_from_what_was_known_then(firstday, few_rows):
    path = few_rows(("code", "list_date", "offer_price", "close_return", "public_coverage"), "2025-01-01")
    rows = path.read_text(encoding="utf-8").splitlines()
    old = [f"7{k:04d},2019-0{k + 1}-15,10.0,0.0{k},{k + 3}.5" for k in range(5)]
    path.write_text("\n".join([rows[0], *old]) + "\n", encoding="utf-8")
    said = firstday("backtest", "--test", path, "--paths", "500", "--json", "--stage", "t0,t1")
    assert said.code == 0
    assert [json.loads(said.out)[stage]["n"] for stage in ("t0", "t1")] == [5, 5]


@pytest.mark.usefixtures("without_plots")
def test_deals_without_outcome_are_forecast_and_not_scored(firstday, few_rows):
    path = few_rows(
        ("code", "list_date", "offer_price", "close_return", "public_coverage"), code="0X1", close_return=""
    )
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(text[:2]) + "\n", encoding="utf-8")
    said = firstday("backtest", "--test", path, "--paths", "500", "--stage", "t1,t2")
    assert said.code == 0
    assert "left out: 1 with no grey close" in said.err
    assert "1 deals forecast, none with an outcome to score" in said.err
    assert len(Path("runs/backtest/forecasts.csv").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--from", "yesterday"), "--from: 'yesterday' is no date"),
        (("--from", "2026-06-20", "--to", "2026-06-01"), "--from: 2026-06-20 is after --to 2026-06-01"),
        (("--stage", "t7"), "--stage: 't7' is not a stage"),
        (("--stage", ""), "--stage: names no stage"),
        (("--from", "2030-01-01"), "--data: no deal listed from 2030-01-01"),
        (("--data", "nowhere.csv"), "nowhere.csv"),
        (("--out", "."), "exists and is no back-test"),
    ],
)
def test_what_a_backtest_refuses(firstday, arguments, expected):
    Path("kept").write_text("something else", encoding="utf-8")
    said = firstday("backtest", "--paths", "500", *arguments)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert [path.name for path in Path().iterdir()] == ["kept"]


def test_a_scheduler_that_cannot_be_is_refused_before_anything_is_fitted(firstday, monkeypatch):
    def walked(*_: object, **__: object) -> None:
        raise AssertionError("begun although nobody can do it")

    monkeypatch.setattr("sim.backtest.walk.run_backtest", walked)
    said = firstday("backtest", *FEW, "--scheduler", "nonsense")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("--scheduler: 'nonsense' does not answer: ")
    assert list(Path().iterdir()) == []


def test_listings_of_shanghai_are_refused(firstday, tmp_path):
    path = tmp_path / "star.csv"
    path.write_text(
        "code,list_date,offer_price,close_return\n688795,2025-12-05,114.28,4.6878\n", encoding="utf-8"
    )
    for option in ("--test", "--data"):
        said = firstday("backtest", option, path)
        assert said.code == 2
        assert "688795 of 2025-12-05 is a code of the STAR Market" in said.err


@pytest.mark.usefixtures("without_plots")
def test_an_interrupted_backtest_writes_what_it_has(firstday, monkeypatch):
    done = console.Progress.__call__

    def interrupt(self, count: int, total: int) -> None:
        done(self, count, total)
        if count == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(console.Progress, "__call__", interrupt)
    said = firstday("backtest", *FEW, "--stage", "t0")
    assert said.code == 130
    assert "interrupted" in said.err
    details = json.loads(Path("runs/backtest/details.json").read_text(encoding="utf-8"))
    assert details["partial"] is True
    assert details["t0"]["forecast"] >= 2


def test_the_progress_bar_counts_listing_days_on_a_terminal_alone():
    shown, hidden = io.StringIO(), io.StringIO()
    for out, terminal in ((shown, True), (hidden, False)):
        screen = Console(file=out, force_terminal=terminal, width=100)
        with console.Progress(screen, "forecasting", "listing days") as advance:
            advance(3, 7)
            advance.say("drawing")
    assert "of 7 listing days" in shown.getvalue()
    assert "listing days" not in hidden.getvalue()


def test_calibrate_prints_parameters_and_writes_a_market(firstday):
    said = firstday("calibrate", "--as-of", "2026-01-01", "--out", "markets/mine.yaml")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("market hkex: ")
    assert "standard error" in said.err
    assert said.err.rstrip().endswith("-> markets/mine.yaml")
    market = load_market("markets/mine.yaml")
    assert (market.venue, market.origin.status) == ("hkex", "fitted")
    assert market.origin.last_deal is not None
    assert market.origin.last_deal.isoformat() < "2026-01-01"
    assert [path.name for path in Path("markets").iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize("venue", ["hkex", "star"])
def test_calibrate_json(firstday, venue):
    said = firstday("calibrate", "--venue", venue, "--json")
    assert said.code == 0
    document = json.loads(said.out)
    assert document["market"]["venue"] == venue
    assert document["deals"] > 20
    assert document["first_deal"] < document["last_deal"]
    for each in document["parameters"].values():
        assert set(each) == {"value", "standard_error", "prior_mean", "prior_sd"}
        assert each["standard_error"] > 0.0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--venue", "moon"), "--venue: 'moon' is not a venue"),
        (("--as-of", "20260101x"), "--as-of: '20260101x' is no date"),
        (("--as-of", "2010-01-01"), "2010-01-01"),
        (("--out", "kept/inside.yaml"), "cannot be written"),
    ],
)
def test_what_a_calibration_refuses(firstday, arguments, expected):
    Path("kept").write_text("something else", encoding="utf-8")
    said = firstday("calibrate", *arguments)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
