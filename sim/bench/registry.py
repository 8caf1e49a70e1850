"""Who is timed: the sections of the document and their contenders.

firstday's own work is :data:`FIRSTDAY` (named ``firstday``, the whole simulation with everything it records)
and the ``PARTS`` of it (raw bits, normals, what happens once a path: one thread each).
"""

from __future__ import annotations

from sim.bench.contender import Contender
from sim.bench.firstday import FIRSTDAY_SIMULATION, PARTS
from sim.bench.peers_jax import JAX_CPU, RBG
from sim.bench.peers_mkl import ARS5, MKL_NORMALS
from sim.bench.peers_numba import NUMBA_SCALAR
from sim.bench.peers_numpy import NUMPY, ZIGGURAT
from sim.bench.peers_quantlib import QUANTLIB_PATHS

FIRSTDAY = (FIRSTDAY_SIMULATION,)
PEERS = (NUMPY, NUMBA_SCALAR, MKL_NORMALS, JAX_CPU, QUANTLIB_PATHS)
VARIANTS = (ZIGGURAT, ARS5, RBG)


def roster() -> dict[str, tuple[Contender, ...]]:
    """Return the contenders of each section of the document, in the order of their turns."""
    return {
        "ns_per_path_step": (*FIRSTDAY, *PEERS),
        "one_thread": (*FIRSTDAY, MKL_NORMALS),
        "variants": VARIANTS,
        "parts": PARTS,
    }
