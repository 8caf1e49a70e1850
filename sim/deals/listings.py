"""The shipped STAR Market listings and the allotment of one Hong Kong public offer, checked as they load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log1p
from pathlib import Path
from typing import Any

from sim.deals.columns import ALLOTMENT_COLUMNS, STAR_COLUMNS, allotment_checks, star_checks
from sim.deals.deals import DATA_FOLDER
from sim.deals.table import read_table

STAR_FILE = DATA_FOLDER / "star_ipos.csv"
ALLOTMENT_FILE = DATA_FOLDER / "biren_allotment.csv"


@dataclass(frozen=True, slots=True)
class StarListing:
    """One listing on the STAR Market; prices in CNY, ``None`` is unknown.

    Where `offer_is_inferred` is true the offer price was rebuilt from adjusted prices (error up to 0.7%):
    use the return and do not quote the price.
    """

    code: str
    list_date: date
    offer_price: float
    close_return: float
    name: str | None = None
    board: str | None = None
    offer_is_inferred: bool | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    shares_offered: int | None = None
    strategic_fraction: float | None = None
    online_coverage: float | None = None
    lottery_rate: float | None = None
    turnover_rate: float | None = None

    @property
    def log_return_close(self) -> float:
        """Log of close over offer price."""
        return log1p(self.close_return)


@dataclass(frozen=True, slots=True)
class AllotmentTier:
    """One tier of a public offer: what an application of `applied_shares` received.

    Parameters
    ----------
    pool
        ``A`` for applications up to HK$5 million, ``B`` above.
    guaranteed_shares
        Given to each applicant; the ballot adds one board lot of 200 shares to its winners.
    prob_any
        Probability of receiving any share.
    """

    pool: str
    applied_shares: int
    applicants: int
    guaranteed_shares: int
    ballot_winners_of_extra_200: int
    expected_shares: float
    prob_any: float


def load_star_listings(path: str | Path | None = None) -> tuple[StarListing, ...]:
    """Load the STAR listings, the shipped ones when `path` is ``None``, in the order of listing.

    Raises
    ------
    InvalidInput
        With every fault of the file.
    """
    table = read_table(STAR_FILE if path is None else Path(path), STAR_COLUMNS, star_checks())
    rows: list[dict[str, Any]] = [dict(row) for row in table.rows]
    return tuple(
        sorted((StarListing(**row) for row in rows), key=lambda listing: (listing.list_date, listing.code))
    )


def load_allotment(path: str | Path | None = None) -> tuple[AllotmentTier, ...]:
    """Load the tiers of a public offer, the shipped one (06082) when `path` is ``None``, by rising size.

    Raises
    ------
    InvalidInput
        With every fault of the file.
    """
    file = ALLOTMENT_FILE if path is None else Path(path)
    table = read_table(file, ALLOTMENT_COLUMNS, allotment_checks())
    rows: list[dict[str, Any]] = [dict(row) for row in table.rows]
    return tuple(AllotmentTier(**row) for row in rows)
