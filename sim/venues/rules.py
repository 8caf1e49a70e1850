"""The shapes that a venue's rules take; the rules themselves are data in `hkex.py` and `star.py`."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from sim.errors import invalid

SessionKind = Literal["continuous", "closing_auction"]
FeeSide = Literal["application", "sale"]

# Tranches are rounded up to board lots, so real ones exceed their nominal fraction by a hair:
# 12,384,800 of 247,692,800 shares is 5.00006%.
LOT_ROUNDING = 0.0005
"""Difference of public tranches, fraction of the base offer, that rounding to board lots explains."""


@dataclass(frozen=True, slots=True)
class Session:
    """A stretch of the trading day, in minutes from midnight, the end excluded."""

    start_minute: int
    end_minute: int
    kind: SessionKind

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return self.end_minute - self.start_minute


@dataclass(frozen=True, slots=True)
class TickTable:
    """Smallest price steps by price band, as exact fractions.

    Parameters
    ----------
    lower_bounds
        Lowest price of each band, rising, the first 0; band ``k`` reaches up to, not including, the next.
    numerators, denominators
        Tick of band ``k`` is ``numerators[k] / denominators[k]`` in the venue's currency.
    effective
        First day on which the table applies.
    source
        Where the table was read, and how sure it is.
    date_is_approximate
        Whether `effective` stands for a date announced only roughly.
    """

    lower_bounds: tuple[float, ...]
    numerators: tuple[int, ...]
    denominators: tuple[int, ...]
    effective: date
    source: str
    date_is_approximate: bool = False

    def tick(self, price: float) -> float:
        """Return the tick at a price; at a bound the tick of the band above it."""
        return float(self._tick(price))

    def round(self, price: float) -> float:
        """Return the nearest price on the grid, a half tick rounded up, at least one tick.

        Bounds are multiples of the ticks on both sides, so a price never leaves the grid at a bound.
        """
        tick = self._tick(price)
        return float(max(math.floor(Fraction(price) / tick + Fraction(1, 2)), 1) * tick)

    def _tick(self, price: float) -> Fraction:
        if not (math.isfinite(price) and price >= 0):
            raise invalid("<price>", "price", f"{price} is no price", "a finite number, not negative")
        band = bisect_right(self.lower_bounds, price) - 1
        return Fraction(self.numerators[band], self.denominators[band])


@dataclass(frozen=True, slots=True)
class ReallocationLadder:
    """How public demand moves shares into the public tranche.

    Parameters
    ----------
    regime
        Name of the rule.
    initial
        Public tranche before reallocation, fraction of the base offer; ``None`` where the issuer fixes it.
    thresholds
        Public coverages, in times the initial public tranche, at which a step is reached.
    fractions
        Public tranche from each threshold on, fraction of the base offer; with `additive` the fraction of
        the shares left after the strategic placement that moves to the public (online) side.
    effective_from, effective_to
        First and last listing date the rule can apply to; ``None`` is open.
    source
        Where the rule was read.
    additive
        Whether a step adds to the initial tranche (STAR) or replaces it (HKEX).
    threshold_included
        Whether the step is reached at the threshold itself ("50 times or more") or only beyond it.
    public_tranche_range
        Smallest and largest initial public tranche seen or allowed, fraction of the base offer.
    """

    regime: str
    initial: float | None
    thresholds: tuple[float, ...]
    fractions: tuple[float, ...]
    effective_from: date | None
    effective_to: date | None
    source: str
    public_tranche_range: tuple[float, float]
    additive: bool = False
    threshold_included: bool = True

    def step(self, coverage: float) -> float | None:
        """Return the fraction that `coverage` reaches, ``None`` below the first threshold."""
        reached = None
        for threshold, fraction in zip(self.thresholds, self.fractions, strict=True):
            if coverage > threshold or (self.threshold_included and coverage == threshold):
                reached = fraction
        return reached

    def applies_on(self, day: date) -> bool:
        """Return whether a deal listed on `day` can fall under the rule."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Fee:
    """One cost of an application or a sale.

    Parameters
    ----------
    rate
        Fraction of the value traded.
    rounded_up_to
        Unit of currency to which the fee is rounded up; ``None`` does not round.
    effective
        First day of the rate; ``None`` where it was not established.
    """

    name: str
    side: FeeSide
    rate: float
    source: str
    rounded_up_to: int | None = None
    effective: date | None = None

    def cost(self, value: float) -> float:
        """Return the fee on `value`, in the venue's currency."""
        if self.rounded_up_to is None:
            return value * self.rate
        exact = Fraction(repr(float(value))) * Fraction(repr(self.rate))
        return float(math.ceil(exact / self.rounded_up_to) * self.rounded_up_to)


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """The fees of a venue that every investor pays; a broker's own charges are the user's to name."""

    items: tuple[Fee, ...]

    def rate(self, side: FeeSide) -> float:
        """Return the summed rate of a side, fraction of the value traded, before rounding."""
        return float(sum(Fraction(repr(fee.rate)) for fee in self.items if fee.side == side))

    def cost(self, value: float, side: FeeSide) -> float:
        """Return the summed fees on `value`, to the cent."""
        return round(sum(fee.cost(value) for fee in self.items if fee.side == side), 2)


@dataclass(frozen=True, slots=True)
class DaySessions:
    """Sessions that hold from a day on; `half_day` on the eves when trading ends at noon."""

    effective: date
    full_day: tuple[Session, ...]
    half_day: tuple[Session, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Venue:
    """The rules of an exchange that the first day of a listing meets.

    Parameters
    ----------
    currency, currency_sign
        ISO code, and the sign printed before an amount.
    halts
        Moves from the day's open, as fractions, at which trading first halts; either direction.
    halt_minutes
        Length of a halt.
    halt_ends_by
        Minute from midnight at which a halt ends at the latest; ``None`` without halts.
    most_over_allotment
        Largest over-allotment, fraction of the upsized offer.
    most_size_adjustment
        Largest offer-size adjustment, fraction of the base offer; ``None`` where there is no such rule.
    most_range_width, range_rule_from
        Largest excess of the range's top over its bottom, fraction of the bottom, and the first listing
        date it applies to; ``None`` where there is no such rule.
    most_downward_flexibility
        How far below its range an offer may be priced where the terms say so, fraction of the bottom.
    trades_in_board_lots
        Whether tranches are whole board lots.
    """

    name: str
    currency: str
    currency_sign: str
    tick_tables: tuple[TickTable, ...]
    ladders: Mapping[str, ReallocationLadder]
    day_sessions: tuple[DaySessions, ...]
    half_days: frozenset[date]
    fees: FeeSchedule
    halts: tuple[float, ...]
    halt_minutes: int
    halt_ends_by: int | None
    most_over_allotment: float
    most_size_adjustment: float | None
    most_range_width: float | None
    range_rule_from: date | None
    most_downward_flexibility: float
    trades_in_board_lots: bool
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "ladders", MappingProxyType(dict(self.ladders)))

    @property
    def regimes(self) -> tuple[str, ...]:
        """Names of the reallocation rules of this venue."""
        return tuple(self.ladders)

    def tick_table(self, day: date) -> TickTable:
        """Return the tick table in force on a day; before the first table, the first."""
        in_force = [table for table in self.tick_tables if table.effective <= day]
        return in_force[-1] if in_force else self.tick_tables[0]

    def reallocation(self, regime: str) -> ReallocationLadder:
        """Return the ladder of a regime.

        Raises
        ------
        InvalidInput
            When the venue has no such regime.
        """
        if regime not in self.ladders:
            known = ", ".join(self.regimes)
            raise invalid("<regime>", "regime", f"{regime!r} is no rule of {self.name}", f"one of: {known}")
        return self.ladders[regime]

    def sessions(self, day: date) -> tuple[Session, ...]:
        """Return the sessions of a trading day, in order; whether the day is a holiday is not known here."""
        in_force = [sessions for sessions in self.day_sessions if sessions.effective <= day]
        hours = in_force[-1] if in_force else self.day_sessions[0]
        return hours.half_day if day in self.half_days else hours.full_day
