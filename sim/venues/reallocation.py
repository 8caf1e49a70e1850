"""Shares of the public tranche after reallocation (clawback)."""

from __future__ import annotations

import math
from fractions import Fraction

from sim.errors import Fault, InvalidInput
from sim.venues.rules import ReallocationLadder


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
    initial = min(_whole_lots(public_tranche, base_shares, board_lot), available)
    step = ladder.step(coverage)
    if step is None:
        return initial
    shares = _whole_lots(step, available, board_lot)
    return min(initial + shares if ladder.additive else max(initial, shares), available)


def _whole_lots(fraction: float, shares: int, board_lot: int) -> int:
    exact = Fraction(repr(float(fraction))) * shares / board_lot
    return math.ceil(exact) * board_lot


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
