"""Heat of a theme from its peers against the closed form and its limits."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from small_deals import small_market

from sim.errors import InvalidInput
from sim.market.theme import theme_heat
from sim.scenario.models import Peer

LISTED = date(2023, 6, 1)
PEERS = small_market().peers


def peer(
    first_day_return: float, listed: str = "2023-06-01", venue: str = "hkex", distance: float = 0.0
) -> Peer:
    return Peer(
        name="Peer",
        venue=venue,
        list_date=listed,
        first_day_return=first_day_return,
        business_distance=distance,
    )


def test_no_peer_leaves_the_prior():
    heat = theme_heat([], PEERS, LISTED)
    assert (heat.mean, heat.peers) == (0.0, ())
    assert heat.se == pytest.approx(0.4)


def test_one_peer_is_the_textbook_update():
    """Normal prior, one normal observation: Gelman et al., Bayesian Data Analysis, section 2.5."""
    heat = theme_heat([peer(1.0)], PEERS, LISTED)
    excess = math.log(2.0) - 0.1
    precision = 1.0 / 0.4**2 + 1.0 / 0.5**2
    assert heat.mean == pytest.approx(excess / 0.5**2 / precision)
    assert heat.se == pytest.approx(precision**-0.5)
    (told,) = heat.peers
    assert told.name == "Peer"
    assert told.log_return == pytest.approx(math.log(2.0))
    assert (told.venue_mean, told.weight) == (0.1, 1.0)
    assert told.contribution == pytest.approx(heat.mean)


def test_many_peers_are_weighted_least_squares_with_a_prior():
    peers = [
        peer(1.0, "2023-05-02"),
        peer(4.7, "2023-01-05", venue="star"),
        peer(-0.2, "2022-12-01", distance=0.5),
        peer(2.0, "2021-12-01", venue="star", distance=0.25),
    ]
    rows, seen = [1.0 / 0.4], [0.0]
    norms = {"hkex": (1.0, 0.5, 0.1), "star": (0.8, 0.3, 0.5)}
    for each in peers:
        transfer, sd, norm = norms[each.venue]
        norm = 0.8 if each.venue == "star" and each.list_date.year < 2022 else norm
        weight = 2.0 ** (-(LISTED - each.list_date).days / 60.0) * (1.0 - each.business_distance)
        rows.append(transfer * math.sqrt(weight) / sd)
        seen.append((math.log1p(each.first_day_return) - norm) * math.sqrt(weight) / sd)
    design = np.array(rows)
    heat = theme_heat(peers, PEERS, LISTED)
    assert heat.mean == pytest.approx(float(design @ seen / (design @ design)))
    assert heat.se == pytest.approx(float((design @ design) ** -0.5))
    assert sum(each.contribution for each in heat.peers) == pytest.approx(heat.mean)


def test_a_peer_of_another_business_says_nothing():
    heat = theme_heat([peer(5.0, distance=1.0)], PEERS, LISTED)
    assert heat.mean == 0.0
    assert heat.se == pytest.approx(0.4)


def test_a_peer_through_endless_noise_says_nothing():
    noisy = small_market({"peers.venues.hkex.idiosyncratic_sd": 1e9}).peers
    heat = theme_heat([peer(5.0)], noisy, LISTED)
    assert heat.mean == pytest.approx(0.0, abs=1e-12)
    assert heat.se == pytest.approx(0.4)


def test_a_theme_without_a_prior_is_its_peer():
    vague = small_market({"peers.theme_sd": 1e6}).peers
    heat = theme_heat([peer(1.0)], vague, LISTED)
    assert heat.mean == pytest.approx(math.log(2.0) - 0.1)
    assert heat.se == pytest.approx(0.5)


def test_weight_halves_with_every_half_life():
    days = ["2023-06-01", "2023-04-02", "2023-02-01"]
    weights = [theme_heat([peer(1.0, day)], PEERS, LISTED).peers[0].weight for day in days]
    assert weights == pytest.approx([1.0, 0.5, 0.25])


def test_a_return_as_usual_at_its_venue_is_no_heat():
    heat = theme_heat([peer(math.expm1(0.5), venue="star")], PEERS, LISTED)
    assert heat.mean == pytest.approx(0.0, abs=1e-12)
    assert heat.se < 0.4


def test_the_norm_is_that_of_the_peers_own_day():
    before, after = peer(1.0, "2021-12-31", venue="star"), peer(1.0, "2022-01-01", venue="star")
    heat = theme_heat([before, after], PEERS, LISTED)
    assert [each.venue_mean for each in heat.peers] == [0.8, 0.5]


def test_a_peer_before_every_norm_is_refused():
    with pytest.raises(InvalidInput, match=r"no norm of star on 2019-12-31"):
        theme_heat([peer(1.0, "2019-12-31", venue="star")], PEERS, LISTED)
