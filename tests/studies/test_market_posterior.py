"""The posterior of a market: moved as the fit maps parameters, drawn as the file says, refused where it is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from small_deals import small_market

from sim.deals.deals import load_deals
from sim.errors import InvalidInput
from sim.market.fit.hkex import _mapping, fit_blocks
from sim.market.parameters import (
    MARKETS_FOLDER,
    FittedParameter,
    Posterior,
    load_market,
    market_from_mapping,
    vintages,
)
from sim.market.posterior import KNOWN, UNMOVED, covariance_of, draws_of, moved, names_of


@pytest.mark.parametrize("venue", ["hkex", "star"])
def test_every_shipped_market_can_be_drawn_from(venue):
    for day in vintages(venue):
        market = load_market(venue, list_date=day)
        names, covariance = names_of(market), covariance_of(market)
        assert set(names) == {each.name for each in market.estimates} <= KNOWN
        assert np.linalg.eigvalsh(covariance).min() > -1e-12
        errors = {each.name: each.standard_error for each in market.estimates}
        # Rounding to three decimals may leave a negative eigenvalue, whose repair changes the errors a little.
        assert np.sqrt(np.diag(covariance)) == pytest.approx([errors[name] for name in names], rel=0.01)
        assert (MARKETS_FOLDER / venue / f"{day}.yaml").is_file()


@pytest.fixture(scope="module")
def fitted():
    return fit_blocks(load_deals(), date(2025, 7, 1), {}, False)


@pytest.mark.parametrize("block", ["pressure", "grey", "day"])
def test_a_shift_is_what_the_fit_would_write(fitted, block):
    """The market of a fit at shifted parameters is the shifted market, to rounding."""
    own = getattr(fitted, block)
    market = _market(fitted)
    for at in own.block.free:
        name, by = own.block.names[at], 0.07
        array = own.array.copy()
        array[at] += by
        again = _market(replace(fitted, **{block: replace(own, array=array)}))
        shifted = moved(market, {name: by})
        assert _numbers(shifted) == pytest.approx(_numbers(again), rel=1e-12, abs=1e-12), name
        assert (shifted == market) == (name in UNMOVED), name


def test_a_shift_of_a_coverage_is_what_the_fit_would_write(fitted):
    market = _market(fitted)
    for tranche in ("public", "placing"):
        regression = getattr(fitted.coverages, tranche)
        for at, name in enumerate(regression.data.priors):
            coefficients = regression.coefficients.copy()
            coefficients[at] += 0.07
            coverages = replace(fitted.coverages, **{tranche: replace(regression, coefficients=coefficients)})
            again = _market(replace(fitted, coverages=coverages))
            shifted = moved(market, {f"{tranche}_{name}": 0.07})
            assert _numbers(shifted) == pytest.approx(_numbers(again), rel=1e-12, abs=1e-12), name
            assert shifted != market


def _market(fitted):
    """The market of fitted blocks, with the peers and the origin of a made-up one."""
    made_up = small_market().model_dump()
    return market_from_mapping(
        {**_mapping(fitted), "peers": made_up["peers"], "origin": made_up["origin"]}, "test"
    )


def _numbers(market):
    found = []

    def walk(value):
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, int | float):
            found.append(float(value))

    walk(market.model_dump())
    return found


def test_peers_move_too():
    market = load_market("hkex")
    for name in ("log_theme_sd", "log_idiosyncratic_sd", "log_age_half_life"):
        before, after = market.peers, moved(market, {name: 0.1}).peers
        assert before != after, name
    assert moved(market, {"log_theme_sd": 0.1}).peers.theme_sd == market.peers.theme_sd * np.exp(0.1)


def test_no_shift_leaves_every_bit():
    market = load_market("hkex")
    assert moved(market, dict.fromkeys(names_of(market), 0.0)) is market


def test_draws_have_the_covariance_of_the_file():
    """20,000 draws: a correlation's error is at most 0.0071, six of them allowed; 37 parameters, 666 pairs."""
    market = load_market("hkex", list_date=date(2026, 1, 2))
    draws, covariance = draws_of(market, 20_000, 3), covariance_of(market)
    errors = np.sqrt(np.diag(covariance))
    assert (draws / errors).mean(axis=0) == pytest.approx(0.0, abs=0.045)
    assert np.corrcoef(draws.T) == pytest.approx(covariance / np.outer(errors, errors), abs=0.043)
    assert np.array_equal(draws, draws_of(market, 20_000, 3))
    assert not np.array_equal(draws[:5], draws_of(market, 5, 0))


def broken(parameters, correlations, *estimates):
    known = tuple(
        FittedParameter(name=name, value=0.0, standard_error=se, prior_mean=0.0, prior_sd=1.0)
        for name, se in estimates
    )
    block = Posterior(parameters=parameters, correlations=correlations)
    return small_market().model_copy(update={"estimates": known, "posterior": (block,)})


@pytest.mark.parametrize(
    ("market", "problem"),
    [
        (lambda: broken(("luck",), ((),), ("luck", 0.1)), "luck is no parameter"),
        (lambda: broken(("drift",), ((),)), "drift has no standard error"),
        (lambda: broken(("drift",), ((),), ("drift", None)), "drift has no standard error"),
        (lambda: broken(("drift", "drift"), ((), (0.1,)), ("drift", 0.1)), "drift is named twice"),
    ],
)
def test_a_broken_posterior_is_refused(market, problem):
    with pytest.raises(InvalidInput, match=problem):
        covariance_of(market())


@pytest.mark.parametrize("rows", [[], [[]], [[], [0.1], [0.1]], [[], [2.0]], [[], ["nan"]], [[0.1], [0.1]]])
def test_correlations_are_a_triangle_of_correlations(rows):
    data = small_market().model_dump()
    data["posterior"] = [{"parameters": ["drift", "volatility"], "correlations": rows}]
    with pytest.raises(InvalidInput, match="posterior"):
        market_from_mapping(data, "file")
