"""Minimisation of a smooth function of a few positive parameters.

The method is the simplex of Nelder and Mead (The Computer Journal 7, 1965) with the
dimension-dependent coefficients of Gao and Han (Computational Optimization and
Applications 51, 2012), restarted until a fresh simplex finds nothing better. It works on
the logarithms of the parameters, so they stay positive without constraints.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log
from typing import Any

LOG_BOUND = 14.0  # exp(14) is about 1.2 million: beyond it a parameter has run away

PILOT = 1500  # terms of the sample that finds the neighbourhood


@dataclass(frozen=True)
class Minimum:
    """Outcome of :func:`minimize_positive`.

    :ivar point: the parameters, all > 0
    :ivar value: the function there
    :ivar converged: whether a restart confirmed the point inside the bounds
    :ivar evaluations: how often the function was called
    """

    point: tuple[float, ...]
    value: float
    converged: bool
    evaluations: int


def minimize_positive(
    function: Callable[..., float],
    start: Sequence[float],
    tolerance: float = 1e-4,
    max_evaluations: int = 2000,
    step: float = 0.5,
    confirm: bool = True,
) -> Minimum:
    """Minimise ``function(*parameters)`` over positive parameters.

    :param function: the function; a value that is not finite, or an OverflowError,
        ValueError or ZeroDivisionError, counts as "not here"
    :param start: first guess, all > 0
    :param tolerance: absolute improvement of the value below which a restart is final
    :param max_evaluations: bound on the work; reaching it means "not converged"
    :param step: size of the first simplex, in units of log(parameter)
    :param confirm: restart until nothing better is found; else one descent will do
    """
    calls = 0

    def at(point: Sequence[float]) -> float:
        nonlocal calls
        calls += 1
        if any(abs(coordinate) > LOG_BOUND for coordinate in point):
            return float("inf")
        try:
            value = function(*map(exp, point))
        except (OverflowError, ValueError, ZeroDivisionError):
            return float("inf")
        return value if isfinite(value) else float("inf")

    best = [log(value) for value in start]
    best_value = at(best)
    converged = False
    while calls < max_evaluations:
        point, value = _simplex(
            at, best, step, tolerance, lambda: max_evaluations - calls
        )
        improvement = best_value - value
        if value <= best_value:
            best, best_value = point, value
        if not (confirm and improvement > tolerance):
            converged = isfinite(best_value)
            break
        step /= 2
    if any(abs(coordinate) > LOG_BOUND - 1.0 for coordinate in best):
        converged = False
    return Minimum(tuple(map(exp, best)), best_value, converged, calls)


def minimize_positive_sum(
    function: Callable[..., float],
    terms: Mapping[Any, int],
    start: Sequence[float],
) -> Minimum:
    """Minimise ``function(parameters, terms)``, a sum over many counted terms.

    A systematic sample of the terms leads near the minimum for a fraction of the work;
    all of them then decide.
    """
    step = 0.5
    if len(terms) > 2 * PILOT:
        ordered = sorted(terms.items())
        pilot = dict(ordered[:: len(ordered) // PILOT])
        near = minimize_positive(lambda *point: function(point, pilot), start)
        if not near.converged:
            return near
        start, step = near.point, 0.05
    return minimize_positive(
        lambda *point: function(point, terms), start, step=step, confirm=step == 0.5
    )


def _simplex(at, start, step, tolerance, remaining):
    """One descent from ``start``; returns the best vertex and its value."""
    n = len(start)
    expansion, contraction, shrink = 1 + 2 / n, 0.75 - 0.5 / n, 1 - 1 / n
    vertices = [(at(start), list(start))]
    for axis in range(n):
        moved = list(start)
        moved[axis] += step
        vertices.append((at(moved), moved))

    def along(centre, worst, factor):
        point = [c + factor * (c - w) for c, w in zip(centre, worst, strict=True)]
        return at(point), point

    while remaining() > 0:
        vertices.sort(key=lambda vertex: vertex[0])
        (low, best), (high, worst) = vertices[0], vertices[-1]
        spread = max(
            abs(a - b)
            for _value, vertex in vertices[1:]
            for a, b in zip(vertex, best, strict=True)
        )
        if high - low <= tolerance / 10 and spread <= 3e-3:
            break
        centre = [
            sum(vertex[axis] for _value, vertex in vertices[:-1]) / n
            for axis in range(n)
        ]
        reflected = along(centre, worst, 1.0)
        if reflected[0] < low:
            expanded = along(centre, worst, expansion)
            vertices[-1] = min(reflected, expanded, key=lambda vertex: vertex[0])
        elif reflected[0] < vertices[-2][0]:
            vertices[-1] = reflected
        else:
            outside = reflected[0] < high
            contracted = along(centre, worst, contraction if outside else -contraction)
            if contracted[0] < min(reflected[0], high):
                vertices[-1] = contracted
            else:
                for index in range(1, n + 1):
                    moved = [
                        b + shrink * (v - b)
                        for v, b in zip(vertices[index][1], best, strict=True)
                    ]
                    vertices[index] = (at(moved), moved)
    value, point = min(vertices, key=lambda vertex: vertex[0])
    return point, value
