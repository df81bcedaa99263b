"""Spending functions: how much of the error has been spent when a fraction of the information is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SPENDING", "spent"]

SPENDING = {
    "lan_demets_obrien_fleming": None,
    "lan_demets_pocock": None,
    "hwang_shih_decani": "gamma",
    "kim_demets": "rho",
}
"""Spending functions by name, with the name of their parameter."""


def spent(
    name: str, fraction: NDArray[np.float64], error: float, *, parameter: float | None = None, sided: int = 1
) -> NDArray[np.float64]:
    """Error spent up to each fraction of the information.

    Parameters
    ----------
    name
        A key of `SPENDING`.
    fraction
        Fractions of the planned information; above 1 counts as 1.
    error
        Total error over all sides.
    parameter
        gamma of Hwang, Shih and DeCani (0 is linear), rho of Kim and DeMets.
    sided
        For two sides the O'Brien-Fleming-like function is twice that of half the error.

    References
    ----------
    K. K. G. Lan, D. L. DeMets (1983). Biometrika 70:659. I. K. Hwang, W. J. Shih, J. S. DeCani (1990). Statistics in
    Medicine 9:1439. K. Kim, D. L. DeMets (1987). Biometrika 74:149.
    """
    t = np.clip(np.asarray(fraction, dtype=np.float64), 0.0, 1.0)
    out = np.full(t.shape, float(error))
    inner = t < 1.0
    s = t[inner]
    if name == "lan_demets_obrien_fleming":
        with np.errstate(divide="ignore"):
            out[inner] = 2 * sided * ndtr(ndtri(error / (2 * sided)) / np.sqrt(s))
    elif name == "lan_demets_pocock":
        out[inner] = error * np.log1p((np.e - 1.0) * s)
    elif name == "hwang_shih_decani":
        gamma = float(parameter or 0.0)
        out[inner] = error * _exponential(s, gamma)
    else:
        out[inner] = error * s ** float(1.0 if parameter is None else parameter)
    return out


def _exponential(t: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """(1 - exp(-gamma t)) / (1 - exp(-gamma)), without overflow where gamma is far below 0."""
    if gamma == 0.0:
        return t
    if gamma > 0.0:
        return np.asarray(np.expm1(-gamma * t) / np.expm1(-gamma))
    return np.asarray(np.exp(-gamma * (t - 1.0)) * np.expm1(gamma * t) / np.expm1(gamma))
