"""Root of a continuous function of one variable between two points where its sign differs (Brent 1973)."""

from collections.abc import Callable

__all__ = ["bracketed_root", "widen_bracket"]

EPSILON = 2.0**-52
MAX_ITERATIONS = 300


def bracketed_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return x in [low, high] with function(x) = 0, to the last digits that a double holds.

    Parameters
    ----------
    function
        Continuous function whose signs at `low` and `high` differ.
    low, high
        Ends of the bracket.

    Raises
    ------
    ArithmeticError
        When the function has one sign at both ends, or is not a number at one of them.

    References
    ----------
    R. P. Brent (1973). Algorithms for Minimization without Derivatives, chapter 4.
    """
    a, b = low, high
    fa, fb = function(a), function(b)
    if fa == 0.0:
        return a
    if fb == 0.0:
        return b
    if not fa * fb < 0.0:
        raise ArithmeticError(f"no change of sign: f({a!r}) = {fa!r}, f({b!r}) = {fb!r}")
    c, fc = a, fa
    step = last = b - a
    for _ in range(MAX_ITERATIONS):
        if fb * fc > 0.0:
            c, fc = a, fa
            step = last = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        tolerance = 2.0 * EPSILON * abs(b) + 1e-300
        middle = 0.5 * (c - b)
        if abs(middle) <= tolerance or fb == 0.0:
            return b
        step, last = _next_step((a, b, c), (fa, fb, fc), (step, last), (middle, tolerance))
        a, fa = b, fb
        b += step if abs(step) > tolerance else (tolerance if middle > 0.0 else -tolerance)
        fb = function(b)
    return b


def _next_step(
    x: tuple[float, float, float], f: tuple[float, float, float], steps: tuple[float, float], goal: tuple[float, float]
) -> tuple[float, float]:
    """Interpolate where that is safe, else halve; return the step and the one before it."""
    (a, b, c), (fa, fb, fc), (step, last), (middle, tolerance) = x, f, steps, goal
    if abs(last) < tolerance or abs(fa) <= abs(fb):
        return middle, middle
    s = fb / fa
    if a == c:
        p, q = 2.0 * middle * s, 1.0 - s
    else:
        q, r = fa / fc, fb / fc
        p = s * (2.0 * middle * q * (q - r) - (b - a) * (r - 1.0))
        q = (q - 1.0) * (r - 1.0) * (s - 1.0)
    p, q = (p, -q) if p > 0.0 else (-p, q)
    if 2.0 * p < min(3.0 * middle * q - abs(tolerance * q), abs(last * q)):
        return p / q, step
    return middle, middle


def widen_bracket(
    function: Callable[[float], float], start: float, *, step: float = 1.0, limit: float = 1e4
) -> tuple[float, float]:
    """Return a bracket of the root of a monotone function, found by doubling steps away from `start`.

    Raises
    ------
    ArithmeticError
        When the sign is the same up to `limit` on both sides.
    """
    at_start = function(start)
    if at_start == 0.0:
        return start, start
    low = high = start
    while step <= limit:
        low, high = start - step, start + step
        if function(low) * at_start < 0.0:
            return low, start
        if function(high) * at_start < 0.0:
            return start, high
        step *= 2.0
    raise ArithmeticError(f"no change of sign between {low!r} and {high!r}")
