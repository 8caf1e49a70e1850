"""Interleaved rounds: every contender has a turn in each round, so that all meet the same disturbances."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Turn(NamedTuple):
    """One turn of a contender: wall time, and processor time of all its threads and processes, in seconds."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Timing:
    """The turns of one contender, one a round."""

    turns: tuple[Turn, ...]

    @property
    def median(self) -> float:
        """Median wall time of the rounds in seconds: what is reported."""
        return median(turn.wall for turn in self.turns)

    @property
    def fastest(self) -> float:
        """Shortest wall time in seconds: what an undisturbed machine would come near to."""
        return min(turn.wall for turn in self.turns)

    @property
    def processor(self) -> float:
        """Median processor time in seconds, which others at work on the machine lengthen far less."""
        return median(turn.processor for turn in self.turns)

    def times(self, other: Timing) -> float:
        """Return the median over rounds of this time as a multiple of `other`'s in the same round.

        A ratio within a round is free of what slows the machine for longer than a round.
        """
        return median(mine.wall / theirs.wall for mine, theirs in zip(self.turns, other.turns, strict=True))


def interleave(turns: Mapping[Key, Callable[[], Turn]], rounds: int) -> dict[Key, Timing]:
    """Call every turn once a round, in the order given, and collect what they measure.

    Parameters
    ----------
    turns
        Work of each contender; measures itself.
    rounds
        Number of rounds, at least one.
    """
    measured: dict[Key, list[Turn]] = {key: [] for key in turns}
    for _ in range(rounds):
        for key, turn in turns.items():
            measured[key].append(turn())
    return {key: Timing(tuple(values)) for key, values in measured.items()}
