"""Several plans simulated side by side on common random numbers, batch by batch.

All plans have played the same path numbers at any time, so that an interruption leaves pairs, and only the recorded
quantities that metrics read are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, batches
from sim.errors import invalid
from sim.simulation import BATCH_PATHS, Progress, available_threads
from sim.statistics import HistogramCounter, LogReturnHistogram
from sim.studies.metrics import ROWS

MOST_PATHS = 2_000_000
"""Paths of a study: it keeps every one, six numbers each a scenario."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Paths of one plan, with the quantities that metrics read: ``values`` (len(ROWS), paths)."""

    plan: Plan
    values: NDArray[np.float64] = field(repr=False)

    def __getitem__(self, quantity: str) -> NDArray[np.float64]:
        row: NDArray[np.float64] = self.values[ROWS.index(quantity)]
        return row

    @property
    def count(self) -> int:
        """Paths, withdrawn ones included."""
        return int(self.values.shape[1])

    def same_as(self, other: Sample) -> bool:
        """Whether every path of the two is the same, bit for bit."""
        return np.array_equal(self.values, other.values, equal_nan=True)

    def histogram(self) -> LogReturnHistogram:
        """Histogram of the close as a log return."""
        counter = HistogramCounter()
        counter.add(self["close"] / self["offer_price"])
        return counter.freeze()


def samples_of(
    plans: Sequence[Plan], count: int, threads: int | None = None, progress: Progress | None = None
) -> tuple[tuple[Sample, ...], bool]:
    """Simulate the first ``count`` paths of several plans of one seed.

    Parameters
    ----------
    plans
        What to simulate, all with the same seed.
    count
        Paths of each.
    threads
        Threads to use, all available ones by default; the paths do not depend on it.
    progress
        Called with the paths done and to do, over all plans.

    Returns
    -------
    samples
        One a plan, each of the same paths.
    partial
        Whether Ctrl-C ended it early; the samples then hold the paths that every plan has played.

    Raises
    ------
    InvalidInput
        When there are more paths than a study keeps.
    """
    if count > MOST_PATHS:
        raise invalid(
            plans[0].scenario.name,
            "simulation.paths",
            f"{count:,} paths are too many for a study, which keeps them all",
            f"at most {MOST_PATHS:,}; use --paths",
        )
    rows = row_numbers()
    kept = [np.empty((len(ROWS), count)) for _ in plans]
    done, workers = 0, threads or available_threads()
    try:
        while done < count:
            step = min(BATCH_PATHS, count - done)
            for at, plan in enumerate(plans):
                for batch in batches(plan, step, BATCH_PATHS, first=done, threads=workers):
                    kept[at][:, batch.first : batch.first + batch.values.shape[1]] = batch.values[rows]
                if progress is not None:
                    progress(len(plans) * done + (at + 1) * step, len(plans) * count)
            done += step
    except KeyboardInterrupt:
        pass
    played = tuple(Sample(plan, values[:, :done]) for plan, values in zip(plans, kept, strict=True))
    return played, done < count


def row_numbers() -> list[int]:
    """Rows of the recorded array that a sample keeps."""
    from sim.kernels.parameters import QUANTITIES

    return [QUANTITIES.index(name) for name in ROWS]
