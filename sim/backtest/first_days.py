"""First days of past deals side by side: as the file has them, and as the simulator draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.backtest.forecaster import REFIT_DAYS, Fitter, fit_day, log_returns_of, simulate_deal
from sim.backtest.past import OVER_ALLOTMENT, observed_of
from sim.deals.deals import Deal, Deals
from sim.kernels.parameters import QUANTITIES
from sim.market.parameters import Market

Floats = NDArray[np.float64]

_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class FirstDays:
    """Arrays of shape (deals, days): one day a deal where observed, one a path where simulated; NaN is unknown.

    Parameters
    ----------
    open, high, low, close
        Log of the price over the offer price.
    bought
        Stabilising purchases of the day, fraction of the offer.
    exercised
        Share of the over-allotment that the issuer issues. Simulated by the rule of the first day: where it
        closes above the offer price, all that was not bought.
    grey, log_coverage
        Log of the grey-market close over the offer price, log public coverage.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    bought: Floats
    exercised: Floats
    grey: Floats
    log_coverage: Floats

    @property
    def days(self) -> int:
        """Days a deal."""
        return int(self.open.shape[1])

    def part(self, first: int, last: int) -> FirstDays:
        """Return the days from `first` up to, not including, `last`."""
        return FirstDays(*(getattr(self, name)[:, first:last] for name in FirstDays.__slots__))


def _known_before(deals: Sequence[Deal]) -> tuple[Floats, Floats]:
    """Return log grey return and log public coverage, each of shape (deals, 1)."""
    grey = [deal.log_return_grey for deal in deals]
    coverage = [observed_of(deal).public_coverage for deal in deals]
    columns = (
        np.array([np.nan if v is None else v for v in column], dtype=float) for column in (grey, coverage)
    )
    log_grey, times = columns
    return log_grey[:, None], np.log(times)[:, None]


def observed_days(deals: Sequence[Deal]) -> FirstDays:
    """Return the first days on file; purchases are not, the over-allotment is taken to be the usual one."""

    def column(name: str) -> Floats:
        return Deals(tuple(deals)).column(name)[:, None]

    grey, coverage = _known_before(deals)
    offer = column("offer_price")
    return FirstDays(
        open=np.log(column("open") / offer),
        high=np.log(column("high") / offer),
        low=np.log(column("low") / offer),
        close=column("log_return_close"),
        bought=np.full_like(offer, np.nan),
        exercised=column("over_allotment_issued") / OVER_ALLOTMENT,
        grey=grey,
        log_coverage=coverage,
    )


class Simulator:
    """Simulates past deals, each with the market fitted on the deals before it.

    Parameters
    ----------
    past
        All deals; each sees those listed before it.
    fitter
        Fits a market.
    refit_days
        Days of the calendar between two fits.
    """

    def __init__(self, past: Deals, fitter: Fitter, refit_days: int = REFIT_DAYS) -> None:
        self._past, self._fitter, self._refit_days = past, fitter, refit_days
        self._markets: dict[date, Market] = {}

    def market(self, day: date) -> Market:
        """Return the market as of the last fit day up to `day`."""
        fitted = fit_day(day, self._refit_days)
        if fitted not in self._markets:
            self._markets[fitted] = self._fitter(self._past.before(fitted), fitted)
        return self._markets[fitted]

    def days(
        self, deals: Sequence[Deal], stage: str, paths: int, over_allotment: float = OVER_ALLOTMENT
    ) -> FirstDays:
        """Simulate deals as known at `stage`; path `k` of a deal has the same random numbers at every stage."""
        rows: dict[str, list[Floats]] = {name: [] for name in (*_PRICES, "bought", "exercised")}
        for deal in deals:
            values = simulate_deal(
                deal,
                stage,
                self._past,
                self.market(deal.list_date),
                paths=paths,
                over_allotment=over_allotment,
            )
            for name in _PRICES:
                rows[name].append(log_returns_of(values, name))
            bought = values[QUANTITIES.index("purchases")]
            rows["bought"].append(bought)
            left = 1.0 - bought / over_allotment if over_allotment > 0.0 else np.zeros_like(bought)
            rows["exercised"].append(np.where(rows["close"][-1] > 0.0, left, 0.0))
        grey, coverage = _known_before(deals)
        shape = (len(deals), paths)
        return FirstDays(
            **{name: np.array(values) for name, values in rows.items()},
            grey=np.broadcast_to(grey, shape),
            log_coverage=np.broadcast_to(coverage, shape),
        )
