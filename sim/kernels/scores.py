"""Latent draws of a path as normal scores: scrambled Sobol points, and draws of a tilted law with their weights.

A score is a standard normal under the model's own law, whatever the draw becomes of it: the valuation noise is the
Student-t quantile of its score, a posterior node the quantile of its own. Path ``i`` has the same score on any
machine: everything here is made of integers, additions, multiplications, divisions and square roots.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential, logarithm
from sim.kernels.rng import TILTED, normal_pair, path_words, philox

STANDARD_DRAWS = 5
"""Rows of the draws of a path: coverage (two normals, or the uniform of a node), valuation, volatility, noise t."""

_ONE, _ZERO = np.uint64(1), np.uint64(0)
_UNIT = 2.220446049250313e-16
NOMINAL_SHARE = 0.5
"""Share of a mixture's paths that follow the model's own law: no weight is above its inverse."""


@scalar
def _ratio(r, a0, a1, a2, a3, a4, a5, a6, a7, b1, b2, b3, b4, b5, b6, b7):
    above = ((((((a7 * r + a6) * r + a5) * r + a4) * r + a3) * r + a2) * r + a1) * r + a0
    below = ((((((b7 * r + b6) * r + b5) * r + b4) * r + b3) * r + b2) * r + b1) * r + 1.0
    return above / below


@scalar
def normal_score(u):
    """Quantile of the standard normal at ``u`` in (0, 1); relative error about 1e-16.

    Wichura (1988), *Algorithm AS 241: the percentage points of the normal distribution*, routine PPND16.
    """
    q = u - 0.5
    if -0.425 <= q <= 0.425:
        return q * _ratio(
            0.180625 - q * q,
            3.3871328727963666080e0,
            1.3314166789178437745e2,
            1.9715909503065514427e3,
            1.3731693765509461125e4,
            4.5921953931549871457e4,
            6.7265770927008700853e4,
            3.3430575583588128105e4,
            2.5090809287301226727e3,
            4.2313330701600911252e1,
            6.8718700749205790830e2,
            5.3941960214247511077e3,
            2.1213794301586595867e4,
            3.9307895800092710610e4,
            2.8729085735721942674e4,
            5.2264952788528545610e3,
        )
    r = np.sqrt(-logarithm(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        size = _ratio(
            r - 1.6,
            1.42343711074968357734e0,
            4.63033784615654529590e0,
            5.76949722146069140550e0,
            3.64784832476320460504e0,
            1.27045825245236838258e0,
            2.41780725177450611770e-1,
            2.27238449892691845833e-2,
            7.74545014278341407640e-4,
            2.05319162663775882187e0,
            1.67638483018380384940e0,
            6.89767334985100004550e-1,
            1.48103976427480074590e-1,
            1.51986665636164571966e-2,
            5.47593808499534494600e-4,
            1.05075007164441684324e-9,
        )
    else:
        size = _ratio(
            r - 5.0,
            6.65790464350110377720e0,
            5.46378491116411436990e0,
            1.78482653991729133580e0,
            2.96560571828504891230e-1,
            2.65321895265761230930e-2,
            1.24266094738807843860e-3,
            2.71155556874348757815e-5,
            2.01033439929228813265e-7,
            5.99832206555887937690e-1,
            1.36929880922735805310e-1,
            1.48753612908506148525e-2,
            7.86869131145613259100e-4,
            1.84631831751005468180e-5,
            1.42151175831644588870e-7,
            2.04426310338993978564e-15,
        )
    return -size if q < 0.0 else size


@scalar
def _trailing_zeros(n):
    count = 0
    while n & _ONE == _ZERO:
        n = n >> _ONE
        count += 1
    return count


@kernel
def sobol_scores(first_path, columns, shifts, rows, out):
    """Scores of consecutive paths from independently scrambled Sobol points.

    Parameters
    ----------
    first_path
        Number of the first path, ``uint64``. Path ``i`` takes point ``i // R`` of replicate ``i mod R``.
    columns
        (R, dimensions, bits) ``uint64``: columns of the scrambled generator matrices, the first of 52 digits highest.
    shifts
        (R, dimensions) ``uint64``: digital shifts.
    rows
        (dimensions,), row of ``out`` that each dimension fills.
    out
        (STANDARD_DRAWS, paths), other rows stay as they are.

    Notes
    -----
    Antonov and Saleev (1979): neighbouring points of the Gray-code order differ by one column.
    """
    replicates, paths = columns.shape[0], out.shape[1]
    offset = int(first_path % np.uint64(replicates))
    for r in range(replicates):
        start = (r - offset + replicates) % replicates
        first_point = np.uint64((first_path + np.uint64(start)) // np.uint64(replicates))
        for d in range(rows.shape[0]):
            point = first_point
            gray, state, bit = point ^ (point >> _ONE), shifts[r, d], 0
            while gray > _ZERO:
                if gray & _ONE:
                    state ^= columns[r, d, bit]
                gray = gray >> _ONE
                bit += 1
            row = rows[d]
            for i in range(start, paths, replicates):
                out[row, i] = normal_score((np.float64(state) + 0.5) * _UNIT)
                point = np.uint64(point + _ONE)
                state ^= columns[r, d, _trailing_zeros(point)]


@kernel
def tilted_scores(first_path, key_low, key_high, mean, root, inverse, log_determinant, rows, out, log_ratios):
    """Scores of consecutive paths, every other one from a tilted law.

    An even path follows the standard normal ``f``, an odd one ``g``, normal with ``mean`` and the Cholesky factor
    ``root`` of its covariance.

    Parameters
    ----------
    first_path
        Number of the first path, ``uint64``.
    mean, root, inverse, log_determinant
        Of ``g``, shapes (d,), (d, d), (d, d): ``inverse`` is that of ``root``, ``log_determinant`` of ``root`` too.
    rows
        (d,), row of ``out`` that each score fills; ``d`` is at most six.
    out, log_ratios
        (STANDARD_DRAWS, paths) and (paths,), filled; the latter with ``log(g / f)``.
    """
    dimensions = rows.shape[0]
    z, x = np.empty(6), np.empty(6)
    for i in range(out.shape[1]):
        path = np.uint64(first_path + np.uint64(i))
        low, high = path_words(path)
        for block in range((dimensions + 1) // 2):
            b0, b1, b2, b3 = philox(low, high, np.uint32(block), TILTED, key_low, key_high)
            z[2 * block], z[2 * block + 1] = normal_pair(b0, b1, b2, b3)
        if path & _ONE == _ZERO:
            for d in range(dimensions):
                x[d] = z[d]
        else:
            for d in range(dimensions):
                total = mean[d]
                for k in range(d + 1):
                    total += root[d, k] * z[k]
                x[d] = total
        log_ratio = -log_determinant
        for d in range(dimensions):
            total = 0.0
            for k in range(d + 1):
                total += inverse[d, k] * (x[k] - mean[k])
            log_ratio += 0.5 * (x[d] * x[d] - total * total)
            out[rows[d], i] = x[d]
        log_ratios[i] = log_ratio


@kernel
def balanced_weights(log_ratios, weights):
    """Weights ``f / (f/2 + g/2)`` of draws of the mixture from their ``log(g / f)``; none is above 2.

    The balance heuristic of Veach and Guibas (1995), *Optimally combining sampling techniques*; a defensive mixture
    after Hesterberg (1995).
    """
    for i in range(weights.shape[0]):
        weights[i] = 1.0 / (NOMINAL_SHARE + (1.0 - NOMINAL_SHARE) * exponential(log_ratios[i]))


@kernel
def student_of_scores(values, slopes, step, scores):
    """Turn normal scores into Student-t draws, in place, by cubic Hermite interpolation of an odd function.

    ``values`` and ``slopes`` are those of the t quantile at the scores ``0, step, 2 step, ...``; beyond the last one
    a score counts as the last.
    """
    last = (values.shape[0] - 1) * step
    for i in range(scores.shape[0]):
        score = scores[i]
        size = -score if score < 0.0 else score
        size = last if size > last else size
        k = int(size / step)
        k = values.shape[0] - 2 if k > values.shape[0] - 2 else k
        s = size / step - k
        r = 1.0 - s
        rise = values[k + 1] - values[k]
        t = values[k] + s * rise + s * r * (r * (step * slopes[k] - rise) + s * (rise - step * slopes[k + 1]))
        scores[i] = -t if score < 0.0 else t
