"""Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, *Parallel random numbers: as
easy as 1, 2, 3*), and normals by Box and Muller (1958).

The key is the 64-bit seed; the counter holds the path (64 bits), the block of draws within the path and the
purpose. So path ``i`` draws the same numbers whatever the threads, the batch or the machine, and a change in one
purpose never shifts the numbers of another.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import cosine_of_turns, exponential, logarithm, sine_of_turns

# Purposes, the fourth word of the counter. New ones are appended; a used number never changes its meaning.
COVERAGE = np.uint32(1)
HEAT = np.uint32(2)
VALUATION = np.uint32(3)
DAY = np.uint32(4)
AFTERMARKET = np.uint32(5)
AFTERMARKET_VOLATILITY = np.uint32(6)
SCRAMBLE = np.uint32(7)
TILTED = np.uint32(8)

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_LOW, _HALF_WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
_F = np.float32
_SQRT_HALF_BITS = np.int32(0x3F3504F3)


@scalar
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10 of the counter ``(c0, c1, c2, c3)`` under the key ``(k0, k1)``; all are ``uint32``."""
    for _ in range(10):
        p0, p1 = np.uint64(c0) * _M0, np.uint64(c2) * _M1
        h0, l0 = np.uint32(p0 >> _HALF_WORD), np.uint32(p0 & _LOW)
        h1, l1 = np.uint32(p1 >> _HALF_WORD), np.uint32(p1 & _LOW)
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0, k1 = np.uint32(k0 + _W0), np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@scalar
def path_words(path):
    """The two words of the counter that name a path; ``path`` is ``uint64``."""
    return np.uint32(path & _LOW), np.uint32(path >> _HALF_WORD)


@scalar
def uniform(high, low):
    """A double strictly inside (0, 1) from two words, of 52 random bits."""
    whole = np.float64(high >> np.uint32(6)) * 67108864.0 + np.float64(low >> np.uint32(6))
    return (whole + 0.5) * 2.220446049250313e-16


@scalar
def normal_pair(b0, b1, b2, b3):
    """Two double-precision standard normals from four words, by Box and Muller."""
    radius = np.sqrt(-2.0 * logarithm(uniform(b0, b1)))
    turn = uniform(b2, b3) - 0.5
    return radius * cosine_of_turns(turn), radius * sine_of_turns(turn)


@scalar
def student_t(b0, b1, b2, b3, degrees):
    """A Student-t draw of any real ``degrees`` of freedom from four words.

    Bailey (1994), *Polar generation of random variates with the t-distribution*: ``sqrt(nu (U^(-2/nu) - 1))``
    times the cosine of a uniform angle. One exponential and one logarithm, no rejection.
    """
    squared = degrees * _power_minus_one(uniform(b0, b1), -2.0 / degrees)
    return np.sqrt(squared) * cosine_of_turns(uniform(b2, b3) - 0.5)


@scalar
def _power_minus_one(base, power):
    """``base**power - 1`` without cancellation for a result near zero (``tanh`` form of ``expm1``)."""
    x = power * logarithm(base)
    # expm1(x) for small x by its series; beyond, the plain difference has no cancellation to speak of.
    series = x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x / 720.0)))))
    return series if x < 0.01 else exponential(x) - 1.0


@scalar
def normal_pair_single(b0, b1):
    """Two single-precision standard normals from two words, by Box and Muller.

    The radius uses 24 bits of the first word, so ``|z|`` is at most 5.9; a 25th gives the cosine its sign, so that
    the second word need only turn within half a circle and no angle is folded. Logarithm and sine are minimax
    polynomials, off by at most 6e-8 and 6e-7 before rounding: the distribution function is met to 1e-6.
    """
    u = (_F(np.int32(b0 >> np.uint32(8))) + _F(0.5)) * _F(5.9604645e-8)
    bits = np.float32(u).view(np.int32)
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> np.int32(23))
    f = np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - _F(1)
    p = _F(-0.10224045)
    p = p * f + _F(0.16141136)
    p = p * f + _F(-0.17166933)
    p = p * f + _F(0.19910243)
    p = p * f + _F(-0.24980573)
    p = p * f + _F(0.33334690)
    square = f * f
    log = f - _F(0.5) * square + f * square * p + _F(exponent) * _F(0.69314718056)
    radius = np.sqrt(_F(-2) * log)
    turn = _F(np.int32(b1)) * _F(1.16415322e-10)
    magnitude = -turn if turn < _F(0) else turn
    cosine = np.float32(radius * _sine_polynomial(_F(0.25) - magnitude)).view(np.uint32)
    sign = np.uint32(b0 << np.uint32(31))
    return np.uint32(cosine ^ sign).view(np.float32), radius * _sine_polynomial(turn)


@scalar
def _sine_polynomial(a):
    """Sine of ``2 pi a`` for ``|a| <= 1/4`` in single precision."""
    y = a * a
    p = _F(-70.993431)
    p = p * y + _F(81.340767)
    p = p * y + _F(-41.337143)
    p = p * y + _F(6.2831640)
    return a * p


@kernel
def fill_philox(first_path, purpose, k0, k1, out):
    """Fill ``out`` (blocks, 4, paths) of ``uint32`` with the raw words of consecutive paths."""
    for block in range(out.shape[0]):
        for i in range(out.shape[2]):
            low, high = path_words(np.uint64(first_path + np.uint64(i)))
            words = philox(low, high, np.uint32(block), purpose, k0, k1)
            out[block, 0, i], out[block, 1, i], out[block, 2, i], out[block, 3, i] = words


@kernel
def fill_normals(first_path, purpose, k0, k1, out):
    """Fill ``out`` (steps, paths) of ``float32`` with the normals that the day draws; ``steps`` a multiple of 4."""
    for block in range(out.shape[0] // 4):
        for i in range(out.shape[1]):
            low, high = path_words(np.uint64(first_path + np.uint64(i)))
            b0, b1, b2, b3 = philox(low, high, np.uint32(block), purpose, k0, k1)
            out[4 * block, i], out[4 * block + 1, i] = normal_pair_single(b0, b1)
            out[4 * block + 2, i], out[4 * block + 3, i] = normal_pair_single(b2, b3)


def seed_words(seed: int) -> tuple[np.uint32, np.uint32]:
    """The key of a seed in [0, 2**64)."""
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)
