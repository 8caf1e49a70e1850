"""The simulator as a forecaster of the back-test: the kernels run on each deal, with parameters as of its date."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sim.backtest.baselines import Forecast
from sim.backtest.past import OVER_ALLOTMENT, kernel_parameters, past_deal
from sim.deals.deals import STAGES, Deal, Deals
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES
from sim.market.parameters import Market

PATHS = 20_000
"""The Monte Carlo error of a deal's CRPS is then below 1% of it."""
REFIT_DAYS = 10
SEED = 20250401

_NO_TRACE = np.empty((0, 0), dtype=np.float32)

Fitter = Callable[[Deals, date], Market]
"""Fits a market on the deals listed before a day."""


def fitted_market(deals: Deals, as_of: date) -> Market:
    """Return the HKEX market fitted on the deals listed before `as_of`."""
    from sim.market.fit.market import fit_market

    return fit_market(deals, as_of).market


def deal_seed(deal: Deal) -> int:
    """Return the seed of a deal, from its code and list date alone: the same in every file and order."""
    text = f"{SEED}/{deal.code}/{deal.list_date.isoformat()}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def fit_day(day: date, every: int = REFIT_DAYS) -> date:
    """Return the day as of which the market of a deal listed on `day` is fitted: `day` or up to nine days before.

    The days are counted on the calendar, not from the first deal of a back-test, so that a deal's forecast does
    not depend on which other deals are forecast.
    """
    return day - timedelta(days=day.toordinal() % every)


def simulate_deal(
    deal: Deal,
    stage: str,
    past: Deals,
    market: Market,
    *,
    paths: int = PATHS,
    threads: int = 1,
    over_allotment: float = OVER_ALLOTMENT,
) -> NDArray[np.float64]:
    """Simulate the first day of a past deal as known at a stage.

    Returns
    -------
    ndarray of float64, shape (len(QUANTITIES), paths)
        The recorded quantities; the same for the same deal, market and number of paths.
    """
    parameters = kernel_parameters(past_deal(deal, stage, past, over_allotment), market, deal_seed(deal))
    values = np.empty((len(QUANTITIES), paths))
    simulate_paths(parameters, 0, values, _NO_TRACE, threads)
    return values


def log_returns_of(values: NDArray[np.float64], quantity: str) -> NDArray[np.float64]:
    """Return the log of a recorded price over the offer price, both on ticks, shape (paths,)."""
    offer = values[QUANTITIES.index("offer_price")]
    return np.asarray(np.log(values[QUANTITIES.index(quantity)] / offer), dtype=np.float64)


class ModelForecaster:
    """Forecasts by simulation, with a market fitted on the deals before.

    Parameters
    ----------
    fitter
        Fits the market; the project's own fit when ``None``.
    paths
        Paths a deal and stage.
    refit_days
        Days of the calendar between two fits.
    threads
        Threads of a simulation; the result does not depend on it.
    """

    name = "model"
    stages: tuple[str, ...] = STAGES

    def __init__(
        self,
        fitter: Fitter | None = None,
        *,
        paths: int = PATHS,
        refit_days: int = REFIT_DAYS,
        threads: int = 1,
    ) -> None:
        self._fitter = fitted_market if fitter is None else fitter
        self._paths, self._refit_days, self._threads = paths, refit_days, threads
        self._past = Deals(())
        self._fitted: tuple[date, Market] | None = None

    def prepare(self, past: Deals, as_of: date) -> None:
        """Fit the market as of the last fit day up to `as_of`, unless that is the fit at hand."""
        day = fit_day(as_of, self._refit_days)
        self._past = past
        if self._fitted is None or self._fitted[0] != day:
            self._fitted = (day, self._fitter(past.before(day), day))

    def forecast(self, deal: Deal, stage: str) -> Forecast:
        """Simulate the deal and return the log returns of the close.

        Raises
        ------
        ValueError
            :meth:`prepare` was not called.
        """
        if self._fitted is None:
            raise ValueError("prepare() comes before forecast()")
        values = simulate_deal(
            deal, stage, self._past, self._fitted[1], paths=self._paths, threads=self._threads
        )
        close, offer = (values[QUANTITIES.index(name)] for name in ("close", "offer_price"))
        return Forecast(log_returns_of(values, "close"), float(np.mean(close < offer)))
