"""Hashes of 1,000 paths of each shared deal, kept in ``golden.json``: ``python tests/kernels/golden.py`` rewrites it.

Rewriting is legitimate when the numbers were meant to change: another algorithm for a draw, another order of
operations, a corrected formula, another shared deal. The commit says which of these it is, its statistical and
closed-form tests pass, and CHANGELOG.md tells users that seeds now give other paths. It is never legitimate
because a test fails on one machine: that is the bug this file is there to find.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from kernel_cases import DEALS, simulate

from sim.kernels.parameters import QUANTITIES

FILE = Path(__file__).with_name("golden.json")
PATHS = 1_000
STEPS = 32


def golden_hashes() -> dict[str, str]:
    """SHA-256 of what is recorded of the first day, and of the trace, of every shared deal."""
    first_day = QUANTITIES.index("stabilisation_close")
    hashes = {}
    for name, deal in DEALS.items():
        paths = simulate(deal(STEPS), PATHS, trace=True)
        bits = paths.values_array[:first_day].tobytes() + paths.trace.tobytes()
        hashes[name] = hashlib.sha256(bits).hexdigest()
    return hashes


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden_hashes(), indent=2) + "\n")
