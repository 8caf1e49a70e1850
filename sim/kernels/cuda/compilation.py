"""How the kernels of the CPU are compiled for a card without a change to any bit.

numba-cuda compiles a function jitted for the CPU again, from its source, when a kernel of the card calls it. Two
things are missing: the square root and the floor of a NumPy scalar, given here as those of :mod:`math`, and a way
to say that a product and a sum stay two roundings. Contracted into one they differ from the CPU in the last bit,
and a comparison with a halt's level or with the offer price then turns out otherwise on some path.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numba.core import config

from sim.kernels._jit import CACHE_FOLDER, cache_in, kernel_hash, make_writable, tell_not_kept

SIMULATED = bool(config.ENABLE_CUDASIM)
"""Whether Numba's simulator stands in for a card; the functions of the CPU then run as they are."""

_CONTRACTED = re.compile(
    rb"\bfma\.|\b(?:add|sub|mul|div|sqrt)\.(?!rn\.f(?:32|64)\b)(?:[a-z]+\.)*f(?:32|64)\b"
)


class ContractedError(RuntimeError):
    """The compiler rounded a product and a sum once: paths would differ from those of the CPU."""


def check_rounding(assembly: bytes) -> None:
    """Check that every floating-point operation rounds to nearest, once for itself.

    Raises
    ------
    ContractedError
        When one does not, or leaves it to the assembler.
    """
    if found := _CONTRACTED.search(assembly):
        raise ContractedError(
            f"this numba-cuda compiles to {found[0].decode()}: paths would differ from those of the CPU"
        )


def _complete_lowering() -> None:
    """Give NumPy's scalar square root and floor to the card; additions to tables that lack them."""
    from numba.cuda import types
    from numba.cuda.cudaimpl import lower
    from numba.cuda.mathimpl import get_unary_impl_for_fn_and_ty

    for function, twin in ((np.sqrt, math.sqrt), (np.floor, math.floor)):
        for kind in (types.float32, types.float64):
            lower(function, kind)(get_unary_impl_for_fn_and_ty(twin, kind))


if not SIMULATED:
    _complete_lowering()


@contextmanager
def without_contraction() -> Iterator[None]:
    """Compile kernels of the card with every product and sum rounded for itself, and check that it was so."""
    if SIMULATED:
        yield
        return
    from numba.cuda.cudadrv import nvvm

    usual = nvvm.compile_ir

    def compile_ir(llvmir, **opts):
        assembly = usual(llvmir, **(opts | {"fma": False}))
        check_rounding(assembly)
        return assembly

    nvvm.compile_ir = compile_ir
    try:
        yield
    finally:
        nvvm.compile_ir = usual


def _cache_folder() -> Path | None:
    """Folder of kernels compiled for cards; its name changes with anything that they are compiled from."""
    if CACHE_FOLDER is None:
        return None
    digest = hashlib.sha256(f"{kernel_hash()} {version('numba-cuda')}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    folder = CACHE_FOLDER.parent / f"cuda-{digest.hexdigest()[:16]}"
    try:
        make_writable(folder)
    except OSError as fault:
        tell_not_kept(folder, fault)
        return None
    return folder


def card_kernel(function):
    """Compile a kernel of the card; its compiled code is kept beside that of the CPU's."""
    from numba import cuda

    if SIMULATED:
        return cuda.jit(function)
    # The simulator has none.
    from numba.cuda.dispatcher import CUDACache

    # Link-time optimisation would compile again, past the check of rounding.
    compiled = cuda.jit(function, lto=False)
    if folder := _cache_folder():
        compiled._cache = cache_in(folder, CUDACache, function)
    return compiled
