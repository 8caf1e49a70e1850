"""The shipped markets, one file a venue and date: a deal is simulated with what was known on its own morning.

``python -m sim.market.vintages`` writes all of them again from the shipped deals, to the same bytes.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sim.market.parameters import MARKETS_FOLDER

WRITER = "python -m sim.market.vintages"
"""Named in the head of each file."""
HKEX_DATES = (
    *(date(year, month, 1) for year in range(2019, 2025) for month in (1, 7)),
    *(date(2025, month, 1) for month in (1, 4, 7, 10)),
    *(date(2026, month, 1) for month in (1, 4, 7)),
)
"""Half-yearly, and quarterly since first-day prices are on file: the data then grow fast."""
STAR_DATES = (
    date(2024, 12, 1),
    *(date(2025, month, 1) for month in (3, 6, 9, 12)),
    *(date(2026, month, 1) for month in (3, 6, 9)),
)
"""Quarterly: the venue's norm moves faster, and the shipped listings begin in 2024."""
DATES = {"hkex": HKEX_DATES, "star": STAR_DATES}


def write_vintages(folder: Path = MARKETS_FOLDER, venues: tuple[str, ...] = ("hkex", "star")) -> list[Path]:
    """Fit every shipped market and write its file; return the files written."""
    from sim.deals.deals import load_deals
    from sim.market.fit.market import fit_market, shipped_star_deals

    deals = {"hkex": load_deals(), "star": shipped_star_deals()}
    written = []
    for venue in venues:
        (folder / venue).mkdir(parents=True, exist_ok=True)
        for as_of in DATES[venue]:
            fit = fit_market(deals[venue], as_of, venue=venue, errors=True)
            file = folder / venue / f"{as_of}.yaml"
            file.write_text(fit.to_yaml(WRITER), encoding="utf-8")
            written.append(file)
    return written


if __name__ == "__main__":
    for written_file in write_vintages():
        print(written_file)
