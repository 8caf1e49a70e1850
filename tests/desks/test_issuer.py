"""The issuer's desk: the run itself at its own price, one market price whatever is asked, and the trade-off."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from sim.desks.base import simulate_desk
from sim.desks.issuer import Book, IssuerOptions, issuer_desk, log_demand
from sim.desks.price_list import parse_prices
from sim.errors import InvalidInput
from sim.report.desk_issuer import issuer_figure

Z = 5.0
"""Standard errors of a statistical test: two-sided, a false alarm in 1.7 million."""


@pytest.fixture(scope="session")
def answer(allotted):
    return issuer_desk(allotted, IssuerOptions())


def test_its_own_price_is_the_run(allotted):
    _, played = Book(allotted).play(allotted.scenario, 19.60)
    # All but the rounding of one subtraction: demand is taken off and put back.
    np.testing.assert_allclose(played.values, allotted.values, rtol=1e-9)


def test_the_demand_is_that_of_the_kernels(allotted, launched):
    for paths in (allotted, launched):
        part = ~np.isnan(paths["scarcity"])
        demand, terms = paths.plan.parameters.demand, paths.plan.parameters.terms
        wanted = demand.elasticity * paths["scarcity"][part] + np.log(paths["active_float"][part])
        # Cornerstones' money buys by path where the price is not set: the first of each price is enough.
        for price in np.unique(paths["offer_price"][part])[:3]:
            at = int(np.flatnonzero(paths["offer_price"][part] == price)[0])
            public, placing = (
                np.log(paths[name][part][at : at + 1]) for name in ("public_coverage", "placing_coverage")
            )
            assert log_demand(demand, terms, float(price), public, placing)[0] == pytest.approx(wanted[at])


def test_the_market_price_does_not_depend_on_what_is_asked(deal):
    """Without money of cornerstones and a greenshoe nothing ties the market to the offer price but the tick."""
    free = deal({"cornerstones": {"fraction": 0.5}, "over_allotment": None, "simulation.paths": 2000})
    book = Book(simulate_desk(free))
    opens = [book.play(free, price)[1]["open"] for price in (17.00, 18.50, 19.60)]
    for other in opens[1:]:
        np.testing.assert_allclose(other, opens[0], atol=0.021)


def test_cheaper_shares_of_cornerstones_lift_the_market_price(deal):
    """Their money buys more shares at a lower price, which leaves fewer to trade."""
    tied = deal({"over_allotment": None, "simulation.paths": 2000})
    book = Book(simulate_desk(tied))
    (_, low), (_, high) = (book.play(tied, price) for price in (17.00, 19.60))
    scarcer = np.log(high["active_float"] / low["active_float"]) / book.elasticity
    assert scarcer.min() > 0.02
    moved = np.log(low["open"] / high["open"])
    # Both opens are on ticks of 0.02 at most.
    np.testing.assert_allclose(moved, scarcer, atol=0.02 / low["open"].min())


def test_at_launch_the_valuation_of_each_path_is_kept(launched):
    book = Book(launched)
    _, played = book.play(launched.scenario, 18.00)
    assert not np.isnan(played["close"]).any()
    value = np.log(played["open"])[~np.isnan(launched["open"])]
    own = np.log(launched["open"][~np.isnan(launched["open"])])
    # Nodes are drawn with replacement, so the two samples of one law are independent.
    error = np.hypot(value.std(), own.std()) / np.sqrt(value.size)
    # Cornerstones' shares and the pin at the offer price move the mean a little; the range is 14% wide.
    assert abs(value.mean() - own.mean()) < Z * error + 0.02


def test_a_higher_price_raises_more_and_leaves_less(answer):
    told = answer.prices
    assert [each.price for each in told] == sorted(each.price for each in told)
    assert (told[0].price, told[-1].price) == (17.00, 19.60)
    for low, high in itertools.pairwise(told):
        assert high.proceeds > low.proceeds
        assert high.left.value < low.left.value
        assert high.first_day_return.value < low.first_day_return.value
        assert high.below.value >= low.below.value
    assert told[-1].proceeds == pytest.approx(5_582_993_360.0)
    assert told[-1].locked.value == pytest.approx(0.5193, abs=1e-4)


def test_proceeds_and_money_left_are_those_of_the_paths(allotted, answer):
    told, close = answer.prices[-1], allotted["close"]
    assert told.left.value == pytest.approx(284_846_600 * (close - 19.60).mean())
    short = 42_726_800 - allotted["purchases"] * 247_692_800
    option = np.where(close > 19.60, short, 0.0).mean()
    assert told.proceeds_with_option.value - told.proceeds == pytest.approx(19.60 * option)


def test_upsizing_makes_shares_less_scarce(answer):
    returns = [each.first_day_return.value for each in answer.sizes]
    assert returns == sorted(returns, reverse=True)
    assert [each.offered_shares for each in answer.sizes][-1] == 284_846_600


def test_the_price_chosen_is_the_highest_accepted(allotted):
    answer = issuer_desk(allotted, IssuerOptions(prices=(17.0, 18.0, 19.0), most_below=0.10))
    accepted = [each.price for each in answer.prices if each.below.value <= 0.10]
    assert answer.choice.price == max(accepted)
    none = issuer_desk(allotted, IssuerOptions(prices=(18.0, 19.0), most_below=0.001))
    assert none.choice.price == 18.0
    assert none.sentence().startswith("No price looked at keeps")
    cheap = issuer_desk(allotted, IssuerOptions(prices=(17.0, 17.5), most_below=0.25))
    assert cheap.sentence().startswith("HK$17.50 is the highest price looked at with")


def test_the_document_and_the_picture(answer):
    document = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert len(document["prices"]) == 9
    assert document["chosen_price"] == 19.60
    assert len(issuer_figure(answer).axes) == 3


def test_prices_are_read(deal):
    assert parse_prices("17,18.3", deal()) == (17.0, 18.3)
    assert parse_prices("17:18:0.5", deal()) == (17.0, 17.5, 18.0)
    assert parse_prices(None, deal()) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dear", "no list of prices"),
        ("1:2", "no list"),
        ("17:19:0.01", "201 prices"),
        ("19:17:1", "no price"),
    ],
)
def test_what_is_no_price_is_refused(deal, text, problem):
    with pytest.raises(InvalidInput, match=problem):
        parse_prices(text, deal())


def test_a_probability_is_a_probability():
    with pytest.raises(InvalidInput, match="--most-below"):
        IssuerOptions(most_below=1.5)
