"""Philox against its published vectors, and the streams that seeds, purposes and paths name."""

import numpy as np
import pytest
from kernel_cases import few

from sim.kernels import rng
from sim.kernels.rng import fill_normals, fill_philox, philox, seed_words, uniform

WORDS = np.uint32
ALL_ONES = 0xFFFFFFFF
# Random123 1.09, examples/kat_vectors: counter, key and result of philox4x32-10; the third is the digits of pi.
VECTORS = {
    "zeros": ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    "ones": ((ALL_ONES,) * 4, (ALL_ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    "pi": (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}
SEEDS = (0, 1, 2, 41, 42, 2**32 - 1, 2**32, 2**32 + 1, 2**32 + 42, 2**63, 2**64 - 1)
PURPOSES = {"coverage": rng.COVERAGE, "heat": rng.HEAT, "valuation": rng.VALUATION, "day": rng.DAY}


def words(first_path=0, purpose=rng.DAY, seed=0, blocks=2, paths=None):
    """Raw words (blocks, 4, paths)."""
    out = np.empty((blocks, 4, few(4096, 32) if paths is None else paths), WORDS)
    fill_philox(np.uint64(first_path), purpose, *seed_words(seed), out)
    return out


def long_words(raw):
    """The first 64 of the 128 bits of every draw: two equal ones among a million are no chance (3e-8)."""
    return (raw[:, 0].astype(np.uint64) << np.uint64(32) | raw[:, 1]).ravel()


@pytest.mark.parametrize("vector", VECTORS)
def test_published_vectors(vector):
    counter, key, expected = VECTORS[vector]
    assert tuple(int(word) for word in philox(*map(WORDS, counter), *map(WORDS, key))) == expected


@pytest.mark.parametrize("path", [0, 5, 2**32 - 1, 2**32, 2**40 + 3, 2**64 - 9])
@pytest.mark.parametrize("seed", [0, 7, 2**32 + 7])
def test_the_counter_is_path_block_purpose_and_the_key_is_the_seed(path, seed):
    raw = words(path, rng.HEAT, seed, blocks=3, paths=4)
    for block in range(3):
        for i in range(4):
            counter = (path + i) % 2**32, (path + i) // 2**32, block, int(rng.HEAT)
            expected = philox(*map(WORDS, counter), WORDS(seed % 2**32), WORDS(seed // 2**32))
            assert tuple(raw[block, :, i]) == tuple(expected)


def test_purposes_are_distinct_and_keep_their_numbers():
    # A purpose that changed its number would change every past result.
    assert {name: int(purpose) for name, purpose in PURPOSES.items()} == {
        "coverage": 1,
        "heat": 2,
        "valuation": 3,
        "day": 4,
    }


def shared(streams):
    """Number of draws that occur twice among the streams; false alarm below 2e-7 for 250,000 draws of 64 bits."""
    everything = np.concatenate([long_words(raw) for raw in streams])
    return everything.size - np.unique(everything).size


def test_no_two_seeds_share_a_draw():
    assert shared([words(seed=seed) for seed in SEEDS]) == 0


def test_no_two_purposes_share_a_draw():
    assert shared([words(purpose=purpose) for purpose in PURPOSES.values()]) == 0


def test_far_paths_share_no_draw_with_near_ones():
    assert shared([words(first) for first in (0, 2**20, 2**32, 2**33, 2**40, 2**63)]) == 0


@pytest.mark.parametrize("shift", [1, 7])
def test_a_shifted_stream_is_noticed(shift):
    # What a seed added to the path number would do: seed 1 is seed 0, some paths later.
    paths = few(4096, 32)
    assert shared([words(), words(first_path=shift)]) == 2 * (paths - shift)


def test_a_run_from_a_later_path_continues_the_stream():
    whole = words(paths=20)
    np.testing.assert_array_equal(words(first_path=13, paths=7), whole[:, :, 13:])


def test_normals_are_those_of_the_words():
    normals = np.empty((8, 6), np.float32)
    fill_normals(np.uint64(3), rng.DAY, *seed_words(9), normals)
    raw = words(3, rng.DAY, 9, paths=6)
    for step in range(0, 8, 2):
        for i in range(6):
            pair = rng.normal_pair_single(*raw[step // 4, step % 4 : step % 4 + 2, i])
            assert (normals[step, i], normals[step + 1, i]) == pair


@pytest.mark.parametrize(
    ("high", "low", "expected"),
    [(0, 0, 2.0**-53), (ALL_ONES, ALL_ONES, 1.0 - 2.0**-53), (2**31, 0, 0.5 + 2.0**-53)],
)
def test_uniforms_stay_inside_zero_and_one(high, low, expected):
    assert uniform(WORDS(high), WORDS(low)) == expected
    assert 0.0 < expected < 1.0
