"""The Cox likelihood of many rows, block by block (see `survival.cox_blocks`): what one block gives the others."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.cox import add_moment, linear_predictor, lived_hazard
from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@compiled
def block_risk(x: Floats, offset: Floats, weights: Floats, beta: Floats, head: int) -> tuple[Floats, Floats, Floats]:
    """Return eta and risk of the rows of a block, and the sums of risk times x, then of risk, over its first `head`."""
    p = x.shape[1]
    eta, risk = linear_predictor(x, offset, weights, beta)
    sums = np.zeros(p + 1)
    for i in range(head):
        for j in range(p):
            sums[j] += risk[i] * x[i, j]
        sums[p] += risk[i]
    return eta, risk, sums


@compiled
def block_information(
    x: Floats,
    event: Booleans,
    risk: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    hazard: Floats,
    hazard_own: Floats,
    before: float,
) -> Floats:
    """Return X' diag(risk x cumulative hazard) X; `before` is what the first stratum's hazard was before the block."""
    lived = lived_hazard(event, group_start, stratum_group, first_group, hazard, hazard_own, before)
    for i in range(lived.shape[0]):
        lived[i] *= risk[i]
    information = np.zeros((x.shape[1], x.shape[1]))
    add_moment(x, lived, information)
    return information
