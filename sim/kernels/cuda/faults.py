"""What a card, its driver, its compilers or its linker may raise in the middle of a run.

numba-cuda hands the faults of NVIDIA's own libraries on as they are: of the compiler where it does not know the
card, of the linker where the driver is older than the compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.kernels.cuda.compilation import ContractedError

_NAMES = (
    ("numba.cuda.cudadrv.error", "CudaSupportError"),
    ("numba.cuda.cudadrv.error", "CudaDriverError"),
    ("numba.cuda.cudadrv.error", "CCSupportError"),
    ("numba.cuda.cudadrv.error", "NvvmError"),
    ("numba.cuda.cudadrv.error", "NvvmSupportError"),
    ("numba.cuda.cudadrv.error", "NvrtcError"),
    ("numba.cuda.cudadrv.error", "NvrtcSupportError"),
    ("numba.cuda.cudadrv.driver", "CudaAPIError"),
    ("numba.cuda.cudadrv.driver", "LinkerError"),
    ("cuda.pathfinder", "DynamicLibNotFoundError"),
    ("cuda.bindings.nvvm", "nvvmError"),
    ("cuda.bindings.nvjitlink", "nvJitLinkError"),
    ("cuda.core._utils.cuda_utils", "CUDAError"),
)


def _found() -> tuple[type[Exception], ...]:
    """Those that are there: Numba's simulator has few of them, and releases move the private ones."""
    found: list[type[Exception]] = [ContractedError]
    for place, name in _NAMES:
        try:
            module: Any = import_module(place)
        except ImportError:
            continue
        if hasattr(module, name):
            found.append(getattr(module, name))
    return tuple(found)


CardError = _found()
