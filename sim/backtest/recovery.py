"""Past deals played again with known parameters: what a fit must find.

Terms, coverages and features stay those of the real deals; opens, extremes and closes are drawn by the simulator's
own kernels, the grey market by its equation. What the file does not know of a deal stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.deals.deals import Deal, Deals
from sim.kernels.parameters import QUANTITIES
from sim.market.fit.data import WINDOW_DAYS
from sim.market.parameters import Market, Uncertainty

Array = NDArray[np.float64]


def plain(market: Market) -> Market:
    """Return a market without what stands for the uncertainty of its parameters, and without theme heat."""
    unweighted = dict.fromkeys(market.valuation.theme_weight, 0.0)
    valuation = market.valuation.model_copy(update={"theme_weight": unweighted})
    return market.model_copy(update={"uncertainty": Uncertainty(), "valuation": valuation})


def _played(deal: Deal, past: Deals, market: Market, count: int, seed: int) -> list[Deal]:
    """The deal with `count` first days."""
    from sim.backtest.past import kernel_parameters, past_deal
    from sim.kernels.driver import simulate_paths

    prepared = past_deal(deal, "t1", past)
    values = np.empty((len(QUANTITIES), count))
    simulate_paths(kernel_parameters(prepared, market, seed), 0, values, np.empty((0, 0), np.float32))
    told = {name: values[QUANTITIES.index(name)] for name in QUANTITIES}
    grey = _grey(deal, told["scarcity"], told["valuation"], market, prepared.features.deal_size, seed)
    price = deal.offer_price or 1.0
    watched = deal.open is not None
    return [
        replace(
            deal,
            open=float(told["open"][i]) if watched else None,
            high=float(told["high"][i]) if watched else None,
            low=float(told["low"][i]) if watched else None,
            close=float(told["close"][i]),
            close_return=float(told["close"][i]) / price - 1.0,
            grey_return=None if deal.grey_return is None else float(np.expm1(grey[i])),
        )
        for i in range(count)
    ]


def _grey(deal: Deal, scarcity: Array, valuation: Array, market: Market, size: float, seed: int) -> Array:
    """Log grey-market closes, shape (paths,)."""
    law = market.grey
    if law is None:
        raise ValueError(f"{market.name} has no grey-market fit to play {deal.code} with")
    noise = np.exp(law.noise.intercept + law.noise.deal_size * size)
    draws = np.random.default_rng([seed, 1]).standard_t(law.degrees_of_freedom, scarcity.size)
    return np.asarray(scarcity + law.bias + law.slope * valuation + noise * draws, dtype=np.float64)


def replays(deals: Deals, market: Market, as_of: date, count: int, seed: int = 0) -> Iterator[Deals]:
    """Yield `count` sets of the deals of the window before a date, with first days of known parameters.

    Parameters
    ----------
    deals
        Real deals, which give terms, coverages, features, and what is on file.
    market
        The truth; its factors for uncertain parameters and its theme heat are not used.
    as_of
        Deals of the 900 days before this date.
    count
        Sets.
    seed
        Of all draws.
    """
    truth, past = plain(market), deals.before(as_of)
    known = [deal for deal in past.before(as_of, WINDOW_DAYS).with_outcome() if deal.has_inputs_of("t1")]
    played = [_played(deal, past, truth, count, 1_000_003 * seed + i) for i, deal in enumerate(known)]
    for i in range(count):
        yield Deals(tuple(each[i] for each in played))


def true_values(market: Market) -> dict[str, float]:
    """Return the parameters of a market under their names in the fit."""
    demand, valuation, day, grey = market.demand, market.valuation, market.day, market.grey
    values = {
        "log_kappa": np.log(demand.kappa),
        "public_deflation": demand.public_deflation,
        "log_saturation": np.log(demand.public_saturation),
        "log_elasticity": np.log(demand.elasticity),
        "log_anchored_ratio": np.log(demand.anchored_elasticity / demand.elasticity),
        "spread": valuation.spread.intercept,
        "spread_public_coverage": valuation.spread_public_coverage,
        "spread_anchored": valuation.spread.anchored,
        "spread_size": valuation.spread.deal_size,
        "log_degrees": np.log(valuation.degrees_of_freedom - 2.5),
        "drift": day.drift.intercept,
        "drift_size": day.drift.deal_size,
        "volatility": day.volatility.intercept,
        "volatility_size": day.volatility.deal_size,
        "volatility_heat": day.volatility.market_heat,
        "log_volatility_sd": np.log(day.volatility_sd),
    }
    if grey is not None:
        values |= {
            "bias": grey.bias,
            "slope": grey.slope,
            "log_noise": grey.noise.intercept,
            "noise_size": grey.noise.deal_size,
            "log_noise_degrees": np.log(grey.degrees_of_freedom - 2.1),
        }
    return {name: float(value) for name, value in values.items()}
