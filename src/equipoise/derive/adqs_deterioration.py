"""ADTTE: time to the first or to the definitive deterioration of a score.

Every dated form counts, whichever its window, except forms left out of the comparison of arms.
"""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.criteria import CensorReason
from equipoise.derive.adqs import TOLERANCE, Reported
from equipoise.derive.adqs_timing import NO_DAY
from equipoise.derive.adrs import Responses
from equipoise.derive.origins import analyzed
from equipoise.derive.source import KEYS, Source
from equipoise.protocol import Endpoint

__all__ = ["COMPETING", "add_deterioration"]

COMPETING = 7
"""CNSR of a death without deterioration where it is a competing event."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_REASONS = {
    int(CensorReason.NO_BASELINE): "No baseline score",
    int(CensorReason.NO_ASSESSMENT): "No score after baseline",
    int(CensorReason.LEFT_STUDY): "Left the study without deterioration",
    int(CensorReason.ONGOING): "No deterioration up to the last score",
    COMPETING: "Died without deterioration (competing event)",
}


def add_deterioration(
    source: Source,
    adtte: pl.DataFrame,
    subjects: pl.DataFrame,
    *,
    reported: Sequence[Reported],
    responses: Responses,
    wanted: Collection[str] | None = None,
) -> pl.DataFrame:
    """Add the rows of deterioration endpoints to ADTTE; none where the questionnaire is not in the data.

    Parameters
    ----------
    subjects
        Subject-level table with the sources of death (``adsl.Subjects.table``).
    reported
        Questionnaires as answered.
    responses
        Readings by assessor, for endpoints whose origin is the first response.
    wanted
        Endpoints; all unless given.
    """
    endpoints = source.protocol.endpoints
    parts = [adtte]
    for name, endpoint in endpoints.items():
        found = next((one for one in reported if one.one.name == endpoint.instrument), None)
        if endpoint.kind != "deterioration" or found is None or (wanted is not None and name not in wanted):
            continue
        codes = [scale.code for scale in found.one.scales]
        table = analyzed(source, endpoint, subjects, None, responses)
        if endpoint.scale in codes and found.answers.height and not table.is_empty():
            rows = found.subjects.select(*KEYS, "_S").join(table, on=KEYS, how="inner", maintain_order="left")
            rows = _finish(name, endpoint, _outcomes(found, codes.index(endpoint.scale), endpoint, rows))
            if source.protocol.conventions.censor_codes == "binary":
                rows = rows.with_columns(CNSR=(pl.col("CNSR") > 0).cast(pl.Int32))
            parts.append(_in_columns(rows, adtte))
    if len(parts) == 1:
        return adtte
    order = {name: place for place, name in enumerate(endpoints)}
    place = pl.col("ENDPT").replace_strict(order, default=None, return_dtype=pl.Int32)
    table = pl.concat(parts).with_columns(_O=place, _P=pl.col("PRIMFL").is_null())
    return table.sort([*KEYS, "_O", "_P", "RULESET"]).drop("_O", "_P")


def _in_columns(rows: pl.DataFrame, adtte: pl.DataFrame) -> pl.DataFrame:
    """The columns of ADTTE; those of other kinds of endpoint are empty."""
    own = set(rows.columns)
    return rows.select(
        pl.col(name).cast(kind) if name in own else pl.lit(None, dtype=kind).alias(name)
        for name, kind in adtte.schema.items()
    )


def _outcomes(found: Reported, column: int, endpoint: Endpoint, rows: pl.DataFrame) -> pl.DataFrame:
    """Add day (_DAY), reason (_CNSR), words and source of each subject; subjects left out are dropped."""
    rule = endpoint.deterioration
    event, last = _events(found, column, endpoint)
    subject = rows["_S"].cast(pl.Int64).to_numpy()
    origin = rows["ORIGIN"].cast(pl.Int32).cast(pl.Int64).to_numpy()
    form, last = event[subject], last[subject]
    no_baseline = found.baseline[subject, column] < 0
    no_follow_up = ~no_baseline & (last < 0)
    days = np.append(found.timing.day, NO_DAY)
    times = found.times
    observed_until = np.minimum(times.crossover[subject], times.unblinding[subject])
    died = (times.death[subject] < -NO_DAY) & (times.death[subject] <= observed_until)
    happened = (form >= 0) & ~no_baseline
    death = died & ~happened & (rule.death != "censor")
    for missing, choice in ((no_baseline, rule.no_baseline), (no_follow_up, rule.no_follow_up)):
        if choice == "event":
            death &= ~missing
    at_origin = (no_baseline & (rule.no_baseline == "event")) | (no_follow_up & (rule.no_follow_up == "event"))
    left = (rows["EOSSTT"] == "DISCONTINUED").fill_null(False).to_numpy()
    reason = np.select(
        [
            happened | at_origin | (death & (rule.death == "event")),
            death,
            no_baseline,
            no_follow_up,
            left & ~died,
        ],
        [0, COMPETING, int(CensorReason.NO_BASELINE), int(CensorReason.NO_ASSESSMENT), int(CensorReason.LEFT_STUDY)],
        default=int(CensorReason.ONGOING),
    )
    none = no_baseline | no_follow_up
    where = np.select([happened, death, at_origin | none], ["form", "death", "origin"], default="last")
    day = np.select([happened, death, at_origin | none], [days[form], times.death[subject], origin], default=days[last])
    dropped = (no_baseline & (rule.no_baseline == "exclude")) | (no_follow_up & (rule.no_follow_up == "exclude"))
    source = np.where(where == "form", form, np.where(where == "last", last, -1))
    sequence = pl.concat([found.forms.table["QSSEQ"], pl.Series("QSSEQ", [None], dtype=pl.Int64)])
    rows = rows.with_columns(
        _DAY=pl.Series(np.maximum(day, origin)),
        _CNSR=pl.Series(reason),
        _WHERE=pl.Series(where, dtype=pl.String),
        _SEQ=sequence[np.where(source < 0, found.forms.table.height, source)],
    )
    return rows.filter(pl.Series(~dropped))


def _events(found: Reported, column: int, endpoint: Endpoint) -> tuple[Ints, Ints]:
    """Per subject: the form of the deterioration and the last form after baseline; -1 where there is none."""
    timing, score = found.timing, found.scores.score[:, column]
    scale = found.one.scales[column]
    sign = 1.0 if scale.better == "high" else -1.0
    points = endpoint.deterioration.threshold or scale.deterioration or np.inf
    event = np.full(found.subjects.height, -1, dtype=np.int64)
    last = event.copy()
    usable = np.flatnonzero(found.usable[:, column] & timing.after_baseline)
    for rows in np.split(usable, np.flatnonzero(np.diff(timing.subject[usable])) + 1):
        if not rows.size:
            continue
        subject = int(timing.subject[rows[0]])
        base = int(found.baseline[subject, column])
        last[subject] = rows[-1]
        if base < 0:
            continue
        values = sign * score[rows]
        reference = np.full(rows.size, sign * score[base])
        if endpoint.deterioration.reference == "best":
            so_far = np.maximum.accumulate(np.append(reference[0], values))
            reference = so_far[:-1]
        worse = values - reference <= TOLERANCE - points
        if endpoint.deterioration.definitive:
            worse = np.logical_and.accumulate(worse[::-1])[::-1]
        if worse.any():
            event[subject] = rows[int(np.argmax(worse))]
    return event, last


def _finish(name: str, endpoint: Endpoint, rows: pl.DataFrame) -> pl.DataFrame:
    inclusive = 1 if endpoint.day_count == "inclusive" else 0
    event, where = pl.col("CNSR") == 0, pl.col("_WHERE")
    word = "Definitive deterioration" if endpoint.deterioration.definitive else "Deterioration"
    at_form = where.is_in(["form", "last"])
    return rows.with_columns(
        ADT=pl.col("_DAY").cast(pl.Int32).cast(pl.Date),
        CNSR=pl.col("_CNSR").cast(pl.Int32),
    ).with_columns(
        PARAMCD=pl.lit(endpoint.paramcd),
        PARAM=pl.lit(endpoint.label),
        ENDPT=pl.lit(name),
        RULESET=pl.lit(endpoint.rule_set.value),
        PRIMFL=pl.lit("Y"),
        STARTDT="ORIGIN",
        AVAL=((pl.col("ADT") - pl.col("ORIGIN")).dt.total_days() + inclusive).cast(pl.Int32),
        EVNTDESC=pl.when(event).then(
            where.replace_strict({"form": word, "death": "Death"}, default="No score", return_dtype=pl.String)
        ),
        CNSDTDSC=pl.when(~event).then(
            where.replace_strict({"last": "Last score", "death": "Death"}, default="Origin", return_dtype=pl.String)
        ),
        CNSREAS=pl.col("CNSR").replace_strict(_REASONS, default=None, return_dtype=pl.String),
        SRCDOM=pl.when(at_form).then(pl.lit("QS")).when(where == "death").then("DTHDOM").otherwise(pl.lit("ADSL")),
        SRCVAR=pl.when(at_form).then(pl.lit("QSDTC")).when(where == "death").then("DTHVAR").otherwise(pl.lit("RANDDT")),
        SRCSEQ=pl.when(at_form).then("_SEQ").when(where == "death").then(pl.col("DTHSEQ").cast(pl.Int64)),
    )
