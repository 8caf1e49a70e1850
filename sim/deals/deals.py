"""Past deals: loading, the knowledge a forecaster has of them, and their features.

Nothing here looks ahead. A feature of a deal is computed from deals listed *strictly before* its own list
date: listings of one day do not see each other. :meth:`Deal.as_known` blanks what is not yet known at a
stage, and :meth:`Deals.before` gives what was known about earlier deals on the morning of a day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import cache, cached_property
from math import log, log1p
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.deals.columns import HKEX_COLUMNS, hkex_checks
from sim.deals.table import read_table
from sim.errors import invalid

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"
HKEX_FILE = DATA_FOLDER / "hkex_ipos.csv"

HEAT_LISTINGS = 10
"""Market heat is the mean over this many listings."""

HEAT_MINIMUM = 3
"""With fewer earlier listings than this the market heat is unknown."""

OPTION_KNOWN_AFTER = timedelta(days=35)
"""The stabilisation period ends 30 days after applications close, the notice follows within a week."""

STAGES = ("t0", "t1", "t2")

_OUTCOMES = (
    "open", "high", "low", "close", "close_return", "volume", "over_allotment_issued", "close_is_derived",
    "verified",
)  # fmt: skip
_KNOWN_FROM_ALLOTMENT = (
    "offer_price", "public_coverage", "public_undersubscribed", "placing_coverage", "public_tranche_final",
    "market_cap",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deal:
    """One listing; ``None`` is unknown. The columns are those of ``sim/data/README.md``, plus two features.

    Parameters
    ----------
    price_low, price_high, offer_price, open, high, low, close
        In the currency of the venue.
    base_shares, volume
        In shares; the base offer is taken after any size adjustment.
    public_tranche_initial, public_tranche_final, cornerstone_fraction, over_allotment_issued
        Fractions of the base offer.
    public_coverage, placing_coverage
        Times subscribed.
    close_return, grey_return, hsi_20d_return
        Simple returns.
    market_heat
        Mean log return of the close of the last ten listings strictly before this one's list date.
    launch_price
        Middle of the price range, its top where there is no bottom, the offer price where the file has
        no range: the price by which size is measured before the offer is priced.
    """

    code: str
    list_date: date
    name: str | None = None
    board: str | None = None
    chapter: str | None = None
    regime: str | None = None
    industry: str | None = None
    ai_semi_robotics: bool | None = None
    ah_listing: bool | None = None
    price_low: float | None = None
    price_high: float | None = None
    offer_price: float | None = None
    base_shares: int | None = None
    public_tranche_initial: float | None = None
    public_tranche_final: float | None = None
    public_coverage: float | None = None
    public_undersubscribed: bool | None = None
    placing_coverage: float | None = None
    cornerstone_fraction: float | None = None
    over_allotment_issued: float | None = None
    market_cap: float | None = None
    hsi_20d_return: float | None = None
    grey_return: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    close_return: float | None = None
    volume: int | None = None
    close_is_derived: bool | None = None
    verified: bool | None = None
    market_heat: float | None = None
    launch_price: float | None = None

    @property
    def log_return_close(self) -> float | None:
        """Log of close over offer price; ``None`` before the first day is over."""
        return None if self.close_return is None else log1p(self.close_return)

    @property
    def log_return_open(self) -> float | None:
        """Log of open over offer price."""
        if self.open is None or self.offer_price is None:
            return None
        return log(self.open / self.offer_price)

    @property
    def log_return_grey(self) -> float | None:
        """Log of the grey-market close over the offer price."""
        return None if self.grey_return is None else log1p(self.grey_return)

    @property
    def log_size(self) -> float | None:
        """Log of the base offer in currency, at the offer price where known, else at the launch price."""
        price = self.launch_price if self.offer_price is None else self.offer_price
        return None if price is None or self.base_shares is None else log(price * self.base_shares)

    def as_known(self, stage: str) -> Deal:
        """Return the deal with everything blanked that is not known at `stage`.

        ``t0`` is the launch: terms and market heat. ``t1`` adds offer price, coverage and the final public
        tranche; ``t2`` the grey market. No stage knows the first day. Where the file has no price range the
        launch price is the final one, which leaks the position in the range into the size at ``t0``:
        10-15% of a quantity whose logarithm has a standard deviation of 1.3. The cornerstones' fraction,
        fixed in money at the launch, is on file at the final price for the same reason.

        Raises
        ------
        ValueError
            `stage` is none of ``t0``, ``t1``, ``t2``.
        """
        if stage not in STAGES:
            raise ValueError(f"stage {stage!r} is not known; expected one of {', '.join(STAGES)}")
        hidden = [*_OUTCOMES]
        if stage != "t2":
            hidden.append("grey_return")
        if stage == "t0":
            hidden.extend(_KNOWN_FROM_ALLOTMENT)
        blank: dict[str, Any] = dict.fromkeys(hidden)
        return replace(self, **blank)

    def has_inputs_of(self, stage: str) -> bool:
        """Whether the file knows what `stage` adds: a statement on coverage at T1, the grey close at T2."""
        if stage == "t0":
            return True
        covered = self.public_coverage is not None or self.public_undersubscribed is True
        return covered and (stage == "t1" or self.grey_return is not None)


_FIELDS = tuple(each.name for each in fields(Deal))


def _launch_price(deal: Deal) -> float | None:
    if deal.price_high is None:
        return deal.offer_price
    return deal.price_high if deal.price_low is None else 0.5 * (deal.price_low + deal.price_high)


def _with_heat(deals: list[Deal]) -> Iterator[Deal]:
    """Add the market heat to deals sorted by list date."""
    returns: list[float] = []
    waiting: list[float] = []
    day: date | None = None
    for deal in deals:
        if deal.list_date != day:
            returns = [*returns, *waiting][-HEAT_LISTINGS:]
            waiting, day = [], deal.list_date
        heat = sum(returns) / len(returns) if len(returns) >= HEAT_MINIMUM else None
        yield replace(deal, market_heat=heat)
        if deal.log_return_close is not None:
            waiting.append(deal.log_return_close)


@dataclass(frozen=True)
class Deals:
    """Deals in the order of listing, then of code; build it with :func:`load_deals` or :meth:`of`."""

    deals: tuple[Deal, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, deals: Iterable[Deal], notes: tuple[str, ...] = ()) -> Deals:
        """Sort `deals` and compute their features from each other."""
        ordered = sorted(deals, key=lambda deal: (deal.list_date, deal.code))
        priced = [replace(deal, launch_price=_launch_price(deal)) for deal in ordered]
        return cls(tuple(_with_heat(priced)), notes)

    def __len__(self) -> int:
        return len(self.deals)

    def __iter__(self) -> Iterator[Deal]:
        return iter(self.deals)

    def __getitem__(self, index: int) -> Deal:
        return self.deals[index]

    def __repr__(self) -> str:
        span = f", {self.deals[0].list_date} to {self.deals[-1].list_date}" if self.deals else ""
        return f"Deals({len(self)}{span})"

    @cached_property
    def list_dates(self) -> tuple[date, ...]:
        """List dates, in order."""
        return tuple(deal.list_date for deal in self.deals)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which something listed, each once, in order."""
        return tuple(dict.fromkeys(self.list_dates))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a numerical column or feature as floats, unknown as NaN and flags as 0 and 1.

        Parameters
        ----------
        name
            A number or flag of :class:`Deal`, or one of its ``log_`` properties.

        Returns
        -------
        ndarray of float64, shape (deals,)
            A new array at each call.
        """
        values = [getattr(deal, name) for deal in self.deals]
        return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)

    def frame(self) -> pd.DataFrame:
        """Return all columns and features as a new DataFrame, one row a deal."""
        import pandas as pd

        extra = ("log_return_close", "log_return_open", "log_return_grey", "log_size")
        names = [*_FIELDS, *extra]
        frame = pd.DataFrame({name: [getattr(deal, name) for deal in self.deals] for name in names})
        frame["list_date"] = pd.to_datetime(frame["list_date"])
        texts = ("code", "name", "board", "chapter", "regime", "industry", "list_date")
        numbers = [name for name in names if name not in texts]
        frame[numbers] = frame[numbers].astype("float64")
        return frame

    def before(self, day: date, days: int | None = None) -> Deals:
        """Return what was known on the morning of `day` about the deals listed strictly before it.

        Shares issued under the over-allotment option are blanked for deals listed less than
        `OPTION_KNOWN_AFTER` before: the option was still open.

        Parameters
        ----------
        day
            Day of the forecast.
        days
            Only deals listed at most this many days before; all when ``None``.
        """
        first = 0 if days is None else bisect_left(self.list_dates, day - timedelta(days=days))
        last = bisect_left(self.list_dates, day)
        open_since = bisect_left(self.list_dates, day - OPTION_KNOWN_AFTER)
        settled = self.deals[first : max(first, min(open_since, last))]
        recent = self.deals[max(first, min(open_since, last)) : last]
        return Deals((*settled, *(replace(deal, over_allotment_issued=None) for deal in recent)))

    def between(self, first: date | None = None, last: date | None = None) -> Deals:
        """Return the deals listed from `first` to `last`, both included; ``None`` leaves an end open."""
        start = 0 if first is None else bisect_left(self.list_dates, first)
        stop = len(self) if last is None else bisect_left(self.list_dates, last + timedelta(days=1))
        return Deals(self.deals[start:stop])

    def with_outcome(self) -> Deals:
        """Return the deals whose first-day close is known."""
        return Deals(tuple(deal for deal in self.deals if deal.close_return is not None))

    def with_inputs_of(self, stage: str) -> Deals:
        """Return the deals of which the file knows what `stage` adds."""
        return Deals(tuple(deal for deal in self.deals if deal.has_inputs_of(stage)))


def _completed(deal: Deal) -> Deal:
    """Fill the return of the close from its price, or the price from the return."""
    if deal.offer_price is None:
        return deal
    if deal.close_return is None and deal.close is not None:
        return replace(deal, close_return=deal.close / deal.offer_price - 1.0)
    if deal.close is None and deal.close_return is not None:
        return replace(deal, close=deal.offer_price * (1.0 + deal.close_return), close_is_derived=True)
    return deal


def load_deals(path: str | Path | None = None) -> Deals:
    """Load and check a file of past deals.

    Parameters
    ----------
    path
        A CSV file with the columns of ``sim/data/README.md``; the shipped HKEX listings when ``None``.
        ``code``, ``list_date``, ``offer_price`` and one of ``close`` and ``close_return`` must be there;
        a row without an outcome is a deal still to list. Other columns may be missing or blank: unknown.

    Returns
    -------
    Deals
        In the order of listing; its notes name columns that were ignored or missing.

    Raises
    ------
    InvalidInput
        With every fault of the file, by line, character and column.
    """
    return _shipped_deals() if path is None else _read_deals(Path(path))


@cache
def _shipped_deals() -> Deals:
    """Read the shipped deals once: every plan asks for them, and reading takes longer than simulating."""
    return _read_deals(HKEX_FILE)


def _read_deals(file: Path) -> Deals:
    table = read_table(file, HKEX_COLUMNS, hkex_checks(), one_of=(("close", "close_return"),))
    rows: list[dict[str, Any]] = [dict(row) for row in table.rows]
    return Deals.of((_completed(Deal(**row)) for row in rows), table.notes)


def pooled(data: Deals, test: Deals) -> Deals:
    """Join two files of deals; a deal that is in both is taken from `test`.

    Raises
    ------
    InvalidInput
        The two files state different first-day returns of one deal.
    """
    named = {(deal.code, deal.list_date): deal for deal in test}
    kept = []
    for deal in data:
        twin = named.get((deal.code, deal.list_date))
        if twin is None:
            kept.append(deal)
        elif None not in (deal.close_return, twin.close_return) and deal.close_return != twin.close_return:
            raise invalid(
                f"{deal.code} of {deal.list_date}",
                "close_return",
                f"the data state {deal.close_return}, the deals to forecast {twin.close_return}",
                "correct one of the two files",
            )
    return Deals.of((*kept, *test), (*data.notes, *test.notes))
