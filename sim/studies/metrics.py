"""The metrics of studies, each with what every path contributes to its error.

A metric is a number that paths give: a mean, a quantile, a chance. Beside its value stands its influence function
``phi`` on every path (Hampel, 1974): the error of the value is the mean of ``phi`` to first order, so its standard
error is ``sqrt(sum(phi^2)) / n``. Two scenarios on common random numbers share their paths, hence the error of a
difference is the mean of ``phi_B - phi_A`` path by path, whatever the metric:

- a mean over the paths that list is a ratio, ``sum(L x) / sum(L)`` with ``L`` one on a path that lists;
  ``phi = (n / m) L (x - mean)`` with ``m`` paths listed, the delta method (Cochran, 1977, 2.30). A path that lists in
  one scenario alone so counts in that one alone;
- a quantile has ``phi = (n / m) L (p - 1{x <= q}) / f(q)`` (Bahadur, 1966), with ``1 / f`` the slope of the order
  statistics up to two binomial deviations to either side (after Siddiqui, 1960, who took the two ends; a slope over
  all of them keeps the noise of single paths out of a difference). Inside a mass of paths, as at the offer price, it
  is zero. Where two scenarios differ by little more than a shift, the error so found is up to twice the true one.

Quantiles are of the close before it is rounded to a tick: a change moves them by less than a tick.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan
from sim.errors import invalid
from sim.estimates import Estimate
from sim.statistics import probability_se
from sim.tally import COVERED

Array = NDArray[np.float64]
Kind = Literal["return", "chance", "fraction", "shares", "price"]

ROWS = ("open", "close", "vwap", "offer_price", "purchases", "log_close")
"""Recorded quantities that the metrics read."""
LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
SPARSITY_REACH = 2.0
HALF_A_HIT = 0.5
"""Squared deviation added to events: none in all paths is no certainty."""


class Paths(Protocol):
    """Paths of one plan: :class:`~sim.kept_paths.KeptPaths` or :class:`~sim.studies.samples.Sample`."""

    @property
    def plan(self) -> Plan:
        """What was simulated."""

    def __getitem__(self, quantity: str) -> Array:
        """(paths,), a recorded quantity, NaN where the deal is withdrawn."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of a metric on some paths.

    Parameters
    ----------
    value
        NaN without a path that counts.
    se
        Its Monte Carlo standard error.
    influence
        (paths,), what each path adds to the error of the value: its mean is that error to first order.
    event_weight
        For the share of paths on which something happens, the weight of one path; 0 for other metrics.
    """

    value: float
    se: float
    influence: Array = field(repr=False)
    event_weight: float = 0.0

    @property
    def estimate(self) -> Estimate:
        """Value and standard error alone."""
        return Estimate(self.value, self.se)


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that paths give.

    Parameters
    ----------
    name
        As in files and on the command line.
    label
        For people.
    kind
        ``return`` (simple return), ``chance``, ``fraction``, ``shares`` or ``price`` (in currency).
    measure
        From paths to the metric's value.
    """

    name: str
    label: str
    kind: Kind
    measure: Callable[[Paths], Measured] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of one scenario less that of another, on common random numbers.

    Parameters
    ----------
    value, se
        The difference and its standard error, from paired paths.
    independent_se
        Standard error of the same difference on independent paths, as many in each scenario.
    """

    value: float
    se: float
    independent_se: float

    @property
    def variance_reduction(self) -> float:
        """Times as many independent paths that would give the same error; infinite where the error is 0."""
        if self.se > 0.0:
            return (self.independent_se / self.se) ** 2
        return math.inf if self.se == 0.0 else math.nan


def difference(base: Measured, other: Measured, *, same: bool = False) -> Difference:
    """Return ``other - base`` of two measurements on the same path numbers and seed.

    Parameters
    ----------
    base, other
        Measured on the same random numbers.
    same
        Whether all paths of the two are the same, bit for bit: the difference is then exactly zero.
    """
    independent = math.hypot(base.se, other.se)
    if same:
        return Difference(0.0, 0.0, independent)
    gap = other.influence - base.influence
    squares = float(gap @ gap) + HALF_A_HIT * max(base.event_weight, other.event_weight) ** 2
    se = math.sqrt(squares) / gap.size if gap.size > 1 else math.nan
    return Difference(other.value - base.value, se, independent)


def nothing(count: int) -> Measured:
    """Return the value of any metric where no path counts."""
    return Measured(math.nan, math.nan, np.full(count, math.nan))


def mean_measured(values: Array) -> Measured:
    """Measure the mean of one number a path; NaN is a path that does not count."""
    listed = ~np.isnan(values)
    count = int(listed.sum())
    if count == 0:
        return nothing(values.size)
    mean = float(values[listed].mean())
    influence = np.where(listed, values - mean, 0.0) * (values.size / count)
    return Measured(mean, _se(influence, count), influence)


def share_measured(happened: NDArray[np.bool_], listed: NDArray[np.bool_]) -> Measured:
    """Measure the share of the listed paths on which something happens."""
    count = int(listed.sum())
    if count == 0:
        return nothing(listed.size)
    hits = int((happened & listed).sum())
    weight = listed.size / count
    share = hits / count
    influence = np.where(listed, happened - share, 0.0) * weight
    return Measured(share, probability_se(hits, count), influence, event_weight=weight)


def quantile_measured(log_returns: Array, level: float) -> Measured:
    """Measure a quantile of the simple return from log returns; NaN is a path that does not count."""
    listed = ~np.isnan(log_returns)
    count = int(listed.sum())
    if count == 0:
        return nothing(log_returns.size)
    known = log_returns[listed]
    middle = (count - 1) * level
    reach = max(SPARSITY_REACH * math.sqrt(count * level * (1.0 - level)), 1.0)
    low, high = max(math.floor(middle - reach), 0), min(math.ceil(middle + reach), count - 1)
    # Sorting the part around the quantile alone is three times faster, and a study asks for many quantiles.
    near = np.sort(np.partition(known, (low, high))[low : high + 1])
    below = math.floor(middle)
    above = min(below + 1, count - 1)
    at = float(near[below - low] + (middle - below) * (near[above - low] - near[below - low]))
    sparsity = _slope(near) * count * math.exp(at)
    weight = log_returns.size / count * sparsity
    influence = np.where(listed, level - (log_returns <= at), 0.0) * weight
    return Measured(math.expm1(at), _se(influence, count), influence)


def _slope(ordered: Array) -> float:
    """Slope of values over their rank, by least squares; 0 for one value."""
    ranks = np.arange(ordered.size) - 0.5 * (ordered.size - 1)
    squares = float(ranks @ ranks)
    return float(ranks @ ordered) / squares if squares else 0.0


def spread_measured(values: Array) -> Measured:
    """Measure the standard deviation of one number a path; NaN is a path that does not count."""
    listed = ~np.isnan(values)
    count = int(listed.sum())
    if count < 2:
        return nothing(values.size)
    squares = np.where(listed, values - values[listed].mean(), 0.0) ** 2
    variance = float(squares.sum()) / count
    sd = math.sqrt(variance * count / (count - 1))
    if sd == 0.0:
        return Measured(0.0, 0.0, np.zeros(values.size))
    influence = np.where(listed, squares - variance, 0.0) * (values.size / count / (2.0 * sd))
    return Measured(sd, _se(influence, count), influence)


def _se(influence: Array, counted: int) -> float:
    """Standard error of a value from its influence; that of one path is not known."""
    return math.sqrt(float(influence @ influence)) / influence.size if counted > 1 else math.nan


def _returns(paths: Paths, price: str) -> Array:
    return paths[price] / paths["offer_price"] - 1.0


def _event(price: str, *, below: bool) -> Callable[[Paths], Measured]:
    def measure(paths: Paths) -> Measured:
        prices, offers = paths[price], paths["offer_price"]
        return share_measured(prices < offers if below else prices == offers, ~np.isnan(prices))

    return measure


def _withdrawn(paths: Paths) -> Measured:
    gone = np.isnan(paths["close"])
    return share_measured(gone, np.ones_like(gone))


def _stabilised(paths: Paths) -> Measured:
    bought = paths["purchases"]
    return share_measured(bought > 0.0, ~np.isnan(bought))


def _exhausted(paths: Paths) -> Measured:
    bought, short = paths["purchases"], paths.plan.over_allotment
    return share_measured((bought >= COVERED * short) & (short > 0.0), ~np.isnan(bought))


def _bought_shares(paths: Paths) -> Measured:
    return mean_measured(paths["purchases"] * paths.plan.scenario.offer.base_shares)


def _exercised(paths: Paths) -> Measured:
    """Share of the over-allotted shares for which the option pays at the first close, as in the summary of a run."""
    bought, short = paths["purchases"], paths.plan.over_allotment
    left = 1.0 - bought / short if short > 0.0 else np.zeros_like(bought)
    used = np.where(paths["close"] > paths["offer_price"], left, 0.0)
    return mean_measured(np.where(np.isnan(bought), np.nan, used))


def quantile_metric(level: float) -> Metric:
    """Return the metric of a quantile of the close, named ``q0.05``."""
    label = "median close" if level == 0.5 else f"{100.0 * level:g}% quantile of the close"
    return Metric(f"q{level:g}", label, "return", lambda paths: quantile_measured(paths["log_close"], level))


def _mean_of(price: str) -> Callable[[Paths], Measured]:
    return lambda paths: mean_measured(_returns(paths, price))


_FIRST = (
    Metric("mean", "mean close", "return", _mean_of("close")),
    Metric(
        "sd", "spread (sd) of the close", "return", lambda paths: spread_measured(_returns(paths, "close"))
    ),
)
_LAST = (
    Metric("mean_open", "mean open", "return", _mean_of("open")),
    Metric("mean_vwap", "mean VWAP", "return", _mean_of("vwap")),
    Metric("below", "closes below the offer", "chance", _event("close", below=True)),
    Metric("at_offer", "closes at the offer", "chance", _event("close", below=False)),
    Metric("open_below", "opens below the offer", "chance", _event("open", below=True)),
    Metric("open_at_offer", "opens at the offer", "chance", _event("open", below=False)),
    Metric("withdrawn", "deal withdrawn", "chance", _withdrawn),
    Metric("stabilised", "manager buys shares", "chance", _stabilised),
    Metric("exhausted", "manager's short used up", "chance", _exhausted),
    Metric("exercised", "option used, of the short", "fraction", _exercised),
    Metric("purchases", "shares the manager buys", "shares", _bought_shares),
    Metric("price", "mean closing price", "price", lambda paths: mean_measured(paths["close"])),
)
METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (*_FIRST, *map(quantile_metric, LEVELS), *_LAST)
}
"""Every metric by name, in the order of tables; :func:`metric_named` knows quantiles at other levels too."""

_QUANTILE = re.compile(r"q(0?\.\d+)")


def metric_named(name: str, source: str = "--metric") -> Metric:
    """Return a metric by its name; ``q0.07`` is a quantile, ``median`` is ``q0.5``.

    Raises
    ------
    InvalidInput
        When there is none of that name.
    """
    wanted = "q0.5" if name == "median" else name
    if wanted in METRICS:
        return METRICS[wanted]
    found = _QUANTILE.fullmatch(wanted)
    if found is not None and 0.0 < float(found[1]) < 1.0:
        return quantile_metric(float(found[1]))
    names = ", ".join(each for each in METRICS if not each.startswith("q"))
    raise invalid(source, "", f"{name!r} is no metric", f"one of {names}, or a quantile such as q0.05")


def metrics_named(text: str, source: str = "--metric") -> tuple[Metric, ...]:
    """Return the metrics of a list with commas, each once.

    Raises
    ------
    InvalidInput
        When a name is of no metric, comes twice, or there is none.
    """
    names = [part.strip() for part in text.split(",")]
    metrics = tuple(metric_named(name, source) for name in names)
    found = [metric.name for metric in metrics]
    for name in found:
        if found.count(name) > 1:
            raise invalid(source, "", f"{name!r} is named twice", "each metric once")
    return metrics
