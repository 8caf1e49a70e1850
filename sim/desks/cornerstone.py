"""The cornerstone's desk: what the lock-up costs, and what the offer price gives for it.

A cornerstone pays the offer price and waits; the same money in the market pays the first day's average price and may
leave when it likes. Both are followed to the day the lock-up ends, on the same paths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.desks.cornerstone_answer import CornerstoneAnswer, Discounts, Holding
from sim.desks.discounts import CLOSED_FORMS
from sim.errors import invalid
from sim.estimates import mean_of, share_of
from sim.kept_paths import KeptPaths
from sim.market.parameters import Aftermarket
from sim.scenario.scenario import Scenario
from sim.scenario.schedule import lock_up_end

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles of a value."""
DAYS_OF_A_YEAR = 365.25
_LAW_POINTS = 10_001
_DECILE = 1.2815515655446004
"""Normal quantile of 0.9."""


@dataclass(frozen=True, slots=True)
class CornerstoneOptions:
    """What a cornerstone may say.

    Parameters
    ----------
    money
        Money placed, currency; what the cornerstones committed, or a million, where left out.
    volatility
        Volatility of the log price a year, for the closed forms; the market's law of it where left out.
    market_costs
        What buying in the market costs, fraction of the value.
    """

    money: float | None = None
    volatility: float | None = None
    market_costs: float = 0.0


def cornerstone_desk(paths: KeptPaths, options: CornerstoneOptions) -> CornerstoneAnswer:
    """Answer a cornerstone.

    Parameters
    ----------
    paths
        Paths to the end of the lock-up.
    options
        Money, volatility and costs.

    Raises
    ------
    InvalidInput
        When the paths end before the lock-up does, or an option is out of bounds.
    """
    scenario = paths.scenario
    _check(scenario, options)
    end = lock_up_end(scenario)
    if scenario.horizon != "lock_up" or end is None:
        raise invalid(scenario.name, "horizon", f"{scenario.horizon} ends before the lock-up", "lock_up")
    money = _money(scenario) if options.money is None else options.money
    listed = paths.listed
    offer, vwap, close = (paths[name][listed] for name in ("offer_price", "vwap", "close"))
    before, after = paths["before_expiry"][listed], paths["expiry_close"][listed]
    bought = vwap * (1.0 + options.market_costs)
    years = (end - scenario.list_date).days / DAYS_OF_A_YEAR
    days = paths.plan.aftermarket.days
    discounts = _discounts(options.volatility, paths.plan.market.aftermarket, days, years)
    # What the holder would have to be paid to be insured against the first day's close, on these paths.
    put = np.maximum(close - after, 0.0) / close.mean() if close.size else close
    ask = max(discounts[-1].values["chaffe"], 0.0)
    return CornerstoneAnswer(
        scenario=scenario,
        paths=paths.count,
        end=end,
        years=years,
        trading_days=days,
        money=money,
        locked=_holding("locked, at offer", money, after / offer),
        market=_holding("free, at VWAP", money, after / bought),
        advantage=mean_of(money * (after / offer - after / bought)),
        better=share_of(offer < bought),
        below_market=mean_of(1.0 - offer / bought),
        covered=share_of(offer <= bought * (1.0 - ask)),
        unlock_fall=mean_of(1.0 - after / before),
        simulated_put=mean_of(put),
        discounts=discounts,
    )


def _check(scenario: Scenario, options: CornerstoneOptions) -> None:
    if options.money is not None and not (math.isfinite(options.money) and options.money > 0.0):
        raise invalid("--money", "", f"{options.money} is no money to place", "an amount above 0")
    if options.volatility is not None and not 0.0 < options.volatility <= 10.0:
        raise invalid(
            "--volatility", "", f"{options.volatility} is no volatility", "a year's, 0.95 for 95%; at most 10"
        )
    if not 0.0 <= options.market_costs < 1.0:
        raise invalid("--market-costs", "", f"{options.market_costs} is no cost", "a fraction below 1")
    if scenario.cornerstones is None and lock_up_end(scenario) is None:
        raise invalid(scenario.name, "cornerstones", "are absent", "a scenario with a lock-up")


def _money(scenario: Scenario) -> float:
    stones = scenario.cornerstones
    if stones is None:
        return 1e6
    committed = stones.committed_hkd
    return scenario.cornerstone_shares() * scenario.reference_price if committed is None else committed


def _holding(name: str, money: float, multiple: NDArray[np.float64]) -> Holding:
    """Describe what money comes to at the end; ``multiple`` is the price then over the price paid."""
    at = np.quantile(multiple, LEVELS) if multiple.size else np.full(len(LEVELS), np.nan)
    return Holding(
        name=name,
        value=mean_of(money * multiple),
        quantiles={level: money * float(value) for level, value in zip(LEVELS, at, strict=True)},
        mean_return=mean_of(multiple - 1.0),
        under_water=share_of(multiple < 1.0),
    )


def _discounts(
    volatility: float | None, after: Aftermarket, days: int, years: float
) -> tuple[Discounts, ...]:
    """Return the closed forms at quantiles of the volatility a year and averaged over its law, that one last.

    A day's volatility is taken to a year so that ``days`` of it have the variance of ``years``.
    """
    if volatility is not None:
        return (_at("as given", volatility, years),)
    to_year = math.sqrt(days / years)
    spread = after.daily_volatility_log_sd
    named = {"10% calmest": -_DECILE, "median": 0.0, "10% wildest": _DECILE}
    rows = [
        _at(
            name,
            to_year * min(after.daily_volatility * math.exp(spread * z), after.most_daily_volatility),
            years,
        )
        for name, z in named.items()
    ]
    return (*rows, _over_the_law(after, to_year, years))


def _at(name: str, volatility: float, years: float) -> Discounts:
    values = {form: float(discount(volatility, years)) for form, discount in CLOSED_FORMS.items()}
    return Discounts(name, volatility, values)


def _over_the_law(after: Aftermarket, to_year: float, years: float) -> Discounts:
    """Average over the law of the volatility; undefined on part of it, a form has no average."""
    from scipy.special import ndtri

    z = ndtri((np.arange(_LAW_POINTS) + 0.5) / _LAW_POINTS)
    daily = after.daily_volatility * np.exp(after.daily_volatility_log_sd * z)
    law = to_year * np.minimum(daily, after.most_daily_volatility)
    values = {form: float(np.mean(discount(law, years))) for form, discount in CLOSED_FORMS.items()}
    return Discounts("mean over deals", float(law.mean()), values)
