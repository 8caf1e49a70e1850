"""Shares of the public tranche after reallocation (clawback)."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from sim.errors import Fault, InvalidInput
from sim.venues.rules import LOT_ROUNDING, ReallocationLadder

MOST_REALLOCATED = 0.5
"""Largest public tranche that a scaled ladder reaches, fraction of the base offer: the top of practice note 18."""


def tranche_at_step(ladder: ReallocationLadder, fraction: float, public_tranche: float) -> Fraction:
    """Return the public tranche that a step of a ladder gives a deal, scaled along with its initial tranche.

    Parameters
    ----------
    ladder
        Rule of the deal.
    fraction
        The step's own, one of ``ladder.fractions``.
    public_tranche
        Initial public tranche, fraction of the base offer.

    Returns
    -------
    Fraction
        Of the base offer. HKEX: never below the initial tranche, never above :data:`MOST_REALLOCATED` but for an
        initial tranche that is. Where the ladder adds to the initial tranche (STAR), the step's fraction itself.

    Notes
    -----
    Large deals had waivers from practice note 18 with a smaller initial tranche. Their own steps are not on file;
    that they keep the multiples of the initial tranche is assumed: 7.5% becomes 37.5% where 10% becomes 50%. A
    tranche within :data:`sim.venues.rules.LOT_ROUNDING` of the nominal one is the nominal one.
    """
    step = _exact(fraction)
    if ladder.additive:
        return step
    initial = _exact(public_tranche)
    if ladder.initial is not None:
        nominal = _exact(ladder.initial)
        if abs(initial - nominal) > _exact(LOT_ROUNDING):
            step = min(step * initial / nominal, _exact(MOST_REALLOCATED))
    return max(step, initial)


@lru_cache(maxsize=4096)
def reallocated_public_shares(
    ladder: ReallocationLadder,
    coverage: float,
    base_shares: int,
    public_tranche: float,
    board_lot: int,
    strategic_shares: int = 0,
) -> int:
    """Return the shares that the public offer ends with.

    Parameters
    ----------
    ladder
        Rule of the deal, of :meth:`sim.venues.Venue.reallocation`.
    coverage
        Public coverage, times the initial public tranche.
    base_shares
        Base offer, in shares, before any size adjustment: the denominator of every fraction of the rule.
    public_tranche
        Initial public tranche, fraction of the base offer; STAR: the online tranche.
    board_lot
        Shares in a lot; every tranche is rounded up to whole lots.
    strategic_shares
        Shares placed ahead of the book, which a STAR ladder leaves out; HKEX ladders ignore it.

    Returns
    -------
    int
        Never below the initial tranche, never above the base offer less `strategic_shares`.

    Raises
    ------
    InvalidInput
        When an argument is out of its range.

    Notes
    -----
    Chapter 18C of the Listing Rules, paragraph 18C.09, and Practice Note 18: the base offer counts, not the
    upsized one. 247,692,800 shares at 2,347.53 times give 20% = 49,538,560, in lots of 200: 49,538,600.
    """
    _check(coverage, base_shares, public_tranche, board_lot, strategic_shares)
    available = base_shares - strategic_shares if ladder.additive else base_shares
    initial = min(_whole_lots(_exact(public_tranche), base_shares, board_lot), available)
    step = ladder.step(coverage)
    if step is None:
        return initial
    shares = _whole_lots(tranche_at_step(ladder, step, public_tranche), available, board_lot)
    return min(initial + shares if ladder.additive else shares, available)


def _exact(fraction: float) -> Fraction:
    return Fraction(repr(float(fraction)))


def _whole_lots(fraction: Fraction, shares: int, board_lot: int) -> int:
    return math.ceil(fraction * shares / board_lot) * board_lot


def _check(
    coverage: float, base_shares: int, public_tranche: float, board_lot: int, strategic_shares: int
) -> None:
    ranges = (
        ("coverage", coverage, coverage >= 0 and math.isfinite(coverage), "a finite number, not negative"),
        ("base_shares", base_shares, base_shares > 0, "a positive number of shares"),
        ("public_tranche", public_tranche, 0 <= public_tranche <= 1, "a fraction from 0 to 1"),
        ("board_lot", board_lot, board_lot > 0, "a positive number of shares"),
        (
            "strategic_shares",
            strategic_shares,
            0 <= strategic_shares <= base_shares,
            "at most the base offer",
        ),
    )
    faults = [
        Fault("<reallocation>", field, f"{value} is out of range", remedy)
        for field, value, fits, remedy in ranges
        if not fits
    ]
    if faults:
        raise InvalidInput(faults)
