"""The price at which allotted shares are sold, path by path."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.errors import invalid
from sim.kept_paths import KeptPaths

Exit = Literal["grey", "open", "vwap", "close", "stop"]
EXITS: tuple[Exit, ...] = get_args(Exit)


def exit_of(name: str) -> Exit:
    """Return the exit of a name.

    Raises
    ------
    InvalidInput
        When there is no such exit.
    """
    for known in EXITS:
        if known == name:
            return known
    raise invalid("--exit", "", f"{name!r} is unknown", f"one of: {', '.join(EXITS)}")


def known_exits(paths: KeptPaths) -> tuple[Exit, ...]:
    """Exits that can be told: the grey market only once its price is known."""
    seen = paths.scenario.observed.grey_return is not None
    return tuple(name for name in EXITS if seen or name != "grey")


def exit_in_words(name: Exit, stop: float) -> str:
    """Name an exit within a sentence."""
    words = {
        "grey": "in the grey market",
        "open": "at the open",
        "vwap": "through the day at VWAP",
        "close": "at the close",
        "stop": f"at the close, or before at a stop {100.0 * stop:+g}% from the offer price",
    }
    return words[name]


def sale_price(paths: KeptPaths, name: Exit, stop: float) -> NDArray[np.float64]:
    """Price of the sale on each path, (paths,); NaN where the deal is withdrawn.

    Parameters
    ----------
    paths
        Simulated paths.
    name
        Where the shares are sold.
    stop
        Stop price over the offer price, less one: -0.05 sells when the price has fallen 5% below the offer.

    Raises
    ------
    InvalidInput
        When the grey market's price is not known.

    Notes
    -----
    A stop sells at the open where the day opens at or below the stop (the price has gapped through it), at the stop
    price where it is reached later in the day, and at the close where it is not. A fall through the stop within a
    minute is filled at the stop price, which flatters it.
    """
    if name == "grey":
        grey = paths.scenario.observed.grey_return
        if grey is None:
            raise invalid(
                "--exit",
                "grey",
                "the price of the grey market is not known",
                "give observed.grey_return, as --set observed.grey_return=0.25, or choose another exit",
            )
        return np.where(paths.listed, paths["offer_price"] * (1.0 + grey), np.nan)
    if name != "stop":
        return paths[name]
    level = paths["offer_price"] * (1.0 + stop)
    opened, low, close = paths["open"], paths["low"], paths["close"]
    return np.where(opened <= level, opened, np.where(low <= level, level, close))
