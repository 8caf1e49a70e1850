"""Quasi-random latent draws: independently scrambled replicates of Sobol points.

Path ``i`` is point ``i // 32`` of replicate ``i mod 32``, so that any number of first paths holds every replicate
alike, and the spread of the replicates' means is an honest standard error: each replicate alone is unbiased and
they are independent. Scrambling is Matousek's (1998, *On the L2-discrepancy for anchored boxes*): a random lower
triangular matrix on the digits and a random digital shift, all bits from Philox under the seed of the run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine import NO_TRACE, Drawn, Plan
from sim.kernels.driver import simulate_paths
from sim.kernels.rng import SCRAMBLE, fill_philox
from sim.kernels.scores import STANDARD_DRAWS, sobol_scores
from sim.kernels.weighted import GROUPS
from sim.variance_reduction.latents import Latents

Array = NDArray[np.float64]
Words = NDArray[np.uint64]

REPLICATES = GROUPS
DIGITS = 52
"""Binary digits of a coordinate."""
INDEX_BITS = 36
"""Binary digits of the number of a point: with 32 replicates 2.2e12 paths, more than a scenario may ask for."""

_JOE_KUO = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
)
"""Degree, coefficients and first direction numbers of dimensions two to five.

Joe and Kuo (2008), *Constructing Sobol sequences with better two-dimensional projections*, file new-joe-kuo-6.
"""


def generator_columns() -> Words:
    """Columns of the generator matrices of the Sobol sequence, (5, INDEX_BITS), the first digit highest."""
    top = DIGITS - 1
    columns = [[1 << (top - k) for k in range(INDEX_BITS)]]
    for degree, coefficients, first in _JOE_KUO:
        numbers = [number << (top - k) for k, number in enumerate(first)]
        for k in range(degree, INDEX_BITS):
            number = numbers[k - degree] ^ (numbers[k - degree] >> degree)
            for j in range(1, degree):
                if coefficients >> (degree - 1 - j) & 1:
                    number ^= numbers[k - j]
            numbers.append(number)
        columns.append(numbers)
    return np.array(columns, dtype=np.uint64)


def scrambled(
    key_low: np.uint32, key_high: np.uint32, dimensions: int, replicates: int = REPLICATES
) -> tuple[Words, Words]:
    """Scrambled generator matrices (replicates, dimensions, INDEX_BITS) and shifts (replicates, dimensions)."""
    lanes = replicates * dimensions
    words = np.empty(((DIGITS + 1 + 1) // 2, 4, lanes), dtype=np.uint32)
    fill_philox(np.uint64(0), SCRAMBLE, key_low, key_high, words)
    pairs = words.astype(np.uint64).reshape(-1, 2, lanes)
    random = ((pairs[:, 0] << np.uint64(32)) | pairs[:, 1]) >> np.uint64(64 - DIGITS)
    plain = np.tile(generator_columns()[:dimensions], (replicates, 1))
    columns = np.zeros_like(plain)
    one = np.uint64(1)
    for digit in range(DIGITS):
        place = np.uint64(DIGITS - 1 - digit)
        # Digit by digit, the column of a lower triangular matrix: a one on the diagonal, random digits below it.
        below = (one << place) | (random[digit] & ((one << place) - one))
        columns ^= np.where((plain >> place) & one != 0, below[:, None], np.uint64(0))
    shape = (replicates, dimensions)
    return columns.reshape(*shape, INDEX_BITS), random[DIGITS].reshape(shape).copy()


class SobolSampler:
    """Draws the latent variables of a plan from scrambled Sobol points."""

    def __init__(self, plan: Plan) -> None:
        self.latents = Latents(plan)
        self._parameters = plan.parameters
        low, high = plan.parameters.key_low, plan.parameters.key_high
        self._columns, self._shifts = scrambled(low, high, self.latents.rows.size)

    def draw(self, first: int, count: int) -> Array:
        """Draw paths ``first`` to ``first + count``, (STANDARD_DRAWS, count)."""
        scores = np.zeros((STANDARD_DRAWS, count))
        sobol_scores(np.uint64(first), self._columns, self._shifts, self.latents.rows, scores)
        return self.latents.settle(scores)

    def simulate(self, first: int, out: Array, threads: int) -> Drawn:
        """Draw and simulate paths, see :class:`sim.engine.Sampler`."""
        draws = self.draw(first, out.shape[1])
        simulate_paths(self._parameters, first, out, NO_TRACE, threads, draws)
        return Drawn(draws, None)
