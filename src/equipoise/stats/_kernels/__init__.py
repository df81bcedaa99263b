"""Compiled loops of `equipoise.stats`.

Conventions of every kernel here:

* decorated with `compiled`: no Python objects, cached on disk, no fast-math, sequential loops, so a sum has one order
  and one value;
* arguments are C-contiguous arrays of float64, int64 or bool, checked by the caller: a kernel raises nothing;
* rows come sorted where the docstring says so; a kernel never sorts behind the caller's back;
* results are new arrays or scalars, never global state.

Kernels of one method stand in one file named after the method. `python -m equipoise.stats._kernels.warm` compiles all.
"""

from equipoise.stats._kernels.decorator import compiled

__all__ = ["compiled"]
