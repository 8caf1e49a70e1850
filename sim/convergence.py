"""The running mean of a run: how the mean return of the close settles as paths are added.

It is noted at path numbers that are the same for every run, about five to a doubling from 10 paths on, so that it
depends neither on batches nor on threads, and a run of 10^9 paths notes some 130 of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.statistics import Moments

FIRST_MARK = 10
MARKS_PER_DOUBLING = 5


@dataclass(frozen=True, slots=True)
class Convergence:
    """Mean return of the close after a growing number of paths.

    Parameters
    ----------
    paths
        (K,), paths simulated, withdrawn ones included, increasing; the last entry is the whole run.
    mean
        (K,), mean simple return of the close over those that list; NaN while none does.
    se
        (K,), its Monte Carlo standard error; NaN while fewer than two list.
    """

    paths: NDArray[np.int64]
    mean: NDArray[np.float64]
    se: NDArray[np.float64]


def marks_between(first: int, last: int) -> list[int]:
    """Return the path numbers ``n``, ``first < n <= last``, after which the mean is noted."""
    if last < FIRST_MARK:
        return []
    lowest = max(first, FIRST_MARK) / FIRST_MARK
    step = max(math.floor(MARKS_PER_DOUBLING * math.log2(lowest)) - 1, 0)
    marks: list[int] = []
    while (mark := math.ceil(FIRST_MARK * 2.0 ** (step / MARKS_PER_DOUBLING))) <= last:
        if mark > first and mark not in marks[-1:]:
            marks.append(mark)
        step += 1
    return marks


class ConvergenceCounter:
    """Notes the running mean while blocks of paths are added in order."""

    def __init__(self) -> None:
        self._noted: list[tuple[int, Moments]] = []

    def merge(self, marks: NDArray[np.float64], before: Moments) -> None:
        """Look at the next block.

        Parameters
        ----------
        marks
            (marks, 4): path number, and count, mean and squares of the block's returns up to it.
        before
            Moments of the returns before the block; left as they are.
        """
        for mark, count, mean, squares in marks.tolist():
            running = replace(before)
            running.merge(Moments(int(count), mean, squares))
            self._noted.append((int(mark), running))

    def freeze(self, paths: int, whole: Moments) -> Convergence:
        """Return what was noted, with the whole run of ``paths`` paths as its last entry."""
        noted = [entry for entry in self._noted if entry[0] < paths]
        if paths:
            noted.append((paths, whole))
        return Convergence(
            paths=np.array([count for count, _ in noted], dtype=np.int64),
            mean=np.array([told.mean if told.count else math.nan for _, told in noted]),
            se=np.array([told.se for _, told in noted]),
        )
