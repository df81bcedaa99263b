"""What the figures of single patients draw: change of the tumors, response, treatment, follow-up; one row per mark.

Days are study days: day 1 is the day of randomization, the day before it is day -1. The change of a subject is that of
the accepted reading of the endpoint's assessor, among assessments that count for the best response.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.populations import Group
from equipoise.analyze.readings import day_of
from equipoise.analyze.study import ALL, POSITION, Study
from equipoise.protocol import Endpoint
from equipoise.terms import Assessor

__all__ = ["tumor_course"]

NO_BASELINE = "no target lesion measured at baseline"
NO_ASSESSMENT = "no measurement after baseline"
INCOMPLETE = "no complete measurement after baseline"
Marks = list[dict[str, Any]]


def tumor_course(
    book: Book, endpoint: Endpoint, parts: list[Group], best: npt.NDArray[np.object_], columns: Columns
) -> None:
    """Write the marks of each subject, and per arm how many have a change to show and what it is.

    ``best`` holds the best response of every position. Where nothing was measured, the marks of treatment and events
    are written all the same.
    """
    study = book.study
    assessor = endpoint.assessor or Assessor.CENTRAL
    sums = _rows(study, assessor, "SUMDIAM")
    marks = _timeline(study, endpoint, assessor)
    if sums is not None:
        change, absent, more = _changes(study, assessor, sums)
        marks += more
        for part in parts:
            _counts(book, part, change, absent, columns)
    marks += [{"at": at, "mark": "best_response", "text": best[at]} for at in study.randomized]
    arms = {i: part.level for part in parts if part.level != ALL for i in part.positions}
    kept = [{**mark, "group_level": arms[mark["at"]]} for mark in marks if mark["at"] in arms]
    _write(book, kept, columns)


def _rows(study: Study, assessor: Assessor, parameter: str) -> pl.DataFrame | None:
    rows = study.frame("ADTR")
    if rows is None:
        return None
    chosen = (pl.col("ASSESSOR") == str(assessor)) & (pl.col("ACCPTFL") == "Y") & (pl.col("PARAMCD") == parameter)
    found = rows.filter(chosen)
    return found if found.height or rows.filter(pl.col("PARAMCD") == parameter).height else None


def _study_day(study: Study) -> pl.DataFrame:
    return pl.DataFrame(
        {POSITION: np.arange(study.adsl.height), "start": pl.Series(list(study.text("RANDDT")), dtype=pl.Date)}
    )


def _with_day(study: Study, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the study day of ADT; rows without one are left out."""
    days = (pl.col("ADT") - pl.col("start")).dt.total_days()
    joined = rows.join(_study_day(study), on=POSITION, how="left")
    return joined.with_columns(day=pl.when(days >= 0).then(days + 1).otherwise(days)).filter(
        pl.col("day").is_not_null()
    )


def _changes(
    study: Study, assessor: Assessor, sums: pl.DataFrame
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_], Marks]:
    """Best change of every subject, why there is none, and the marks of the changes over time."""
    size = study.adsl.height
    change, absent = np.full(size, np.nan), np.full(size, NO_BASELINE, dtype=object)
    baseline = sums.filter((pl.col("ABLFL") == "Y") & (pl.col("AVAL") > 0)) if "ABLFL" in sums.columns else sums.clear()
    absent[_measurable(study, assessor)] = NO_ASSESSMENT
    absent[baseline[POSITION].unique().to_numpy()] = NO_ASSESSMENT
    later = sums.filter(pl.col("ABLFL").is_null() & (pl.col("ANL01FL") == "Y")) if baseline.height else sums.clear()
    later = later.join(baseline.select(POSITION).unique(), on=POSITION, how="semi")
    absent[later[POSITION].unique().to_numpy()] = INCOMPLETE
    known = _with_day(study, later.filter(pl.col("PCHG").is_not_null()))
    marks: Marks = [
        {"at": at, "mark": "change", "time_days": day, "value": value}
        for at, day, value in known.select(POSITION, "day", "PCHG").sort(POSITION, "day", "PCHG").iter_rows()
    ]
    lowest = known.sort(POSITION, "PCHG", "day").unique(POSITION, keep="first", maintain_order=True)
    for at, day, value in lowest.select(POSITION, "day", "PCHG").iter_rows():
        change[at], absent[at] = value, None
        marks.append({"at": at, "mark": "best_change", "time_days": day, "value": value})
    marks += [
        {"at": int(at), "mark": "no_change", "text": absent[at]}
        for at in np.flatnonzero(np.array(absent) != None)  # noqa: E711
    ]
    new = _rows(study, assessor, "NEWLRESP")
    if new is not None:
        first = _with_day(study, new.filter((pl.col("AVALC") == "Y") & (pl.col("ANL01FL") == "Y"))).sort(
            POSITION, "day"
        )
        first = first.unique(POSITION, keep="first", maintain_order=True)
        marks += [
            {"at": at, "mark": "new_lesion", "time_days": day} for at, day in first.select(POSITION, "day").iter_rows()
        ]
    return change, absent, marks


def _measurable(study: Study, assessor: Assessor) -> npt.NDArray[np.int64]:
    """Positions of the subjects in whom the assessor identified a target lesion, measured later or not."""
    rows = study.frame("ADRS")
    if rows is None or "ASSESSOR" not in rows.columns:
        return np.zeros(0, dtype=np.int64)
    chosen = (pl.col("PARAMCD") == "MDIS") & (pl.col("ASSESSOR") == str(assessor)) & (pl.col("AVALC") == "Y")
    return rows.filter(chosen)[POSITION].to_numpy()


def _counts(
    book: Book, part: Group, change: npt.NDArray[np.float64], absent: npt.NDArray[np.object_], columns: Columns
) -> None:
    at = part.positions
    shown = at[~np.isnan(change[at])]
    shared: Columns = {**columns, "group_level": part.level}
    count: Columns = {**shared, "of": len(at), "percent": True}
    book.count(shown, label=f"change of tumors known, {part.level}", variable="tumor_change", **count)
    for reason in (NO_BASELINE, NO_ASSESSMENT, INCOMPLETE):
        chosen = at[absent[at] == reason]
        book.count(chosen, label=f"{reason}, {part.level}", variable="no_tumor_change", variable_level=reason, **count)
    for name, chosen in {
        "shrunk_30": shown[change[shown] <= -30],
        "grown_20": shown[change[shown] >= 20],
    }.items():
        label = f"best change {'-30% or less' if name == 'shrunk_30' else '+20% or more'}, {part.level}"
        own: Columns = {**count, "of": len(shown)}
        book.count(chosen, label=label, variable=name, **own)
    label = f"change of tumors known, {part.level}"
    book.distribution(change[shown], shown, label=label, variable="best_change", unit="%", **shared)


def _timeline(study: Study, endpoint: Endpoint, assessor: Assessor) -> Marks:
    """Marks of treatment, response, progression, crossover, death and follow-up of every randomized subject."""
    start = day_of(study, "RANDDT")

    def days(dates: npt.NDArray[np.datetime64]) -> list[int | None]:
        gap = (dates - start).astype("timedelta64[D]")
        return [None if np.isnat(g) else int(g.astype(int)) + int(g.astype(int) >= 0) for g in gap]

    first, last, crossed, stopped, death, alive = (
        days(day_of(study, name)) for name in ("TRTSDT", "TRTEDT", "TR02SDT", "TR02EDT", "DTHDT", "LSTALVDT")
    )
    progressed = days(_event_dates(study, assessor, "PD"))
    responded = days(_event_dates(study, assessor, "CRSP" if endpoint.confirmed else "RSP"))
    ongoing = study.text("EOTSTT") == "ONGOING"
    marks: Marks = []
    for at in study.randomized:
        end = death[at] if death[at] is not None else alive[at]
        if first[at] is not None and last[at] is not None:
            words = "ongoing" if ongoing[at] and crossed[at] is None else None
            marks.append({"at": at, "mark": "treatment", "time_days": first[at], "value": last[at], "text": words})
        if crossed[at] is not None:
            until = stopped[at] if stopped[at] is not None else end
            marks.append({"at": at, "mark": "crossover", "time_days": crossed[at], "value": until})
        words = "dead" if death[at] is not None else None
        marks.append({"at": at, "mark": "follow_up", "time_days": 1, "value": end, "text": words})
        if responded[at] is not None:
            words = "progression" if progressed[at] is not None else None
            until = progressed[at] if progressed[at] is not None else end
            marks.append({"at": at, "mark": "response", "time_days": responded[at], "value": until, "text": words})
        for name, when in (("progression", progressed[at]), ("death", death[at])):
            if when is not None:
                marks.append({"at": at, "mark": name, "time_days": when})
    return marks


def _event_dates(study: Study, assessor: Assessor, parameter: str) -> npt.NDArray[np.datetime64]:
    """Date of the first progression or response by ADRS; not a time without one."""
    dates = np.full(study.adsl.height, np.datetime64("NaT", "D"), dtype="datetime64[D]")
    rows = study.frame("ADRS")
    if rows is None or not {"ASSESSOR", "ADT"} <= set(rows.columns):
        return dates
    chosen = rows.filter(
        (pl.col("PARAMCD") == parameter) & (pl.col("ASSESSOR") == str(assessor)) & (pl.col("AVALC") == "Y")
    )
    chosen = chosen.filter(pl.col("ADT").is_not_null()).unique(POSITION, keep="first", maintain_order=True)
    dates[chosen[POSITION].to_numpy()] = chosen["ADT"].to_numpy().astype("datetime64[D]")
    return dates


def _write(book: Book, marks: Marks, columns: Columns) -> None:
    if not marks:
        return
    subjects = book.study.subjects
    arms = {arm: i for i, arm in enumerate(book.study.arms)}
    ordered = sorted(
        marks, key=lambda m: (arms[str(m["group_level"])], m["at"], str(m["mark"]), m.get("time_days") or 0)
    )
    names = ("mark", "time_days", "value", "text", "group_level")
    frame = pl.DataFrame(
        {name: [mark.get(name) for mark in ordered] for name in names},
        schema={
            "mark": pl.String,
            "time_days": pl.Float64,
            "value": pl.Float64,
            "text": pl.String,
            "group_level": pl.String,
        },
        strict=False,
    )
    kept = [pl.lit(columns[name]).alias(name) for name in ("analysis_id", "population", "endpoint")]
    named = frame.with_columns(
        *kept, group=pl.lit("arm"), subject=pl.Series([subjects[mark["at"]] for mark in ordered])
    )
    book.writer.add_frame("subjects", named)
