"""The steps of a venue's trading day: volatility, volume, absorption and length of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.market.parameters import Day, Stabilisation
from sim.venues import Session

STEPS_TOGETHER = 4
"""The kernels take steps four at a time; a day is padded with steps in which nothing happens."""


@dataclass(frozen=True, slots=True)
class DayProfile:
    """Arrays of one entry a step, ``float32``; see :class:`sim.kernels.parameters.DayParameters`.

    ``clock`` is the minute from midnight at which the step ends, ``steps`` the number of real steps.
    """

    volatility: NDArray[np.float32]
    drift: NDArray[np.float32]
    volume: NDArray[np.float32]
    absorption: NDArray[np.float32]
    minutes: NDArray[np.float32]
    clock: NDArray[np.float64]
    steps: int


@lru_cache(maxsize=64)
def shared_day_profile(
    sessions: tuple[Session, ...], day: Day, stabilisation: Stabilisation, drift: float
) -> DayProfile:
    """Return :func:`day_profile`, laid out once for all the deals that share it; its arrays are only read."""
    return day_profile(sessions, day, stabilisation, drift)


def day_profile(
    sessions: Sequence[Session], day: Day, stabilisation: Stabilisation, drift: float
) -> DayProfile:
    """Lay out the steps of a day: a minute each in continuous sessions, one for a closing auction.

    Volatility has a peak at the open and a smaller one at the close; the first minute after a break also carries
    the news of the break. ``drift`` is of the whole day, in log price. Variances sum to one over the day, volumes
    with the opening auction's to one.
    """
    clock: list[float] = []
    news: list[float] = []
    minutes: list[float] = []
    last_end: int | None = None
    for session in sessions:
        if session.kind == "closing_auction":
            clock.append(session.end_minute)
            news.append(1.0)
            minutes.append(0.0)
        else:
            for minute in range(session.start_minute, session.end_minute):
                clock.append(minute + 1)
                after_break = minute == session.start_minute and last_end is not None
                news.append(1.0 + (day.midday_break_minutes if after_break else 0.0))
                minutes.append(1.0)
        last_end = session.end_minute
    steps = len(clock)
    elapsed = np.arange(steps) + 0.5
    shape = (
        1.0
        + day.opening_volatility_peak * np.exp(-elapsed / day.opening_volatility_minutes)
        + day.closing_volatility_peak * np.exp(-(steps - elapsed) / day.closing_volatility_minutes)
    )
    variance = np.array(news) * shape
    variance /= variance.sum()
    length = np.full(steps, 1.0 / steps)
    volume = shape * np.array(minutes)
    auction = np.array(minutes) == 0.0
    closing_volume = day.closing_volume if auction.any() else 0.0
    volume *= (1.0 - day.opening_volume - closing_volume) / volume.sum()
    volume[auction] = closing_volume / max(int(auction.sum()), 1)
    padded = math.ceil(steps / STEPS_TOGETHER) * STEPS_TOGETHER

    def pad(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.concatenate([values, np.zeros(padded - steps)]).astype(np.float32)

    return DayProfile(
        volatility=pad(np.sqrt(variance)),
        drift=pad(drift * length),
        volume=pad(volume),
        absorption=pad(-np.expm1(-stabilisation.absorption_per_day * length)),
        minutes=pad(np.array(minutes)),
        clock=np.concatenate([np.array(clock), np.full(padded - steps, clock[-1])]),
        steps=steps,
    )
