"""Facts of past first days beside what the simulator shows for the same deals: ``python -m sim.market.facts``.

Each deal is simulated with a market fitted on the deals before it, at T1, or at T2 where the fact is one given the
grey market; once with the over-allotment and once without, on the same random numbers. A statistic is then
computed from the file, over the deals; over all paths of all deals, with its Monte Carlo error from batches of
paths; and for each path number alone, one path a deal, as many histories of the same deals as there are paths. The
middle 90% of them is how far the observed figure may lie from the model's by chance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.market.baselines import quantile_slopes
from sim.market.deals import Deal, Deals, load_deals
from sim.market.first_days import FirstDays, Floats, Simulator, observed_days
from sim.market.forecaster import Fitter, fitted_market
from sim.market.scoring import TIE

FIRST = date(2025, 4, 1)
EARLIER = (date(2019, 1, 1), date(2023, 3, 31))
EARLIER_REFIT_DAYS = 91
PATHS = 2_000
BATCHES = 20
HISTORIES = 400
SLOPE_HISTORIES = 100
BAND = (0.05, 0.95)

Statistic = Callable[[FirstDays], float]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Question:
    """A statistic of first days, and what it needs.

    Parameters
    ----------
    unit
        ``share`` is printed as a percentage, ``number`` as it is.
    told
        What is known of it where the file knows nothing.
    histories
        How many histories it is computed on; few where it is slow.
    pooled
        Whether the model's figure is over all paths at once, or the mean over histories.
    """

    name: str
    statistic: Statistic
    unit: str = "number"
    told: str = ""
    histories: int = HISTORIES
    pooled: bool = True


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


def _mean(values: Floats, among: Mask) -> float:
    chosen = among & np.isfinite(values)
    return float(values[chosen].mean()) if chosen.any() else float("nan")


def at_offer(price: str, low: float = 0.0, high: float = 0.0) -> Statistic:
    """Share of days on which a price is `low` to `high` away from the offer price, on either side."""

    def share(days: FirstDays) -> float:
        away = np.abs(np.expm1(getattr(days, price)))
        inside = (away <= high + TIE) & ((away > low + TIE) if low > 0.0 else True)
        return _mean(inside.astype(np.float64), np.isfinite(away))

    return share


def _inside(returns: Floats, low: float, high: float) -> Mask:
    """Whether a log return is above `low` and at most `high`, as simple returns."""
    above = returns > np.log1p(low) + TIE if low > -1.0 else np.isfinite(returns)
    return np.asarray(above & (returns <= np.log1p(high) + TIE))


def opens_at_offer_given_grey(low: float, high: float) -> Statistic:
    """Share of opens exactly at the offer price among grey-market returns above `low` and at most `high`."""

    def share(days: FirstDays) -> float:
        given = _inside(days.grey, low, high) & np.isfinite(days.open)
        return _mean((np.abs(days.open) <= TIE).astype(np.float64), given)

    return share


def bought_given_close(low: float, high: float) -> Statistic:
    """Share of days with stabilising purchases among returns of the close above `low` and at most `high`."""

    def share(days: FirstDays) -> float:
        known = np.where(np.isfinite(days.bought), days.bought > 0.0, np.nan)
        return _mean(known, _inside(days.close, low, high))

    return share


def exercised_given_close(low: float, high: float) -> Statistic:
    """Mean share of the over-allotment that is issued, by the return of the close."""
    return lambda days: _mean(days.exercised, _inside(days.close, low, high))


def _range(days: FirstDays) -> Floats:
    return days.high - days.low


def _move(days: FirstDays) -> Floats:
    return days.close - days.open


def quantile_of(values: Callable[[FirstDays], Floats], level: float) -> Statistic:
    """Quantile of a figure over the days that know it."""
    return lambda days: float(np.nanquantile(values(days), level))


def _open_and_move(days: FirstDays) -> tuple[Floats, Floats]:
    known = np.isfinite(days.open) & np.isfinite(days.close)
    return days.open[known], (days.close - days.open)[known]


def _correlation(days: FirstDays) -> float:
    return float(np.corrcoef(*_open_and_move(days))[0, 1])


def _share_of_open(days: FirstDays) -> float:
    opened, move = _open_and_move(days)
    return float(np.var(opened) / np.var(opened + move))


def _share_of_move(days: FirstDays) -> float:
    opened, move = _open_and_move(days)
    return float(np.var(move) / np.var(opened + move))


def _skewness(days: FirstDays) -> float:
    returns = np.expm1(days.close[np.isfinite(days.close)])
    return float(np.mean(((returns - returns.mean()) / returns.std()) ** 3))


def _median_return_given_coverage(low: float, high: float) -> Statistic:
    def median(days: FirstDays) -> float:
        given = (days.log_coverage > np.log(low)) & (days.log_coverage <= np.log(high))
        known = days.close[given & np.isfinite(days.close)]
        return float(np.expm1(np.median(known))) if known.size else float("nan")

    return median


def slope_on_coverage(level: float) -> Statistic:
    """Slope of a quantile of the log return of the close on log public coverage."""

    def slope(days: FirstDays) -> float:
        known = np.isfinite(days.log_coverage) & np.isfinite(days.close)
        rows = np.column_stack([np.ones(int(known.sum())), days.log_coverage[known]])
        return float(quantile_slopes(rows, days.close[known], level, 0.0)[1])

    return slope


def _bunching(price: str) -> tuple[Question, ...]:
    return (
        Question(f"{price} exactly at the offer", at_offer(price), "share"),
        Question(f"{price} within 0.5%", at_offer(price, 0.0, 0.005), "share"),
        Question(f"{price} 0.5-1.5% away, a side", _half(at_offer(price, 0.005, 0.015)), "share"),
    )


def _half(statistic: Statistic) -> Statistic:
    return lambda days: 0.5 * statistic(days)


BUNCHING = (*_bunching("open"), *_bunching("close"))
BUNCHING_OF_CLOSE = _bunching("close")
_BINS = (("at or below the offer", -1.0, 0.0), ("up to +25%", 0.0, 0.25), ("above +25%", 0.25, 1e9))
PURCHASES = tuple(
    Question(f"bought, close {name}", bought_given_close(low, high), "share", told)
    for (name, low, high), told in zip(_BINS, ("about all", "about 20%", "none"), strict=True)
)
EXERCISED = tuple(
    Question(f"exercised, close {name}", exercised_given_close(low, high), "share")
    for name, low, high in _BINS
)
SHAPE = (
    Question("log(high/low), 10% quantile", quantile_of(_range, 0.1)),
    Question("log(high/low), median", quantile_of(_range, 0.5)),
    Question("log(high/low), 90% quantile", quantile_of(_range, 0.9)),
    Question("log(close/open), mean", lambda days: float(np.nanmean(_move(days)))),
    Question("log(close/open), sd", lambda days: float(np.nanstd(_move(days)))),
    Question("correlation of open and move after it", _correlation),
    Question("variance of the close from the open", _share_of_open, "share"),
    Question("variance of the close from the move", _share_of_move, "share"),
    Question("return of the close, mean", lambda days: float(np.nanmean(np.expm1(days.close))), "share"),
    Question("return of the close, median", lambda days: float(np.nanmedian(np.expm1(days.close))), "share"),
    Question("return of the close, skewness", _skewness, pooled=False),
)
COVERAGE = (
    *(
        Question(
            f"slope of the {level:.0%} quantile on log coverage",
            slope_on_coverage(level),
            histories=SLOPE_HISTORIES,
            pooled=False,
        )
        for level in (0.1, 0.5, 0.9)
    ),
    Question("median return, coverage to 1,000", _median_return_given_coverage(1e-9, 1000.0), "share"),
    Question("median return, coverage above 1,000", _median_return_given_coverage(1000.0, 1e12), "share"),
)
PIN_GIVEN_GREY = tuple(
    Question(f"open at the offer, grey {name}", opens_at_offer_given_grey(low, high), "share")
    for name, low, high in (
        ("below -10%", -1.0, -0.10),
        ("-10% to -2%", -0.10, -0.02),
        ("-2% to +2%", -0.02, 0.02),
        ("above +2%", 0.02, 1e9),
    )
)


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
    questions = (*BUNCHING, *PURCHASES, *EXERCISED, *SHAPE, *COVERAGE)
    facts = _at(since, questions, priced, "t1", simulator, paths)
    facts += _at(f"{first:%B %Y} on, T2", PIN_GIVEN_GREY, grey, "t2", simulator, paths)
    if earlier is not None:
        slow = Simulator(deals, fitter, EARLIER_REFIT_DAYS)
        known = [deal for deal in deals.between(*earlier) if deal.close_return is not None]
        known = [deal for deal in known if deal.has_inputs_of("t1")]
        span = f"{earlier[0]:%B %Y} to {earlier[1]:%B %Y}, T1"
        facts += _at(span, (*BUNCHING_OF_CLOSE, *PURCHASES[:1]), known, "t1", slow, paths)
    return facts


def main() -> None:
    """Print the table of the facts, or put it into a Markdown file between its markers."""
    from sim.report.facts_table import markdown, replaced

    arguments = argparse.ArgumentParser(prog="python -m sim.market.facts", description=__doc__)
    arguments.add_argument("--data", type=Path, help="past deals, CSV; the shipped ones by default")
    arguments.add_argument("--paths", type=int, default=PATHS, help="paths a deal")
    arguments.add_argument("--into", type=Path, help="Markdown file whose table is replaced")
    given = arguments.parse_args()
    table = markdown(collect_facts(load_deals(given.data), paths=max(given.paths // BATCHES, 1) * BATCHES))
    if given.into is None:
        sys.stdout.write(table)
    else:
        given.into.write_text(replaced(given.into.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
