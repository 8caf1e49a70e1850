"""The money of an application: what it costs, what comes back, and what a sale brings.

An application is paid in full at the top of the price range with the fees on it. At allotment everything comes
back but the offer price of the shares allotted and the fees on them. Money that is borrowed bears interest until
then, also when nothing is allotted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.venues import FeeSchedule

DAYS_IN_YEAR = 365.0

_ROUNDING = 1e-9
"""A fee this close above a whole dollar is that dollar: it came through floating point."""


@dataclass(frozen=True, slots=True)
class Funding:
    """How an application is paid for.

    Parameters
    ----------
    name
        As tables print it.
    margin
        Share of the application money that is borrowed, below 1; 0 is cash.
    rate
        Interest of the loan, a year.
    days
        Days that the loan runs.
    handling_fee
        What the broker takes for the application, currency, whatever is allotted.
    """

    name: str
    margin: float
    rate: float
    days: float
    handling_fee: float

    def interest(self, money: float) -> float:
        """Interest of an application of ``money``, currency, whatever is allotted."""
        return money * self.margin * self.rate * self.days / DAYS_IN_YEAR

    def fixed_cost(self, money: float) -> float:
        """What an application of ``money`` costs though nothing be allotted, currency."""
        return self.handling_fee + self.interest(money)

    def own_money(self, money: float) -> float:
        """What the applicant needs: the part not borrowed, and the fixed cost."""
        return money * (1.0 - self.margin) + self.fixed_cost(money)


class Costs:
    """Costs of a venue and of a broker.

    Parameters
    ----------
    fees
        Fees of the venue.
    commission
        Broker's commission on a sale, fraction of its value.
    """

    def __init__(self, fees: FeeSchedule, commission: float = 0.0) -> None:
        sale = [fee for fee in fees.items if fee.side == "sale"]
        self._application = fees.rate("application")
        self._plain = commission + sum(fee.rate for fee in sale if fee.rounded_up_to is None)
        self._rounded = [(fee.rate, fee.rounded_up_to) for fee in sale if fee.rounded_up_to is not None]

    @property
    def sale_rate(self) -> float:
        """Costs of a sale before rounding, fraction of its value."""
        return self._plain + sum(rate for rate, _ in self._rounded)

    @property
    def most_rounding(self) -> float:
        """The most that rounding adds to the costs of a sale, currency."""
        return float(sum(unit for _, unit in self._rounded))

    def application_money(self, shares: float, price: float) -> float:
        """Money that shares are paid with at a price, the fees of an application included."""
        return shares * price * (1.0 + self._application)

    def of_sale(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Costs of selling shares worth ``value``, the stamp duty rounded up as the venue rounds it."""
        total = self._plain * value
        for rate, unit in self._rounded:
            total += np.ceil(rate / unit * value - _ROUNDING) * unit
        return np.asarray(total, dtype=np.float64)

    def gains(
        self, shares: NDArray[np.float64], offer: NDArray[np.float64], sale: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What allotted shares earn once sold, before the fixed cost of the application.

        Parameters
        ----------
        shares
            (paths,) or (1,), shares allotted.
        offer, sale
            (paths,), offer price and price of the sale; 0 where the deal is withdrawn and all money comes back.
        """
        value = shares * sale
        paid = (1.0 + self._application) * shares * offer
        return np.asarray(value - self.of_sale(value) - paid, dtype=np.float64)
