"""Pictures of a back-test: the same bytes twice, and what they show."""

from __future__ import annotations

import re
from datetime import date

import matplotlib as mpl
import numpy as np
import pytest

from sim.backtest.baselines import Climatology
from sim.backtest.result import BacktestResult
from sim.backtest.walk import run_backtest
from sim.deals.deals import load_deals
from sim.report.backtest_plots import (
    PIT_BAND,
    PIT_BINS,
    backtest_plots,
    forecast_against_outcome,
    pit_histogram,
    reliability_diagram,
    uniform_band,
)


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return run_backtest(load_deals(), baselines=[Climatology()], first=date(2026, 5, 1), stages=["t1", "t2"])


def test_all_pictures_are_the_same_bytes_twice_whatever_the_users_style(result: BacktestResult) -> None:
    first = backtest_plots(result)
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 20.0, "savefig.dpi": 30}):
        second = backtest_plots(result)
    assert first == second
    assert set(first) == {
        f"{name}_{stage}.{form}"
        for name in ("pit", "reliability", "forecasts")
        for stage in ("t1", "t2")
        for form in ("png", "svg")
    }
    for name, content in first.items():
        assert content.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
        assert not re.search(rb"<dc:date>|\d\d:\d\d:\d\d", content)


def test_another_result_is_another_picture(result: BacktestResult) -> None:
    other = BacktestResult(result.main, result.stages, result.forecasts[:20], (), ())
    for draw in (pit_histogram, reliability_diagram, forecast_against_outcome):
        assert draw(result, "t1") != draw(other, "t1")


def test_pictures_without_a_scored_deal_are_drawn_and_not_offered(result: BacktestResult) -> None:
    empty = BacktestResult(result.main, result.stages, (), (), ())
    assert backtest_plots(empty) == {}
    for draw in (pit_histogram, reliability_diagram, forecast_against_outcome):
        assert draw(empty, "t1").startswith(b"\x89PNG")
        with pytest.raises(ValueError, match="format 'gif' is not known"):
            draw(empty, "t1", "gif")


def test_the_band_holds_a_bar_as_often_as_it_says() -> None:
    random = np.random.Generator(np.random.Philox(59))
    low, high = uniform_band(135)
    counts = random.binomial(135, 1.0 / PIT_BINS, size=40_000)
    inside = float(np.mean((counts >= low) & (counts <= high)))
    # Five standard errors (false alarms below 1e-6) under the level, and not so wide as to be empty of news.
    assert PIT_BAND - 5 * np.sqrt(PIT_BAND * (1 - PIT_BAND) / 40_000) < inside < 0.985


def test_a_long_back_test_fits_on_the_page() -> None:
    long = run_backtest(load_deals(), baselines=[Climatology()], first=date(2024, 1, 1), stages=["t0"])
    assert forecast_against_outcome(long, "t0").startswith(b"\x89PNG")
    width, height = (
        int.from_bytes(forecast_against_outcome(long, "t0")[start : start + 4], "big") for start in (16, 20)
    )
    assert height < 1.3 * width
