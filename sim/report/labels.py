"""Labels that keep apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def spread(wanted: NDArray[np.float64], distance: float, low: float, high: float) -> NDArray[np.float64]:
    """Move labels as little as it takes to keep them apart.

    Solves least squares under ``y[k+1] - y[k] >= distance``, which after taking ``k * distance`` off is
    isotonic regression, by pooling adjacent violators (Barlow et al., 1972).

    Parameters
    ----------
    wanted
        Places wanted, increasing, shape (N,).
    distance
        Least distance of neighbours, same unit.
    low, high
        Bounds for the first and the last label; ``high`` gives way when there is no room for all.

    Returns
    -------
    ndarray
        Places, shape (N,).
    """
    steps = distance * np.arange(wanted.size)
    blocks: list[tuple[float, int]] = []
    for target in wanted - steps:
        mean, size = float(target), 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean = (mean * size + before * count) / (size + count)
            size += count
        blocks.append((mean, size))
    level = np.concatenate([np.full(size, mean) for mean, size in blocks])
    room = high - distance * (wanted.size - 1)
    return np.asarray(np.clip(level, low, max(low, room)) + steps, dtype=np.float64)
