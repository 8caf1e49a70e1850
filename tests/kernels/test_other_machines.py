"""The same bits from plain Python, the plainest processor and other block sizes, in processes of their own.

Numba reads its settings once, and they are no part of the name of its cache: each setting has its own cache folder.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kernel_cases import DEALS, simulate

HERE = Path(__file__).parent


def elsewhere(tmp_path, paths, steps, lanes=0, **settings):
    """Arrays of the shared deals from a process with other settings of Numba."""
    out = tmp_path / "deals.npz"
    subprocess.run(
        [sys.executable, HERE / "run_deals.py", out, str(paths), str(steps), str(lanes)],
        env=os.environ | settings | {"FIRSTDAY_CACHE_DIR": str(tmp_path / "cache")},
        check=True,
        timeout=300,
    )
    with np.load(out) as arrays:
        return dict(arrays)


def assert_same_bits(arrays, paths, steps):
    for name, deal in DEALS.items():
        here = simulate(deal(steps), paths, trace=True)
        assert arrays[name].tobytes() == here.values_array.tobytes()
        assert arrays[f"{name} trace"].tobytes() == here.trace.tobytes()


@pytest.mark.compiled
@pytest.mark.parametrize("lanes", [5, 16])
def test_plain_python_in_any_block_size_has_the_bits_of_the_compiled_kernels(tmp_path, lanes):
    arrays = elsewhere(tmp_path, 40, 12, lanes, NUMBA_DISABLE_JIT="1")
    assert_same_bits(arrays, 40, 12)


@pytest.mark.compiled
@pytest.mark.slow
def test_the_plainest_processor_has_the_bits_of_this_one(tmp_path):
    arrays = elsewhere(tmp_path, 2_000, 32, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert_same_bits(arrays, 2_000, 32)
