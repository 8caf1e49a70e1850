"""Draws from the nodes of a deal whose grey market has been seen. False alarms as in kernel_alarms."""

import numpy as np
import pytest
from kernel_alarms import alarms, counts_match, moments, unrelated
from kernel_cases import few, known_coverage

from sim.kernels.coverage import draw_nodes, first_above
from sim.kernels.rng import seed_words

PATHS = 2_000_000
WEIGHTS = {
    "few": np.array([0.1, 0.25, 0.45, 0.2]),
    "one": np.array([1.0]),
    "rare": np.array([1e-4, 0.6, 2e-5, 0.39988]),
    "many": np.random.default_rng(0).dirichlet(np.full(999, 5.0)),
}


def law(weights):
    """Nodes whose log public coverage is their number; the valuation is standard normal about it."""
    number = np.arange(weights.size, dtype=np.float64)
    cumulative = np.cumsum(weights)
    cumulative[-1] = 1.0
    return known_coverage(
        node_cumulative=cumulative,
        node_public=number,
        node_placing=-2.0 * number,
        node_valuation_mean=10.0 * number,
        node_valuation_sd=1.0 + 0.5 * number,
    )


def draw(weights, paths, seed=12):
    log_public, log_placing, valuation, spare = np.empty((4, paths))
    draw_nodes(np.uint64(0), *seed_words(seed), law(weights), log_public, log_placing, valuation, spare)
    return log_public.astype(int), log_placing, valuation, spare


def check(nodes, weights):
    counts = np.bincount(nodes, minlength=weights.size)
    return alarms({"nodes": counts_match(counts, weights)})


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["few", "rare", "many"])
def test_nodes_are_drawn_with_their_probabilities(name):
    nodes = draw(WEIGHTS[name], PATHS)[0]
    assert check(nodes, WEIGHTS[name]) == set()


@pytest.mark.compiled
@pytest.mark.parametrize(
    "planted",
    [
        np.array([0.103, 0.25, 0.447, 0.2]),
        np.array([0.25, 0.1, 0.45, 0.2]),
        np.array([0.1, 0.247, 0.45, 0.203]),
    ],
    ids=["a weight 3% too large", "two nodes exchanged", "a boundary moved"],
)
def test_a_planted_error_of_the_weights_is_noticed(planted):
    assert check(draw(planted, PATHS)[0], WEIGHTS["few"]) == {"nodes"}


@pytest.mark.compiled
def test_the_valuation_is_normal_about_its_node_and_knows_nothing_of_the_choice():
    nodes, _, valuation, spare = draw(WEIGHTS["few"], PATHS)
    z = (valuation - 10.0 * nodes) / (1.0 + 0.5 * nodes)
    assert alarms(moments(z) | unrelated("valuation, volatility", z, spare)) == set()
    for node in range(4):
        assert alarms(moments(z[nodes == node]) | moments(spare[nodes == node])) == set()


def test_all_quantities_of_a_path_are_of_one_node():
    nodes, log_placing, _, _ = draw(WEIGHTS["many"], few(2_000, 100))
    np.testing.assert_array_equal(log_placing, -2.0 * nodes)
    assert np.unique(nodes).size > 50


def test_a_single_node_is_always_drawn():
    assert (draw(WEIGHTS["one"], few(2_000, 50))[0] == 0).all()


@pytest.mark.parametrize("name", WEIGHTS)
def test_first_above_is_numpys_search(name):
    cumulative = law(WEIGHTS[name]).node_cumulative
    between = np.random.default_rng(3).uniform(size=few(2_000, 300))
    for probability in np.concatenate([between, cumulative, np.nextafter(cumulative, 0.0), [2.0**-53]]):
        assert first_above(cumulative, probability) == np.searchsorted(cumulative, probability)


def test_a_cumulative_that_rounding_left_below_one_stays_in_bounds():
    cumulative = np.array([0.3, 0.7, 0.9999999])
    assert first_above(cumulative, 1.0 - 2.0**-53) == 2


def test_a_node_of_no_weight_is_never_drawn():
    cumulative = np.array([0.0, 0.5, 0.5, 1.0])
    drawn = {int(first_above(cumulative, u)) for u in np.linspace(1e-9, 1.0 - 1e-9, 1001)}
    assert drawn == {1, 3}
