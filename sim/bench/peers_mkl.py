"""Intel MKL: vectorised float32 normals alone, no path, by inverse distribution function.

Called through ctypes from the library of the ``mkl`` wheel. The row of the document is Philox4x32-10, the
generator of firstday; :data:`ARS5` is MKL's other counter-based generator, which is built on the AES
instructions. Constants are those of ``mkl_vsl_defines.h``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bench.contender import EXTRA, Contender, Load, PeerNotInstalled

BRNG_ARS5 = 15 << 20
BRNG_PHILOX4X32X10 = 16 << 20
METHOD_GAUSSIAN_ICDF = 2
CHUNK = 65536
"""Normals a call: 256 KiB, which stays in the second-level cache and hides the cost of the call."""


def _library() -> ctypes.CDLL:
    try:
        files = metadata.files("mkl") or []
    except metadata.PackageNotFoundError as absent:
        raise PeerNotInstalled("mkl") from absent
    names = [file for file in files if file.name.split(".")[0] in {"libmkl_rt", "mkl_rt"}]
    if not names:
        raise PeerNotInstalled("mkl holds no libmkl_rt")
    library = ctypes.CDLL(str(names[0].locate()))
    library.vslNewStream.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_uint]
    library.vsRngGaussian.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_float,
        ctypes.c_float,
    ]
    return library


def _checked(status: int, call: str) -> None:
    if status != 0:
        raise RuntimeError(f"MKL's {call} returned status {status}")


def _work(load: Load, generator: int) -> tuple[Callable[[], None], NDArray[np.float32]]:
    library = _library()
    stream = ctypes.c_void_p()
    _checked(library.vslNewStream(ctypes.byref(stream), generator, load.seed + 1), "vslNewStream")
    out = np.empty(CHUNK, np.float32)
    address = out.ctypes.data_as(ctypes.c_void_p)
    whole, rest = divmod(load.path_steps, CHUNK)
    sizes = [CHUNK] * whole + [rest] * (rest > 0)

    def work() -> None:
        for size in sizes:
            _checked(
                library.vsRngGaussian(METHOD_GAUSSIAN_ICDF, stream, size, address, 0.0, 1.0), "vsRngGaussian"
            )

    return work, out


def prepare(load: Load) -> Callable[[], None]:
    """Set up as many Philox normals as the day has path-steps."""
    return _work(load, BRNG_PHILOX4X32X10)[0]


def prepare_ars5(load: Load) -> Callable[[], None]:
    """Set up as many ARS-5 normals as the day has path-steps."""
    return _work(load, BRNG_ARS5)[0]


def _recorded(load: Load, generator: int) -> Mapping[str, NDArray[Any]]:
    work, out = _work(Load(CHUNK, 2, seed=load.seed), generator)
    chunks = []
    for _ in range(-(-load.paths // CHUNK)):
        work()
        chunks.append(out.copy())
    return {"normal": np.concatenate(chunks)[: load.paths]}


def record(load: Load) -> Mapping[str, NDArray[Any]]:
    """Draw (paths,) Philox normals."""
    return _recorded(load, BRNG_PHILOX4X32X10)


def record_ars5(load: Load) -> Mapping[str, NDArray[Any]]:
    """Draw (paths,) ARS-5 normals."""
    return _recorded(load, BRNG_ARS5)


MKL_NORMALS = Contender(
    "mkl_normals", "MKL normals alone, Philox4x32-10", prepare, EXTRA, record, processes=True
)
ARS5 = Contender(
    "mkl_normals_ars5",
    "MKL normals alone, ARS-5",
    prepare_ars5,
    EXTRA,
    record_ars5,
    processes=True,
)
