"""The stabilising manager: equations (5) and (6) of docs/model.md.

All arithmetic of a step is single precision. Comparisons are written out instead of ``max`` and ``min``: the sign
of a zero is then the same compiled and in plain Python, and a NaN stays one.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import scalar
from sim.kernels.arithmetic import exponential, logarithm

_ZERO = np.float32(0)


@scalar
def full_lift(tradable, over_allotment, elasticity):
    """Lift of the log price when the whole short has been bought: ``log(F0 / (F0 - g)) / eta``.

    At most 95% of the float can be bought: of a float smaller than that the short is never covered.
    """
    left = tradable - over_allotment
    least = 0.05 * tradable
    left = least if left < least else left
    return logarithm(tradable / left) / elasticity


@scalar
def lift_after(pressure, lift, capacity, absorption):
    """Lift after a share ``absorption`` of the excess supply has reached the bid, within the short."""
    gap = -(pressure + lift)
    gap = _ZERO if gap < _ZERO else gap
    lift = lift + absorption * gap
    return lift if lift < capacity else capacity


@scalar
def supported_price(pressure, lift, capacity):
    """Log price against the offer: held at zero from below while the manager still has a short to cover."""
    price = pressure + lift
    supported = _ZERO if price < _ZERO else price
    return supported if lift < capacity else price


@scalar
def purchases(tradable, lift, elasticity):
    """Shares bought to reach a lift: ``F0 (1 - exp(-eta s))``."""
    return tradable * (1.0 - exponential(-elasticity * lift))
