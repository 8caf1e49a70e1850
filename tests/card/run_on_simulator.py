"""Simulate the deals by the CUDA driver under Numba's simulator, in a process of its own, and save every bit.

Arguments: the file to write, and how many paths a batch and a last, smaller batch hold. Numba reads
``NUMBA_ENABLE_CUDASIM`` once, at import.
"""

from __future__ import annotations

import sys

import numpy as np
from cuda_deals import BIREN, CONFIGS, cuda_deals

from sim.kernels.cuda.driver import simulate_spans
from sim.run_directory import summary_json
from sim.scenario import load_scenario
from sim.simulation import simulate

FIRST = 5


def main(out: str, whole: int, last: int) -> None:
    """Save the records of every deal, and the summary of a run, into the ``.npz`` file ``out``."""
    saved = {}
    spans = [(FIRST, whole), (FIRST + whole, whole), (FIRST + 2 * whole, last)]
    for name, deal in cuda_deals().items():
        batches = simulate_spans(deal, spans, whole)
        saved[name] = np.concatenate([values.copy() for _, values in batches], axis=1)
    deal = load_scenario(CONFIGS / f"{BIREN}.yaml", {"simulation.paths": 2 * whole})
    run = simulate(deal, device="cuda", fan=False)
    np.savez(out, summary=np.array(summary_json(run)), device=np.array(run.device), **saved)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
