"""Checking a scenario must be quick: it imports none of the heavy libraries."""

import subprocess
import sys

_PROGRAM = """
import sys
import sim.scenario
heavy = {"numba", "scipy", "pandas", "matplotlib", "numpy"} & set(sys.modules)
sys.exit(", ".join(sorted(heavy)) or 0)
"""


def test_a_scenario_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
