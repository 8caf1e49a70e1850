"""The ballot: Biren's ladder as published, the fitted one, and every share of a pool."""

from __future__ import annotations

import numpy as np
import pytest
from desk_deals import biren
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.deals.listings import load_allotment
from sim.desks.ladder import (
    chance_of_any,
    expected_of,
    fitted_ladder,
    ladder_errors,
    published_ladder,
    shipped_powers,
    split_pools,
    tiers_of,
)
from sim.errors import InvalidInput

ROWS = load_allotment()
PUBLIC = 49_538_600


def test_all_41_tiers_are_as_published(deal):
    ladder = published_ladder(deal())
    assert len(ladder.tiers) == 41
    for at, row in enumerate(ROWS):
        sure, chance = ladder.allotment(at)
        assert expected_of(sure, chance, 200)[0] == pytest.approx(row.expected_shares, abs=1e-3)
        assert chance_of_any(sure, chance)[0] == pytest.approx(row.prob_any, abs=1e-3)


def test_the_published_ladder_allots_every_share(deal):
    assert published_ladder(deal()).allotted_shares == deal().public_shares() == PUBLIC


def test_the_fitted_ladder_is_as_good_as_the_documentation_says(deal):
    scenario = deal({"allotment": None})
    applied = 2347.53 * scenario.public_shares(0.0)

    def errors(powers=None):
        ladder = fitted_ladder(
            tiers_of(scenario), 200, np.array([float(PUBLIC)]), np.array([applied]), powers
        )
        return np.abs(ladder_errors(ladder, ROWS))

    assert [tier.applied_shares for tier in tiers_of(scenario)] == [row.applied_shares for row in ROWS]
    assert errors().max() < 0.13
    assert errors().mean() < 0.03
    # A ladder that is less concave than the market's is told apart.
    assert errors({"A": 0.7, "B": 0.7}).mean() > 0.1
    assert shipped_powers() == pytest.approx({"A": 0.534, "B": 0.453}, abs=1e-3)


@settings(deadline=None, max_examples=60)
@given(
    coverage=st.lists(st.floats(0.01, 1e4), min_size=1, max_size=6),
    tranche=st.sampled_from([0.05, 0.10, 0.20, 0.5]),
    price=st.floats(0.5, 400.0),
)
def test_every_share_of_the_public_offer_is_allotted_once(coverage, tranche, price):
    scenario = _priced(price)
    lot, initial = scenario.offer.board_lot, scenario.public_shares(0.0)
    applied = np.array(coverage) * initial
    public = np.full(applied.shape, float(round(tranche * scenario.offer.base_shares / lot) * lot))
    ladder = fitted_ladder(tiers_of(scenario), lot, public, applied)
    given_out = np.zeros_like(applied)
    last = dict.fromkeys("AB", np.inf)
    for at, tier in enumerate(ladder.tiers):
        sure, chance = ladder.allotment(at)
        expected = expected_of(sure, chance, lot)
        given_out += ladder.applicants(at) * expected
        assert np.all(sure % lot == 0)
        assert np.all((chance >= 0.0) & (chance <= 1.0))
        assert np.all(expected <= tier.applied_shares * (1.0 + 1e-9))
        rate = expected / tier.applied_shares
        assert np.all(rate <= last[tier.pool] * (1.0 + 1e-9))
        last[tier.pool] = rate
    np.testing.assert_allclose(given_out, np.minimum(public, applied), rtol=1e-8)


def _priced(price):
    return biren({"offer.price": price, "offer.price_range": None, "allotment": None, "cornerstones": None})


def test_what_a_pool_does_not_ask_for_goes_to_the_other():
    split = split_pools(
        np.array([1000.0, 1000.0]), {"A": np.array([200.0, 900.0]), "B": np.array([9e3, 50.0])}, 100
    )
    assert split["A"].tolist() == [200.0, 900.0]
    assert split["B"].tolist() == [800.0, 50.0]


def test_the_ladder_of_another_deal_is_refused(deal):
    with pytest.raises(InvalidInput, match=r"allots 49,538,600 shares of a public offer of 24,769,400"):
        published_ladder(deal({"observed.public_coverage": 20.0}))
