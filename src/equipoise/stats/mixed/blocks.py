"""Subjects grouped by what was observed of them.

Subjects seen at the same visits (and in the same covariance group) share one covariance matrix: a pattern. Subjects of
one size stand in one array (subjects, visits, columns), sorted by pattern. Where a pattern has many subjects they are
replaced by fewer rows with the same sums of products, so that an evaluation costs the same for any number of subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg.lapack import dpstrf

if TYPE_CHECKING:
    from numpy.typing import NDArray

MASK_BITS = 60
"""Visits that fit into one integer key of a pattern."""
FEW_SUBJECTS = 32
"""Patterns with fewer subjects are not worth replacing."""
ROUNDING = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where every row goes: rows sorted by size, group, pattern, subject and visit."""

    order: NDArray[np.int64]
    subjects: NDArray[np.int64]
    sizes: NDArray[np.int64]
    pattern: NDArray[np.int64]
    visit: NDArray[np.int64]
    group: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The subjects of one size s: z (n, s, columns), sorted by pattern; `first[k]` is the first row of pattern k.

    `visits` (patterns, s), `group` and `count` (patterns,) describe the patterns; `count` is the number of real
    subjects, also where fewer rows stand for them. `rows` is the position of the block's first row in the layout.
    """

    z: NDArray[np.float64]
    pattern_of: NDArray[np.int64]
    first: NDArray[np.int64]
    visits: NDArray[np.int64]
    group: NDArray[np.int64]
    count: NDArray[np.float64]
    rows: int

    @property
    def size(self) -> int:
        """Visits of each subject."""
        return int(self.z.shape[1])


def lay_out(subject: NDArray[np.int64], visit: NDArray[np.int64], group: NDArray[np.int64], m: int) -> Layout:
    """Sort rows into patterns; `subject` counts from 0 without gaps, `group` is constant within subject."""
    key = subject * m + visit
    order = np.arange(key.size) if bool((np.diff(key) > 0).all()) else np.argsort(key, kind="stable")
    subject, visit = subject[order], visit[order]
    n = int(subject[-1]) + 1
    sizes = np.bincount(subject, minlength=n)
    of_subject = np.empty(n, np.int64)
    of_subject[subject] = group[order]
    pattern = _pattern_keys(subject, visit, of_subject, n, m)
    ranked = np.lexsort((pattern, of_subject, sizes))
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    lengths = sizes[ranked]
    ends = np.cumsum(lengths)
    within = np.arange(key.size) - np.repeat(ends - lengths, lengths)
    rows = np.repeat(starts[ranked], lengths) + within
    return Layout(order[rows], ranked, lengths, pattern[ranked], visit[rows], of_subject[ranked])


def _pattern_keys(
    subject: NDArray[np.int64], visit: NDArray[np.int64], group: NDArray[np.int64], n: int, m: int
) -> NDArray[np.int64]:
    """Number the distinct (group, visits observed)."""
    seen = np.zeros((n, m), np.bool_)
    seen[subject, visit] = True
    if m <= MASK_BITS:
        keys = seen @ (1 << np.arange(m, dtype=np.int64))
        order = np.lexsort((keys, group))
        change = (np.diff(keys[order]) != 0) | (np.diff(group[order]) != 0)
        numbers = np.empty(n, np.int64)
        numbers[order] = np.concatenate([[0], np.cumsum(change)])
        return numbers
    packed = np.column_stack([group, np.packbits(seen, axis=1).astype(np.int64)])
    _, numbers = np.unique(packed, axis=0, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64)


def split(z: NDArray[np.float64], layout: Layout) -> list[Block]:
    """Cut rows, sorted by the layout, into blocks of one size."""
    blocks = []
    start = row = 0
    while start < layout.sizes.size:
        size = int(layout.sizes[start])
        stop = int(np.searchsorted(layout.sizes, size, side="right"))
        n = stop - start
        pattern = layout.pattern[start:stop]
        first = np.concatenate([[0], np.flatnonzero(np.diff(pattern)) + 1])
        visits = layout.visit[row : row + n * size].reshape(n, size)[first]
        count = np.diff(np.append(first, n))
        blocks.append(
            Block(
                z=z[row : row + n * size].reshape(n, size, z.shape[1]),
                pattern_of=np.repeat(np.arange(first.size), count),
                first=first,
                visits=visits,
                group=layout.group[start:stop][first],
                count=count.astype(np.float64),
                rows=row,
            )
        )
        start, row = stop, row + n * size
    return blocks


def separate(blocks: list[Block], visit: NDArray[np.int64]) -> list[Block]:
    """Give every subject a pattern of its own, with its own visits (or points)."""
    out = []
    for block in blocks:
        n, size = block.z.shape[:2]
        out.append(
            Block(
                z=block.z,
                pattern_of=np.arange(n),
                first=np.arange(n),
                visits=visit[block.rows : block.rows + n * size].reshape(n, size),
                group=block.group[block.pattern_of],
                count=np.ones(n),
                rows=block.rows,
            )
        )
    return out


def compress(blocks: list[Block]) -> list[Block]:
    """Replace the subjects of large patterns by fewer rows with the same sums of products."""
    return [_compressed(block) if block.count.max() >= FEW_SUBJECTS else block for block in blocks]


def _compressed(block: Block) -> Block:
    width = block.size * block.z.shape[2]
    ends = np.append(block.first[1:], block.z.shape[0])
    parts = []
    for first, end in zip(block.first, ends, strict=True):
        rows = block.z[first:end].reshape(end - first, width)
        parts.append(_fewer(rows) if end - first >= FEW_SUBJECTS else rows)
    counts = [part.shape[0] for part in parts]
    return Block(
        z=np.concatenate(parts).reshape(-1, block.size, block.z.shape[2]),
        pattern_of=np.repeat(np.arange(block.first.size), counts),
        first=np.concatenate([[0], np.cumsum(counts)])[:-1],
        visits=block.visits,
        group=block.group,
        count=block.count,
        rows=block.rows,
    )


def _fewer(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a matrix with the same cross-product and as few rows as its rank, where that is fewer."""
    product = rows.T @ rows
    largest = float(product.diagonal().max())
    if largest <= 0.0:
        return rows[:1]
    factor, pivots, rank, _ = dpstrf(product, tol=ROUNDING * largest, lower=0, overwrite_a=1)
    if rank >= rows.shape[0]:
        return rows
    out = np.zeros((rank, rows.shape[1]))
    out[:, pivots - 1] = np.triu(factor)[:rank]
    return out
