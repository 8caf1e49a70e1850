"""Which past deals are Hong Kong listings."""

from __future__ import annotations

from sim.deals.deals import Deals
from sim.errors import Fault, InvalidInput

_STAR_PREFIXES = ("688", "689")


def require_hong_kong(deals: Deals, source: str) -> None:
    """Refuse rows that are no Hong Kong listings.

    Raises
    ------
    InvalidInput
        With one fault a row.
    """
    faults = [
        Fault(
            source,
            "code",
            f"{deal.code} of {deal.list_date} is a code of the STAR Market",
            "give Hong Kong listings only: past deals of STAR lack what a back-test needs",
        )
        for deal in deals
        if len(deal.code) == 6 and deal.code.startswith(_STAR_PREFIXES)
    ]
    if faults:
        raise InvalidInput(faults)
