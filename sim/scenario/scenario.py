"""A scenario: one deal, what is known of it, and what follows from its terms alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sim.scenario.fields import Day, Flag, LogReturn, Text, Whole
from sim.scenario.models import (
    Cornerstones,
    Horizon,
    LockedTranche,
    LockUp,
    Observed,
    Offer,
    OverAllotment,
    Peer,
    Record,
    Regime,
    Simulation,
    Stage,
    VenueName,
)
from sim.venues import VENUE_NAMES, Venue, get_venue, reallocated_public_shares
from sim.venues.hkex import PUBLIC_OFFER_REFORM


def _kind_of_peers(value: object) -> str:
    return "auto" if isinstance(value, str) else "list"


PeerList = Annotated[
    Annotated[tuple[Peer, ...], Tag("list")] | Annotated[Literal["auto"], Tag("auto")],
    Discriminator(_kind_of_peers),
]


def filled_in(data: object) -> object:
    """Return the data with the market and the regime, where the venue and the date decide them."""
    if not isinstance(data, Mapping):
        return data
    filled: dict[str, Any] = dict(data)
    for field in ("market", "regime"):
        if filled.get(field) is None:
            filled.pop(field, None)
    venue = filled.get("venue")
    if venue in VENUE_NAMES:
        filled.setdefault("market", venue)
    if venue == "star":
        filled.setdefault("regime", "star")
    listed = filled.get("list_date")
    if isinstance(listed, str):
        try:
            listed = date.fromisoformat(listed)
        except ValueError:
            return filled
    # A time of day is a fault of its own, found later.
    if isinstance(listed, datetime) or not isinstance(listed, date):
        return filled
    if venue == "hkex" and listed < PUBLIC_OFFER_REFORM:
        filled.setdefault("regime", "pn18")
    return filled


class Scenario(Record):
    """One deal on its first trading day.

    :func:`sim.scenario.load_scenario` and :func:`sim.scenario.scenario_from_mapping` build one and check the
    rules that tie its fields together; the model itself checks each field alone.
    """

    name: Text = Field(title="Name", description="Name of the issuer.", examples=["Biren Technology"])
    code: Text = Field(
        title="Stock code", description="Stock code, quoted so that zeros stay.", examples=["06082"]
    )
    venue: VenueName = Field(
        title="Venue",
        description="hkex: Stock Exchange of Hong Kong; star: STAR Market of Shanghai.",
        examples=["hkex"],
    )
    regime: Regime = Field(
        title="Reallocation rule",
        description=(
            "Rule that moves shares between the public and the placing tranche. May be left out for STAR, "
            "and for Hong Kong listings before 4 August 2025 (pn18)."
        ),
        examples=["chapter-18c"],
    )
    list_date: Day = Field(
        title="Listing date", description="First trading day, year-month-day.", examples=["2026-01-02"]
    )
    theme: Text | None = Field(
        default=None,
        title="Theme",
        description="Theme whose heat the peers measure.",
        examples=["ai-semiconductors-robotics"],
    )
    ah_listing: Flag = Field(
        default=False,
        title="A+H listing",
        description="Whether the issuer's A shares already trade in mainland China.",
        examples=[False],
    )
    market_heat: LogReturn | None = Field(
        default=None,
        title="Market heat",
        description="Mean log first-day return of the last ten listings before this one.",
        examples=[0.2],
    )
    offer: Offer = Field(
        title="Offer",
        description="Terms of the offer: price, size, tranches.",
        examples=[{"price": 19.60, "base_shares": 247_692_800, "public_tranche": 0.05, "board_lot": 200}],
    )
    over_allotment: OverAllotment | None = Field(
        default=None,
        title="Over-allotment",
        description="Over-allotted shares, the stabilising manager's means; leave out when there are none.",
        examples=[{"fraction": 0.15, "settlement": "borrowed"}],
    )
    cornerstones: Cornerstones | None = Field(
        default=None,
        title="Cornerstone investors",
        description="Placees locked up from listing; leave out when there are none.",
        examples=[{"amount_hkd": 2_899_300_000, "lock_up_months": 6}],
    )
    locked: tuple[LockedTranche, ...] = Field(
        default=(),
        title="Other locked tranches",
        description="Shares of the offer locked up besides the cornerstones'.",
        examples=[[{"name": "strategic placement", "shares": 14_000_000, "months": 12, "strategic": True}]],
    )
    other_tradable_shares: Whole = Field(
        default=0,
        title="Other tradable shares",
        description="Shares of existing holders that may trade from the first day.",
        examples=[0],
    )
    observed: Observed = Field(
        default_factory=Observed,
        title="Observed",
        description="Whatever is known of the demand; it decides the stage of the forecast.",
        examples=[{"public_coverage": 2347.53, "placing_coverage": 25.95}],
    )
    allotment: Text | None = Field(
        default=None,
        title="Allotment",
        description=(
            "Ladder of the public offer, once announced: the name of a shipped one, or a CSV file, relative "
            "to this file's folder."
        ),
        examples=["biren"],
    )
    peers: PeerList = Field(
        default=(),
        title="Peers",
        description='Recent listings of the same theme, or "auto" to take them from the past deals.',
        examples=["auto"],
    )
    horizon: Horizon = Field(
        default="first_day",
        title="Horizon",
        description=(
            "How far to simulate: first_day, stabilisation (to the end of the stabilisation period), or "
            "lock_up (to the end of the lock-up)."
        ),
        examples=["lock_up"],
    )
    lock_up: LockUp = Field(
        default_factory=LockUp,
        title="Lock-up",
        description="What comes of locked shares when they come free; the market's where left out.",
        examples=[{"anticipated": 0.3, "sold": 0.3}],
    )
    market: Text = Field(
        title="Market",
        description="Fitted market: the name of a shipped one, or a file, relative to this file's folder.",
        examples=["hkex"],
    )
    simulation: Simulation = Field(
        default_factory=Simulation,
        title="Simulation",
        description="Number of paths and seed.",
        examples=[{"paths": 100_000, "seed": 6082}],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: object) -> object:
        return filled_in(data)

    @property
    def rules(self) -> Venue:
        """Rules of the venue."""
        return get_venue(self.venue)

    @property
    def stage(self) -> Stage:
        """What is known: launch ``t0``, book closing ``t0.9``, allotment ``t1``, grey market ``t2``."""
        if self.observed.grey_return is not None:
            return "t2"
        if self.observed.public_coverage is not None:
            return "t0.9" if self.offer.price is None else "t1"
        return "t0" if self.observed.partial_public_coverage is None else "t0.9"

    @property
    def reference_price(self) -> float:
        """Offer price; the bottom of the range while it is unknown."""
        if self.offer.price is not None:
            return self.offer.price
        if self.offer.price_range is None:
            raise ValueError("an offer has a price or a range")
        return self.offer.price_range[0]

    @property
    def upsized_shares(self) -> int:
        """Base offer with the size adjustment, in shares."""
        return self.offer.base_shares + self.offer.size_adjustment_shares

    @property
    def strategic_shares(self) -> int:
        """Shares placed ahead of the book, which a STAR reallocation leaves out."""
        return sum(tranche.shares for tranche in self.locked if tranche.strategic)

    def over_allotted_shares(self) -> int:
        """Return the over-allotted shares: as announced, or the fraction rounded down to board lots."""
        if self.over_allotment is None:
            return 0
        if self.over_allotment.shares is not None:
            return self.over_allotment.shares
        return lots_of_fraction(
            self.over_allotment.fraction or 0.0, self.upsized_shares, self.offer.board_lot
        )

    def cornerstone_shares(self, price: float | None = None) -> int:
        """Return the cornerstones' shares at an offer price, rounded down to board lots.

        Parameters
        ----------
        price
            Offer price in the venue's currency; :attr:`reference_price` when left out. Only an amount of
            money depends on it.
        """
        stones = self.cornerstones
        if stones is None:
            return 0
        if stones.shares is not None:
            return stones.shares
        if stones.fraction is not None:
            return lots_of_fraction(stones.fraction, self.offer.base_shares, self.offer.board_lot)
        at = self.reference_price if price is None else price
        return lots_of_money(stones.committed_hkd or 0.0, float(at), self.offer.board_lot)

    def locked_shares(self, price: float | None = None) -> int:
        """Return the shares of the offer that cannot trade on the first day, cornerstones included."""
        return self.cornerstone_shares(price) + sum(tranche.shares for tranche in self.locked)

    def float_shares(self, price: float | None = None) -> int:
        """Return the shares that can trade from the first day, before any stabilising purchase."""
        borrowed = self.over_allotment is not None and self.over_allotment.settlement == "borrowed"
        return (
            self.upsized_shares
            + (self.over_allotted_shares() if borrowed else 0)
            + self.other_tradable_shares
            - self.locked_shares(price)
        )

    def public_shares(self, coverage: float | None = None) -> int:
        """Return the shares of the public offer after reallocation.

        Parameters
        ----------
        coverage
            Public coverage, times, at which the rule's ladder is read. Left out: the shares announced
            (``observed.allotted_public_shares``), else the ladder at the observed coverage, else the shares
            before reallocation.
        """
        if coverage is None and self.observed.allotted_public_shares is not None:
            return self.observed.allotted_public_shares
        known = self.observed.public_coverage if coverage is None else coverage
        return reallocated_public_shares(
            self.rules.reallocation(self.regime),
            0.0 if known is None else known,
            self.offer.base_shares,
            self.offer.public_tranche,
            self.offer.board_lot,
            self.strategic_shares,
        )

    def resolved(self) -> dict[str, Any]:
        """Return the scenario with every default filled in, as plain data that reads back equal."""
        return self.model_dump(mode="json")


@lru_cache(maxsize=4096)
def lots_of_fraction(fraction: float, shares: int, lot: int) -> int:
    """Return a fraction of some shares, rounded down to whole lots; exact, as the fraction is written."""
    return math.floor(Fraction(repr(fraction)) * shares / lot) * lot


@lru_cache(maxsize=4096)
def lots_of_money(money: float, price: float, lot: int) -> int:
    """Return the shares that some money buys at a price, rounded down to whole lots."""
    return math.floor(Fraction(money) / Fraction(repr(price)) / lot) * lot
