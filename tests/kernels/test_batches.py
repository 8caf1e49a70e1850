"""Path ``i`` is the same bits whatever the threads, the chunks, the first path and the memory layout."""

import numpy as np
import pytest
from kernel_cases import DEALS, few, parameters, regulated_day, simulate

from sim.kernels import driver, rng
from sim.kernels.parameters import QUANTITIES
from sim.kernels.rng import fill_normals

PATHS = few(5_000, 40)
every_deal = pytest.mark.parametrize("name", DEALS)


@every_deal
def test_threads_and_chunks_change_no_bit(name, monkeypatch):
    deal = DEALS[name]()
    alone = simulate(deal, PATHS, trace=True)
    for blocks in (1, 3, 16):
        monkeypatch.setattr(driver, "CHUNK_BLOCKS", blocks)
        for threads in (1, 2, 5):
            assert simulate(deal, PATHS, threads=threads, trace=True).bits == alone.bits


@pytest.mark.parametrize("origin", [0, 2**32, 2**40, 2**63], ids=["0", "2^32", "2^40", "2^63"])
@every_deal
def test_any_first_path_gives_the_same_paths(name, origin):
    # Block boundaries fall elsewhere in each run, and the low word of the path wraps inside the second origin's.
    deal = DEALS[name]()
    start = origin - (PATHS // 2 if origin else 0)
    whole = simulate(deal, PATHS, start, trace=True)
    parts = ((PATHS // 5, PATHS // 3), (PATHS - 3, 3), (PATHS // 2 - 1, 2), (PATHS // 2, 3), (7, 1))
    for offset, count in parts:
        part = simulate(deal, count, start + offset, trace=True)
        columns = slice(offset, offset + count)
        assert part.values_array.tobytes() == whole.values_array[:, columns].tobytes()
        assert part.trace.tobytes() == whole.trace[:, columns].tobytes()


@every_deal
def test_far_paths_are_other_paths(name):
    deal = DEALS[name]()
    near = simulate(deal, few(256))
    for origin in (2**32, 2**40, 2**63):
        far = simulate(deal, few(256), origin)
        assert not np.any(near["pressure_close"] == far["pressure_close"])


@pytest.mark.parametrize("other", [1, 2**32, 2**32 + 1])
@every_deal
def test_seeds_are_other_paths(name, other):
    deal = DEALS[name]()
    moved = deal._replace(
        key_low=np.uint32(deal.key_low ^ np.uint32(other % 2**32)),
        key_high=np.uint32(deal.key_high ^ np.uint32(other // 2**32)),
    )
    assert not np.any(
        simulate(deal, few(256))["pressure_close"] == simulate(moved, few(256))["pressure_close"]
    )


@every_deal
def test_a_trace_and_the_layout_of_the_array_change_no_bit(name):
    deal = DEALS[name]()
    strided = simulate(deal, few(300), trace=True)
    whole = np.empty((len(QUANTITIES), few(300)))
    driver.simulate_paths(deal, 0, whole, np.empty((0, 0), np.float32))
    assert whole.tobytes() == strided.values_array.tobytes()


@every_deal
def test_the_array_is_filled_and_nothing_beyond_it(name):
    out = np.full((len(QUANTITIES), 60), -7.0)
    driver.simulate_paths(DEALS[name](), 0, out[:, 20:31], np.empty((0, 0), np.float32))
    assert (out[:, :20] == -7.0).all()
    assert (out[:, 31:] == -7.0).all()
    assert not (out[:, 20:31] == -7.0).any()


@every_deal
def test_wanted_rows_are_those_of_all_in_the_order_asked_for(name):
    wanted = ("close", "scarcity", "open", "exhausted_day")
    rows = np.array([QUANTITIES.index(quantity) for quantity in wanted])
    deal, out = DEALS[name](), np.full((len(rows), few(300)), -7.0)
    driver.simulate_paths(deal, 0, out, np.empty((0, 0), np.float32), rows=rows)
    whole = simulate(deal, few(300))
    for quantity, row in zip(wanted, out, strict=True):
        assert row.tobytes() == whole[quantity].tobytes()


@pytest.mark.parametrize("rows", [0, 25, 27])
def test_an_array_with_other_rows_is_not_written_to(rows):
    out = np.full((rows, 10), -7.0)
    with pytest.raises(ValueError, match=f"26 quantities do not go into {rows} rows"):
        driver.simulate_paths(DEALS["launch"](), 0, out, np.empty((0, 0), np.float32))
    assert (out == -7.0).all()


@pytest.mark.parametrize("memory", [False, True], ids=["common day", "day with memory"])
@pytest.mark.parametrize("first", [0, 2**32 - 100, 2**32, 2**40 + 5, 2**63 - 3])
def test_the_day_draws_the_normals_of_its_own_paths(first, memory):
    # Nothing else is random here: a path number cut to its low word would show.
    moved = {"momentum": 1e-30} if memory else {}
    deal = parameters(seed=2**40 + 3, day=regulated_day(8, **moved))
    paths = few(300, 200)
    normals = np.empty((8, paths), np.float32)
    fill_normals(np.uint64(first), rng.DAY, deal.key_low, deal.key_high, normals)
    expected = 0.1 / np.sqrt(8) * normals.astype(np.float64).sum(axis=0)
    np.testing.assert_allclose(simulate(deal, paths, first)["pressure_close"], expected, atol=1e-6)
