"""Memory does not grow with the paths once they are too many to keep."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import pytest
from small_deals import small_deal, small_market

from sim.engine import BLOCK_PATHS
from sim.errors import InvalidInput
from sim.simulation import BATCH_PATHS, simulate

MIB = 1 << 20
_PROGRAM = """
import resource, sys
from pathlib import Path
from sim.scenario import load_scenario
from sim.simulation import simulate

def largest_so_far(paths):
    scenario = load_scenario("configs/biren_06082.yaml", {"simulation.paths": paths})
    result = simulate(scenario, keep_paths=0)
    assert result.paths == result.summary["paths"] == paths and result.kept is None
    # Linux counts the parent's memory at the fork into ru_maxrss; its high-water mark is the program's own.
    status = Path("/proc/self/status")
    if status.exists():
        marks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(marks[0].split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(largest_so_far(1_000_000), largest_so_far(int(sys.argv[1])))
"""


def peak(paths: int, keep_paths: int) -> int:
    """Largest memory that Python and numpy held while simulating, bytes."""
    scenario, market = small_deal({"simulation.paths": paths}), small_market()
    tracemalloc.start()
    try:
        simulate(scenario, market=market, keep_paths=keep_paths, fan=False, threads=2)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_is_that_of_a_batch():
    few, many = peak(BATCH_PATHS + 1, 0), peak(4 * BATCH_PATHS, 0)
    assert many < few + 2 * MIB
    # Nineteen quantities of eight bytes a path would come to 57 MiB more; keeping them shows that it is seen.
    assert peak(6 * BLOCK_PATHS, 6 * BLOCK_PATHS) > peak(6 * BLOCK_PATHS, 0) + 5 * MIB


@pytest.mark.slow
def test_twenty_million_paths_take_the_memory_of_one_million(request):
    """And less than the gibibyte that a hundred million may take, compiling the kernels included."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROGRAM, "20_000_000"],
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    few, many = (int(number) * 1024 for number in done.stdout.split())
    assert many < few + 32 * MIB
    assert many < 1024 * MIB


@pytest.mark.parametrize("method", ["none", "sobol", "importance"])
def test_paths_that_no_memory_holds_are_refused(method):
    scenario = small_deal({"simulation.paths": 10**12})
    with pytest.raises(InvalidInput, match="--keep-paths: 1,000,000,000,000 paths do not fit into memory"):
        simulate(scenario, market=small_market(), keep_paths=10**12, method=method)
