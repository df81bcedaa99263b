"""Recursion of group sequential statistics: the density of Z at a look among trials that go on.

The canonical joint distribution: Z at information I is normal with mean theta sqrt(I) and variance 1, and Z sqrt(I) has
independent increments. A density is held as nodes `z` and masses `mass` (density times quadrature weight) of
Gauss-Legendre panels, rising, on the region where the trial goes on; no nodes mean that no look has been.
"""

from __future__ import annotations

import math

import numpy as np

from equipoise.stats._kernels.decorator import compiled

REACH = 9.0
"""Standard deviations beyond which a density is cut: 1e-19 of its mass."""

FAR = 40.0
"""Standard deviations beyond which a normal density is 0 to the machine: what lies there is left out."""

PANEL = 3.0
"""Length of a quadrature panel in units of the narrowest feature of the integrand."""

MAX_NEWTON = 200


@compiled
def normal_tail(x: float) -> float:
    """P(Z > x)."""
    return 0.5 * math.erfc(x * 0.7071067811865476)


@compiled
def beyond(
    z: np.ndarray, mass: np.ndarray, before: float, now: float, theta: float, bound: float, sign: float
) -> float:
    """P(the trial reaches this look and sign * (Z - bound) > 0)."""
    if z.size == 0:
        return normal_tail(sign * (bound - theta * math.sqrt(now)))
    step = now - before
    width = math.sqrt(step)
    at = bound * math.sqrt(now) - theta * step
    root = math.sqrt(before)
    total = 0.0
    for i in range(z.size):
        total += mass[i] * normal_tail(sign * (at - z[i] * root) / width)
    return total


@compiled
def first_from(z: np.ndarray, least: float) -> int:
    """Place of the first of the rising nodes that is not below a point."""
    low, high = 0, z.size
    while low < high:
        middle = (low + high) // 2
        if z[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def density(z: np.ndarray, mass: np.ndarray, before: float, now: float, theta: float, at: float) -> float:
    """Density of Z at this look, at one point."""
    if z.size == 0:
        d = at - theta * math.sqrt(now)
        return 0.3989422804014327 * math.exp(-0.5 * d * d)
    step = now - before
    width = math.sqrt(step)
    point = at * math.sqrt(now) - theta * step
    root = math.sqrt(before)
    total = 0.0
    for i in range(first_from(z, (point - FAR * width) / root), z.size):
        d = (point - z[i] * root) / width
        if d < -FAR:
            break
        total += mass[i] * math.exp(-0.5 * d * d)
    return 0.3989422804014327 * total * math.sqrt(now) / width


@compiled
def advance(
    z: np.ndarray,
    mass: np.ndarray,
    before: float,
    now: float,
    after: float,
    theta: float,
    low: float,
    high: float,
    nodes: np.ndarray,
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Density on low < Z < high at this look; `after` is the information of the next one."""
    center = theta * math.sqrt(now)
    low = max(low, center - REACH)
    high = min(high, center + REACH)
    if not high > low:
        return np.empty(0), np.empty(0)
    feature = math.sqrt((after - now) / now)
    if before > 0.0:
        feature = min(feature, math.sqrt((now - before) / now))
    feature = min(feature, 1.0)
    panels = math.ceil((high - low) / (PANEL * feature))
    half = 0.5 * (high - low) / panels
    order = nodes.size
    points = np.empty(panels * order)
    masses = np.empty(panels * order)
    for panel in range(panels):
        middle = low + (2 * panel + 1) * half
        for j in range(order):
            at = middle + half * nodes[j]
            points[panel * order + j] = at
            masses[panel * order + j] = half * weights[j] * density(z, mass, before, now, theta, at)
    return points, masses


@compiled
def bound_of(
    z: np.ndarray, mass: np.ndarray, before: float, now: float, theta: float, target: float, sign: float
) -> float:
    """Bound beyond which (sign 1: above, -1: below) lies the probability `target`; infinite where it cannot be."""
    if target <= 0.0:
        return sign * np.inf
    low, high = -40.0, 40.0
    if beyond(z, mass, before, now, theta, -sign * 40.0, sign) <= target:
        return -sign * np.inf
    at = theta * math.sqrt(now) + sign * 2.0
    for _ in range(MAX_NEWTON):
        excess = beyond(z, mass, before, now, theta, at, sign) - target
        if excess == 0.0:
            return at
        if (excess > 0.0) == (sign > 0.0):
            low = at
        else:
            high = at
        slope = density(z, mass, before, now, theta, at)
        # Newton on the logarithm of the tail: nearly linear far out, where the tail itself is flat
        tail = excess + target
        move = sign * math.log(tail / target) * tail / slope if slope > 0.0 and tail > 0.0 else np.inf
        new = at + move
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - at) <= 4e-16 * max(1.0, abs(at)) or high - low <= 4e-16 * max(1.0, abs(at)):
            return new
        at = new
    return at


@compiled
def crossings(
    information: np.ndarray,
    theta: float,
    lower: np.ndarray,
    upper: np.ndarray,
    nodes: np.ndarray,
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """P(first crossing is upward at each look), P(downward)."""
    looks = information.size
    up = np.zeros(looks)
    down = np.zeros(looks)
    z = np.empty(0)
    mass = np.empty(0)
    before = 0.0
    for k in range(looks):
        now = information[k]
        up[k] = beyond(z, mass, before, now, theta, upper[k], 1.0)
        down[k] = beyond(z, mass, before, now, theta, lower[k], -1.0)
        if k < looks - 1:
            z, mass = advance(z, mass, before, now, information[k + 1], theta, lower[k], upper[k], nodes, weights)
            before = now
            if z.size == 0:
                break
    return up, down
