"""Patients of a comparison as the crossover adjustments see them: switch, progression, potential censoring, covariates.

Times are days since the beginning of the day of randomization. A switch or a progression of a day stands at the
beginning of that day, so that the day itself comes after it; death and censoring stand where AVAL has them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.baseline import field_levels, field_numbers
from equipoise.analyze.book import MISSING, Book
from equipoise.analyze.comparison import Model, Pair, models, pair_of
from equipoise.analyze.strata import factor_label, stratum_values
from equipoise.analyze.study import POSITION, Positions, Study
from equipoise.analyze.survival import Frame
from equipoise.protocol import CrossoverAdjustment
from equipoise.terms import Assessor, EventSource

__all__ = ["CrossoverPatients", "Series", "crossover_patients"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Series = tuple[Floats, Floats]
"""Times and values of one measurement of one patient, in order of time."""

_GATES = {
    EventSource.CENTRAL_PROGRESSION: Assessor.CENTRAL,
    EventSource.LOCAL_PROGRESSION: Assessor.LOCAL,
}


@dataclass(frozen=True, kw_only=True)
class CrossoverPatients:
    """Patients of two arms in the order of ``pair.positions``."""

    pair: Pair
    time: Floats
    event: Flags
    switch: Floats
    """nan for those who never crossed over."""
    progression: Floats
    """nan without progression; that of a switcher is never later than the switch."""
    limit: Floats | None
    """Potential censoring time; None where the data cut has no cut-off date."""
    model: Model
    """Strata of the log-rank test and of the Cox models."""
    x: Floats
    """Covariates at randomization, one column each."""
    covariates: tuple[str, ...]
    """Names of what is in ``x``."""
    varying: tuple[tuple[Series, ...], ...]
    """Per measurement, the series of each patient."""
    varying_names: tuple[str, ...]
    absent: tuple[str, ...]
    """Declared measurements without any number in the data."""
    gate: bool
    """Whether crossover waits for progression."""
    assessor: str
    """Whose date of progression counts."""
    progression_known: bool
    """Whether the data hold any date of progression."""
    progressed: Flags
    """Progressed before the end of observation, by the assessor that counts."""
    unexplained: Flags
    """Crossed over without progression on or before the day, by the assessor that counts."""
    inclusive: bool
    """Whether the day of randomization is day 1."""

    @property
    def control(self) -> Flags:
        """Those of the reference arm."""
        return ~self.pair.treated

    @property
    def switched(self) -> Flags:
        """Those who crossed over."""
        return ~np.isnan(self.switch)


def crossover_patients(
    book: Book, frame: Frame, declared: CrossoverAdjustment, arms: tuple[str, str]
) -> CrossoverPatients:
    """Gather the patients of (experimental, reference) arms; report dates that contradict each other."""
    study, pair = book.study, pair_of(frame, *arms)
    start = _days(study, "RANDDT")[pair.positions]
    inclusive = frame.endpoint.day_count == "inclusive"
    time = pair.days.astype(np.float64)
    last = np.maximum(time - (1.0 if inclusive else 0.0), 0.0)
    switch = _switches(book, pair, start, last)
    progression, known, other = _progressions(study, pair.positions, declared, start)
    progression[progression > last] = np.nan
    other[other > last] = np.nan
    switched = ~np.isnan(switch)
    progressed = ~np.isnan(progression)
    unexplained = switched & ~(progression <= switch)
    progression = np.where(unexplained, np.where(other <= switch, other, switch), progression)
    gate = study.protocol.crossover is not None and study.protocol.crossover.when in _GATES
    limit = None
    if study.cutoff is not None:
        limit = _day_number(study.cutoff) - start + (1.0 if inclusive else 0.0)
    model = _model(study, frame)
    x, names = _baseline(study, frame, pair, declared, model)
    measured = {name: _series(study, name, pair.positions, start) for name in declared.time_varying}
    held = [name for name, series in measured.items() if any(len(values) for _, values in series)]
    labels = {name: item.label or name.replace("_", " ") for name, item in declared.time_varying.items()}
    return CrossoverPatients(
        pair=pair,
        time=time,
        event=pair.event,
        switch=switch,
        progression=progression if gate else np.where(unexplained & ~(other <= switch), np.nan, progression),
        limit=limit,
        model=model,
        x=x,
        covariates=names,
        varying=tuple(measured[name] for name in held),
        varying_names=tuple(labels[name] for name in held),
        absent=tuple(labels[name] for name in measured if name not in held),
        gate=gate,
        assessor=_assessor(study, declared).value,
        progression_known=known,
        progressed=progressed,
        unexplained=unexplained,
        inclusive=inclusive,
    )


def _day_number(day: dt.date) -> float:
    return float((day - dt.date(1970, 1, 1)).days)


def _days(study: Study, variable: str) -> Floats:
    """Dates of ADSL by position as days since 1970, nan where there is none."""
    if variable not in study.adsl.columns:
        return np.full(study.adsl.height, np.nan)
    return _numbers(study.adsl[variable])


def _numbers(dates: pl.Series) -> Floats:
    return dates.cast(pl.Date).to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy().copy()


def _switches(book: Book, pair: Pair, start: Floats, last: Floats) -> Floats:
    """Time of the first crossover dose of control patients; dates that cannot be are reported.

    ``last`` is the beginning of the last day observed.
    """
    study = book.study
    switch = np.where(pair.treated, np.nan, _days(study, "TR02SDT")[pair.positions] - start)
    undated = (study.text("CROSSFL")[pair.positions] == "Y") & ~pair.treated & np.isnan(switch)
    late = switch > last
    for wrong, code, seen, effect in (
        (undated, "crossover-undated", "crossed over on no known date", "counts as not crossed over"),
        (switch < 0, "crossover-before-randomization", "crossover before randomization", "crossover counts on day 1"),
        (late, "crossover-after-observation", "crossover after the end of observation", "counts as not crossed over"),
    ):
        for place in np.flatnonzero(wrong):
            subject = study.subjects[pair.positions[place]]
            book.find(
                "warning",
                code,
                row_key=f"USUBJID={subject}",
                variable="TR02SDT",
                seen=seen,
                expected="a first crossover dose between randomization and death or the last day known to be alive",
                effect=f"{effect} in survival had nobody crossed over",
                subject=subject,
            )
    return np.where(late, np.nan, np.maximum(switch, 0.0))


def _assessor(study: Study, declared: CrossoverAdjustment) -> Assessor:
    rule = study.protocol.crossover
    gate = _GATES.get(EventSource(rule.when)) if rule is not None and rule.when in _GATES else None
    return declared.progression or gate or Assessor.CENTRAL


def _progressions(
    study: Study, positions: Positions, declared: CrossoverAdjustment, start: Floats
) -> tuple[Floats, bool, Floats]:
    """Days of the first progression by the assessor that counts, whether any is known, and those by the other one."""
    counts = _assessor(study, declared)
    other = Assessor.LOCAL if counts is Assessor.CENTRAL else Assessor.CENTRAL
    first = _progression_dates(study, counts)[positions] - start
    second = _progression_dates(study, other)[positions] - start
    first[first < 0] = np.nan
    second[second < 0] = np.nan
    return first, bool((~np.isnan(first)).any()), second


def _progression_dates(study: Study, assessor: Assessor) -> Floats:
    """Date of the first progression by position: of the accepted reading, else of responses, else of times to event."""
    dates = np.full(study.adsl.height, np.nan)
    for dataset, rows in (
        ("ADREVIEW", (pl.col("PARAMCD") == "PD") & (pl.col("AVALC") == "Y") & (pl.col("ACCPTFL") == "Y")),
        ("ADRS", (pl.col("PARAMCD") == "OVRLRESP") & (pl.col("AVALC") == "PD")),
    ):
        frame = study.frame(dataset)
        if frame is None or not {"ASSESSOR", "ADT"} <= set(frame.columns):
            continue
        found = frame.filter(rows & (pl.col("ASSESSOR") == assessor.value))
        if _first(dates, found):
            return dates
    events = study.frame("ADTTE")
    if events is not None and {"ADT", "EVNTDESC"} <= set(events.columns):
        source = EventSource.CENTRAL_PROGRESSION if assessor is Assessor.CENTRAL else EventSource.LOCAL_PROGRESSION
        names = [name for name, endpoint in study.protocol.endpoints.items() if source in endpoint.events]
        progressed = pl.col("EVNTDESC").str.to_lowercase().str.contains("progression", literal=True)
        _first(dates, events.filter(pl.col("ENDPT").is_in(names) & (pl.col("CNSR") == 0) & progressed))
    return dates


def _first(dates: Floats, rows: pl.DataFrame) -> bool:
    """Put the first date of each subject at its position; say whether there is any."""
    rows = rows.filter(pl.col("ADT").is_not_null()).sort("ADT", descending=True)
    dates[rows[POSITION].to_numpy()] = _numbers(rows["ADT"])
    return rows.height > 0


def _model(study: Study, frame: Frame) -> Model:
    """Strata of the declared effect, else of the declared test; none where the data do not hold them."""
    effect, test = frame.analysis.effect, frame.analysis.test
    named = (effect.cox if effect else None) or (test.logrank if test else None)
    known = models(study, frame.analysis.cohort)
    plain = next(model for model in known if model.key == "none")
    chosen = next((m for m in known if named is not None and m.is_declared(named.strata)), plain)
    return plain if chosen.missing else chosen


def _baseline(
    study: Study, frame: Frame, pair: Pair, declared: CrossoverAdjustment, model: Model
) -> tuple[Floats, tuple[str, ...]]:
    """Columns of the stratification factors and of the declared fields that tell patients apart, and their names."""
    parts: list[tuple[str, list[Floats]]] = []
    which = "corrected" if model.key == "corrected" else "randomization"
    for factor in study.protocol.strata(frame.analysis.cohort):
        values = stratum_values(study, factor, which)[pair.positions]  # type: ignore[arg-type]
        parts.append((factor_label(study.protocol, factor), _dummies(values, sorted(set(values.tolist())))))
    for name in declared.covariates:
        field = study.protocol.baseline[name]
        label = field.label or name.replace("_", " ")
        if field.type in ("number", "integer"):
            parts.append((label, [_filled(field_numbers(study, name)[pair.positions])]))
        else:
            values, levels = field_levels(study, name)
            parts.append((label, _dummies(values[pair.positions], [*levels, MISSING])))
    kept: list[Floats] = []
    names = []
    basis = [np.ones(pair.positions.size)]
    for label, columns in parts:
        new = [column for column in columns if _adds(basis, column)]
        kept += new
        names += [label] if new else []
    matrix = np.column_stack(kept) if kept else np.empty((pair.positions.size, 0))
    return matrix, tuple(dict.fromkeys(names))


def _dummies(values: npt.NDArray[np.object_], levels: Sequence[str]) -> list[Floats]:
    """One column per level that occurs, the most frequent one left out as reference."""
    held = [level for level in levels if (values == level).any()]
    reference = max(held, key=lambda level: int((values == level).sum()), default=None)
    return [(values == level).astype(np.float64) for level in held if level != reference]


def _filled(values: Floats) -> Floats:
    """Numbers with the mean where they are missing, in units of their spread."""
    known = values[~np.isnan(values)]
    if known.size == 0:
        return np.zeros(values.size)
    mean, spread = float(np.mean(known)), float(np.std(known))
    return (np.where(np.isnan(values), mean, values) - mean) / (spread or 1.0)


def _adds(basis: list[Floats], column: Floats) -> bool:
    """Whether a column is no sum of those before it; if so it is added to the orthogonal basis."""
    if column.size == 0:
        return False
    rest = column.astype(np.float64)
    for other in basis:
        rest = rest - other * (float(other @ rest) / float(other @ other))
    if float(rest @ rest) <= 1e-10 * max(float(column @ column), 1.0):
        return False
    basis.append(rest)
    return True


def _series(study: Study, name: str, positions: Positions, start: Floats) -> tuple[Series, ...]:
    """Dated numbers of one measurement per patient; of several on one day the last in the data set counts."""
    frame = study.frame("ADTDC")
    empty: Series = (np.zeros(0), np.zeros(0))
    if frame is None:
        return (empty,) * positions.size
    rows = frame.filter(
        (pl.col("PARAMCD") == name.replace("_", "").upper()[:8])
        & pl.col("ADT").is_not_null()
        & pl.col("AVAL").is_not_null()
    ).sort(POSITION, "ADT", maintain_order=True)
    rows = rows.unique([POSITION, "ADT"], keep="last", maintain_order=True)
    at, days, values = rows[POSITION].to_numpy(), _numbers(rows["ADT"]), rows["AVAL"].to_numpy()
    first, after = np.searchsorted(at, positions), np.searchsorted(at, positions, side="right")
    return tuple((days[a:b] - s, values[a:b]) for a, b, s in zip(first, after, start, strict=True))
