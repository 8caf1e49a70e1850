"""QuantLib's path generator alone: no stabilisation, nothing recorded.

``GaussianPathGenerator`` on a geometric Brownian motion with constant volatility, the cheapest of its
processes: it draws a Mersenne Twister sequence through the inverse distribution function and evolves it step
by step in C++. Python is entered once a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bench.contender import EXTRA, Contender, Load, PeerNotInstalled

VOLATILITY = 0.15
"""Of the whole day, which is the unit of time here."""


def _generator(load: Load) -> Any:
    try:
        import QuantLib
    except ModuleNotFoundError as absent:
        if absent.name != "QuantLib":
            raise
        raise PeerNotInstalled("QuantLib") from absent
    # A seed of 0 means the clock to QuantLib.
    uniform = QuantLib.UniformRandomGenerator(load.seed + 1)
    normal = QuantLib.GaussianRandomSequenceGenerator(
        QuantLib.UniformRandomSequenceGenerator(load.steps, uniform)
    )
    process = QuantLib.GeometricBrownianMotionProcess(1.0, 0.0, VOLATILITY)
    return QuantLib.GaussianPathGenerator(process, 1.0, load.steps, normal, False)


def prepare(load: Load) -> Callable[[], None]:
    """Set up the generator; the work draws every path and drops it."""
    following = _generator(load).next

    def work() -> None:
        for _ in range(load.paths):
            following()

    return work


def record(load: Load) -> Mapping[str, NDArray[Any]]:
    """Return the (paths,) closing prices over the opening price."""
    following = _generator(load).next
    return {"close_over_open": np.array([following().value().back() for _ in range(load.paths)])}


QUANTLIB_PATHS = Contender(
    "quantlib_paths", "QuantLib path generator alone", prepare, EXTRA, record, processes=True
)
