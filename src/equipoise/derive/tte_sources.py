"""Words for the deciding day of a time to event, and the record it comes from."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.criteria import NEVER, Cause, Outcomes
from equipoise.derive.histories import never_treated, stopped_treatment
from equipoise.derive.origins import ORIGIN_VARIABLES
from equipoise.derive.source import KEYS, Source
from equipoise.derive.therapies import clinical_progression, new_therapy
from equipoise.protocol import Endpoint
from equipoise.terms import DateName, EventSource

__all__ = ["CENSOR_PLACES", "days_as_dates", "label_rows", "with_sources"]

CENSOR_PLACES = ("last_assessment", "origin", "last_alive", "last_dose", "end_of_study", "completed")
"""Where subjects without event are censored."""

_PLACE_WORDS = {
    "last_assessment": "Last adequate assessment",
    "last_alive": "Last known alive",
    "last_dose": "Last dose",
    "end_of_study": "End of study",
    "completed": "Treatment completed as planned",
}
_PLACE_VARIABLES = {"last_alive": "LSTALVDT", "last_dose": "TRTEDT", "end_of_study": "EOSDT", "completed": "EOTDT"}
_ORIGIN_WORDS = {
    DateName.RANDOMIZATION: "Randomization",
    DateName.FIRST_DOSE: "First dose",
    DateName.FIRST_RESPONSE: "First response",
}
_SCANS = ("Disease progression", "Last adequate assessment", "Response")
_PARTS = ("DOM", "VAR", "SEQ")


def with_sources(source: Source, endpoint: Endpoint, table: pl.DataFrame) -> pl.DataFrame:
    """Add the records behind clinical progression (CLIN...), new therapy (NACT...) and other events (OTHER...)."""
    for prefix, frame in (
        ("CLIN", clinical_progression(source, endpoint, table)),
        ("NACT", new_therapy(source, endpoint, table)),
    ):
        table = table.hstack([frame[part].alias(f"{prefix}{part}") for part in ("DATE", *_PARTS)])
    number, text = pl.lit(None, dtype=pl.Int64), pl.lit(None, dtype=pl.String)
    adverse = pl.when(pl.col("AEDT").is_not_null()).then(
        pl.struct(
            DATE="AEDT",
            LABEL=pl.lit("Adverse event"),
            DOM=pl.lit("ADAE"),
            VAR=pl.lit("ASTDT"),
            SEQ=pl.col("AESEQ").cast(pl.Int64),
        )
    )
    stopped = pl.when(stopped_treatment(endpoint)).then(
        pl.struct(DATE="EOTDT", LABEL=pl.lit("Treatment stopped"), DOM=pl.lit("ADSL"), VAR=pl.lit("EOTDT"), SEQ=number)
    )
    therapy = pl.struct(
        DATE="NACTDATE", LABEL=pl.lit("New anticancer therapy"), DOM="NACTDOM", VAR="NACTVAR", SEQ="NACTSEQ"
    )
    second = pl.struct(DATE="PD2DATE", LABEL=pl.lit("Second progression"), DOM="PD2DOM", VAR="PD2VAR", SEQ="PD2SEQ")
    choices = {
        EventSource.ADVERSE_EVENT: adverse,
        EventSource.TREATMENT_STOP: stopped,
        EventSource.NEW_THERAPY: therapy,
        EventSource.SECOND_PROGRESSION: second,
        EventSource.RESPONSE: pl.struct(DATE="RSPDATE", LABEL=pl.lit("Response"), DOM=text, VAR=text, SEQ=number),
    }
    named = [choices[event] for event in endpoint.events if event in choices]
    if endpoint.never_treated == "event":
        words = [pl.lit(x).alias(c) for c, x in (("LABEL", "Never treated"), ("DOM", "ADSL"), ("VAR", "TRTSDT"))]
        untreated = pl.struct(pl.col("ORIGIN").alias("DATE"), *words, number.alias("SEQ"))
        named.append(pl.when(never_treated()).then(untreated))
    table = table.with_columns(_N=pl.lit(None, dtype=pl.Int8), **{f"_O{i}": part for i, part in enumerate(named)})
    first = pl.min_horizontal([pl.col(f"_O{i}").struct.field("DATE") for i in range(len(named))]) if named else None
    for part in ("LABEL", *_PARTS):
        options = [
            pl.when(pl.col(f"_O{i}").struct.field("DATE") == first).then(pl.col(f"_O{i}").struct.field(part))
            for i in range(len(named))
        ]
        dtype = pl.Int64 if part == "SEQ" else pl.String
        table = table.with_columns(
            (pl.coalesce(options) if options else pl.lit(None, dtype=dtype)).alias(f"OTHER{part}")
        )
    return table.drop("_N", *(f"_O{i}" for i in range(len(named))))


def label_rows(
    endpoint: Endpoint,
    table: pl.DataFrame,
    outcomes: tuple[Outcomes, NDArray[np.int64]],
    readings: pl.DataFrame | None,
) -> pl.DataFrame:
    """Rows with ADT, CNSR (reason code), EVNTDESC, CNSDTDSC, SRCDOM, SRCVAR, SRCSEQ."""
    result, place = outcomes
    origin = _ORIGIN_WORDS.get(endpoint.origin, endpoint.origin.value.replace("_", " ").capitalize())
    cause = {int(c): c.name for c in Cause}
    table = table.with_columns(
        ADT=days_as_dates(result.day),
        SRCDT=days_as_dates(result.source_day),
        CNSR=pl.Series(result.reason).cast(pl.Int32),
        CAUSE=pl.Series(result.cause).replace_strict(cause, default=None, return_dtype=pl.String),
        PLACE=pl.Series([CENSOR_PLACES[i] for i in place.tolist()], dtype=pl.String),
    )
    event = pl.col("CNSR") == 0
    event_words = (
        pl.col("CAUSE")
        .replace_strict(
            {
                "PROGRESSION": "Disease progression",
                "CLINICAL_PROGRESSION": "Clinical progression",
                "NEW_THERAPY": "New anticancer therapy",
                "DEATH": "Death",
            },
            default=None,
            return_dtype=pl.String,
        )
        .fill_null(pl.col("OTHERLABEL"))
    )
    place_words = pl.col("PLACE").replace_strict(_PLACE_WORDS, default=origin, return_dtype=pl.String)
    table = table.with_columns(EVNTDESC=pl.when(event).then(event_words), CNSDTDSC=pl.when(~event).then(place_words))
    return _add_source(endpoint, table, readings)


def _add_source(endpoint: Endpoint, table: pl.DataFrame, readings: pl.DataFrame | None) -> pl.DataFrame:
    what = pl.coalesce("EVNTDESC", "CNSDTDSC")
    if readings is not None:
        scans = readings.filter(pl.col("USED")).select(
            *KEYS, SRCDT="ADT", SCANDOM="SRCDOM", SCANVAR="SRCVAR", SCANSEQ="SRCSEQ"
        )
        table = table.join(scans, on=[*KEYS, "SRCDT"], how="left", maintain_order="left")
    else:
        table = table.with_columns(
            SCANDOM=pl.lit(None, dtype=pl.String),
            SCANVAR=pl.lit(None, dtype=pl.String),
            SCANSEQ=pl.lit(None, dtype=pl.Int64),
        )
    table = table.with_columns(DEATHDOM="DTHDOM", DEATHVAR="DTHVAR", DEATHSEQ="DTHSEQ")
    variable = pl.col("PLACE").replace_strict(
        _PLACE_VARIABLES, default=ORIGIN_VARIABLES.get(endpoint.origin, "ADT"), return_dtype=pl.String
    )
    first_response = endpoint.origin is DateName.FIRST_RESPONSE
    rest = {"DOM": pl.lit("ADRS" if first_response else "ADSL"), "VAR": variable, "SEQ": pl.lit(None, dtype=pl.Int64)}
    if first_response:
        rest["DOM"] = pl.when(pl.col("PLACE") == "origin").then(pl.lit("ADRS")).otherwise(pl.lit("ADSL"))
    for part in _PARTS:
        table = table.with_columns(
            pl.when(what.is_in(_SCANS))
            .then(pl.col(f"SCAN{part}"))
            .when(what == "Death")
            .then(pl.col(f"DEATH{part}"))
            .when(what == "Clinical progression")
            .then(pl.col(f"CLIN{part}"))
            .when(pl.col("CAUSE") == "NEW_THERAPY")
            .then(pl.col(f"NACT{part}"))
            .when(pl.col("EVNTDESC").is_not_null())
            .then(pl.col(f"OTHER{part}"))
            .otherwise(rest[part])
            .alias(f"SRC{part}")
        )
    return table


def days_as_dates(day: NDArray[np.int64]) -> pl.Series:
    """Days since 1970-01-01 as dates, null for what never happened."""
    known = day < NEVER
    dates = pl.Series(np.where(known, day, 0)).cast(pl.Int32).cast(pl.Date)
    return dates.set(pl.Series(~known), None)
