"""What every fan chart draws: the trading day with its breaks drawn short, the bands, and the ends of the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.report.run import Fan, Run

# A lunch break takes the room of a quarter of an hour; shorter pauses, such as an auction, keep their length.
_SHORTEST_BREAK = 30.0
_ROOM_OF_BREAK = 16.0

BANDS: Sequence[tuple[float, str]] = (
    (0.05, "9 in 10"),
    (0.10, "8 in 10"),
    (0.25, "half of the paths"),
)
"""Lower level and words of each band, the widest first."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The trading day as places on the axis, with breaks drawn short.

    ``starts`` and ``ends`` are the breaks in minutes from midnight, shape (B,).
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]

    def place(self, clock: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Place of a time of day on the axis, in minutes after taking the breaks out."""
        times = np.asarray(clock, dtype=np.float64)
        places = times.copy()
        for start, end in zip(self.starts, self.ends, strict=True):
            inside = np.clip((times - start) / (end - start), 0.0, 1.0)
            places -= inside * (end - start - _ROOM_OF_BREAK)
        return places

    def hours(self, fan: Fan) -> list[float]:
        """Times of day to name on the axis: the open and whole hours clear of a break and its label."""
        first, last = float(fan.clock[0]), float(fan.clock[-1])
        hours = np.arange(math.ceil(first / 60.0), math.floor(last / 60.0) + 1) * 60.0
        wanted = [first, *(float(hour) for hour in hours if hour - first >= 25.0)]
        return [
            time
            for time in wanted
            if all(
                not (start - 35.0 < time < end + 35.0)
                for start, end in zip(self.starts, self.ends, strict=True)
            )
        ]

    def moments(self, fan: Fan) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Times to draw, in minutes from midnight, and for each the index of the fan's time that it shows.

        The price stands still over a break: its last value holds to the end of it.
        """
        times = np.concatenate((fan.clock, self.starts, self.ends))
        order = np.argsort(times, kind="stable")
        last = np.searchsorted(fan.clock, self.starts, side="right") - 1
        return times[order], np.concatenate((np.arange(fan.clock.size), last, last))[order]


def has_fan(run: Run) -> bool:
    """Whether the run holds a fan of at least two times and one path."""
    fan = run.fan
    if fan is None or fan.paths == 0 or fan.clock.size < 2:
        return False
    return bool(np.all(np.isfinite(fan.log_returns)))


def level_of(fan: Fan, probability: float) -> NDArray[np.float64]:
    """Simple returns of one quantile through the day; the nearest level that the fan holds."""
    at = int(np.argmin(np.abs(fan.probabilities - probability)))
    return np.asarray(np.expm1(fan.log_returns[at]), dtype=np.float64)


def clock_of(fan: Fan) -> Clock:
    """Find the breaks: times of day that pass while no trading time does."""
    paused = np.diff(fan.clock) - np.diff(fan.minutes)
    at = np.flatnonzero(paused >= _SHORTEST_BREAK)
    before = fan.clock[at].astype(np.float64)
    # A fan taken at the start of each minute has its last time a minute before the break.
    half_hour = 30.0 * np.ceil(before / 30.0 - 1e-9)
    starts = np.where(half_hour <= before + np.diff(fan.minutes)[at] + 1e-9, half_hour, before)
    return Clock(starts, starts + paused[at])


def returns_shown(fan: Fan) -> tuple[float, float]:
    """Ends of the vertical axis: all bands, the offer price, and a strip below it for the support."""
    widest = np.expm1(fan.log_returns)
    low, high = min(0.0, float(widest.min())), max(0.0, float(widest.max()))
    span = max(high - low, 0.04)
    return max(low - 0.07 * span, -1.0), high + 0.05 * span


def time_of_day(minutes: float) -> str:
    """Write minutes from midnight, ``09:30``."""
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"
