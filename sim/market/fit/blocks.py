"""A block of parameters with independent normal priors: maximum a posteriori, standard errors, what is not seen.

A log-likelihood takes many parameter vectors at once, (vectors, parameters) to (vectors,), so that a gradient by
central differences is one vectorised call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.market.parameters import Posterior
from sim.market.posterior import posterior_of

Array = NDArray[np.float64]
LogLikelihood = Callable[["Values"], Array]

GRADIENT_STEP = 1e-5
HESSIAN_STEP = 1e-3
BOUND_SDS = 6.0
"""The search stays within so many prior standard deviations: only to keep a line search out of overflow."""
NOT_SEEN = 0.9
"""A posterior standard deviation above this share of the prior's: the data say next to nothing."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal prior; a standard deviation of zero makes a constant."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A parameter as fitted.

    Parameters
    ----------
    name
        Name in the fit.
    value
        Posterior mode.
    standard_error
        From the observed information of the posterior; ``None`` when not asked for.
    prior
        Its prior.
    """

    name: str
    value: float
    standard_error: float | None
    prior: Prior

    @property
    def is_seen(self) -> bool | None:
        """Whether the data speak of it; ``None`` when standard errors were not asked for."""
        return None if self.standard_error is None else self.standard_error < NOT_SEEN * self.prior.sd


class Values:
    """Parameter vectors by name: ``values["kappa"]`` has shape (vectors, 1)."""

    def __init__(self, names: tuple[str, ...], array: Array) -> None:
        self._at = {name: index for index, name in enumerate(names)}
        self.array = array

    def __getitem__(self, name: str) -> Array:
        return self.array[:, self._at[name]][:, None]


@dataclass(frozen=True)
class Block:
    """A named parameter vector with its priors."""

    priors: Mapping[str, Prior]

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(self.priors)

    @property
    def free(self) -> NDArray[np.int_]:
        """Indices of the parameters that are estimated."""
        return np.flatnonzero(np.array([prior.sd for prior in self.priors.values()]) > 0)

    def means(self) -> Array:
        """Prior means, shape (parameters,)."""
        return np.array([prior.mean for prior in self.priors.values()])

    def values(self, array: Array) -> Values:
        """Wrap vectors (vectors, parameters), or a single one."""
        return Values(self.names, np.atleast_2d(array))

    def with_constants(self, constants: Mapping[str, float]) -> Block:
        """Return the block with some parameters held at a value."""
        held = {name: Prior(value, 0.0) for name, value in constants.items()}
        return Block({**self.priors, **held})

    def value_and_gradient(self, log_likelihood: LogLikelihood) -> Callable[[Array], tuple[float, Array]]:
        """Return the negative log posterior of the free parameters, with its gradient by central differences."""
        free, count = self.free, len(self.free)
        mean = self.means()
        prior_mean = mean[free]
        prior_sd = np.array([prior.sd for prior in self.priors.values()])[free]
        steps = np.vstack([np.zeros(count), GRADIENT_STEP * np.eye(count), -GRADIENT_STEP * np.eye(count)])

        def evaluate(point: Array) -> tuple[float, Array]:
            vectors = np.tile(mean, (2 * count + 1, 1))
            vectors[:, free] = point + steps
            penalty = 0.5 * (((point + steps - prior_mean) / prior_sd) ** 2).sum(axis=1)
            value = penalty - log_likelihood(self.values(vectors))
            gradient = (value[1 : count + 1] - value[count + 1 :]) / (2 * GRADIENT_STEP)
            return float(value[0]), gradient

        return evaluate

    def maximise(self, log_likelihood: LogLikelihood, start: Mapping[str, float] | None = None) -> Array:
        """Maximum a posteriori by L-BFGS-B, shape (parameters,).

        Parameters
        ----------
        log_likelihood
            Of the data, for many vectors at once.
        start
            Where to start; parameters it does not name start at their prior mean.
        """
        from scipy.optimize import minimize

        out = self.means()
        free = self.free
        if not len(free):
            return out
        sd = np.array([prior.sd for prior in self.priors.values()])[free]
        low, high = out[free] - BOUND_SDS * sd, out[free] + BOUND_SDS * sd
        given = start or {}
        first = np.array([given.get(self.names[i], out[i]) for i in free])
        objective: Any = self.value_and_gradient(log_likelihood)
        bounds = list(zip(low.tolist(), high.tolist(), strict=True))
        found = minimize(objective, np.clip(first, low, high), jac=True, method="L-BFGS-B", bounds=bounds)
        out[free] = found.x
        return out

    def information(self, log_likelihood: LogLikelihood, at: Array) -> Array:
        """Observed information of the posterior, (free, free)."""
        evaluate = self.value_and_gradient(log_likelihood)
        point = at[self.free]
        rows = [
            (evaluate(point + shift)[1] - evaluate(point - shift)[1]) / (2 * HESSIAN_STEP)
            for shift in HESSIAN_STEP * np.eye(len(point))
        ]
        return (np.array(rows) + np.array(rows).T) / 2

    def polish(self, log_likelihood: LogLikelihood, at: Array) -> Array:
        """Two Newton steps from a mode found by L-BFGS, so that its digits do not hang on where that stopped."""
        out = at.copy()
        if len(self.free):
            information = self.information(log_likelihood, at)
            for _ in range(2):
                gradient = self.value_and_gradient(log_likelihood)(out[self.free])[1]
                out[self.free] -= np.linalg.solve(information, gradient)
        return out


@dataclass(frozen=True)
class BlockFit:
    """A block with its posterior mode.

    Parameters
    ----------
    block
        Parameters and priors.
    array
        The mode, (parameters,).
    log_likelihood
        What was maximised, with the priors.
    """

    block: Block
    array: Array
    log_likelihood: LogLikelihood

    @classmethod
    def of(
        cls, block: Block, log_likelihood: LogLikelihood, start: Mapping[str, float], polish: bool
    ) -> BlockFit:
        """Fit a block."""
        array = block.maximise(log_likelihood, start)
        return cls(block, block.polish(log_likelihood, array) if polish else array, log_likelihood)

    def __getitem__(self, name: str) -> float:
        return float(self.array[self.block.names.index(name)])

    @property
    def values(self) -> Values:
        """The mode as a single vector."""
        return self.block.values(self.array)

    @property
    def attained(self) -> float:
        """Log-likelihood at the mode."""
        return float(self.log_likelihood(self.values)[0])

    @property
    def slope(self) -> float:
        """Largest slope of the posterior at the mode, in units of log-likelihood a prior standard deviation.

        Next to nothing where the search settled; not so where it gave up or ran into a bound.
        """
        block = self.block
        if not len(block.free):
            return 0.0
        gradient = block.value_and_gradient(self.log_likelihood)(self.array[block.free])[1]
        sd = np.array([prior.sd for prior in block.priors.values()])[block.free]
        return float(np.abs(gradient * sd).max())

    @cached_property
    def covariance(self) -> Array:
        """Covariance of the free parameters, (free, free): the inverse of the observed information."""
        return np.asarray(
            np.linalg.inv(self.block.information(self.log_likelihood, self.array)), dtype=np.float64
        )

    @property
    def posterior(self) -> Posterior:
        """The normal approximation of the posterior of the free parameters."""
        return posterior_of([self.block.names[i] for i in self.block.free], self.covariance)

    def estimates(self, errors: bool) -> tuple[Estimate, ...]:
        """The free parameters, with standard errors from the observed information where asked for."""
        block = self.block
        found: list[float | None] = [None] * len(block.free)
        if errors:
            found = [float(error) for error in np.sqrt(np.diag(self.covariance))]
        return tuple(
            Estimate(block.names[i], float(self.array[i]), error, block.priors[block.names[i]])
            for i, error in zip(block.free, found, strict=True)
        )
