"""Simulate the shared deals in a process of its own and save every bit.

Arguments: the file to write, the number of paths, of steps and of lanes in a block.

The equivalence tests start it with other settings of Numba, which are read once, at import. ``LANES`` of 0 keeps
the block size of the compiled kernels.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from kernel_cases import DEALS, PLAIN_PYTHON, simulate

from sim.kernels import driver


def main(out: str, paths: int, steps: int, lanes: int) -> None:
    """Save the recorded quantities and traces of every deal into the ``.npz`` file ``out``."""
    if PLAIN_PYTHON:
        # Philox multiplies modulo 2**32; NumPy remarks on it when the numbers are scalars.
        warnings.filterwarnings("ignore", "overflow encountered in scalar", RuntimeWarning)
    if lanes:
        driver.LANES = lanes
    saved = {}
    for name, deal in DEALS.items():
        simulated = simulate(deal(steps), paths, trace=True)
        saved[name], saved[f"{name} trace"] = simulated.values_array, simulated.trace
    np.savez(out, **saved)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
