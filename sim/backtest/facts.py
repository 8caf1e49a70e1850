"""Facts of past first days beside what the simulator shows for the same deals.

Each deal is simulated with a market fitted on the deals before it, at T1, or at T2 where the fact is one given the
grey market; once with the over-allotment and once without, on the same random numbers. A statistic is then
computed from the file, over the deals; over all paths of all deals, with its Monte Carlo error from batches of
paths; and for each path number alone, one path a deal, as many histories of the same deals as there are paths. The
middle 90% of them is how far the observed figure may lie from the model's by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.backtest.fact_questions import (
    BUNCHING,
    BUNCHING_OF_CLOSE,
    COVERAGE,
    EXERCISED,
    EXERCISED_WHERE_ANY,
    PIN_GIVEN_GREY,
    PURCHASES,
    SHAPE,
    Question,
)
from sim.backtest.first_days import FirstDays, Simulator, observed_days
from sim.backtest.forecaster import Fitter, fitted_market
from sim.deals.deals import Deal, Deals

FIRST = date(2025, 4, 1)
EARLIER = (date(2019, 1, 1), date(2023, 3, 31))
EARLIER_REFIT_DAYS = 91
PATHS = 2_000
BATCHES = 20
BAND = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Fact:
    """The answers to a question: observed, simulated with the over-allotment and without.

    Parameters
    ----------
    observed
        NaN where the file does not know it.
    model, error
        Simulated, and its Monte Carlo standard error.
    low, high
        Middle 90% over histories of one path a deal.
    without
        Simulated without over-allotment.
    """

    group: str
    question: Question
    observed: float
    model: float
    error: float
    low: float
    high: float
    without: float

    @property
    def misses(self) -> bool:
        """Whether the observed figure lies outside the histories."""
        known = bool(np.isfinite(self.observed))
        return known and not self.low - 1e-12 <= self.observed <= self.high + 1e-12


def answer(
    group: str,
    questions: Sequence[Question],
    observed: FirstDays,
    simulated: FirstDays,
    without: FirstDays,
) -> list[Fact]:
    """Answer questions from the same deals observed, simulated, and simulated without over-allotment."""
    facts = []
    for question in questions:
        ask = question.statistic
        count = min(question.histories, simulated.days)
        # A bin may be empty in one history.
        histories = np.array([ask(simulated.part(k, k + 1)) for k in range(count)])
        known = histories[np.isfinite(histories)]
        low, high = np.quantile(known, BAND) if known.size else (np.nan, np.nan)
        if question.pooled:
            size = simulated.days // BATCHES
            parts = [ask(simulated.part(k * size, (k + 1) * size)) for k in range(BATCHES)]
            model, error = ask(simulated), float(np.std(parts, ddof=1) / np.sqrt(BATCHES))
            other = ask(without)
        else:
            model, error = float(known.mean()), float(known.std(ddof=1) / np.sqrt(known.size))
            other = float(np.mean([ask(without.part(k, k + 1)) for k in range(count)]))
        facts.append(Fact(group, question, ask(observed), model, error, float(low), float(high), other))
    return facts


def _at(
    group: str,
    questions: Sequence[Question],
    deals: Sequence[Deal],
    stage: str,
    simulator: Simulator,
    paths: int,
) -> list[Fact]:
    if not deals:
        return []
    with_bid, without = (simulator.days(deals, stage, paths, *size) for size in ((), (0.0,)))
    return answer(f"{group}, {len(deals)} deals", questions, observed_days(deals), with_bid, without)


def collect_facts(
    deals: Deals,
    *,
    fitter: Fitter = fitted_market,
    paths: int = PATHS,
    first: date = FIRST,
    earlier: tuple[date, date] | None = EARLIER,
) -> list[Fact]:
    """Return the facts of the deals listed from `first` on, and the bunching of an earlier period.

    Parameters
    ----------
    deals
        Past deals, with those before `first` to fit on.
    fitter
        Fits a market on the deals before a day.
    paths
        Paths a deal, a multiple of 20.
    first
        First listing day.
    earlier
        First and last listing day of the earlier period, ``None`` for none; its markets are fitted four times a
        year.
    """
    simulator = Simulator(deals, fitter)
    recent = [deal for deal in deals.between(first) if deal.close_return is not None]
    priced = [deal for deal in recent if deal.open is not None and deal.has_inputs_of("t1")]
    grey = [deal for deal in priced if deal.has_inputs_of("t2")]
    since = f"{first:%B %Y} on, T1"
    questions = (*BUNCHING, *PURCHASES, *EXERCISED, *EXERCISED_WHERE_ANY, *SHAPE, *COVERAGE)
    facts = _at(since, questions, priced, "t1", simulator, paths)
    facts += _at(f"{first:%B %Y} on, T2", PIN_GIVEN_GREY, grey, "t2", simulator, paths)
    if earlier is not None:
        slow = Simulator(deals, fitter, EARLIER_REFIT_DAYS)
        known = [deal for deal in deals.between(*earlier) if deal.close_return is not None]
        known = [deal for deal in known if deal.has_inputs_of("t1")]
        span = f"{earlier[0]:%B %Y} to {earlier[1]:%B %Y}, T1"
        facts += _at(span, (*BUNCHING_OF_CLOSE, *PURCHASES[:1]), known, "t1", slow, paths)
    return facts
