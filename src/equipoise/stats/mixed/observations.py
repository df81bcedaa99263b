"""Arguments of a mixed model: checked, sorted into blocks, columns made orthonormal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.labels import Labels
from equipoise.stats.mixed.blocks import Block, Layout, compress, lay_out, separate, split
from equipoise.stats.mixed.orthonormal import inverse_upper, orthonormal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equipoise.stats.validate import InputCheck

MOST_POINTS = 40
"""Distinct coordinates up to which subjects share covariance matrices; above, each has its own."""
EXACT = 1e-12
"""Residual standard deviation, relative to the response, below which nothing is left to model."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows used, in the caller's order; `used` gives their positions in the arguments."""

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    names: tuple[str, ...]
    subject: Labels
    visit: NDArray[np.int64]
    visits: tuple[Any, ...]
    points: NDArray[np.float64] | None
    group: NDArray[np.int64]
    groups: tuple[Any, ...]
    weights: NDArray[np.float64] | None
    used: NDArray[np.int64]
    n_arguments: int
    unattended: tuple[Any, ...]

    def where(self, row: int) -> str:
        """Name subject and visit of a row."""
        return f"subject {self.subject.levels[self.subject.codes[row]]!r}, visit {self.visits[self.visit[row]]!r}"


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Rows ready for the likelihood.

    Rows are sorted by the layout and multiplied by the root of their weight. Columns are orthonormal (x kept =
    q upper; x dropped = x kept aliases), the response is the residual of ordinary least squares over `scale`, its
    standard deviation; `projected` are its least-squares coefficients on q.
    """

    rows: Rows
    layout: Layout
    blocks: list[Block]
    compact: list[Block]
    kept: NDArray[np.int64]
    aliases: NDArray[np.float64]
    upper: NDArray[np.float64]
    projected: NDArray[np.float64]
    scale: float
    log_weights: float
    scattered: bool

    @property
    def n(self) -> int:
        """Rows used."""
        return int(self.rows.y.size)

    @property
    def n_subjects(self) -> int:
        """Subjects used."""
        return int(self.layout.sizes.size)


def read_rows(
    check: InputCheck,
    y: object,
    x: object,
    subject: object,
    visit: object,
    *,
    group: object | None,
    weights: object | None,
    visit_levels: Sequence[Any] | None,
    spatial: bool,
) -> Rows:
    """Check the arguments and keep the rows that have everything; collect all problems."""
    response = check.numbers("y", y)
    columns, names = check.matrix("X", x)
    subjects = _labels(check, "subject", subject)
    points = None
    if spatial:
        points, _ = check.matrix("visit", visit)
        visits = Labels((), np.zeros(points.shape[0], np.int64))
    else:
        visits = _labels(check, "visit", visit)
        if visit_levels is not None:
            visits = _ordered(check, visits, visit_levels)
    groups = None if group is None else _labels(check, "group", group)
    weighting = None if weights is None else check.weights("weights", weights)
    check.finish()
    used = check.kept_rows()
    if points is not None:
        points = points[used]
        distinct, codes = np.unique(points, axis=0, return_inverse=True)
        visits = Labels(tuple(_point(row) for row in distinct), codes.reshape(-1).astype(np.int64))
        points = distinct
        visit_codes, visit_labels, unattended = visits.codes, visits.levels, ()
    else:
        visit_codes, visit_labels, unattended = _attended(visits, used)
    subject_codes, subject_labels, _ = _attended(subjects, used)
    rows = Rows(
        y=response[used],
        x=columns[used],
        names=names,
        subject=Labels(subject_labels, subject_codes),
        visit=visit_codes,
        visits=visit_labels,
        points=points,
        group=np.zeros(used.size, np.int64) if groups is None else _attended(groups, used)[0],
        groups=() if groups is None else _attended(groups, used)[1],
        weights=None if weighting is None else weighting[used],
        used=used,
        n_arguments=check.n,
        unattended=unattended,
    )
    _check_rows(rows)
    return rows


def prepare(rows: Rows) -> Observations:
    """Sort the rows, drop dependent columns, make the rest orthonormal, scale the response."""
    scattered = rows.points is not None and len(rows.visits) > MOST_POINTS
    visit = _ranks(rows.subject.codes, rows.visit) if scattered else rows.visit
    layout = lay_out(rows.subject.codes, visit, rows.group, int(visit.max()) + 1)
    x, y = rows.x[layout.order], rows.y[layout.order]
    log_weights = 0.0
    if rows.weights is not None:
        weights = rows.weights[layout.order]
        root = np.sqrt(weights)
        x, y = x * root[:, None], y * root
        log_weights = float(np.log(weights).sum())
    q, upper, kept = orthonormal(x)
    n, p = q.shape
    projected = q.T @ y
    residual = y - q @ projected
    residual -= q @ (q.T @ residual)
    size = float(np.sqrt(residual @ residual))
    if n <= p:
        raise _problem("y", f"{n} rows cannot support {p} coefficients: expected more rows than coefficients")
    if size <= EXACT * float(np.sqrt(y @ y)):
        raise _problem("y", f"{_constant(rows.y)}; nothing is left to model")
    scale = size / float(np.sqrt(n - p))
    dropped = np.setdiff1d(np.arange(x.shape[1]), kept)
    aliases = inverse_upper(upper) @ (q.T @ x[:, dropped])
    z = np.column_stack([q, residual / scale])
    blocks = split(z, layout)
    if scattered:
        blocks = separate(blocks, rows.visit[layout.order])
    compact = blocks if scattered else compress(blocks)
    return Observations(rows, layout, blocks, compact, kept, aliases, upper, projected, scale, log_weights, scattered)


def _labels(check: InputCheck, name: str, values: object) -> Labels:
    """Read labels; those already coded pass as they are."""
    return values if isinstance(values, Labels) else check.labels(name, values)


def _ordered(check: InputCheck, visits: Labels, levels: Sequence[Any]) -> Labels:
    """Put the visits into the order that the caller gives."""
    wanted = list(levels)
    unknown = [level for level in visits.levels if level not in wanted]
    if unknown or len(set(wanted)) < len(wanted):
        seen = ", ".join(repr(level) for level in unknown) or "a level given twice"
        check.problem("visit_levels", f"expected every visit once; {seen} is not in order")
        return visits
    index = np.array([wanted.index(level) for level in visits.levels], np.int64)
    codes = np.where(visits.codes < 0, -1, index[visits.codes]) if index.size else visits.codes
    return Labels(tuple(wanted), codes)


def _attended(labels: Labels, used: NDArray[np.int64]) -> tuple[NDArray[np.int64], tuple[Any, ...], tuple[Any, ...]]:
    """Renumber the levels that occur in the rows used; return codes, their labels, and the labels that do not occur."""
    codes = labels.codes[used]
    present = np.bincount(codes, minlength=len(labels.levels)) > 0
    if present.all():
        return codes, labels.levels, ()
    number = np.cumsum(present) - 1
    kept = tuple(level for level, there in zip(labels.levels, present, strict=True) if there)
    absent = tuple(level for level, there in zip(labels.levels, present, strict=True) if not there)
    return number[codes], kept, absent


def _point(row: NDArray[np.float64]) -> object:
    values = [int(v) if v.is_integer() else v for v in row.tolist()]
    return values[0] if len(values) == 1 else tuple(values)


def _check_rows(rows: Rows) -> None:
    """Refuse two rows of one subject and visit, and a subject in two groups."""
    problems = []
    key = rows.subject.codes * len(rows.visits) + rows.visit
    order = np.argsort(key, kind="stable")
    twice = order[1:][np.diff(key[order]) == 0]
    if twice.size:
        row = int(twice.min())
        problems.append(
            InputProblem(
                argument="visit",
                message=f"two rows for {rows.where(row)}; expected one: keep one of them, or average them beforehand",
                position=int(rows.used[row]),
                value=rows.visits[rows.visit[row]],
                count=int(twice.size),
            )
        )
    if rows.groups:
        first = np.full(len(rows.subject.levels), -1, np.int64)
        first[rows.subject.codes[::-1]] = rows.group[::-1]
        mixed = np.flatnonzero(first[rows.subject.codes] != rows.group)
        if mixed.size:
            row = int(mixed[0])
            label = rows.subject.levels[rows.subject.codes[row]]
            here, there = rows.groups[rows.group[row]], rows.groups[first[rows.subject.codes[row]]]
            problems.append(
                InputProblem(
                    argument="group",
                    message=f"subject {label!r} is in {there!r} and in {here!r}; expected one group per subject",
                    position=int(rows.used[row]),
                    value=here,
                    count=int(np.unique(rows.subject.codes[mixed]).size),
                )
            )
    if problems:
        raise StatsError(problems)


def _ranks(subject: NDArray[np.int64], point: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the points of each subject from 0."""
    order = np.lexsort((point, subject))
    first = np.concatenate([[True], np.diff(subject[order]) != 0])
    position = np.arange(order.size)
    ranks = np.empty(order.size, np.int64)
    ranks[order] = position - np.maximum.accumulate(np.where(first, position, 0))
    return ranks


def _constant(y: NDArray[np.float64]) -> str:
    if y.size and bool((y == y[0]).all()):
        return f"the response is {y[0]:g} in all {y.size} rows"
    return "the covariates predict the response without error"


def _problem(argument: str, message: str) -> StatsError:
    return StatsError([InputProblem(argument=argument, message=message)])
