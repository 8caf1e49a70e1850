"""The kernels' tests again as plain Python, and compiled with bounds checks, in processes of their own.

The same by hand, with a cache folder of its own because Numba's settings are no part of the name of its cache::

    NUMBA_DISABLE_JIT=1 pytest tests/kernels -m "not slow"
    NUMBA_BOUNDSCHECK=1 FIRSTDAY_CACHE_DIR=build/boundscheck pytest tests/kernels -m "not slow"
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

# A day whose drift is shorter than its volatility: the walk reads beyond the end of it.
BEYOND_THE_END = """
import numpy as np
from kernel_cases import parameters, regulated_day, simulate
day = regulated_day(8)
try:
    simulate(parameters(day=day._replace(drift=np.zeros(4, np.float32))), 1)
except IndexError:
    print("noticed")
"""
REPRESENTATIVE = ("test_kernel_terms.py", "test_nodes.py", "test_trace.py")


def run(tmp_path, *arguments, **settings):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=HERE,
        env=os.environ | settings | {"FIRSTDAY_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def run_tests(tmp_path, files, **settings):
    paths = [str(HERE / name) for name in files]
    arguments = ("-m", "pytest", "-p", "no:cacheprovider", "-m", "not slow", *paths)
    finished = run(tmp_path, *arguments, **settings)
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-1000:]


@pytest.mark.compiled
@pytest.mark.slow
def test_the_suite_passes_in_plain_python(tmp_path):
    run_tests(tmp_path, sorted(path.name for path in HERE.glob("test_*.py")), NUMBA_DISABLE_JIT="1")


@pytest.mark.compiled
@pytest.mark.slow
def test_a_representative_part_passes_with_bounds_checks_that_apply(tmp_path):
    noticed = run(tmp_path, "-c", BEYOND_THE_END, NUMBA_BOUNDSCHECK="1")
    assert noticed.stdout == "noticed\n", noticed.stderr
    run_tests(tmp_path, REPRESENTATIVE, NUMBA_BOUNDSCHECK="1")
