"""The kernels compiled for a Hopper card, and what was compiled run on this processor instead."""

import re
import subprocess

import numpy as np
import pytest
from assembly_in_c import Machine
from compile_for_card import assembly_of, libnvvm_is_missing
from cuda_deals import BIREN, cuda_deals, parameters_of

from sim.kernels.cuda.compilation import ContractedError, check_rounding
from sim.kernels.driver import ALL_ROWS, simulate_paths
from sim.kernels.parameters import QUANTITIES

PATHS, THREADS = 2_000, 128
FIRST = (1 << 32) - 1_000
"""The low word of the path number wraps among these paths."""
NO_TRACE = np.empty((0, 0), np.float32)

pytestmark = pytest.mark.skipif(bool(libnvvm_is_missing()), reason=libnvvm_is_missing())


@pytest.fixture(scope="module")
def assemblies():
    """PTX of both kernels: the first day alone, and to a horizon beyond."""
    with pytest.MonkeyPatch.context() as patch:
        return {
            beyond: assembly_of(parameters_of(BIREN, horizon=horizon), patch)
            for beyond, horizon in ((False, "first_day"), (True, "lock_up"))
        }


@pytest.fixture(scope="module")
def machines(assemblies, tmp_path_factory):
    return {beyond: Machine(text, tmp_path_factory.mktemp("card")) for beyond, text in assemblies.items()}


def test_what_was_compiled_for_the_card_gives_the_bits_of_the_cpu(machines):
    different = []
    for name, deal in cuda_deals().items():
        wanted = np.empty((len(QUANTITIES), PATHS))
        simulate_paths(deal, FIRST, wanted, NO_TRACE)
        beyond = deal.aftermarket is not None
        told = deal if beyond else deal[:-1]
        rows = ALL_ROWS if beyond else ALL_ROWS[::-2].copy()
        out = np.full((rows.size, PATHS), -1.0)
        blocks = -(-PATHS // THREADS)
        machines[beyond].launch(blocks, THREADS, *told, np.uint64(FIRST), PATHS, rows, out.reshape(-1))
        if out.tobytes() != wanted[rows].tobytes():
            different.append(name)
    assert different == []


def test_a_card_rounds_every_operation_once_and_calls_no_library(assemblies):
    for text in assemblies.values():
        check_rounding(text.encode())
        assert not re.search(r"\bcall\b|\.approx\.|\.ftz\.", text)
        assert len(re.findall(r"\b(?:add|mul|sub)\.rn\.f32\b", text)) > 100


def test_contraction_is_noticed(monkeypatch):
    from numba.cuda.cudadrv import nvvm

    usual = nvvm.compile_ir
    # A compiler that no longer heeds the option.
    monkeypatch.setattr(nvvm, "compile_ir", lambda text, **options: usual(text, **(options | {"fma": True})))
    with pytest.raises(ContractedError, match="fma"):
        assembly_of(parameters_of(BIREN), monkeypatch)


@pytest.mark.parametrize(
    ("line", "exact"),
    [
        (b"fma.rn.f32 %f1, %f2, %f3, %f4;", False),
        (b"add.f32 %f1, %f2, %f3;", False),
        (b"mul.f64 %fd1, %fd2, %fd3;", False),
        (b"div.approx.f32 %f1, %f2, %f3;", False),
        (b"sqrt.approx.ftz.f32 %f1, %f2;", False),
        (b"add.rn.ftz.f32 %f1, %f2, %f3;", False),
        (b"add.rn.f32 %f1, %f2, %f3;", True),
        (b"div.rn.f64 %fd1, %fd2, %fd3;", True),
        (b"add.s64 %rd1, %rd2, %rd3;", True),
        (b"mul.lo.s64 %rd1, %rd2, %rd3;", True),
        (b"mul.wide.u32 %rd1, %r2, %r3;", True),
    ],
)
def test_only_single_roundings_pass(line, exact):
    if exact:
        check_rounding(line)
        return
    with pytest.raises(ContractedError):
        check_rounding(line)


def assembler():
    """The assembler of a CUDA toolkit, where one is installed."""
    import os
    import shutil

    home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    return shutil.which("ptxas") or shutil.which("ptxas", path=f"{home}/bin")


@pytest.mark.skipif(assembler() is None, reason="ptxas, the assembler of the CUDA toolkit, is not installed")
def test_registers_suffice_and_nothing_spills(assemblies, tmp_path):
    most = {False: 80, True: 128}
    for beyond, text in assemblies.items():
        source = tmp_path / "kernel.ptx"
        source.write_text(text)
        command = [assembler(), "-v", "-arch=sm_90", str(source), "-o", str(tmp_path / "kernel.cubin")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        assert "0 bytes spill stores, 0 bytes spill loads" in said
        assert int(re.search(r"Used (\d+) registers", said)[1]) <= most[beyond]
