"""Where a scenario's market is: shipped under a name, or a file of the user's."""

from __future__ import annotations

from pathlib import Path

from sim.errors import Fault
from sim.scenario.wording import close_match

_SHIPPED = Path(__file__).resolve().parent.parent / "data" / "markets"
_SUFFIXES = (".yaml", ".yml")


def shipped_markets() -> tuple[str, ...]:
    """Return the names of the markets that come with the package, in alphabetical order."""
    return tuple(sorted(folder.name for folder in _SHIPPED.iterdir() if folder.is_dir()))


def located_market(market: str, folder: Path) -> str | Fault:
    """Return a market's name, or its file's absolute path; a fault where there is none.

    Parameters
    ----------
    market
        A shipped name, or a path, which has a slash or ends in .yaml.
    folder
        Folder that a relative path starts from.
    """
    if "/" in market or "\\" in market or market.endswith(_SUFFIXES):
        file = folder / market
        if file.is_file():
            return str(file.resolve())
        return Fault("", "market", f"there is no file {str(file)!r}", "a market file, or a shipped name")
    names = shipped_markets()
    if market in names:
        return market
    near = close_match(market, list(names))
    suggestion = f"; did you mean {near!r}?" if near is not None else ""
    return Fault(
        "", "market", f"{market!r} is unknown", f"one of: {', '.join(names)}, or a .yaml file{suggestion}"
    )
