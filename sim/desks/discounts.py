"""What a lock-up costs its holder: four closed forms, as fractions of the price of a free share.

All take the volatility of the log price a year and the lock-up in years, numbers or arrays, and assume a log-normal
price without drift, interest or dividends. With ``x = volatility^2 years``:

- Chaffe (1993), Option Pricing as a Proxy for Discount for Lack of Marketability: a European put at the money,
  ``2 Phi(sqrt(x) / 2) - 1``.
- Finnerty (2012), An Average-Strike Put Option Model of the Marketability Discount: the holder could have sold at
  the average price; ``v^2 = x + log 2(e^x - x - 1) - 2 log(e^x - 1)`` in the place of ``x``.
- Ghaidarov (2009), Analysis and Critique of the Average Strike Put Option Marketability Discount Model: the average
  taken as log-normal with its exact variance, ``v^2 = log 2(e^x - x - 1) - 2 log x``.
- Longstaff (1995), How Much Can Marketability Affect Security Values?: the holder could have sold at the highest
  price; an upper bound, ``(2 + x/2) Phi(sqrt(x)/2) + sqrt(x / 2 pi) e^(-x/8) - 1``.

Finnerty <= Ghaidarov <= Chaffe <= Longstaff.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import invalid

Array = NDArray[np.float64]
_SMALL = 1e-3
"""Below it a series replaces differences that would lose their digits."""

_MOST_VARIANCE = 100.0


def chaffe(volatility: ArrayLike, years: ArrayLike) -> Array:
    """Put at the money, Chaffe (1993).

    Parameters
    ----------
    volatility
        Of the log price, a year; at least 0.
    years
        Length of the lock-up; at least 0.

    Raises
    ------
    InvalidInput
        When either is negative or not finite.
    """
    return _at_the_money(_variance(volatility, years))


def finnerty(volatility: ArrayLike, years: ArrayLike) -> Array:
    """Put on the average price, Finnerty (2012); parameters as of :func:`chaffe`."""
    x = _variance(volatility, years)
    # x - 2 log((e^x - 1) / x) without its leading terms, which cancel, is - 2 log(sinh(x/2) / (x/2)).
    return _at_the_money(_log_second_moment(x) - 2.0 * _log_sinh_ratio(x / 2.0))


def ghaidarov(volatility: ArrayLike, years: ArrayLike) -> Array:
    """Put on the average price with the average's own variance, Ghaidarov (2009); as :func:`chaffe`."""
    return _at_the_money(_log_second_moment(_variance(volatility, years)))


def longstaff(volatility: ArrayLike, years: ArrayLike) -> Array:
    """Bound of Longstaff (1995); parameters as of :func:`chaffe`.

    Raises
    ------
    InvalidInput
        Also when the bound passes the price of the share itself: a holder cannot lose more than that, and the
        formula has nothing to say there.
    """
    bound = longstaff_where_defined(volatility, years)
    if np.isnan(bound).any():
        variance = float(_variance(volatility, years)[np.isnan(bound)].flat[0])
        raise invalid(
            "longstaff",
            "volatility",
            f"the bound is {_bound(np.array(variance)):.1%} of the price at a variance of {variance:.3g} over "
            "the lock-up, more than the whole share",
            "a shorter lock-up or a lower volatility: Longstaff's bound says nothing beyond 100%",
        )
    return bound


def longstaff_where_defined(volatility: ArrayLike, years: ArrayLike) -> Array:
    """Bound of Longstaff (1995), NaN where it passes 100% of the price."""
    bound = _bound(_variance(volatility, years))
    return np.where(bound > 1.0, np.nan, bound)


CLOSED_FORMS: dict[str, Callable[[ArrayLike, ArrayLike], Array]] = {
    "finnerty": finnerty,
    "ghaidarov": ghaidarov,
    "chaffe": chaffe,
    "longstaff": longstaff_where_defined,
}
"""The four, from the smallest to the largest; an undefined one is NaN."""


def _variance(volatility: ArrayLike, years: ArrayLike) -> Array:
    """Variance of the log price over the lock-up."""
    deviation, time = np.asarray(volatility, dtype=np.float64), np.asarray(years, dtype=np.float64)
    for name, values in (("volatility", deviation), ("years", time)):
        if not (np.isfinite(values).all() and (values >= 0.0).all()):
            raise invalid("discount", name, f"{values} is not a {name}", "finite and not negative")
    variance = np.asarray(deviation * deviation * time, dtype=np.float64)
    if (variance > _MOST_VARIANCE).any():
        raise invalid(
            "discount",
            "volatility",
            f"a variance of {variance.max():.3g} over the lock-up is that of no share",
            f"at most {_MOST_VARIANCE:g}: 1,000% a year for a year",
        )
    return variance


def _log_second_moment(x: Array) -> Array:
    """Log second moment of the average of a driftless log-normal price: ``log 2 (e^x - x - 1) / x^2``."""
    series = x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0)))
    safe = np.where(x < _SMALL, 1.0, x)
    exact = np.log(2.0 * (np.expm1(safe) - safe) / (safe * safe))
    return np.where(x < _SMALL, np.log1p(series), exact)


def _log_sinh_ratio(y: Array) -> Array:
    """Log of ``sinh(y) / y``."""
    square = y * y
    safe = np.where(y < _SMALL, 1.0, y)
    return np.where(y < _SMALL, np.log1p(square / 6.0 * (1.0 + square / 20.0)), np.log(np.sinh(safe) / safe))


def _at_the_money(variance: Array) -> Array:
    """``2 Phi(sqrt(variance) / 2) - 1``."""
    from scipy.special import erf

    return np.asarray(erf(np.sqrt(variance / 8.0)), dtype=np.float64)


def _bound(x: Array) -> Array:
    from scipy.special import ndtr

    spread = np.sqrt(x / (2.0 * np.pi)) * np.exp(-x / 8.0)
    return np.asarray((2.0 + x / 2.0) * ndtr(np.sqrt(x) / 2.0) + spread - 1.0, dtype=np.float64)
