"""Description of a number: mean, standard deviation, quartiles.

Convention: quantiles of type 7 (Hyndman and Fan 1996; the default of R), standard deviation with n - 1, sums exact
(``math.fsum``), so that no number depends on the order of the values.
"""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["describe"]


def describe(values: npt.NDArray[np.float64]) -> dict[str, float | int | None]:
    """Describe values; nan is missing.

    Returns
    -------
    dict
        ``n`` known values, ``n_missing``, ``mean``, ``sd``, ``median``, ``q1``, ``q3``, ``min``, ``max``; None where
        there are too few values (all of them without a known value, ``sd`` with one).
    """
    known = np.sort(values[~np.isnan(values)])
    n = len(known)
    counts: dict[str, float | int | None] = {"n": n, "n_missing": len(values) - n}
    if n == 0:
        return counts | dict.fromkeys(("mean", "sd", "median", "q1", "q3", "min", "max"))
    mean = math.fsum(known) / n
    sd = math.sqrt(math.fsum((known - mean) ** 2) / (n - 1)) if n > 1 else None
    q1, median, q3 = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75]))
    return counts | {
        "mean": mean,
        "sd": sd,
        "median": median,
        "q1": q1,
        "q3": q3,
        "min": float(known[0]),
        "max": float(known[-1]),
    }
