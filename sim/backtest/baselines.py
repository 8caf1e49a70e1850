"""Simple forecasters that a model of the first day has to beat.

All forecast the log return of the close from the deals of the last `WINDOW_DAYS` days, give
`SAMPLE_SIZE` equally weighted values or the past returns themselves, and draw no random numbers.

- :class:`Climatology`: the trailing empirical distribution.
- :class:`Regression`: ridge least squares with normal errors.
- :class:`QuantileRegression`: linear quantiles of the same inputs, rearranged to rise.
- :class:`GreyShift`: the grey-market close plus the past moves from grey market to close.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import log
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.deals.deals import STAGES, Deal, Deals
from sim.deals.usual import UNKNOWN_LOG_SIZE, public_coverage_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WINDOW_DAYS = 900
"""Deals older than this say nothing about today's market."""

SAMPLE_SIZE = 2000
LOWEST_PLACING_COVERAGE = 0.5
TYPICAL_LOG_SIZE = 20.7
SPREAD_OF_LOG_SIZE = 1.3
PENALTY = 1.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecast of one deal.

    Parameters
    ----------
    sample
        Equally weighted log returns of the close, shape (n,), finite.
    probability_below
        Probability that the close is below the offer price; the share of the sample when ``None``.
    """

    sample: Floats
    probability_below: float | None = None


class Forecaster(Protocol):
    """What the back-test asks of anything that forecasts."""

    @property
    def name(self) -> str:
        """Name in the tables, without spaces."""
        ...

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages it can forecast."""
        ...

    def prepare(self, past: Deals, as_of: date) -> None:
        """Learn from `past`, all deals listed strictly before `as_of`; called on each listing day in order.

        An implementation may keep an earlier fit, but must not keep one of a later day.
        """
        ...

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        """Forecast a deal of the day of the last :meth:`prepare`, of which only `stage` is known."""
        ...


def inputs(deal: Deal, stage: str, typical_heat: float) -> list[float]:
    """Return the regressors of a deal as known at `stage`, the intercept first.

    Parameters
    ----------
    deal
        The deal.
    stage
        ``t0`` gives intercept, A+H flag, chapter 18C flag, standardised log size and market heat; ``t1`` adds
        log coverage, its part above 100 times, log placing coverage (0 when unknown) and the flag of
        that; ``t2`` adds the log return of the grey market.
    typical_heat
        Stands in for an unknown market heat.
    """
    size = UNKNOWN_LOG_SIZE if deal.log_size is None else deal.log_size
    row = [
        1.0,
        float(deal.ah_listing is True),
        float(deal.regime == "chapter-18c"),
        (size - TYPICAL_LOG_SIZE) / SPREAD_OF_LOG_SIZE,
        typical_heat if deal.market_heat is None else deal.market_heat,
    ]
    if stage == "t0":
        return row
    coverage = public_coverage_of(deal)
    placing = deal.placing_coverage
    row += [
        log(coverage),
        max(log(coverage / 100.0), 0.0),
        0.0 if placing is None else log(max(placing, LOWEST_PLACING_COVERAGE)),
        float(placing is None),
    ]
    if stage == "t2":
        row.append(deal.log_return_grey or 0.0)
    return row


def log_returns(deals: Iterable[Deal]) -> Floats:
    """Return the log returns of the close that are known, shape (deals with outcome,)."""
    known = (deal.log_return_close for deal in deals)
    return np.array([value for value in known if value is not None], dtype=np.float64)


def _levels(n: int) -> Floats:
    return (np.arange(n) + 0.5) / n


class _Windowed:
    """Keeps the deals of the window and one fit a stage, made when first asked for."""

    stages: tuple[str, ...] = STAGES

    def __init__(self, window_days: int = WINDOW_DAYS) -> None:
        self.window_days = window_days
        self.past = Deals(())

    def prepare(self, past: Deals, as_of: date) -> None:
        """Keep the deals of the window before `as_of` whose outcome is known."""
        self.past = past.before(as_of, self.window_days).with_outcome()


class Climatology(_Windowed):
    """The returns of the deals in the window, each as likely as the other, at every stage."""

    name = "climatology"

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        """Return the past returns; neither the deal nor the stage matters."""
        del deal, stage
        return Forecast(log_returns(self.past))


class _Linear(_Windowed):
    """Shared by the two regressions: the inputs of the deals that have what the stage needs."""

    def __init__(self, window_days: int = WINDOW_DAYS, penalty: float = PENALTY) -> None:
        super().__init__(window_days)
        self.penalty = penalty
        self._fits: dict[str, tuple[Floats, float]] = {}
        self._heat = 0.0

    def prepare(self, past: Deals, as_of: date) -> None:
        """Keep the deals of the window and forget earlier fits."""
        super().prepare(past, as_of)
        self._fits.clear()
        self._heat = float(log_returns(self.past).mean()) if len(self.past) else 0.0

    def _training(self, stage: str) -> tuple[Floats, Floats]:
        deals = self.past
        if stage == "t2":
            deals = Deals(tuple(deal for deal in deals if deal.grey_return is not None))
        rows = [inputs(deal.as_known(stage), stage, self._heat) for deal in deals]
        return np.array(rows, dtype=np.float64), log_returns(deals)

    def _inputs_of(self, deal: Deal, stage: str) -> Floats:
        return np.array(inputs(deal, stage, self._heat), dtype=np.float64)


class Regression(_Linear):
    """Least squares with a ridge on all but the intercept, and normal errors of one standard deviation.

    The coefficients minimise ``|x - Z b|^2 + penalty |b without intercept|^2``; the standard deviation is
    that of the residuals with as many degrees of freedom taken off as there are inputs besides the
    intercept.
    """

    name = "regression"

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        """Return the normal quantiles around the fitted mean."""
        from scipy.special import ndtri

        if stage not in self._fits:
            rows, returns = self._training(stage)
            ridge = self.penalty * np.eye(rows.shape[1])
            ridge[0, 0] = 1e-6
            slopes = np.asarray(np.linalg.solve(rows.T @ rows + ridge, rows.T @ returns), dtype=np.float64)
            spread = float(np.std(returns - rows @ slopes, ddof=rows.shape[1] - 1))
            self._fits[stage] = (slopes, spread)
        fitted, deviation = self._fits[stage]
        centre = float(self._inputs_of(deal, stage) @ fitted)
        return Forecast(centre + deviation * ndtri(_levels(SAMPLE_SIZE)))


QUANTILE_LEVELS = np.array([0.02, *(k / 20 for k in range(1, 20)), 0.98])


def quantile_slopes(rows: Floats, returns: Floats, level: float, penalty: float) -> Floats:
    """Return the coefficients of a linear quantile.

    Minimises the sum of ``max(level r, (level - 1) r)`` over residuals ``r`` plus ``penalty`` times the sum
    of absolute coefficients without the intercept (Koenker and Bassett 1978; the penalty of Belloni and
    Chernozhukov 2011). Solved as the dual linear program, which has one equality a coefficient: maximise
    ``returns . a`` with ``level - 1 <= a <= level`` and ``rows^T a + penalty s = 0``, ``-1 <= s <= 1``, no
    ``s`` for the intercept. The coefficients are its shadow prices.

    Parameters
    ----------
    rows
        Shape (deals, inputs), the intercept first.
    returns
        Shape (deals,).
    level
        Probability of the quantile.
    penalty
        Weight of the absolute coefficients.

    Raises
    ------
    ArithmeticError
        The solver stopped without an optimum.
    """
    from scipy.optimize import linprog

    n, k = rows.shape
    slack = penalty * np.eye(k)[:, 1:]
    bounds = [*[(level - 1.0, level)] * n, *[(-1.0, 1.0)] * (k - 1)]
    cost = np.concatenate([-returns, np.zeros(k - 1)])
    solution = linprog(cost, A_eq=np.hstack([rows.T, slack]), b_eq=np.zeros(k), bounds=bounds)
    if not solution.success:
        raise ArithmeticError(f"quantile regression at {level:g}: {solution.message}")
    return np.asarray(-solution.eqlin.marginals, dtype=np.float64)


def sample_of_quantiles(levels: Floats, quantiles: Floats, n: int = SAMPLE_SIZE) -> Floats:
    """Return `n` equally weighted values of the distribution with these quantiles.

    Straight lines between the quantiles and exponential tails beyond them that pass through the two
    outermost on each side. Quantiles that cross are sorted first (rearrangement; Chernozhukov,
    Fernandez-Val and Galichon 2010).

    Parameters
    ----------
    levels
        Rising probabilities, shape (q,).
    quantiles
        Their quantiles, shape (q,).
    n
        Size of the sample.
    """
    rising = np.sort(quantiles)
    wanted = _levels(n)
    values = np.interp(wanted, levels, rising)
    low, high = wanted < levels[0], wanted > levels[-1]
    lower_scale = (rising[1] - rising[0]) / np.log(levels[1] / levels[0])
    upper_scale = (rising[-1] - rising[-2]) / np.log((1 - levels[-2]) / (1 - levels[-1]))
    values[low] = rising[0] + lower_scale * np.log(wanted[low] / levels[0])
    values[high] = rising[-1] - upper_scale * np.log((1 - wanted[high]) / (1 - levels[-1]))
    return np.asarray(values, dtype=np.float64)


class QuantileRegression(_Linear):
    """Linear quantiles of the inputs at `QUANTILE_LEVELS`, so that the spread may follow demand."""

    name = "quantile_regression"

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        """Return the sample of the fitted quantiles."""
        if stage not in self._fits:
            rows, returns = self._training(stage)
            fits = [quantile_slopes(rows, returns, float(level), self.penalty) for level in QUANTILE_LEVELS]
            self._fits[stage] = (np.array(fits), 0.0)
        slopes, _ = self._fits[stage]
        return Forecast(sample_of_quantiles(QUANTILE_LEVELS, slopes @ self._inputs_of(deal, stage)))


class GreyShift(_Windowed):
    """The grey-market close plus each past move from the grey market to the close, T2 only."""

    name = "grey_shift"
    stages: tuple[str, ...] = ("t2",)

    def prepare(self, past: Deals, as_of: date) -> None:
        """Keep the deals whose grey-market close is known."""
        super().prepare(past, as_of)
        self.past = Deals(tuple(deal for deal in self.past if deal.grey_return is not None))

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        """Return the deal's grey close moved by each past move.

        Raises
        ------
        ValueError
            The grey close is not known.
        """
        grey = deal.log_return_grey
        if grey is None:
            raise ValueError(f"{deal.code}: the grey close is not known at {stage}")
        return Forecast(grey + log_returns(self.past) - self.past.column("log_return_grey"))


def default_baselines() -> tuple[Forecaster, ...]:
    """Return the baselines of the back-test, each new."""
    return (Climatology(), Regression(), QuantileRegression(), GreyShift())
