"""The walk-forward back-test: reference figures, no look-ahead, the files it writes."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sim.backtest.baselines import Climatology, Forecast, GreyShift, QuantileRegression, Regression
from sim.backtest.result import BacktestResult
from sim.backtest.scoring import crps
from sim.backtest.walk import MINIMUM_PAST, run_backtest
from sim.deals.deals import Deal, Deals, load_deals
from sim.errors import InvalidInput

FIRST = date(2025, 4, 1)


class Recorder:
    """A forecaster that remembers what it was shown."""

    name = "model"
    stages = ("t0", "t1", "t2")

    def __init__(self) -> None:
        self.days: list[tuple[date, date, int]] = []
        self.shown: list[tuple[date, Deal, str]] = []

    def prepare(self, past: Deals, as_of: date) -> None:
        self.days.append((as_of, past[-1].list_date, len(past)))

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        self.shown.append((self.days[-1][0], deal, stage))
        return Forecast(np.linspace(-0.5, 1.0, 101), probability_below=0.25)


@pytest.fixture(scope="module")
def reference() -> BacktestResult:
    quick = (Climatology(), Regression(), GreyShift())
    return run_backtest(load_deals(), baselines=quick, first=FIRST)


def test_reference_figures_from_april_2025(reference: BacktestResult) -> None:
    found = reference.to_json()
    assert (found["t1"]["n"], found["t2"]["n"]) == (135, 120)
    assert round(found["t1"]["crps"]["climatology"], 3) == 0.283
    assert round(found["t1"]["crps"]["regression"], 3) == 0.250
    assert round(found["t2"]["crps"]["grey_shift"], 3) == 0.117
    assert round(found["t0"]["crps"]["regression"], 3) == 0.273


@pytest.mark.slow
def test_reference_figures_of_the_quantile_regression() -> None:
    found = run_backtest(load_deals(), baselines=[QuantileRegression()], first=FIRST).to_json()
    assert [round(found[stage]["crps"]["quantile_regression"], 3) for stage in ("t0", "t1", "t2")] == [
        0.269, 0.234, 0.123,
    ]  # fmt: skip


def test_deals_left_out_are_counted_with_the_reason(reference: BacktestResult) -> None:
    details = reference.details()
    assert details["t2"]["left_out"] == {f"fewer than {MINIMUM_PAST} earlier deals": 8, "no grey close": 7}
    assert details["t2"]["scored"] + 15 == details["t1"]["scored"] == 135
    assert details["t1"]["left_out"] == {}


def test_a_forecaster_sees_the_past_alone_and_what_the_stage_knows() -> None:
    model = Recorder()
    run_backtest(load_deals(), model=model, baselines=[Climatology()], first=date(2026, 5, 1))
    assert all(last < day for day, last, _ in model.days)
    assert all(earlier[0] < later[0] for earlier, later in pairwise(model.days))
    assert {stage for _, _, stage in model.shown} == {"t0", "t1", "t2"}
    for day, deal, stage in model.shown:
        assert deal.list_date == day
        assert deal == deal.as_known(stage)
        assert deal.close_return is None


def test_changing_outcomes_from_a_day_on_changes_no_forecast_of_it() -> None:
    deals, day = load_deals(), date(2026, 3, 30)
    changed = Deals.of(replace(each, close_return=7.0) if each.list_date >= day else each for each in deals)
    quick = (Regression(), Climatology())
    first, second = (
        run_backtest(each, baselines=quick, first=date(2026, 3, 1), last=day) for each in (deals, changed)
    )
    for one, other in zip(first.forecasts, second.forecasts, strict=True):
        assert one.quantiles == other.quantiles
        assert one.probability_below_offer == other.probability_below_offer
    assert first.forecasts[-1].crps != second.forecasts[-1].crps


def test_one_file_or_two_give_the_same_forecasts() -> None:
    deals, first = load_deals(), date(2026, 3, 1)
    earlier, later = deals.between(None, date(2026, 2, 28)), deals.between(first)
    whole = run_backtest(deals, baselines=[Regression()], first=first)
    split = run_backtest(earlier, test=later, baselines=[Regression()])
    assert whole.forecasts == split.forecasts


def test_a_deal_without_outcome_is_forecast_and_not_scored() -> None:
    deals = load_deals()
    coming = replace(deals[-1], code="09999", list_date=date(2026, 7, 2), close_return=None, close=None)
    result = run_backtest(deals, test=Deals.of([coming]), baselines=[Regression()], stages=["t1"])
    (forecast,) = result.forecasts
    assert (forecast.realised_return, forecast.pit, dict(forecast.crps)) == (None, None, {})
    assert result.to_json()["t1"] == {
        "n": 0,
        "crps": {},
        "coverage": {"50": None, "80": None, "95": None},
        "pit_ks_p": None,
        "brier_below_offer": {},
    }
    assert result.rows()[0]["realised_return"] is None
    json.dumps(result.details(), allow_nan=False)


def test_the_document_has_the_fields_scripts_rely_on() -> None:
    result = run_backtest(
        load_deals(), model=Recorder(), baselines=[Climatology(), GreyShift()], first=date(2026, 5, 1)
    )
    document = result.to_json()
    assert list(document) == ["t0", "t1", "t2"]
    for stage, found in document.items():
        assert list(found) == ["n", "crps", "coverage", "pit_ks_p", "brier_below_offer"]
        assert list(found["crps"])[:2] == ["model", "climatology"]
        assert ("grey_shift" in found["crps"]) is (stage == "t2")
        assert list(found["brier_below_offer"]) == ["model", "climatology"]
        assert list(found["coverage"]) == ["50", "80", "95"]
    happened = result.below_offer("t1")[1]
    assert document["t1"]["brier_below_offer"]["model"] == pytest.approx(np.mean((0.25 - happened) ** 2))


def test_the_table_recomputes_the_document(reference: BacktestResult, tmp_path: Path) -> None:
    reference.write(tmp_path / "run")
    with (tmp_path / "run" / "forecasts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    document = json.loads((tmp_path / "run" / "backtest.json").read_text())
    assert list(rows[0]) == [
        "code", "list_date", "stage",
        "q0.01", "q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95", "q0.99",
        "probability_below_offer", "realised_return",
        "crps_climatology", "crps_regression", "crps_grey_shift", "pit",
    ]  # fmt: skip
    at_t2 = [row for row in rows if row["stage"] == "t2"]
    assert len(at_t2) == document["t2"]["n"]
    mean = np.mean([float(row["crps_grey_shift"]) for row in at_t2])
    assert mean == pytest.approx(document["t2"]["crps"]["grey_shift"])
    inside = [abs(float(row["pit"]) - 0.5) <= 0.4 for row in at_t2]
    assert np.mean(inside) == pytest.approx(document["t2"]["coverage"]["80"])
    assert all(row["crps_grey_shift"] == "" for row in rows if row["stage"] == "t1")


def test_crps_is_of_the_log_return_of_the_close(reference: BacktestResult) -> None:
    deals = load_deals()
    first = reference.at("t1")[0]
    past = deals.before(first.list_date, 900).column("log_return_close")
    assert first.crps["climatology"] == pytest.approx(float(crps(past, np.log1p(first.realised_return))))
    assert first.quantiles[0.5] == pytest.approx(np.expm1(np.quantile(past, 0.5)))


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        result = run_backtest(load_deals(), baselines=[Regression(), Climatology()], first=date(2026, 5, 1))
        result.write(tmp_path / name, {"note.txt": b"x"})
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["backtest.json", "details.json", "forecasts.csv", "note.txt"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_an_earlier_run_is_replaced_and_nothing_else(reference: BacktestResult, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "run"
    reference.write(target, {"old.png": b""})
    reference.write(target)
    assert not (target / "old.png").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    for place in (tmp_path / "mine", tmp_path / "mine" / "letter.txt"):
        with pytest.raises(InvalidInput, match="exists and is no back-test"):
            reference.write(place)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"
    with pytest.raises(InvalidInput, match="cannot be written"):
        reference.write(tmp_path / "mine" / "letter.txt" / "run")


def test_progress_reaches_the_end() -> None:
    told: list[tuple[int, int]] = []
    run_backtest(
        load_deals(),
        baselines=[Climatology()],
        first=date(2026, 6, 25),
        stages=["t0"],
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_requests_that_cannot_be_met() -> None:
    deals = load_deals()
    with pytest.raises(InvalidInput, match="'t9' is not a stage"):
        run_backtest(deals, stages=["t9"])
    with pytest.raises(InvalidInput, match="names no stage"):
        run_backtest(deals, stages=[])
    with pytest.raises(InvalidInput, match="no deal listed from 2031-01-01"):
        run_backtest(deals, first=date(2031, 1, 1))
    with pytest.raises(InvalidInput, match="is after --to"):
        run_backtest(deals, first=FIRST, last=date(2025, 3, 1))
    with pytest.raises(InvalidInput, match="none of 5 deals can be forecast: fewer than 20 earlier deals"):
        run_backtest(Deals.of(deals.deals[:5]))
    with pytest.raises(ValueError, match="different names"):
        run_backtest(deals, baselines=[Climatology(), Climatology()])


class Broken(Recorder):
    """Gives a sample with a hole."""

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        del deal, stage
        return Forecast(np.array([0.0, np.nan]))


def test_a_forecaster_that_breaks_its_contract_is_named() -> None:
    with pytest.raises(ValueError, match="model forecast 01688 at t0 with a sample"):
        run_backtest(load_deals(), model=Broken(), first=date(2026, 6, 26))
