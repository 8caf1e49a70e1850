"""Questions about first days: bunching at the offer price, purchases, the shape of the day, demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.backtest.baselines import quantile_slopes
from sim.backtest.first_days import FirstDays, Floats
from sim.backtest.scoring import TIE

HISTORIES = 400
SLOPE_HISTORIES = 100

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


def exercised_given_close(low: float, high: float, any_only: bool = False) -> Statistic:
    """Mean share of the over-allotment that is issued, by the return of the close; of those that issue any."""

    def share(days: FirstDays) -> float:
        among = _inside(days.close, low, high)
        return _mean(days.exercised, among & (days.exercised > 0.0) if any_only else among)

    return share


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
EXERCISED_WHERE_ANY = tuple(
    Question(f"exercised where any, close {name}", exercised_given_close(low, high, any_only=True), "share")
    for name, low, high in _BINS[1:]
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
