"""Lesion measurements of a data frame: what they must hold, what may be wrong with them, what is done about it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.criteria import recist_kernel as k
from equipoise.criteria.charter import Charter
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.lesion_rows import Columns, choose_baseline
from equipoise.terms import LesionKind

__all__ = ["KEYS", "KINDS", "STATES", "Findings", "Prepared", "check_columns", "codes_of", "prepare", "sorted_findings"]

REQUIRED = ("USUBJID", "DAY", "LESION", "KIND")
KEYS = ("STUDYID", "USUBJID", "READER")
_DAYS = ("DAY", "VISITDY")
KINDS: dict[str, int] = {LesionKind.TARGET: k.TARGET, LesionKind.NON_TARGET: k.NON_TARGET, LesionKind.NEW: k.NEW}
STATES: dict[str, int] = {
    "ABSENT": k.ABSENT,
    "PRESENT": k.PRESENT,
    "INCREASED": k.INCREASED,
    "UNEQUIVOCAL": k.PROGRESSION,
    "UNEQUIVOCAL PROGRESSION": k.PROGRESSION,
    "EQUIVOCAL": k.EQUIVOCAL,
    "TOO SMALL": k.TOO_SMALL,
    "TOO SMALL TO MEASURE": k.TOO_SMALL,
    "MERGED": k.MERGED,
    "NOT EVALUABLE": k.NOT_EVALUABLE,
    "NOT MEASURED": k.NOT_EVALUABLE,
}
_UNKNOWN = 99
_LARGEST = 50_000
_OPTIONAL = {"DIAMETER": pl.Float64, "STATE": pl.String, "UNIT": pl.String, "NODAL": pl.Boolean, "ORGAN": pl.String}
_NOT_MEASURED = "counts as not measured: the sum of the visit is incomplete"


class Findings:
    """Findings collected row by row, in a frame at the end; each names its visit where visits have names."""

    def __init__(self, keys: list[str], *, visit: bool = False) -> None:
        self.columns = [*keys, *(["VISIT"] if visit else []), "DAY", "LESION"]
        self.parts: list[pl.DataFrame] = []

    def add(  # noqa: PLR0917
        self, rows: pl.DataFrame, code: str, seen: pl.Expr, expected: str, effect: str, severity: str = "warning"
    ) -> None:
        """Add a finding for each row."""
        if rows.height:
            missing = [pl.lit(None, dtype=pl.String).alias(c) for c in self.columns if c not in rows.columns]
            words = {"severity": severity, "code": code, "expected": expected, "effect": effect}
            texts = [pl.lit(text).alias(name) for name, text in words.items()]
            rows = rows.with_columns(*missing).with_columns(pl.col(self.columns).cast(pl.String))
            self.parts.append(rows.select(*self.columns, *texts, seen.cast(pl.String).alias("seen")))

    def frame(self) -> pl.DataFrame:
        """All findings, sorted; the same finding once."""
        names = ["severity", "code", *self.columns, "seen", "expected", "effect"]
        if not self.parts:
            return pl.DataFrame(schema={n: pl.Int64 if n == "DAY" else pl.String for n in names})
        frame = pl.concat(self.parts, how="diagonal").select(pl.col(names).exclude("DAY"), pl.col("DAY").cast(pl.Int64))
        return sorted_findings(frame.select(names))


def sorted_findings(frame: pl.DataFrame) -> pl.DataFrame:
    """Findings in order of place; the same finding once."""
    place = frame.columns[2 : frame.columns.index("seen")]
    return frame.unique().sort([*place, "code", "seen", "severity", "expected", "effect"])


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Measurements as the kernel wants them; ``rows`` are those used, in the order of ``columns``."""

    rows: pl.DataFrame
    columns: Columns
    readings: pl.DataFrame
    """One row for each reader's reading of a patient; its number is the kernel's series."""


def prepare(frame: pl.DataFrame, charter: Charter, findings: Findings) -> Prepared:
    """Check measurements and turn them into codes."""
    rows = _used(_typed(frame), findings)
    size, state, kind = _measured(rows, findings)
    readings, series = _series([rows[name] for name in KEYS if name in rows.columns])
    baseline, kept = _baseline(rows, series, charter, findings)
    if not kept.all():
        rows, size, state, kind = rows.filter(pl.Series(kept)), size[kept], state[kept], kind[kept]
        series, baseline = series[kept], baseline[kept]
    nodal = rows["NODAL"].fill_null(False).cast(pl.Int64).to_numpy()
    _check_selection(rows, size, kind, nodal, baseline, charter, findings)
    scheduled = rows["VISITDY"].fill_null(k.NO_DAY) if "VISITDY" in rows.columns else None
    zero = np.zeros(rows.height, dtype=np.int64)
    columns = Columns(
        series=series,
        baseline=baseline,
        visit=codes_of(rows["VISIT"])[1] if "VISIT" in rows.columns else None,
        day=rows["DAY"].to_numpy(),
        scheduled=zero + k.NO_DAY if scheduled is None else scheduled.to_numpy(),
        kind=kind,
        lesion=codes_of(rows["LESION"])[1],
        part=codes_of(rows["PART"])[1] if "PART" in rows.columns else zero,
        nodal=nodal,
        size=size,
        state=state,
    )
    return Prepared(rows, columns, readings)


def check_columns(frame: pl.DataFrame) -> None:
    """Refuse columns that are missing or cannot be meant; all at once."""
    problems = [
        f"column {name} is missing: one row for each lesion and scan has it"
        for name in REQUIRED
        if name not in frame.columns
    ]
    days = [name for name in _DAYS if name in frame.columns]
    problems += [
        f"column {name} is {frame[name].dtype}: it must be whole days from the reference date (day 1)"
        for name in days
        if not (frame[name].dtype.is_integer() or frame[name].dtype == pl.Null)
    ]
    if "NODAL" in frame.columns and frame["NODAL"].dtype not in (pl.Boolean, pl.Null):
        problems.append(f"column NODAL is {frame['NODAL'].dtype}: it must be true for lymph nodes and false otherwise")
    if "BASELINE" in frame.columns and frame["BASELINE"].dtype != pl.Boolean:
        problems.append(f"column BASELINE is {frame['BASELINE'].dtype}: it must be true for rows of the baseline")
    if problems:
        raise CriteriaError(problems)


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give columns their types and add those that are missing and optional."""
    added = [
        pl.lit(None, dtype=kind).alias(n) for n, kind in _OPTIONAL.items() if n not in frame.columns and n != "UNIT"
    ]
    casts = [pl.col(name).cast(pl.Int64) for name in _DAYS if name in frame.columns]
    return frame.with_columns(*casts, *added)


def _used(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Leave out rows that belong to nobody, no day or no kind of lesion."""
    kind = pl.col("KIND").cast(pl.String).is_in(list(KINDS)).fill_null(False)
    keys = [name for name in (*KEYS, "LESION") if name in frame.columns]
    for name in keys:
        if frame[name].null_count():
            rows = frame.filter(pl.col(name).is_null())
            findings.add(rows, "key-missing", pl.lit(f"no {name}"), f"{name} on every row", "row not used", "error")
    if frame["DAY"].null_count():
        rows = frame.filter(pl.col("DAY").is_null())
        findings.add(rows, "day-missing", pl.lit("no full date"), "the day of the scan", "row not used", "error")
    wrong = frame.filter(~kind)
    seen, wanted = pl.format("KIND {}", pl.col("KIND").cast(pl.String).fill_null("missing")), ", ".join(KINDS)
    findings.add(wrong, "kind-unknown", seen, wanted, "row not used", "error")
    good = kind & pl.all_horizontal(pl.col([*keys, "DAY"]).is_not_null())
    return frame if frame.select(good.all()).item() else frame.filter(good)


def _measured(
    rows: pl.DataFrame, findings: Findings
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Sizes in hundredths of a millimeter, states and kinds as codes."""
    raw = rows["DIAMETER"]
    text = raw.dtype == pl.String
    millimeters = (raw.str.strip_chars() if text else raw).cast(pl.Float64, strict=False).fill_nan(None)
    thousandths = pl.Series("s", millimeters * 1000)
    if "UNIT" in rows.columns:
        unit = rows["UNIT"].str.to_lowercase().str.strip_chars()
        thousandths = _in_millimeters(rows, thousandths, unit, findings)
    limit = 1000 * 1_000_000
    ok = (thousandths >= 0) & (thousandths < limit)
    bad = raw.is_not_null() & ~ok.fill_null(False)
    if text:
        bad &= raw.str.strip_chars() != ""
    if "UNIT" in rows.columns:
        bad &= ~(millimeters.is_not_null() & thousandths.is_null())
    if bad.any():
        value = pl.col("DIAMETER").cast(pl.String)
        negative = rows.filter(bad & (millimeters < 0).fill_null(False))
        findings.add(negative, "diameter-negative", value, "0 mm or more", _NOT_MEASURED, "error")
        other = rows.filter(bad & ~(millimeters < 0).fill_null(False))
        findings.add(other, "diameter-not-a-number", value, "a number of millimeters", _NOT_MEASURED, "error")
    whole = thousandths.fill_null(-1).clip(-1, limit).round(0).cast(pl.Int64).to_numpy()
    size = np.where(ok.fill_null(False).to_numpy(), (whole + 5) // 10, k.NOT_MEASURED)
    odd = (size >= 0) & (whole % 10 != 0)
    value = pl.col("DIAMETER").cast(pl.String)
    if odd.any():
        effect = "rounded to the nearest hundredth, halves up"
        findings.add(
            rows.filter(pl.Series(odd)), "diameter-too-precise", value, "hundredths of a millimeter", effect, "note"
        )
    huge = size > _LARGEST
    if huge.any():
        effect = "used as recorded"
        findings.add(rows.filter(pl.Series(huge)), "diameter-implausible", value, "at most 500 mm", effect)
    kind = rows["KIND"].cast(pl.String).replace_strict(KINDS, return_dtype=pl.Int64).to_numpy()
    state = _states(rows, findings)
    contradiction = (size > 0) & (kind == k.TARGET) & ((state == k.ABSENT) | (state == k.NOT_EVALUABLE))
    if contradiction.any():
        seen = pl.format("{} with a diameter of {}", "STATE", value)
        one = "a diameter or a reason why there is none"
        findings.add(
            rows.filter(pl.Series(contradiction)), "state-contradicts-diameter", seen, one, _NOT_MEASURED, "error"
        )
        size[contradiction] = k.NOT_MEASURED
        state[contradiction] = k.NOT_EVALUABLE
    size[(state == k.NOT_EVALUABLE) & (kind == k.TARGET)] = k.NOT_MEASURED
    return size, state, kind


def _in_millimeters(rows: pl.DataFrame, size: pl.Series, unit: pl.Series, findings: Findings) -> pl.Series:
    """Convert centimeters; a size without a known unit is unknown."""
    centimeters, measured = (unit == "cm").fill_null(False), size.is_not_null()
    value = pl.format("{} {}", pl.col("DIAMETER").cast(pl.String), pl.col("UNIT").fill_null("without unit"))
    if centimeters.any():
        findings.add(rows.filter(centimeters & measured), "unit-is-cm", value, "mm", "multiplied by 10")
    unknown = measured & ~(unit.is_in(["mm", "cm"]).fill_null(False))
    if unknown.any():
        findings.add(rows.filter(unknown), "unit-unknown", value, "mm or cm", _NOT_MEASURED, "error")
    factor = pl.when(centimeters).then(10.0).when(unknown).then(None).otherwise(1.0)
    return size * pl.select(factor.alias("f"))["f"]


def _states(rows: pl.DataFrame, findings: Findings) -> npt.NDArray[np.int64]:
    stated = rows["STATE"]
    if stated.null_count() == rows.height:
        return np.full(rows.height, k.NOT_STATED, dtype=np.int64)
    text = stated.cast(pl.String).str.to_uppercase().str.strip_chars().fill_null("")
    state = text.replace_strict({**STATES, "": k.NOT_STATED}, default=_UNKNOWN, return_dtype=pl.Int64).to_numpy().copy()
    unknown = state == _UNKNOWN
    if unknown.any():
        wanted = ", ".join(STATES)
        effect = "lesion not evaluable at the visit"
        findings.add(rows.filter(pl.Series(unknown)), "state-unknown", pl.col("STATE"), wanted, effect, "error")
        state[unknown] = k.NOT_EVALUABLE
    return state


def codes_of(values: pl.Series) -> tuple[pl.Series, npt.NDArray[np.int64]]:
    """Distinct values in order, and the place of each value among them; missing values come first."""
    if not values.dtype.is_numeric():
        values = values.cast(pl.String)
    distinct = values.unique().sort()
    if values.dtype.is_numeric():
        codes = values.rank("dense").fill_null(0).cast(pl.Int64)
        return distinct, codes.to_numpy() - (0 if values.null_count() else 1)
    codes = values.cast(pl.Enum(distinct.drop_nulls())).to_physical().cast(pl.Int64).fill_null(-1)
    return distinct, codes.to_numpy() + (1 if values.null_count() else 0)


def _dense(codes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Distinct codes from 0 in order, and the place of each code among them."""
    width = int(codes.max(initial=-1)) + 1
    if width > max(4 * len(codes), 10_000_000):
        distinct, place = np.unique(codes, return_inverse=True)
        return distinct, place
    present = np.zeros(width, dtype=np.bool_)
    present[codes] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[codes]


def _series(keys: list[pl.Series]) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """Number the readings in order of their keys."""
    parts = [codes_of(key) for key in keys]
    packed = np.zeros(len(keys[0]), dtype=np.int64)
    for distinct, codes in parts:
        packed = packed * max(len(distinct), 1) + codes
    left, series = _dense(packed)
    columns: dict[str, pl.Series] = {}
    for key, (distinct, _) in reversed(list(zip(keys, parts, strict=True))):
        left, place = np.divmod(left, max(len(distinct), 1))
        columns[key.name] = distinct.gather(place).alias(key.name)
    return pl.DataFrame({key.name: columns[key.name] for key in keys}), series


def _baseline(
    rows: pl.DataFrame, series: npt.NDArray[np.int64], charter: Charter, findings: Findings
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which rows are the baseline, and which rows are used at all."""
    stated = rows["BASELINE"].fill_null(False).to_numpy() if "BASELINE" in rows.columns else None
    baseline, early, old = choose_baseline(series, rows["DAY"].to_numpy(), stated, charter)
    seen = pl.format("day {}", "DAY")
    expected = f"at most {charter.baseline_window_days} days before day {charter.reference_day}"
    if early.any():
        wanted = expected if stated is None else "scans after the baseline"
        findings.add(rows.filter(pl.Series(early)), "visit-before-baseline", seen, wanted, "row not used", "error")
    if old.any():
        findings.add(rows.filter(pl.Series(old)), "baseline-too-old", seen, expected, "used as baseline")
    return baseline, ~early


def _check_selection(  # noqa: PLR0917
    rows: pl.DataFrame,
    size: npt.NDArray[np.int64],
    kind: npt.NDArray[np.int64],
    nodal: npt.NDArray[np.int64],
    baseline: npt.NDArray[np.bool_],
    charter: Charter,
    findings: Findings,
) -> None:
    """Look at the choice of target lesions; it is reported, never changed."""
    effect = "used as recorded: the reader's choice is not changed"
    new = rows.filter(pl.Series(baseline & (kind == k.NEW)))
    findings.add(
        new, "new-at-baseline", pl.lit("new lesion at baseline"), "a target or non-target lesion", "row not used"
    )
    chosen = pl.Series(baseline & (kind == k.TARGET))
    target = rows.filter(chosen).with_columns(
        pl.Series("SIZE", size).filter(chosen),
        pl.Series("MM", size / 100).filter(chosen),  # polars multiplies by the inverse: 870 / 100 is not 8.7
        pl.Series("NODE", nodal).filter(chosen),
    )
    keys = [name for name in KEYS if name in rows.columns]
    most, most_in_organ = charter.limits
    too_many = _crowded(target, keys, most)
    findings.add(too_many, "too-many-targets", pl.format("{} target lesions", "N"), f"at most {most}", effect)
    side = r"\b(LEFT|RIGHT|BILATERAL)\b|,"
    words = pl.col("ORGAN").cast(pl.String).str.to_uppercase().str.replace_all(side, " ").str.replace_all(r"\s+", " ")
    node = (pl.col("NODE") == 1) | (words.str.strip_chars() == "LYMPH NODES")
    organ = pl.when(node.fill_null(False)).then(pl.lit("LYMPH NODE")).otherwise(words.str.strip_chars())
    by_organ = target.with_columns(organ.alias("ORGAN")).filter(pl.col("ORGAN").is_not_null() & (pl.col("ORGAN") != ""))
    seen = pl.format("{} target lesions in {}", "N", "ORGAN")
    crowded = _crowded(by_organ, [*keys, "ORGAN"], most_in_organ)
    findings.add(crowded, "too-many-targets-in-organ", seen, f"at most {most_in_organ}", effect)
    apart = charter.criteria != "RECIST 1.0"
    is_node = (pl.col("NODE") == 1) & pl.lit(apart)
    seen = pl.format("{} mm", pl.col("MM").cast(pl.String))
    small = target.filter(is_node & pl.col("SIZE").is_between(0, 1499))
    findings.add(small, "node-too-small", seen, "a short axis of 15 mm or more for a target node", effect)
    small = target.filter(~is_node & pl.col("SIZE").is_between(0, 999))
    findings.add(small, "lesion-too-small", seen, "10 mm or more for a target lesion", effect)


def _crowded(target: pl.DataFrame, keys: list[str], most: int) -> pl.DataFrame:
    """Groups of more target lesions than that: how many (N), which, and the last day and visit of the baseline."""
    counted = target.group_by(keys).agg(pl.col("LESION").n_unique().alias("N")).filter(pl.col("N") > most)
    facts = [pl.col("N").first(), pl.col("DAY").max(), pl.col("LESION").cast(pl.String).unique().sort().str.join(", ")]
    facts += [pl.col("VISIT").sort_by("DAY", "VISIT").last()] if "VISIT" in target.columns else []
    return target.join(counted, on=keys).group_by(keys).agg(facts)
