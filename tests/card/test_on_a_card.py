"""The CUDA driver on a card, whenever one is at hand."""

import numpy as np
import pytest
from cuda_deals import BIREN, CONFIGS, cuda_deals, parameters_of

from sim.device import CUDA, usable_device
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES

PATHS = 100_000
NO_TRACE = np.empty((0, 0), np.float32)
USED, WHY = usable_device(CUDA)

pytestmark = pytest.mark.skipif(USED != CUDA, reason=WHY)


def on_the_card(deal, first, most=PATHS):
    from sim.kernels.cuda.driver import simulate_spans

    spans = [(first + start, min(most, PATHS - start)) for start in range(0, PATHS, most)]
    return np.concatenate([values.copy() for _, values in simulate_spans(deal, spans, most)], axis=1)


def on_the_cpu(deal, first):
    values = np.empty((len(QUANTITIES), PATHS))
    simulate_paths(deal, first, values, NO_TRACE, 2)
    return values


def test_every_path_of_every_deal_has_the_bits_of_the_cpu():
    first = (1 << 32) - PATHS // 2
    different = [
        name
        for name, deal in cuda_deals().items()
        if on_the_card(deal, first).tobytes() != on_the_cpu(deal, first).tobytes()
    ]
    assert different == []


def test_log_prices_are_those_of_the_cpu():
    # Weaker than the bits, and what is promised.
    deal = parameters_of(BIREN)
    row = QUANTITIES.index("log_close")
    assert np.abs(on_the_card(deal, 0)[row] - on_the_cpu(deal, 0)[row]).max() <= 1e-5


@pytest.mark.parametrize("most", [1_000, 16_384, 99_999])
def test_batches_change_no_bit(most):
    deal = parameters_of(BIREN)
    assert on_the_card(deal, 7, most).tobytes() == on_the_card(deal, 7).tobytes()


def test_a_run_on_the_card_has_the_summary_of_one_on_the_cpu():
    from sim.run_directory import summary_json
    from sim.scenario import load_scenario
    from sim.simulation import simulate

    deal = load_scenario(CONFIGS / f"{BIREN}.yaml", {"simulation.paths": 1_000_000})
    card, cpu = simulate(deal, device="cuda", fan=False), simulate(deal, fan=False)
    assert card.device == "cuda"
    assert summary_json(card) == summary_json(cpu)
