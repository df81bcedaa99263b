"""Mixed models for repeated measures from a formula and a frame of any library."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.labels import Labels, code_labels
from equipoise.stats.mixed.formula_model import FormulaModel
from equipoise.stats.mixed.grammar import AS_CATEGORY, evaluator, names_in, parse_formula
from equipoise.stats.mixed.mmrm_arrays import mmrm_arrays
from equipoise.stats.mixed.model import MixedModel
from equipoise.stats.mixed.structures import SPATIAL
from equipoise.stats.mixed.terms import Categorical, Design, Expression, Factor, Numeric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equipoise.stats.mixed.inference import DfMethod
    from equipoise.stats.mixed.structures import Structure
    from equipoise.stats.validate import Missing


def mmrm(
    formula: str,
    data: object,
    *,
    subject: str,
    visit: str | Sequence[str],
    arm: str | None = None,
    covariance: Structure | Sequence[Structure] = "us",
    group: str | None = None,
    weights: str | None = None,
    reml: bool = True,
    df: DfMethod = "kenward-roger",
    vcov: str = "model",
    levels: Mapping[str, Sequence[object]] | None = None,
    reference: Mapping[str, object] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "drop",
) -> FormulaModel:
    """Fit a mixed model for repeated measures, such as "fev1 ~ race + arm * visit".

    Text, categories and booleans are factors with treatment contrasts; so is the visit, whatever its type, unless the
    structure is spatial, and any variable inside C(...). Their order is that of an ordered or enumerated type or of a
    pandas category, else sorted.

    Parameters
    ----------
    formula : response ~ terms, in the grammar of formulaic; transformations such as log(x) are allowed.
    data : frame of polars, pandas, pyarrow or any library that narwhals reads; one row per subject and visit.
    subject, visit, group, weights : names of columns; `visit` names the coordinates where the structure is spatial.
    arm : column of the arm: every subject must have one only, and `differences` compares its levels.
    levels : for factors, all their levels in order.
    reference : for factors, the level to compare with: it is put first.
    covariance, reml, df, vcov, conf_level : as in `mmrm_arrays`.
    missing : "drop" rows that lack a response, covariate or visit and list them in `dropped`, or "raise".

    Raises
    ------
    StatsError
        If the formula, a column or a value cannot be used, or no structure can be fitted.

    Notes
    -----
    Needs formulaic: pip install "equipoise[formula]". Formulas: docs/methods/mmrm.md.

    Examples
    --------
    >>> import polars as pl
    >>> data = pl.DataFrame({"id": [1, 1, 2, 2, 3, 3, 4, 4], "visit": ["a", "b"] * 4, "arm": ["x"] * 4 + ["y"] * 4})
    >>> data = data.with_columns(score=pl.Series([5.0, 6.5, 4.0, 6.0, 7.0, 9.0, 6.5, 7.0]))
    >>> fit = mmrm("score ~ arm * visit", data, subject="id", visit="visit", arm="arm", covariance="cs")
    >>> fit.differences(by="visit").estimate.round(3).tolist()
    [2.25, 1.75]
    """
    parsed = parse_formula(formula)
    names = (covariance,) if isinstance(covariance, str) else tuple(covariance)
    points = (visit,) if isinstance(visit, str) else tuple(visit)
    spatial = any(name in SPATIAL for name in names)
    if not spatial and len(points) != 1:
        raise StatsError(f"visit: expected one column for {', '.join(names)}, got {len(points)}")
    table = _Table(data, levels or {}, reference or {}, () if spatial else points)
    response, design_of = _variables(parsed, table)
    needed = [*dict.fromkeys([*response[1], *design_of, subject, *points, *(n for n in (group, weights, arm) if n)])]
    table.require(needed)
    used = table.complete(needed, missing, subject, points[0])
    design, values = _design(parsed, table, used)
    if arm is not None:
        _check_arm(table, arm, subject, used)
    model = mmrm_arrays(
        response[0](table.numbers(response[1], used)),
        _named(design, values, used.size),
        table.labels(subject, used),
        np.column_stack([table.number(name)[used] for name in points]) if spatial else table.labels(points[0], used),
        covariance=names,
        group=None if group is None else table.labels(group, used),
        weights=None if weights is None else table.number(weights)[used],
        reml=reml,
        df=df,
        vcov=vcov,
        conf_level=conf_level,
        missing="raise",
    )
    kept = {f.name: getattr(model, f.name) for f in fields(MixedModel)}
    return FormulaModel(
        **{**kept, "dropped": table.dropped},
        formula=formula,
        levels=design.categorical,
        arm=arm,
        _design=design,
        _values=values,
        _positions=used,
        _read=lambda frame: _matrix_of(design, frame),
    )


class _Table:
    """The columns of a frame, read once: factors as codes, numbers as floats, missing values known."""

    def __init__(
        self,
        data: object,
        levels: Mapping[str, Sequence[object]],
        reference: Mapping[str, object],
        factors: Sequence[str],
    ) -> None:
        narwhals = import_module("narwhals")
        try:
            self.frame = narwhals.from_native(data, eager_only=True)
        except TypeError as error:
            raise StatsError(f"data: expected a frame of polars, pandas or another library: {error}") from None
        self._types = narwhals
        self._levels, self._reference = levels, reference
        self._factors = set(factors) | set(levels) | set(reference)
        self._read: dict[str, Labels | NDArray[np.float64]] = {}
        self.dropped: dict[str, NDArray[np.int64]] = {}
        self.require([*levels, *reference])

    def require(self, names: Sequence[str]) -> None:
        """Refuse names that are no columns."""
        absent = [name for name in names if name not in self.frame.columns]
        if absent:
            shown = ", ".join(repr(name) for name in absent)
            raise StatsError(f"data: no column {shown}; the columns are {', '.join(map(repr, self.frame.columns))}")

    def as_factor(self, name: str) -> None:
        """Read a column as a factor, whatever its type."""
        self._factors.add(name)

    def is_factor(self, name: str) -> bool:
        """Tell whether a column is a factor."""
        dtype = self.frame[name].dtype
        return name in self._factors or not (dtype.is_numeric() and dtype != self._types.Boolean)

    def number(self, name: str) -> NDArray[np.float64]:
        """Read a column of numbers; missing is nan."""
        read = self._read.get(name)
        if isinstance(read, np.ndarray):
            return read
        series = self.frame[name]
        if not series.dtype.is_numeric():
            raise StatsError(f"data: column {name!r} holds {series.dtype}; expected numbers")
        array = np.asarray(series.cast(self._types.Float64).to_numpy(), np.float64)
        self._read.setdefault(name, array)
        return array

    def numbers(self, names: Sequence[str], used: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Read the used rows of several columns of numbers."""
        return {name: self.number(name)[used] for name in names}

    def factor(self, name: str) -> Labels:
        """Read a factor: levels in order, codes, -1 where missing."""
        read = self._read.get(name)
        if isinstance(read, Labels):
            return read
        series = self.frame[name]
        labels = self._coded(series)
        order = self._order(name, labels)
        if list(labels.levels) != order:
            place = np.array([order.index(level) for level in labels.levels] or [0], np.int64)
            labels = Labels(tuple(order), np.where(labels.codes < 0, -1, place[labels.codes]))
        self._read[name] = labels
        return labels

    def labels(self, name: str, used: NDArray[np.int64]) -> Labels:
        """Read the used rows of a factor, with the levels that occur in them."""
        whole = self.factor(name)
        codes = whole.codes[used]
        present = np.bincount(codes, minlength=len(whole.levels)) > 0
        if present.all():
            return Labels(whole.levels, codes)
        number = np.cumsum(present) - 1
        return Labels(tuple(v for v, there in zip(whole.levels, present, strict=True) if there), number[codes])

    def complete(self, names: Sequence[str], missing: str, subject: str, visit: str) -> NDArray[np.int64]:
        """Return the rows that have everything; note the others by the first column that is missing."""
        if missing not in ("raise", "drop"):
            raise StatsError(f"missing: expected 'raise' or 'drop', got {missing!r}")
        keep = np.ones(len(self.frame), np.bool_)
        problems = []
        for name in names:
            lacks = self.factor(name).codes < 0 if self.is_factor(name) else ~np.isfinite(self.number(name))
            rows = np.flatnonzero(lacks & keep)
            if rows.size == 0:
                continue
            self.dropped[f"{name} missing"] = rows
            keep[rows] = False
            row = int(rows[0])
            where = f"subject {self.frame[subject][row]!r}, visit {self.frame[visit][row]!r}"
            text = f"missing for {where}; remove the row or give missing='drop'"
            problems.append(InputProblem(argument=name, message=text, position=row, count=int(rows.size)))
        if missing == "raise" and problems:
            raise StatsError(problems)
        if not keep.any():
            first = next(iter(self.dropped), "rows")
            raise StatsError(f"data: no row has everything the model needs ({first} in {len(self.frame)} rows)")
        return np.flatnonzero(keep)

    def _coded(self, series: Any) -> Labels:
        """Code a column by its sorted levels, in the frame's own library."""
        types = self._types
        if series.dtype in (types.Categorical, types.Enum):
            series = series.cast(types.String)
        if series.dtype != types.String:
            return code_labels(np.asarray(series.to_numpy()))
        levels = sorted(series.drop_nulls().unique().to_list())
        codes = series.replace_strict(levels, list(range(len(levels))), default=-1, return_dtype=types.Int64)
        return Labels(tuple(levels), np.ascontiguousarray(codes.fill_null(-1).to_numpy(), np.int64))

    def _order(self, name: str, labels: Labels) -> list[Any]:
        dtype, wanted = self.frame[name].dtype, self._levels.get(name)
        order = list(labels.levels)
        declared: list[Any] = []
        if dtype == self._types.Enum:
            declared = list(dtype.categories)
        elif dtype == self._types.Categorical and self.frame.implementation.is_pandas():
            declared = list(self.frame[name].to_native().cat.categories)
        if declared:
            order = [level for level in declared if level in set(order)]
        if wanted is not None:
            lacking = [level for level in order if level not in wanted]
            if lacking:
                raise StatsError(f"levels: {name} also has {', '.join(map(repr, lacking))}; give all levels in order")
            order = list(wanted)
        if name in self._reference:
            first = self._reference[name]
            if first not in order:
                raise StatsError(
                    f"reference: {first!r} is not a level of {name}; they are {', '.join(map(repr, order))}"
                )
            order = [first, *(level for level in order if level != first)]
        return order


def _columns_of(factors: Sequence[Any], table: _Table) -> list[str]:
    """Return the columns that factors of the formula are made of."""
    named: dict[str, None] = {}
    for factor in factors:
        if factor.eval_method.value == "lookup":
            named[factor.expr] = None
        elif factor.eval_method.value == "python":
            category = AS_CATEGORY.fullmatch(factor.expr)
            named.update(dict.fromkeys([category.group(1)] if category else names_in(factor.expr)))
    table.require(list(named))
    return list(named)


def _variables(parsed: Any, table: _Table) -> tuple[tuple[Any, list[str]], list[str]]:
    """Return how to compute the response and the variables of the terms."""
    (term,) = parsed.lhs
    names = _columns_of(term.factors, table)
    wanted = _columns_of([factor for part in parsed.rhs for factor in part.factors], table)
    for term_ in parsed.rhs:
        for factor in term_.factors:
            category = AS_CATEGORY.fullmatch(factor.expr)
            if category:
                table.as_factor(category.group(1))
    for name in names:
        if table.is_factor(name):
            raise StatsError(f"formula: the response {name!r} holds {table.frame[name].dtype}; expected numbers")
    if names == [str(term)]:
        return (lambda values: values[names[0]], names), wanted
    if not names:
        raise StatsError("formula: the response names no column")

    def computed(values: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        column: NDArray[np.float64] = evaluator(str(term), values)(values)[:, 0]
        return column

    return (computed, names), wanted


def _design(parsed: Any, table: _Table, used: NDArray[np.int64]) -> tuple[Design, dict[str, NDArray[Any]]]:
    """Return the terms of the model and the values of their variables in the rows used."""
    factors: dict[str, Factor] = {}
    values: dict[str, NDArray[Any]] = {}
    terms = []
    for term in parsed.rhs:
        parts = [factor for factor in term.factors if factor.eval_method.value != "literal"]
        for factor in parts:
            name = factor.expr
            if name in factors:
                continue
            category = AS_CATEGORY.fullmatch(name)
            variable = category.group(1) if category else name
            if category or (factor.eval_method.value == "lookup" and table.is_factor(variable)):
                labels = table.labels(variable, used)
                values[variable] = labels.codes
                factors[name] = Categorical(variable, labels.levels)
            elif factor.eval_method.value == "lookup":
                values[variable] = table.number(variable)[used]
                factors[name] = Numeric(variable)
            else:
                factors[name] = _expression(name, table, used, values)
        terms.append(tuple(sorted((factor.expr for factor in parts), key=list(factors).index)))
    if not terms:
        raise StatsError("formula: expected at least one term, such as the intercept")
    return Design(tuple(terms), factors), values


def _expression(name: str, table: _Table, used: NDArray[np.int64], values: dict[str, NDArray[Any]]) -> Expression:
    variables = names_in(name)
    wrong = [variable for variable in variables if table.is_factor(variable)]
    if wrong or not variables:
        raise StatsError(f"formula: {name!r} must be computed from numbers; {wrong or 'it'} is not")
    own = table.numbers(variables, used)
    values.update(own)
    evaluate = evaluator(name, own)
    made = evaluate(own)
    if not np.isfinite(made).all():
        row = int(np.flatnonzero(~np.isfinite(made).all(axis=1))[0])
        seen = ", ".join(f"{variable} = {own[variable][row]:g}" for variable in variables)
        raise StatsError(f"formula: {name!r} is not finite where {seen} (row {int(used[row])})")
    count = made.shape[1]
    return Expression(
        tuple(variables), (name,) if count == 1 else tuple(f"{name}{i + 1}" for i in range(count)), evaluate
    )


def _named(design: Design, values: Mapping[str, NDArray[Any]], n: int) -> dict[str, NDArray[np.float64]]:
    matrix = design.matrix(values, n)
    return dict(zip(design.names(), matrix.T, strict=True))


def _check_arm(table: _Table, arm: str, subject: str, used: NDArray[np.int64]) -> None:
    """Refuse a subject with two arms."""
    arms, subjects = table.labels(arm, used), table.labels(subject, used)
    first = np.zeros(len(subjects.levels), np.int64)
    first[subjects.codes[::-1]] = arms.codes[::-1]
    mixed = np.flatnonzero(first[subjects.codes] != arms.codes)
    if mixed.size:
        row = int(mixed[0])
        label = subjects.levels[subjects.codes[row]]
        here, there = arms.levels[arms.codes[row]], arms.levels[first[subjects.codes[row]]]
        message = f"subject {label!r} is in {there!r} and in {here!r}; expected one arm per subject"
        count = int(np.unique(subjects.codes[mixed]).size)
        raise StatsError(
            [InputProblem(argument=arm, message=message, position=int(used[row]), value=here, count=count)]
        )


def _matrix_of(design: Design, data: object) -> NDArray[np.float64]:
    """Build the columns for the rows of another frame."""
    levels = design.categorical
    table = _Table(data, {}, {}, tuple(levels))
    table.require([*levels, *design.numeric])
    values: dict[str, NDArray[Any]] = {}
    for name, own in levels.items():
        labels = table.factor(name)
        wrong = [level for level in labels.levels if level not in own]
        if wrong or (labels.codes < 0).any():
            seen = repr(wrong[0]) if wrong else "a missing value"
            raise StatsError(f"data: {name} holds {seen}; the model knows {', '.join(map(repr, own))}")
        place = np.array([own.index(level) for level in labels.levels], np.int64)
        values[name] = place[labels.codes]
    for name in design.numeric:
        values[name] = table.number(name)
    return design.matrix(values, len(table.frame))
