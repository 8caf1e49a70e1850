"""The public tranche after reallocation, from the scenario to the paths."""

from __future__ import annotations

import numpy as np
from small_deals import small_deal, small_market

from sim.engine import term_parameters
from sim.simulation import simulate


def test_the_rule_s_ladder_counts_until_the_shares_are_announced() -> None:
    terms = term_parameters(small_deal(), small_market())
    assert terms.ladder_thresholds.tolist() == [0.0, 15.0, 50.0, 100.0]
    np.testing.assert_allclose(terms.ladder_fractions, [0.10, 0.30, 0.40, 0.50], rtol=1e-12)


def test_announced_shares_are_one_step() -> None:
    deal = small_deal()
    allotted = deal.offer.base_shares // 4
    told = small_deal({"observed.allotted_public_shares": allotted})
    terms = term_parameters(told, small_market())
    assert terms.public_tranche == 0.10
    assert (terms.ladder_thresholds.tolist(), terms.ladder_fractions.tolist()) == ([0.0], [0.25])


def test_a_smaller_public_offer_has_a_smaller_active_float_and_a_higher_price() -> None:
    market = small_market({"demand.placing_activity": 0.3})
    paths = {"simulation.paths": 2_000}
    few, many = (
        simulate(small_deal({**paths, "observed.allotted_public_shares": shares}), market=market)
        for shares in (1_500_000, 5_000_000)
    )
    assert few.kept is not None
    assert many.kept is not None
    # The same random numbers drive both, so every path counts and chance has no part.
    assert (few.kept["active_float"] < many.kept["active_float"]).all()
    assert few.kept["open"].mean() > many.kept["open"].mean()
