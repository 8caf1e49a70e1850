"""Compile the kernels of the card for a card that is not there.

libnvvm needs no driver. Three places of numba-cuda ask for a card or for libraries that only a card needs, and get
a stand-in here.
"""

from __future__ import annotations

from types import SimpleNamespace

import numba
from numba import cuda
from numba.cuda import cuda_paths, types
from numba.cuda import dispatcher as cuda_dispatcher
from numba.cuda.cudadrv import nvrtc, nvvm

from sim.kernels.cuda.compilation import without_contraction
from sim.kernels.cuda.threads import simulate_first_day, simulate_horizon
from sim.kernels.parameters import KernelParameters

HOPPER = (9, 0)


def libnvvm_is_missing() -> str:
    """Why nothing can be compiled for a card here; empty where it can."""
    if nvvm.is_available():
        return ""
    return "libnvvm is not installed: pip install nvidia-nvvm, or set CUDA_HOME to a CUDA toolkit"


def assembly_of(parameters: KernelParameters, monkeypatch, capability: tuple[int, int] = HOPPER) -> str:
    """PTX of the kernel that simulates paths of these parameters."""
    present = SimpleNamespace(compute_capability=capability)
    monkeypatch.setattr(cuda_dispatcher, "get_current_device", lambda: present)
    monkeypatch.setattr(nvrtc, "get_arch_option", lambda major, minor: f"compute_{major}{minor}")
    monkeypatch.setattr(cuda_paths, "_get_nvrtc_path", lambda: cuda_paths._env_path_tuple("none", None))
    after = parameters.aftermarket
    kernel = simulate_first_day if after is None else simulate_horizon
    told = parameters[:-1] if after is None else parameters
    rows, flat = types.Array(types.int64, 1, "C"), types.Array(types.float64, 1, "C")
    arguments = (*map(numba.typeof, told), types.uint64, types.int64, rows, flat)
    with without_contraction():
        assembly, _ = cuda.compile_ptx(kernel.py_func, types.void(*arguments), cc=capability, device=False)
    return assembly
