"""Timing of firstday's kernels beside its peers: `firstday bench`.

Importing this package imports neither NumPy nor Numba; each contender's library is imported in processes of
its own.
"""

from sim.bench.contender import Contender, Load, PeerNotInstalled
from sim.bench.runner import run_bench

__all__ = ["Contender", "Load", "PeerNotInstalled", "run_bench"]
