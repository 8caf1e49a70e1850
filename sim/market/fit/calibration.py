"""What ``firstday calibrate`` does: fit on a file of past deals, describe the fit, write its market file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sim.deals.deals import Deals, load_deals
from sim.deals.hong_kong import require_hong_kong
from sim.deals.listings import load_star_listings
from sim.errors import invalid
from sim.market.fit.bootstrap import Bootstrap, Draws, draws_of
from sim.market.fit.market import fit_market, shipped_star_deals
from sim.market.fit.norms import star_deals
from sim.market.fit.result import Fit
from sim.whole import folder_beside, require_writable


def deals_and_day(data: Path | None, as_of: date | None, venue: str) -> tuple[Deals, date]:
    """Read what a fit is on, and the day before which its deals are listed.

    Parameters
    ----------
    data
        CSV of past deals of the venue; the shipped ones when ``None``.
    as_of
        The deals listed strictly before this day are used; all when ``None``.
    venue
        ``hkex`` or ``star``.

    Raises
    ------
    InvalidInput
        The file is faulty or empty, or the venue is not known.
    """
    deals = _deals_of(data, venue)
    if not len(deals):
        raise invalid(str(data), "", "has no deals", "give past deals")
    return deals, deals[-1].list_date + timedelta(days=1) if as_of is None else as_of


def calibrate(deals: Deals, day: date, venue: str) -> Fit:
    """Fit a market with standard errors on the deals of a venue listed strictly before a day.

    Raises
    ------
    InvalidInput
        There are too few deals.
    """
    return fit_market(deals, day, venue=venue, errors=True)


def calibration_draws(fit: Fit, deals: Deals, day: date, venue: str, seed: int) -> Draws:
    """Return what the bootstrap of a fit draws from; the arguments are those of the fit."""
    abroad = shipped_star_deals() if venue == "hkex" else load_deals()
    return draws_of(deals, abroad, day, venue, fit.start(), seed)


def _deals_of(data: Path | None, venue: str) -> Deals:
    if venue == "star":
        return star_deals(load_star_listings(data))
    if venue != "hkex":
        raise invalid("--venue", "", f"{venue!r} is not a venue", "expected hkex or star")
    deals = load_deals(data)
    require_hong_kong(deals, str(data))
    return deals


def as_json(fit: Fit) -> dict[str, Any]:
    """Return the document of ``firstday calibrate --json``."""
    return {
        "market": fit.market.model_dump(mode="json"),
        "deals": fit.deals,
        "first_deal": fit.first_deal.isoformat(),
        "last_deal": fit.last_deal.isoformat(),
        "log_likelihood": fit.log_likelihood,
        "parameters": {
            each.name: {
                "value": each.value,
                "standard_error": each.standard_error,
                "prior_mean": each.prior.mean,
                "prior_sd": each.prior.sd,
            }
            for each in fit.parameters
        },
        "contributions": {
            each.group: {
                "parameters": each.parameters,
                "log_likelihood": each.log_likelihood,
            }
            for each in fit.table()
        },
        **({} if fit.bootstrap is None else {"bootstrap": _bootstrap_json(fit.bootstrap)}),
    }


def _bootstrap_json(bootstrap: Bootstrap) -> dict[str, Any]:
    return {
        "fits": bootstrap.wanted,
        "done": len(bootstrap.refits),
        "failed": dict(bootstrap.faults),
        "seed": bootstrap.seed,
        "partial": bootstrap.partial,
        "standard_errors": {
            name: {"value": value, "se": se} for name, (value, se) in bootstrap.errors().items()
        },
    }


def check_destination(path: Path) -> None:
    """Check, before anything is fitted, that a market file can be written; leaves nothing behind.

    Raises
    ------
    InvalidInput
        It is a directory, or its folder cannot be written.
    """
    try:
        if path.is_dir():
            raise invalid(str(path), "", "is a directory", "name a file")
        require_writable(path)
    except OSError as fault:
        raise invalid(str(path), "", f"cannot be written: {fault.strerror}", "check the path") from fault


def write_market(fit: Fit, path: Path) -> Path:
    """Write the market file of a fit: whole or not at all.

    Raises
    ------
    InvalidInput
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with folder_beside(path) as folder:
            beside = folder / "file"
            beside.write_text(fit.to_yaml("firstday calibrate"), encoding="utf-8")
            beside.replace(path)
    except OSError as fault:
        raise invalid(str(path), "", f"cannot be written: {fault.strerror}", "check the path") from fault
    return path
