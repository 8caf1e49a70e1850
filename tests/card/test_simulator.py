"""The CUDA driver under Numba's simulator: kernels, launches, streams and batches, without a card."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cuda_deals import BIREN, CONFIGS, cuda_deals
from run_on_simulator import FIRST

from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES
from sim.run_directory import summary_json
from sim.scenario import load_scenario
from sim.simulation import simulate

HERE = Path(__file__).parent
WHOLE, LAST = 40, 16
PATHS = 2 * WHOLE + LAST
NO_TRACE = np.empty((0, 0), np.float32)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulator") / "paths.npz"
    arguments = (str(HERE / "run_on_simulator.py"), str(out), str(WHOLE), str(LAST))
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(out) as saved:
        return dict(saved)


@pytest.fixture(scope="module")
def on_the_cpu():
    records = {}
    for name, deal in cuda_deals().items():
        records[name] = np.empty((len(QUANTITIES), PATHS))
        simulate_paths(deal, FIRST, records[name], NO_TRACE)
    return records


def test_every_path_of_every_deal_has_the_bits_of_the_cpu(simulated, on_the_cpu):
    different = [name for name, wanted in on_the_cpu.items() if simulated[name].tobytes() != wanted.tobytes()]
    assert different == []


def test_the_deals_meet_what_they_are_there_for(on_the_cpu):
    def row(deal, quantity):
        return on_the_cpu[deal][QUANTITIES.index(quantity)]

    assert np.isnan(row("biren_06082_launch, first_day", "close")).any()
    assert np.isfinite(row("t2, lock_up", "expiry_close")).all()
    assert (row("t2, lock_up", "purchases") > 0.0).any()
    assert (row("no over-allotment", "purchases") == 0.0).all()
    deal = cuda_deals()["halts and momentum"]
    calm = np.empty((len(QUANTITIES), PATHS))
    without = deal.day._replace(halt_up=deal.day.halt_up[:0], halt_down=deal.day.halt_down[:0])
    simulate_paths(deal._replace(day=without), FIRST, calm, NO_TRACE)
    vwap = QUANTITIES.index("vwap")
    assert np.mean(calm[vwap] != on_the_cpu["halts and momentum"][vwap]) > 0.5


def test_a_run_on_a_card_has_the_summary_of_one_on_the_cpu(simulated):
    assert str(simulated["device"]) == "cuda"
    deal = load_scenario(CONFIGS / f"{BIREN}.yaml", {"simulation.paths": 2 * WHOLE})
    assert str(simulated["summary"]) == summary_json(simulate(deal, fan=False))
