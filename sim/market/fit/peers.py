"""The part of a market that says what peers tell of a theme."""

from __future__ import annotations

from datetime import date
from math import exp, sqrt
from typing import Any

import numpy as np

from sim.deals.deals import Deals
from sim.market.fit.blocks import BlockFit
from sim.market.fit.norms import norms
from sim.market.parameters import Norm

ABROAD_TRANSFER = 0.5
"""Share of a theme's heat on the other venue that shows here: assumed, there are too few pairs to estimate it."""
STAR_SD, STAR_SD_WEIGHT = 0.5, 4.0
"""Prior guess of the spread of STAR log returns about their norm, and its weight in listings."""


def star_idiosyncratic_sd(star: Deals, star_norms: tuple[Norm, ...], as_of: date) -> float:
    """Spread of the log first-day returns of STAR listings about the norm of their day."""
    excess = []
    for deal in star.before(as_of):
        in_force = [norm for norm in star_norms if norm.effective <= deal.list_date]
        if in_force and deal.log_return_close is not None:
            excess.append(deal.log_return_close - in_force[-1].mean)
    squares = float(np.sum(np.square(excess))) + STAR_SD_WEIGHT * STAR_SD**2
    return sqrt(squares / (len(excess) + STAR_SD_WEIGHT))


def peers_mapping(theme: BlockFit, hkex: Deals, star: Deals, as_of: date, home: str) -> dict[str, Any]:
    """Return the peers of a market file; the transfer is one at home."""
    star_norms = norms(star, "star", as_of)
    spreads = {
        "hkex": exp(theme["log_idiosyncratic_sd"]),
        "star": star_idiosyncratic_sd(star, star_norms, as_of),
    }
    told = {"hkex": norms(hkex, "hkex", as_of), "star": star_norms}
    return {
        "theme_sd": exp(theme["log_theme_sd"]),
        "age_half_life_days": exp(theme["log_age_half_life"]),
        "venues": {
            venue: {
                "transfer": 1.0 if venue == home else ABROAD_TRANSFER,
                "idiosyncratic_sd": spreads[venue],
                "norms": [norm.model_dump() for norm in told[venue]],
            }
            for venue in ("hkex", "star")
        },
    }
