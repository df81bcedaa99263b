"""Robust variance of a cumulative hazard, for sampling weights and clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.order import counting_order
from equipoise.stats._kernels.product_limit import jackknife_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.survival.grid import TimeGrid
    from equipoise.stats.survival.sample import Sample


def robust_hazard_variance(
    grid: TimeGrid,
    event: NDArray[np.bool_],
    sample: Sample,
    own: NDArray[np.float64],
    shared: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the infinitesimal-jackknife variance at each time; `own` and `shared` as in the kernel."""
    weights = sample.weights if sample.weights.size else np.ones(sample.time.size)
    cluster = sample.cluster_codes()
    order, _ = counting_order(grid.codes, grid.size)
    entry_order = counting_order(grid.entry, grid.size + 1)[0] if grid.entry.size else grid.entry
    n_clusters = int(cluster.max()) + 1
    variance = jackknife_variance(
        order, grid.codes, event, weights, entry_order, grid.entry, cluster, n_clusters, own, shared
    )
    positive: NDArray[np.float64] = np.maximum(variance, 0.0)
    return positive
