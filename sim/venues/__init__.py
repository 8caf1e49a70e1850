"""Rules of the exchanges as data: reallocation, ticks, sessions, halts and fees, each with a source."""

from sim.errors import invalid
from sim.venues.hkex import HKEX
from sim.venues.reallocation import reallocated_public_shares, tranche_at_step
from sim.venues.rules import (
    DaySessions,
    Fee,
    FeeSchedule,
    ReallocationLadder,
    Session,
    TickTable,
    Venue,
)
from sim.venues.star import STAR

_VENUES = {venue.name: venue for venue in (HKEX, STAR)}

VENUE_NAMES: tuple[str, ...] = tuple(_VENUES)


def get_venue(name: str) -> Venue:
    """Return the venue of a name, ``"hkex"`` or ``"star"``.

    Raises
    ------
    InvalidInput
        When there is no such venue.
    """
    if name not in _VENUES:
        raise invalid("<venue>", "venue", f"{name!r} is unknown", f"one of: {', '.join(VENUE_NAMES)}")
    return _VENUES[name]


__all__ = [
    "VENUE_NAMES",
    "DaySessions",
    "Fee",
    "FeeSchedule",
    "ReallocationLadder",
    "Session",
    "TickTable",
    "Venue",
    "get_venue",
    "reallocated_public_shares",
    "tranche_at_step",
]
