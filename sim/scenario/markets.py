"""Where the files are that a scenario names, its market and its allotment: shipped, or the user's own."""

from __future__ import annotations

from pathlib import Path

from sim.errors import Fault
from sim.scenario.wording import close_match

_DATA = Path(__file__).resolve().parent.parent / "data"
_LADDER = "_allotment"


def shipped_markets() -> tuple[str, ...]:
    """Return the names of the markets that come with the package, in alphabetical order."""
    return tuple(sorted(folder.name for folder in (_DATA / "markets").iterdir() if folder.is_dir()))


def located_market(market: str, folder: Path) -> str | Fault:
    """Return a market's name, or its file's absolute path; a fault where there is none.

    Parameters
    ----------
    market
        A shipped name, or a path, which has a slash or ends in .yaml.
    folder
        Folder that a relative path starts from.
    """
    return _located("market", market, folder, shipped_markets(), (".yaml", ".yml"))


def shipped_allotments() -> tuple[str, ...]:
    """Return the names of the published ladders that come with the package, in alphabetical order."""
    return tuple(sorted(file.stem.removesuffix(_LADDER) for file in _DATA.glob(f"*{_LADDER}.csv")))


def located_allotment(allotment: str | None, folder: Path) -> str | Fault | None:
    """Return a ladder's name, or its file's absolute path; a fault where there is none; see `located_market`."""
    if allotment is None:
        return None
    return _located("allotment", allotment, folder, shipped_allotments(), (".csv",))


def allotment_file(allotment: str) -> Path:
    """Return the file of a ladder as a built scenario names it."""
    return _DATA / f"{allotment}{_LADDER}.csv" if allotment in shipped_allotments() else Path(allotment)


def _located(
    field: str, name: str, folder: Path, shipped: tuple[str, ...], suffixes: tuple[str, ...]
) -> str | Fault:
    if "/" in name or "\\" in name or name.endswith(suffixes):
        file = folder / name
        article = "an" if field[0] in "aeiou" else "a"
        if file.is_file():
            return str(file.resolve())
        return Fault(
            "", field, f"there is no file {str(file)!r}", f"{article} {field} file, or a shipped name"
        )
    if name in shipped:
        return name
    near = close_match(name, list(shipped))
    suggestion = f"; did you mean {near!r}?" if near is not None else ""
    remedy = f"one of: {', '.join(shipped)}, or a {suffixes[0]} file{suggestion}"
    return Fault("", field, f"{name!r} is unknown", remedy)
