"""Normal scores: quantiles, Student-t draws of them, and scrambled Sobol points."""

from __future__ import annotations

import numpy as np
import pytest
from reduction_deals import alarms, plan_of, two_sided
from scipy import special, stats
from scipy.stats import qmc

from sim.kernels.rng import seed_words
from sim.kernels.scores import STANDARD_DRAWS, normal_score, sobol_scores
from sim.variance_reduction.sobol import (
    DIGITS,
    INDEX_BITS,
    REPLICATES,
    SobolSampler,
    generator_columns,
    scrambled,
)
from sim.variance_reduction.student import StudentScores

ROWS = np.arange(STANDARD_DRAWS)


def scores_of(first: int, count: int, seed: int = 1, rows: np.ndarray = ROWS) -> np.ndarray:
    out = np.zeros((STANDARD_DRAWS, count))
    columns, shifts = scrambled(*seed_words(seed), rows.size)
    sobol_scores(np.uint64(first), columns, shifts, rows, out)
    return out


def test_normal_scores_are_the_quantiles_of_the_normal_law():
    middle = np.random.default_rng(0).uniform(size=20_000)
    tails = 10.0 ** -np.linspace(0.3, 300.0, 500)
    for u in np.concatenate([middle, tails, 1.0 - tails[:20], [0.5, 0.075, 0.925, 1.0 - 2.0**-53]]):
        assert normal_score(u) == pytest.approx(special.ndtri(u), rel=4e-15, abs=1e-16), u


@pytest.mark.parametrize("degrees", [2.5, 4.8, 6.0, 30.0, 200.0])
def test_student_draws_are_the_quantiles_of_their_score(degrees):
    scores = np.random.default_rng(0).uniform(-8.0, 8.0, size=20_000)
    expected = -np.sign(scores) * special.stdtrit(degrees, special.ndtr(-np.abs(scores)))
    found = StudentScores.of(degrees).draws(scores)
    middle = np.abs(scores) < 4.0
    np.testing.assert_allclose(found[middle], expected[middle], rtol=5e-9)
    # Beyond four deviations the noise is at its bound, or all but.
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_a_score_beyond_the_table_counts_as_its_last():
    law = StudentScores.of(5.0)
    ends = law.draws(np.array([-40.0, -12.0, 12.0, 40.0, 0.0, -0.0]))
    assert ends[0] == ends[1] == -ends[2] == -ends[3]
    assert (ends[4:] == 0.0).all()


def test_the_sequence_is_that_of_joe_and_kuo():
    columns = generator_columns()
    gray = np.arange(1 << 10) ^ (np.arange(1 << 10) >> 1)
    points = np.zeros((5, gray.size), dtype=np.uint64)
    for bit in range(10):
        points ^= np.where(gray >> bit & 1, columns[:, bit : bit + 1], np.uint64(0))
    reference = qmc.Sobol(5, scramble=False, bits=DIGITS).random(gray.size).T
    np.testing.assert_array_equal(points * 2.0**-DIGITS, reference)


def test_a_scrambling_matrix_is_lower_triangular_with_ones_on_its_diagonal():
    """The first dimension has the identity for generator: its scrambled columns are those of the matrix."""
    columns, shifts = scrambled(*seed_words(3), 5)
    assert columns.shape == (REPLICATES, 5, INDEX_BITS)
    assert (shifts < 2**DIGITS).all()
    first = columns[:, 0]
    for k in range(INDEX_BITS):
        assert (first[:, k] >> np.uint64(DIGITS - 1 - k) == 1).all()
    below = np.array([bin(int(c)).count("1") - 1 for c in first[:, :8].ravel()])
    places = np.tile(DIGITS - 1 - np.arange(8), REPLICATES)
    score = (below.sum() - 0.5 * places.sum()) / np.sqrt(0.25 * places.sum())
    assert alarms({"random digits": two_sided(score)}) == set()


@pytest.mark.parametrize("k", [3, 6, 9])
def test_each_replicate_is_a_net(k):
    """Of ``2^k`` points each elementary interval of the first two dimensions holds exactly one."""
    u = special.ndtr(scores_of(0, REPLICATES << k))
    for r in range(REPLICATES):
        points = u[:, r::REPLICATES]
        for dimension in points:
            assert np.bincount((dimension * (1 << k)).astype(int), minlength=1 << k).max() == 1
        for split in range(k + 1):
            cells = (points[0] * (1 << split)).astype(int) * (1 << (k - split))
            cells += (points[1] * (1 << (k - split))).astype(int)
            assert np.bincount(cells, minlength=1 << k).max() == 1


@pytest.mark.parametrize("first", [0, 1, 31, 32, 12_345, (1 << 33) + 5])
def test_a_path_has_its_scores_wherever_a_stream_starts(first):
    whole = scores_of(first, 300)
    for start, count in ((0, 1), (7, 100), (299, 1), (64, 236)):
        np.testing.assert_array_equal(scores_of(first + start, count), whole[:, start : start + count])


@pytest.mark.parametrize("first", [0, (1 << 37) - 64, 1 << 37, 10**12 - 64])
def test_points_are_sums_of_columns_up_to_the_most_paths_of_a_scenario(first):
    """The definition, without the Gray code's shortcut from one point to the next."""
    columns, shifts = scrambled(*seed_words(1), STANDARD_DRAWS)
    found = scores_of(first, 64)
    for i in range(64):
        point, replicate = divmod(first + i, REPLICATES)
        gray = point ^ (point >> 1)
        assert gray < 1 << INDEX_BITS
        digits = shifts[replicate].copy()
        for bit in range(gray.bit_length()):
            if gray >> bit & 1:
                digits ^= columns[replicate, :, bit]
        expected = [normal_score((float(each) + 0.5) * 2.0**-DIGITS) for each in digits]
        np.testing.assert_array_equal(found[:, i], expected)


def test_rows_that_are_certain_are_left_alone():
    out = scores_of(0, 64, rows=np.array([4, 0]))
    assert (out[1:4] == 0.0).all()
    assert (out[[0, 4]] != 0.0).all()


def test_a_point_is_uniform_over_seeds_and_replicates_are_unrelated():
    """One point of each replicate over 400 seeds: Pearson's chi-square, and correlations of neighbours."""
    draws = np.array([scores_of(96, REPLICATES, seed) for seed in range(400)])
    p_values = {}
    for d in range(STANDARD_DRAWS):
        counts = np.bincount((special.ndtr(draws[:, d]).ravel() * 64).astype(int), minlength=64)
        p_values[f"law {d}"] = float(stats.chisquare(counts).pvalue)
        # Each pair once: a replicate of an even number and the one after it.
        even, odd = draws[:, d, ::2].ravel(), draws[:, d, 1::2].ravel()
        p_values[f"neighbours {d}"] = two_sided(np.sqrt(even.size) * np.corrcoef(even, odd)[0, 1])
        other = draws[:, (d + 1) % STANDARD_DRAWS].ravel()
        mine = draws[:, d].ravel()
        p_values[f"dimensions {d}"] = two_sided(np.sqrt(mine.size) * np.corrcoef(mine, other)[0, 1])
    assert alarms(p_values) == set()


@pytest.mark.parametrize("name", ["launch", "allotment", "grey"])
def test_only_what_is_uncertain_takes_a_dimension(name):
    rows = SobolSampler(plan_of(name)).latents.rows.tolist()
    assert rows == {"launch": [4, 2, 0, 1, 3], "allotment": [4, 2, 3], "grey": [0, 2, 3]}[name]
