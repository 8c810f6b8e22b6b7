"""Minimisation of a smooth function of a few positive parameters.

The method is that of Broyden, Fletcher, Goldfarb and Shanno with the line search of Lewis
and Overton (Mathematical Programming 141, 2013), as Nocedal and Wright describe it in
"Numerical Optimization" (2nd edition, chapter 6). It works on the logarithms of the
parameters, so they stay positive without constraints.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log, sqrt
from typing import Any

LOG_BOUND = 14.0  # exp(14) is about 1.2 million: beyond it a parameter has run away
# One standard error of log(parameter) beyond which it is not known: a factor of 20.
LOG_ERROR_BOUND = 3.0
# Spread of log(parameter) in the weak prior: about 95 % within a factor of 50.
PRIOR_SPREAD = 2.0
LONGEST_STEP = 2.0  # in units of log(parameter); the first steps know no curvature
SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9  # of a step along the line
DIFFERENCE = 1e-4  # step of the differences of the gradient

PILOT = 600  # terms of the sample that finds the neighbourhood

Vector = list[float]
Matrix = list[Vector]
Function = Callable[..., tuple[float, Sequence[float]]]


@dataclass(frozen=True)
class Minimum:
    """Outcome of :func:`minimize_positive` and of :func:`estimate`.

    :ivar point: the parameters, all > 0
    :ivar value: the function there
    :ivar converged: whether it is a minimum inside the bounds that determines each of
        the parameters
    :ivar evaluations: how often the function was called
    :ivar prior: whether a weak prior had to help
    :ivar covariance: of log(parameters), where it converged
    """

    point: tuple[float, ...]
    value: float
    converged: bool
    evaluations: int
    prior: bool = False
    covariance: Matrix | None = None


def estimate(
    objective: Callable[[Sequence[float], Any], tuple[float, Sequence[float]]],
    terms: Mapping[Any, int],
    prepare: Callable[[Mapping[Any, int]], Any],
    start: Sequence[float],
) -> Minimum:
    """Maximum likelihood or, where the data do not determine each of the parameters, the
    mode with a weak log-normal prior around ``start``.

    Among a hundred customers the likelihood often grows without end towards a limit of
    the model, where predictions stay sensible while parameters run away; the prior keeps
    them. ``value`` is the function without the prior.

    A systematic sample of many terms leads near the maximum for a fraction of the work;
    all of them then decide.

    :param objective: gives value and derivatives of the negative log-likelihood at a
        point, see :func:`minimize_positive`, from what ``prepare`` makes of terms
    :param terms: observation → number of such observations
    """

    def over(chosen):
        prepared = prepare(chosen)
        return lambda *point: objective(point, prepared)

    function, guess, inverse = over(terms), start, None
    if len(terms) > 2 * PILOT:
        ordered = sorted(terms.items())
        sample = dict(ordered[:: len(ordered) // PILOT])
        pilot = minimize_positive(over(sample), start)
        if pilot.converged:
            share = sum(sample.values()) / sum(terms.values())
            guess = pilot.point
            inverse = [[share * entry for entry in row] for row in pilot.covariance]
    plain = minimize_positive(function, guess, inverse=inverse)
    if plain.converged:
        return plain

    def with_prior(*point):
        value, derivatives = function(*point)
        distances = [
            log(parameter / first) / PRIOR_SPREAD
            for parameter, first in zip(point, start, strict=True)
        ]
        return value + sum(d * d for d in distances) / 2, [
            slope + distance / (PRIOR_SPREAD * parameter)
            for slope, distance, parameter in zip(
                derivatives, distances, point, strict=True
            )
        ]

    held = minimize_positive(with_prior, start)
    value = function(*held.point)[0] if held.converged else held.value
    calls = plain.evaluations + held.evaluations + 1
    return Minimum(held.point, value, held.converged, calls, prior=True)


def minimize_positive(
    function: Function,
    start: Sequence[float],
    tolerance: float = 1e-6,
    max_evaluations: int = 300,
    inverse: Matrix | None = None,
) -> Minimum:
    """Minimise a negative log-likelihood over positive parameters.

    :param function: ``function(*parameters)`` gives its value and its derivatives by
        each parameter; a value that is not finite, or an OverflowError, ValueError or
        ZeroDivisionError, counts as "not here"
    :param start: first guess, all > 0
    :param tolerance: absolute improvement of the value that is still worth a step
    :param max_evaluations: bound on the work; reaching it means "not converged"
    :param inverse: of the Hessian by the logarithms, as far as it is known; the steps
        reveal it
    """
    search = _Search(function, max_evaluations)
    point = [log(value) for value in start]
    value, gradient = search.at(point)
    covariance: Matrix | None = None  # the inverse, as differences at the end tell it
    while search.remaining() > 0 and isfinite(value):
        direction = _descent(inverse, gradient)
        if -_dot(direction, gradient) < 2 * tolerance:
            covariance = _covariance(search, point, gradient)
            if covariance is None:
                break
            # What the steps revealed may be a poor picture of the Hessian.
            direction = _descent(covariance, gradient)
            if -_dot(direction, gradient) < 2 * tolerance:
                break
            inverse = covariance
        step = search.along(point, value, gradient, direction)
        if step is None:
            break
        moved = [new - old for new, old in zip(step.point, point, strict=True)]
        change = [new - old for new, old in zip(step.gradient, gradient, strict=True)]
        inverse = _update(inverse, moved, change)
        point, value, gradient = step.point, step.value, step.gradient
        covariance = None
    converged = (
        covariance is not None
        and search.remaining() > 0
        and all(
            covariance[axis][axis] < LOG_ERROR_BOUND**2 for axis in range(len(point))
        )
    )
    return Minimum(
        tuple(map(exp, point)),
        value,
        converged,
        search.calls,
        covariance=covariance if converged else None,
    )


@dataclass(frozen=True)
class _Step:
    point: Vector
    value: float
    gradient: Vector


class _Search:
    """The function on logarithms, and how often it was called."""

    def __init__(self, function, max_evaluations):
        self.function = function
        self.max_evaluations = max_evaluations
        self.calls = 0

    def remaining(self) -> int:
        return self.max_evaluations - self.calls

    def at(self, point: Vector) -> tuple[float, Vector]:
        """Value and gradient by the logarithms; infinite where there is none."""
        self.calls += 1
        nowhere = inf, [0.0] * len(point)
        if any(abs(coordinate) > LOG_BOUND for coordinate in point):
            return nowhere
        parameters = [exp(coordinate) for coordinate in point]
        try:
            value, derivatives = self.function(*parameters)
        except (OverflowError, ValueError, ZeroDivisionError):
            return nowhere
        gradient = [p * d for p, d in zip(parameters, derivatives, strict=True)]
        return (value, gradient) if all(map(isfinite, (value, *gradient))) else nowhere

    def along(self, point, value, gradient, direction) -> _Step | None:
        """A point along ``direction`` that is lower, and where the slope has eased."""
        slope = _dot(gradient, direction)
        longest = max(map(abs, direction))
        length, low, high = min(1.0, LONGEST_STEP / longest), 0.0, inf
        best = None
        while self.remaining() > 0 and high - low > 1e-9:
            moved = [p + length * d for p, d in zip(point, direction, strict=True)]
            found, there = self.at(moved)
            if found > value + SUFFICIENT_DECREASE * length * slope:
                high = length
            else:
                best = _Step(moved, found, there)
                if (
                    _dot(there, direction) >= CURVATURE * slope
                    or length * longest >= LONGEST_STEP
                ):
                    break
                low = length
            length = (low + high) / 2 if isfinite(high) else 2 * low
            length = min(length, LONGEST_STEP / longest)
        return best


def _descent(inverse: Matrix | None, gradient: Vector) -> Vector:
    """The direction to search in; straight down while no curvature is known."""
    if inverse is None:
        scale = max(1.0, sqrt(_dot(gradient, gradient)))
        return [-slope / scale for slope in gradient]
    return [-_dot(row, gradient) for row in inverse]


def _update(inverse: Matrix | None, moved: Vector, change: Vector) -> Matrix | None:
    """The inverse of the Hessian after a step that changed the gradient by ``change``."""
    curvature = _dot(moved, change)
    if curvature <= 1e-12:
        return inverse
    n = len(moved)
    if inverse is None:
        scale = curvature / _dot(change, change)
        inverse = [[scale * (i == j) for j in range(n)] for i in range(n)]
    hy = [_dot(row, change) for row in inverse]
    factor = (1 + _dot(change, hy) / curvature) / curvature
    return [
        [
            inverse[i][j]
            + factor * moved[i] * moved[j]
            - (hy[i] * moved[j] + moved[i] * hy[j]) / curvature
            for j in range(n)
        ]
        for i in range(n)
    ]


def _covariance(search: _Search, point: Vector, gradient: Vector) -> Matrix | None:
    """Inverse of the Hessian by differences; None unless ``point`` is at a minimum.

    It holds the variances of log(parameters): where the function hardly depends on a
    parameter, the value on which a search stops means nothing.
    """
    hessian = []
    for axis in range(len(point)):
        moved = list(point)
        moved[axis] += DIFFERENCE
        slopes = search.at(moved)[1]
        hessian.append(
            [
                (up - here) / DIFFERENCE
                for up, here in zip(slopes, gradient, strict=True)
            ]
        )
    return _inverse(hessian)


def _inverse(matrix: Matrix) -> Matrix | None:
    """Inverse of a symmetric matrix by Gauss and Jordan; None unless positive definite."""
    n = len(matrix)
    rows = [
        [(matrix[i][j] + matrix[j][i]) / 2 for j in range(n)]
        + [float(i == j) for j in range(n)]
        for i in range(n)
    ]
    for axis in range(n):
        pivot = rows[axis][axis]
        if not pivot > 1e-12:  # all pivots positive: positive definite
            return None
        rows[axis] = [entry / pivot for entry in rows[axis]]
        for other in range(n):
            if other != axis and rows[other][axis]:
                factor = rows[other][axis]
                rows[other] = [
                    entry - factor * base
                    for entry, base in zip(rows[other], rows[axis], strict=True)
                ]
    return [row[n:] for row in rows]


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
