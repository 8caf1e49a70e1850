"""``--device``: what is used, what is said where there is no card, and what the run directory remembers."""

import dataclasses
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_deals import small_deal, small_market

from sim import device
from sim.device import usable_device
from sim.errors import InvalidInput
from sim.simulation import simulate

NO_CARD = "CUDA driver library cannot be found"


@pytest.fixture
def without_a_card(monkeypatch):
    monkeypatch.setattr(device, "_why_no_card", lambda: NO_CARD)


def test_the_cpu_is_always_there():
    assert usable_device("cpu") == ("cpu", "")


@pytest.mark.usefixtures("without_a_card")
def test_without_a_card_one_line_says_so():
    assert usable_device("cuda") == ("cpu", f"no CUDA device: using the CPU ({NO_CARD})")


def test_a_card_is_used_where_there_is_one(monkeypatch):
    monkeypatch.setattr(device, "_why_no_card", lambda: "")
    assert usable_device("cuda") == ("cuda", "")


def test_without_numba_cuda_the_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda _: None)
    used, said = usable_device("cuda")
    assert used == "cpu"
    assert said.endswith("(numba-cuda is not installed: pip install 'firstday[gpu]')")


@pytest.mark.parametrize("wanted", ["gpu", "", "CUDA", "cuda:0", "cpu\n"])
def test_other_devices_are_refused(wanted):
    with pytest.raises(InvalidInput, match="--device") as refused:
        usable_device(wanted)
    assert "expected cpu or cuda" in str(refused.value)


def test_a_hidden_card_is_no_card():
    code = "from sim.device import usable_device; print(*usable_device('cuda'), sep='|')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("cpu|no CUDA device: using the CPU (")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.usefixtures("without_a_card")
def test_a_run_that_falls_back_is_that_of_the_cpu_and_says_so():
    deal, market = small_deal(), small_market()
    fallen = simulate(deal, market=market, device="cuda", fan=False)
    plain = simulate(deal, market=market, fan=False)
    assert fallen.device == plain.device == "cpu"
    assert fallen.summary == plain.summary
    assert set(fallen.notes) - set(plain.notes) == {f"no CUDA device: using the CPU ({NO_CARD})"}


def test_an_unknown_device_is_refused_before_anything_is_simulated():
    with pytest.raises(InvalidInput, match="no device"):
        simulate(small_deal(), market=small_market(), device="tpu")


@pytest.mark.parametrize("why_no_card", [NO_CARD, ""], ids=["no card", "a card"])
@pytest.mark.parametrize("method", ["sobol", "importance"])
def test_a_method_is_refused_with_a_card_and_without_one(monkeypatch, why_no_card, method):
    monkeypatch.setattr(device, "_why_no_card", lambda: why_no_card)
    with pytest.raises(InvalidInput) as refused:
        simulate(small_deal(), market=small_market(), device="cuda", method=method, fan=False)
    told = f"--device: cuda simulates plain paths, not {method}; leave out one of the two"
    assert str(refused.value) == told
    assert usable_device("cpu", method) == ("cpu", "")


FAULTS = {
    "the driver": ("numba.cuda.cudadrv.error", "CudaSupportError"),
    "an old card": ("numba.cuda.cudadrv.error", "CCSupportError"),
    "the linker": ("numba.cuda.cudadrv.driver", "LinkerError"),
    "an old driver": ("cuda.core._utils.cuda_utils", "CUDAError"),
    "no driver": ("cuda.pathfinder", "DynamicLibNotFoundError"),
}


@pytest.mark.parametrize(("module", "name"), FAULTS.values(), ids=FAULTS)
def test_a_card_that_gives_up_ends_the_run_with_a_remedy(monkeypatch, module, name):
    from sim.kernels.cuda import driver

    fault = getattr(importlib.import_module(module), name)

    def give_up(*_):
        raise fault("out of memory")
        yield

    monkeypatch.setattr(device, "_why_no_card", lambda: "")
    monkeypatch.setattr(driver, "simulate_spans", give_up)
    with pytest.raises(InvalidInput, match="the card gave up: out of memory; use --device cpu"):
        simulate(small_deal(), market=small_market(), device="cuda", fan=False)


def test_a_compiler_that_does_not_know_the_card_is_the_card_giving_up():
    from numba.cuda.cudadrv import nvvm

    from sim.kernels.cuda.faults import CardError

    if not nvvm.is_available():
        pytest.skip("libnvvm is not installed: pip install nvidia-nvvm, or set CUDA_HOME to a CUDA toolkit")
    with pytest.raises(CardError):
        nvvm.compile_ir('target triple = "nvptx64-nvidia-cuda"', arch="compute_10")


def test_the_manifest_names_the_device(tmp_path):
    from sim.run_directory import write_run
    from sim.verification import verify

    result = simulate(small_deal(), market=small_market(), fan=False)
    out = write_run(result, tmp_path / "run")
    assert json.loads(Path(out, "manifest.json").read_text())["device"] == "cpu"
    # The bits are the same on a card, so the CPU verifies a card's run.
    out = write_run(dataclasses.replace(result, device="cuda"), tmp_path / "card")
    assert json.loads(Path(out, "manifest.json").read_text())["device"] == "cuda"
    assert "every bit" in verify(out)[-1]
