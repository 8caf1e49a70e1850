"""Contenders for the tests, in a module that worker processes can import."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.bench import Contender, Load, PeerNotInstalled

NAP = 0.02


def sleep(_load: Load) -> Callable[[], None]:
    """Sleep for NAP seconds whatever the load."""
    return lambda: time.sleep(NAP)


def sleep_twice(_load: Load) -> Callable[[], None]:
    """Sleep for twice NAP."""
    return lambda: time.sleep(2 * NAP)


def absent(_load: Load) -> Callable[[], None]:
    """Behave as a peer whose library is not there."""
    raise PeerNotInstalled("notalibrary")


def broken(load: Load) -> Callable[[], None]:
    """Fail in a way that is nobody's missing library."""
    raise ZeroDivisionError(load.paths)


def chatty(_load: Load) -> Callable[[], None]:
    """Print at every turn, as libraries do."""
    return lambda: print("a library's greeting")


def facts(load: Load) -> dict[str, NDArray[np.int64]]:
    """Report the load and the surroundings of a worker."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return {
        "paths": np.array([load.paths]),
        "seed": np.array([load.seed]),
        "threads": np.array([load.threads]),
        "cores": np.array(cores),
        "numba_threads": np.array([int(os.environ["NUMBA_NUM_THREADS"])]),
        "omp_threads": np.array([int(os.environ["OMP_NUM_THREADS"])]),
    }


SLEEPER = Contender("firstday", "sleeps", sleep)
SLOW_SLEEPER = Contender("slow", "sleeps longer", sleep_twice)
ABSENT = Contender("absent", "is not there", absent, install="pip install notalibrary")
BROKEN = Contender("broken", "fails", broken)
CHATTY = Contender("chatty", "prints", chatty, record=facts)
THREADED = Contender("threaded", "tells its surroundings", sleep, record=facts)
FORKED = Contender("forked", "tells its surroundings", sleep, record=facts, processes=True)
