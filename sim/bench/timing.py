"""Interleaved rounds: every contender has a turn in each round, so that all meet the same disturbances."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one contender, one value a round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of the rounds in seconds: what is reported."""
        return median(self.seconds)

    @property
    def fastest(self) -> float:
        """Shortest round in seconds: what an undisturbed machine would come near to."""
        return min(self.seconds)

    def times(self, other: Timing) -> float:
        """Return the median over rounds of this time as a multiple of `other`'s in the same round.

        A ratio within a round is free of what slows the machine for longer than a round.
        """
        return median(mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True))


def interleave(turns: Mapping[Key, Callable[[], float]], rounds: int) -> dict[Key, Timing]:
    """Call every turn once a round, in the order given, and collect the seconds they return.

    Parameters
    ----------
    turns
        Work of each contender; returns its seconds.
    rounds
        Number of rounds, at least one.
    """
    seconds: dict[Key, list[float]] = {key: [] for key in turns}
    for _ in range(rounds):
        for key, turn in turns.items():
            seconds[key].append(turn())
    return {key: Timing(tuple(values)) for key, values in seconds.items()}
