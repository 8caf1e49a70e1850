"""How the kernel tests run with ``NUMBA_DISABLE_JIT=1``.

In plain Python a path costs milliseconds: tests marked ``compiled`` are left out, the blocks of the driver become
small, and NumPy's warning that an unsigned product wraps around, which is what Philox is made of, is not an error.
"""

from __future__ import annotations

import pytest
from kernel_cases import PLAIN_PYTHON

from sim.kernels import driver


def pytest_configure(config):
    config.addinivalue_line("markers", "compiled: simulates too many paths for plain Python")
    if PLAIN_PYTHON:
        config.addinivalue_line("filterwarnings", "ignore:overflow encountered in scalar:RuntimeWarning")


def pytest_collection_modifyitems(config, items):
    if not PLAIN_PYTHON:
        return
    left_out = [item for item in items if item.get_closest_marker("compiled")]
    items[:] = [item for item in items if not item.get_closest_marker("compiled")]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def small_blocks_in_plain_python(monkeypatch):
    if PLAIN_PYTHON:
        monkeypatch.setattr(driver, "LANES", 8)
