"""The subscriber's desk against a ballot drawn lot by lot, hand-made days, and its own arithmetic."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from sim.desks.application import Costs
from sim.desks.base import simulate_desk
from sim.desks.exits import sale_price
from sim.desks.subscriber import ladder_of, subscriber_desk
from sim.desks.subscriber_options import SubscriberOptions
from sim.errors import InvalidInput
from sim.kept_paths import KeptPaths
from sim.kernels.parameters import QUANTITIES
from sim.report.desk_subscriber import subscriber_figure

Z = 5.0
"""Standard errors of a statistical test: two-sided, a false alarm in 1.7 million."""


@pytest.fixture(scope="session")
def answer(allotted):
    return subscriber_desk(allotted, SubscriberOptions(money=100_000.0))


@pytest.mark.parametrize("at", [0, 20, 30])
def test_the_ballot_summed_is_the_ballot_drawn(allotted, answer, at):
    draws = np.random.default_rng(1)
    costs = Costs(allotted.scenario.rules.fees)
    sure, chance = ladder_of(allotted).allotment(at)
    profits = []
    for _ in range(20):
        shares = sure + 200.0 * (draws.random(allotted.count) < chance)
        profits.append(costs.gains(shares, allotted["offer_price"], allotted["close"]))
    drawn = np.concatenate(profits)
    told = answer.tiers[at]
    # The paths are the same ones: what differs is the ballot, and its error is at most that of all draws.
    assert drawn.mean() == pytest.approx(
        told.expected_profit.value, abs=Z * drawn.std() / np.sqrt(drawn.size)
    )
    assert (drawn < 0.0).mean() == pytest.approx(told.prob_loss.value, abs=Z * 0.5 / np.sqrt(drawn.size))
    assert drawn.std() == pytest.approx(told.profit_sd, rel=0.02)
    assert np.quantile(drawn, 0.95) == pytest.approx(told.quantiles[0.95], abs=0.1 * told.profit_sd + 1.0)


def test_nearly_every_lot_on_margin_loses_its_fee(allotted):
    """REFERENCE: 94-98% of one-lot entrants lose a small fee; the ballot of one lot here is 5%."""
    told = subscriber_desk(allotted, SubscriberOptions(margin=0.9, handling_fee=100.0))
    assert told.tiers[0].funding.margin == 0.9
    assert 0.95 <= told.tiers[0].prob_loss.value < 1.0
    in_cash = subscriber_desk(allotted, SubscriberOptions(margin=0.0))
    assert in_cash.tiers[0].prob_loss.value < 0.05


@pytest.mark.parametrize("options", [SubscriberOptions(margin=0.0), SubscriberOptions(margin=0.9)])
@pytest.mark.parametrize("at", [0, 24, 40])
def test_nothing_is_earned_at_the_break_even_return(allotted, options, at):
    told = subscriber_desk(allotted, options).tiers[at]
    costs, offer = Costs(allotted.scenario.rules.fees), np.array([19.60])
    sure, chance = ladder_of(allotted).allotment(at)

    def profit(first_day_return):
        price = offer * (1.0 + first_day_return)
        without, extra = (costs.gains(shares, offer, price) for shares in (sure, sure + 200.0))
        fixed = told.funding.fixed_cost(told.money_applied)
        return float(((1.0 - chance) * without + chance * extra)[0]) - fixed

    # Stamp duty moves in whole dollars, so the profit passes zero within one.
    assert profit(told.break_even - 1e-4) < 0.0 <= profit(told.break_even + 1e-4)
    if options.margin == 0.0:
        assert told.break_even == pytest.approx(0.0112, abs=0.0005)


def _days(paths: KeptPaths, **rows: list[float]) -> KeptPaths:
    values = np.full((len(QUANTITIES), 4), np.nan)
    for name, row in rows.items():
        values[QUANTITIES.index(name)] = row
    return replace(paths, values=values)


def test_a_stop_sells_at_the_open_after_a_gap_at_its_price_in_the_day_and_else_at_the_close(allotted):
    days = _days(
        allotted,
        offer_price=[20.0] * 4,
        open=[18.0, 21.0, 21.0, np.nan],
        low=[17.0, 18.5, 19.5, np.nan],
        close=[22.0, 18.6, 25.0, np.nan],
    )
    sold = sale_price(days, "stop", -0.05)
    np.testing.assert_array_equal(sold, [18.0, 19.0, 25.0, np.nan])


def test_a_grey_sale_needs_a_grey_price(allotted, deal):
    with pytest.raises(InvalidInput, match=r"observed\.grey_return"):
        subscriber_desk(allotted, SubscriberOptions(exit="grey"))
    seen = simulate_desk(deal({"observed.grey_return": 0.25, "simulation.paths": 2000}))
    told = subscriber_desk(seen, SubscriberOptions(exit="grey"))
    assert "grey" in [each.exit for each in told.exits]
    # The price is known, so only the ballot is left to chance.
    assert told.tiers[-1].expected_profit.se == pytest.approx(0.0, abs=1e-9)
    assert told.tiers[-1].expected_profit.value == pytest.approx(
        2600 * 19.60 * (0.25 - 0.0101 - 1.25 * 0.0011), rel=0.01
    )


def test_a_hot_deal_allots_less(launched):
    told = subscriber_desk(launched, SubscriberOptions())
    for curse in told.curse:
        assert curse.covariance.value < -Z * curse.covariance.se
        product = curse.rate.value * curse.first_day_return.value
        assert curse.together.value == pytest.approx(product + curse.covariance.value, abs=1e-12)


def test_a_known_ladder_has_no_winners_curse(answer):
    assert all(curse.covariance.value == pytest.approx(0.0, abs=1e-15) for curse in answer.curse)


def test_a_withdrawn_deal_costs_the_handling_fee_alone(launched, deal):
    """Withdrawn paths change the mean by what they no longer earn, and by nothing else."""
    scenario = deal({"offer.price_range": [17.0, 19.6]}, stage="_launch")
    assert scenario == launched.scenario
    values = launched.values.copy()
    values[:, :] = np.nan
    for name in ("offer_price", "public_coverage", "placing_coverage"):
        values[QUANTITIES.index(name)] = launched[name]
    withdrawn = replace(launched, values=values)
    told = subscriber_desk(withdrawn, SubscriberOptions(handling_fee=50.0, margin=0.0)).tiers[0]
    assert told.expected_profit.value == -50.0
    assert (told.expected_shares, told.prob_any, told.prob_loss.value) == (0.0, 0.0, 1.0)
    assert np.isnan(told.break_even)


def test_the_money_is_enough_for_every_tier_chosen(answer):
    assert {choice.by for choice in answer.choices} == {"profit", "return on money"}
    for choice in answer.choices:
        assert choice.outcome.own_money <= 100_000.0
    profits = [choice.outcome.expected_profit.value for choice in answer.choices]
    assert profits[0] == max(profits)
    within = [tier for tier in answer.tiers if tier.own_money <= 100_000.0]
    best = max(within, key=lambda tier: tier.return_on_money.value)
    assert best.applied_shares in {choice.outcome.applied_shares for choice in answer.choices}


def test_the_document_has_the_keys_of_the_interface(answer):
    document = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert len(document["tiers"]) == 41
    for tier in document["tiers"]:
        assert list(tier)[:8] == [
            "pool",
            "applied_shares",
            "expected_shares",
            "prob_any",
            "expected_profit",
            "expected_profit_se",
            "prob_loss",
            "return_on_money",
        ]


def test_every_bad_option_is_told():
    with pytest.raises(InvalidInput) as told:
        SubscriberOptions(money=-1.0, margin=1.0, days=float("nan"), stop=-1.0)
    assert [fault.source for fault in told.value.faults] == ["--money", "--stop", "--margin", "--days"]


def test_too_little_money_is_told_what_is_enough(allotted):
    with pytest.raises(InvalidInput, match="expected 3,960 or more"):
        subscriber_desk(allotted, SubscriberOptions(money=100.0, margin=0.0))


def test_the_picture_is_drawn(answer, launched):
    assert len(subscriber_figure(answer).axes) == 4
    assert len(subscriber_figure(subscriber_desk(launched, SubscriberOptions())).axes) == 4


def test_the_picture_has_the_digits_of_the_sentence(answer):
    title = " ".join(text.get_text().replace("\n", " ") for text in subscriber_figure(answer).texts)
    (amount,) = re.findall(r"(\S+) is the mean profit", title)
    assert f"profit {amount} +- " in answer.sentence()
