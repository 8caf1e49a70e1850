"""Elementary functions from additions, multiplications and integer views alone.

No call of the C library: its exponential differs in the last bit between processors (glibc picks a variant with
or without fused multiply-add), and a call inside a loop over lanes keeps the loop scalar. Every operation used
here is correctly rounded by IEEE 754, so the result is the same bits everywhere.

Double precision serves what happens once a path; the normals of :mod:`sim.kernels.rng` are single precision.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import scalar

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
# Adding 1.5 * 2**52 rounds a double to an integer that then stands in the low bits of its representation.
_ROUNDER = 6755399441055744.0
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_ONE_BITS = np.int64(0x3FF0000000000000)


@scalar
def exponential(x):
    """Exponential of ``x``, clipped to [-700, 700]; relative error below 3e-16.

    Cody and Waite's reduction ``x = k log 2 + r`` and the Taylor polynomial of degree 13 on ``|r| <= 0.347``.
    """
    x = 700.0 if x > 700.0 else x
    x = -700.0 if x < -700.0 else x
    shifted = x * _LOG2_E + _ROUNDER
    k = shifted - _ROUNDER
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.388888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = p * r + 0.5
    p = p * r * r + r + 1.0
    exponent = np.float64(shifted).view(np.int64) << np.int64(52)
    return p * np.int64(exponent + _ONE_BITS).view(np.float64)


@scalar
def logarithm(x):
    """Natural logarithm of a positive, normal ``x``; relative error below 1e-15.

    fdlibm's reduction to ``[sqrt(1/2), sqrt(2))`` and its series in ``s = f / (2 + f)``.
    """
    bits = np.float64(x).view(np.int64)
    shifted = np.int64(bits - _SQRT_HALF_BITS)
    exponent = np.int64(shifted >> np.int64(52))
    m = np.int64(bits - (exponent << np.int64(52))).view(np.float64)
    k = np.float64(exponent)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    t = 1.479819860511658591e-01
    t = t * z + 1.531383769920937332e-01
    t = t * z + 1.818357216161805012e-01
    t = t * z + 2.222219843214978396e-01
    t = t * z + 2.857142874366239149e-01
    t = t * z + 3.999999999940941908e-01
    t = t * z + 6.666666666666735130e-01
    t = t * z
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + t) + k * _LN2_LOW)) - f)


@scalar
def cosine_of_turns(a):
    """Cosine of ``2 pi a`` for ``a`` in [-1/2, 1/2]; absolute error below 1e-14."""
    magnitude = -a if a < 0.0 else a
    return sine_of_turns(0.25 - magnitude)


@scalar
def sine_of_turns(a):
    """Sine of ``2 pi a`` for ``a`` in [-1/2, 1/2], by its Taylor polynomial of degree 21 on a quarter turn."""
    s = 0.5 - a if a > 0.25 else a
    s = -0.5 - a if a < -0.25 else s
    x = 6.283185307179586 * s
    y = x * x
    p = 1.9572941063391263e-20
    p = p * y - 8.22063524662433e-18
    p = p * y + 2.8114572543455206e-15
    p = p * y - 7.647163731819816e-13
    p = p * y + 1.6059043836821613e-10
    p = p * y - 2.505210838544172e-08
    p = p * y + 2.7557319223985893e-06
    p = p * y - 1.984126984126984e-04
    p = p * y + 8.333333333333333e-03
    p = p * y - 1.6666666666666666e-01
    return x + x * y * p
