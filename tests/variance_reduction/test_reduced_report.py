"""Pictures and the page of a run by a method tell the shares, middles and errors of that method."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text
from reduction_deals import DEALS
from small_deals import small_deal, small_market

from sim.desks.base import AskedDesks
from sim.report import numbers, offer_shares
from sim.report.histogram import histogram_figure
from sim.report.run import probability_of
from sim.report.table import facts
from sim.report.web.makes import decomposition_grid, demand_grid
from sim.report.web.page import report_html
from sim.result import Result
from sim.simulation import simulate
from sim.variance_reduction.method import PLAIN, Method

PATHS = 8_192
IMPORTANCE, SOBOL = Method("importance"), Method("sobol")


def run(name: str, method: Method) -> Result:
    deal = small_deal({**DEALS[name], "simulation.paths": PATHS})
    return simulate(deal, market=small_market(), fan=False, method=method)


def in_words(result: Result, event: str) -> str:
    return numbers.probability_with_error(*probability_of(result.summary, event), sign="±")


@pytest.mark.parametrize("method", [IMPORTANCE, SOBOL], ids=["importance", "sobol"])
def test_pictures_and_page_tell_the_chances_of_the_summary(method):
    result = run("grey", method)
    below, at_offer = (in_words(result, event) for event in ("close_below_offer", "close_at_offer"))
    drawn = {text.get_text() for text in histogram_figure(result).findobj(Text)}
    assert f"{below} close below the offer price" in drawn
    assert f"{at_offer} exactly at it" in drawn
    page = report_html(result, AskedDesks())
    assert f"exactly at it: {at_offer}" in page
    # The facts at the top, the caption of the picture and the figure in it, alike.
    assert page.count(at_offer) >= 3
    shares = [told(result, "close") for told in (offer_shares.below_offer, offer_shares.at_offer)]
    above, error = offer_shares.above_offer(result, "close")
    assert above + sum(share for share, _ in shares) == pytest.approx(1.0)
    assert error >= max(each for _, each in shares)


def test_a_price_that_the_summary_has_no_event_of_is_read_off_its_histogram():
    result = run("allotment", IMPORTANCE)
    share, error = offer_shares.below_offer(result, "low")
    weights, below = result.kept["weight"], result.kept["low"] < result.kept["offer_price"]
    exact = np.average(below, weights=weights)
    assert share == pytest.approx(exact, abs=1.0 / PATHS)
    away = weights * (below - exact)
    # A figure that is not aimed at has at worst the error of half as many plain paths.
    assert np.sqrt(0.5 * (away[::2].var() + away[1::2].var()) / PATHS) <= error
    assert error == pytest.approx(np.sqrt(share * (1.0 - share) / (PATHS // 2)))
    assert offer_shares.paths_behind(run("allotment", SOBOL)) == PATHS


def test_the_middle_coverage_of_weighted_paths_is_weighted():
    """Unweighted, it is the middle of a mixture that leans towards deals that fail."""
    result, plain = run("launch", IMPORTANCE), run("launch", PLAIN)
    coverage, weights = result.kept["public_coverage"], result.kept["weight"]
    weighted = np.quantile(coverage, 0.5, weights=weights, method="inverted_cdf")
    value, error = (float(part) for part in demand_grid(result).rows[0][2].split(" ± "))
    # Told to a digit or two of its error.
    assert abs(value - float(weighted)) < error
    other, other_error = (float(part) for part in demand_grid(plain).rows[0][2].split(" ± "))
    assert abs(value - other) < 5.3 * np.hypot(error, other_error)
    # Power: the middle without weights is told apart from what is told.
    assert abs(float(np.median(coverage)) - value) > 2.0 * error


def test_the_error_of_the_parts_together_is_no_less_than_that_of_the_paths():
    result = run("grey", IMPORTANCE)
    close, weights = result.kept["log_close"], result.kept["weight"]
    away = weights * (close - np.average(close, weights=weights))
    error = np.sqrt(0.5 * (away[::2].var() + away[1::2].var()) / PATHS)
    parts = sum(result.summary["decomposition_se"].values())
    assert parts >= error
    total = decomposition_grid(result).rows[-1]
    assert any(numbers.rounded(parts, 3)[:4] in cell for cell in total), total


def test_the_option_s_use_is_told_with_its_own_error():
    result = run("allotment", SOBOL)
    greenshoe = result.summary["greenshoe"]
    told = numbers.percent(greenshoe["exercised_fraction_mean"], greenshoe["exercised_fraction_mean_se"])
    assert f"option used on {told}" in facts(result)[0]
