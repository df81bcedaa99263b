"""What every reader's measurements and records amount to: a row per visit, a row per reading.

Where a reader measured lesions after the baseline, responses are recomputed from them and compared with RS; else they
are those of RS. Either way RS is never changed.
"""

from dataclasses import dataclass

import polars as pl

from equipoise.cdisc import Finding
from equipoise.criteria import TimePoint, TumorResponses, best_overall_response, recist_responses
from equipoise.derive.lesion_days import assessment_number, schedule_days
from equipoise.derive.lesions import Lesions, charter_of, lesions
from equipoise.derive.recorded import recorded_visits
from equipoise.derive.response_rules import response_rules
from equipoise.derive.source import KEYS, Source
from equipoise.derive.therapies import response_ends
from equipoise.derive.tumor_findings import lesion_findings, recorded_findings, sum_findings
from equipoise.terms import Response

__all__ = ["SERIES", "Tumors", "tumors"]

SERIES = [*KEYS, "READER"]
"""Key of one reader's reading of a subject; READER is ``assessor|evaluator``."""

_PLAIN = {"iCR": "CR", "iPR": "PR", "iSD": "SD", "NON-iCR/NON-iUPD": "NON-CR/NON-PD", "iUPD": "PD", "iCPD": "PD"}
_VISITS = {
    **dict.fromkeys([*SERIES, "FROM", "AVISIT"], pl.String),
    "VISIT": pl.Int64,
    "AVISITN": pl.Float64,
    "ADT": pl.Date,
    "EXACT": pl.Boolean,
    "PARTIAL": pl.String,
    **dict.fromkeys(["FIRSTDATE", "LASTDATE"], pl.Date),
    **dict.fromkeys(["SUM", "MEASURED", "BASE", "CHANGE", "NADIR", "NADIRCHANGE"], pl.Float64),
    **dict.fromkeys(["TARGET", "NONTARGET", "NEWLESION", "OVERALL", "WORD", "KNOWN"], pl.String),
    **dict.fromkeys(["ADEQUATE", "PROGRESSED", "AFTERPD"], pl.Boolean),
    **dict.fromkeys(["READ_TARGET", "READ_NONTARGET", "READ_NEWLESION", "READ_OVERALL"], pl.String),
    "RSSEQ": pl.Int64,
    "SRCDOM": pl.String,
    "SRCVAR": pl.String,
    "SRCSEQ": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Tumors:
    """Readings of every reader of every randomized subject."""

    visits: pl.DataFrame
    """A row per visit after the baseline, sorted by SERIES and ADT: FROM (TR, RS), ADT (day of the response, of the
    progression at its visit), EXACT, sums in mm, components, OVERALL (words of RECIST 1.1), WORD (words of the
    criteria), ADEQUATE, PROGRESSED (the progression of the reading), AFTERPD, READ_... as recorded, NUMBER (of the
    scheduled assessment), COUNTS (for the best response)."""
    best: pl.DataFrame
    """A row per reading: NTARGET, NNONTARGET, BASELINE, BASEDATE, BOR, BORDT, CBOR, CBORDT, PDDT."""
    recorded: pl.DataFrame
    """``recorded.recorded_visits``."""
    flagged: pl.DataFrame
    """SERIES and FLAGDATE of readings whose measurements bear TRACPTFL = Y."""
    lesions: Lesions | None
    findings: tuple[Finding, ...]


def tumors(source: Source, adsl: pl.DataFrame) -> Tumors:
    """Recompute what can be recomputed and take the rest as recorded."""
    recorded = recorded_visits(source, adsl)
    found = lesions(source, adsl)
    ends = response_ends(source, adsl)
    days = adsl.select(*KEYS, "RANDDT")
    findings: list[Finding] = []
    parts, bests = [], []
    matched = recorded.with_columns(VISIT=pl.lit(None, dtype=pl.Int64), SERIESREAD=pl.lit(False))
    if found is not None and found.rows.height:
        responses = recist_responses(found.rows, charter_of(source), new_therapy=_stops(ends, days))
        matched = _matched(recorded, found, responses)
        visits = _from_lesions(responses, found, matched, days)
        findings += lesion_findings(responses, found)
        findings += recorded_findings(source, visits, matched, days)
        findings += sum_findings(source, visits, found)
        parts.append(visits)
        bests.append(_best_of_lesions(responses, found, visits, days))
    rest = matched.filter(~pl.col("SERIESREAD"))
    visits = _from_records(source, rest, days)
    parts.append(visits)
    table = pl.concat(parts)
    table = _with_numbers(source, table, adsl, ends)
    bests.append(_best_of_records(source, table.filter(pl.col("FROM") == "RS"), days))
    table = table.sort([*SERIES, "ADT", "AVISITN", "SRCSEQ"], nulls_last=True)
    best = pl.concat(bests, how="diagonal").sort(SERIES)
    return Tumors(table, best, recorded, _flagged(found), found, tuple(findings))


def _flagged(found: Lesions | None) -> pl.DataFrame:
    if found is None:
        return pl.DataFrame(schema={**dict.fromkeys(SERIES, pl.String), "FLAGDATE": pl.Date})
    return found.scans.filter("ACCEPTED").group_by(SERIES).agg(FLAGDATE=pl.col("DATE").max()).sort(SERIES)


def _stops(ends: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    dates = ends.join(days, on=KEYS)
    return dates.select(*KEYS, DAY=(pl.col("DATE") - pl.col("RANDDT")).dt.total_days() + 1)


def _matched(recorded: pl.DataFrame, found: Lesions, responses: TumorResponses) -> pl.DataFrame:
    """Find the visit of scans that each record belongs to, and whether its reader's lesions were followed at all."""
    series = responses.visits.select(SERIES).unique().with_columns(SERIESREAD=pl.lit(True))
    rows = recorded.join(series, on=SERIES, how="left", maintain_order="left").with_row_index("ROW")
    rows = rows.with_columns(pl.col("SERIESREAD").fill_null(False))
    scans = found.scans.filter(~pl.col("BASELINE")).select(
        *SERIES, "VISIT", "FIRSTDATE", LABEL="AVISITN", NAME="AVISIT", LASTDATE="DATE"
    )
    pairs = rows.join(scans, on=SERIES, how="inner")
    inside = pl.col("DATE").is_between("FIRSTDATE", "LASTDATE").fill_null(False)
    named = (pl.col("LABEL") == pl.col("VISITNUM")).fill_null(pl.col("NAME") == pl.col("VISITNAME")).fill_null(False)
    away = pl.min_horizontal(
        (pl.col("DATE") - pl.col("FIRSTDATE")).dt.total_days().abs(),
        (pl.col("DATE") - pl.col("LASTDATE")).dt.total_days().abs(),
    )
    pairs = pairs.with_columns(AWAY=pl.when(inside).then(0).otherwise(away).fill_null(0))
    near = inside | (named & ((pl.col("AWAY") <= _NEAR) | ~pl.col("EXACT")))
    pairs = pairs.filter(near).sort("ROW", "AWAY", "VISIT").unique("ROW", keep="first", maintain_order=True)
    return rows.join(pairs.select("ROW", "VISIT"), on="ROW", how="left", maintain_order="left").drop("ROW")


_NEAR = 28
"""Days between scan and record of one visit name, at most."""


def _from_lesions(responses: TumorResponses, found: Lesions, matched: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Visits as recomputed, with what was recorded beside."""
    read = matched.filter(pl.col("VISIT").is_not_null()).sort([*SERIES, "VISIT", "DATE", "RSSEQ"], nulls_last=True)
    read = read.group_by([*SERIES, "VISIT"], maintain_order=True).agg(
        *(pl.col(c).drop_nulls().last().alias(f"READ_{c}") for c in ("TARGET", "NONTARGET", "NEWLESION", "OVERALL")),
        RSSEQ=pl.col("RSSEQ").drop_nulls().last(),
    )
    scans = found.scans.select(
        *SERIES, "VISIT", "AVISIT", "AVISITN", "EXACT", "PARTIAL", "FIRSTDATE", "DATASET", LASTDATE="DATE", SRCSEQ="SEQ"
    )
    best = responses.best.select(*SERIES, "PDDAY", BASE="BASELINE")
    table = responses.visits.join(scans, on=[*SERIES, "VISIT"], how="left", maintain_order="left")
    table = table.join(read, on=[*SERIES, "VISIT"], how="left", maintain_order="left")
    table = table.join(best, on=SERIES, how="left", maintain_order="left")
    table = table.join(days, on=KEYS, how="left", maintain_order="left")
    last = ~pl.col("AFTERPD") & pl.col("AFTERPD").shift(-1).over(SERIES).fill_null(True)
    progressed = pl.col("PDDAY").is_not_null() & last
    word = pl.col("FINAL")
    plain = word.replace(_PLAIN)
    unconfirmed = (word == "iUPD") & ~progressed
    day = pl.when(progressed).then("PDDAY").otherwise("DAY")
    overall = pl.when(~unconfirmed).then(plain).otherwise(word)
    table = table.with_columns(PROGRESSED=progressed, WORD=word, KNOWN="OVERALL", OVERALL=overall)
    return table.with_columns(
        FROM=pl.lit("TR"),
        ADT=pl.col("RANDDT") + pl.duration(days=day - 1),
        SRCDOM="DATASET",
        SRCVAR=pl.lit("TRDTC"),
    ).select(pl.col(name).cast(dtype) for name, dtype in _VISITS.items())


def _from_records(source: Source, rows: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Visits as recorded, of readings without lesions to recompute them from."""
    rows = rows.join(days, on=KEYS, how="left", maintain_order="left")
    rows = rows.filter(pl.col("OVERALL").is_in(list(Response)) & (pl.col("DATE") >= pl.col("RANDDT")))
    rows = rows.sort([*SERIES, "DATE", "VISITNUM", "RSSEQ"], nulls_last=True)
    pd = pl.col("OVERALL") == Response.PD
    earlier = pd.cast(pl.Int32).cum_sum().over(SERIES) - pd.cast(pl.Int32)
    adequate = pl.lit(True) if source.protocol.review.adequate == "any" else pl.col("OVERALL") != Response.NE
    code = pl.col("DATASET").str.head(2)
    return rows.with_columns(
        FROM=pl.lit("RS"),
        VISIT=pl.lit(None),
        AVISIT="VISITNAME",
        AVISITN="VISITNUM",
        ADT="DATE",
        PARTIAL=pl.when(~pl.col("EXACT")).then("DTC"),
        FIRSTDATE="DATE",
        LASTDATE="DATE",
        WORD="OVERALL",
        KNOWN="OVERALL",
        ADEQUATE=adequate,
        PROGRESSED=pd & (earlier == 0),
        AFTERPD=earlier > 0,
        SRCDOM="DATASET",
        SRCVAR=pl.format("{}DTC", code),
        SRCSEQ="RSSEQ",
        **{f"READ_{c}": pl.col(c) for c in ("TARGET", "NONTARGET", "NEWLESION", "OVERALL")},
        **{c: pl.lit(None) for c in ("SUM", "MEASURED", "BASE", "CHANGE", "NADIR", "NADIRCHANGE")},
    ).select(pl.col(name).cast(dtype) for name, dtype in _VISITS.items())


def _with_numbers(source: Source, table: pl.DataFrame, adsl: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Add NUMBER of the scheduled assessment and COUNTS for the best response."""
    plan = source.protocol.visits.tumor_assessment
    anchor = pl.coalesce("TRTSDT", "RANDDT") if plan is not None and plan.anchor == "first_dose" else pl.col("RANDDT")
    table = table.join(adsl.select(*KEYS, ANCHOR=anchor), on=KEYS, how="left", maintain_order="left")
    table = table.join(ends.rename({"DATE": "END"}), on=KEYS, how="left", maintain_order="left")
    day = ((table["ADT"] - table["ANCHOR"]).dt.total_days() + 1).fill_null(1)
    nominal = schedule_days(source, int(day.to_numpy().max(initial=1)))
    if len(nominal):
        number = pl.Series(assessment_number(nominal, day.to_numpy()))
        table = table.with_columns(NUMBER=number.cast(pl.Int32))
    else:
        table = table.with_columns(NUMBER=pl.col("ADT").rank("dense").over(SERIES).cast(pl.Int32))
    counts = ~pl.col("AFTERPD") & (pl.col("ADT") <= pl.col("END")).fill_null(True)
    undated = pl.col("PROGRESSED") & ~pl.col("EXACT")
    return table.with_columns(COUNTS=counts & ~undated).drop("ANCHOR", "END")


def _best_of_lesions(
    responses: TumorResponses, found: Lesions, visits: pl.DataFrame, days: pl.DataFrame
) -> pl.DataFrame:
    table = responses.best.join(days, on=KEYS, how="left", maintain_order="left")
    base = found.scans.filter("BASELINE").group_by(SERIES).agg(BASEDATE=pl.col("DATE").max())
    table = table.join(base, on=SERIES, how="left", maintain_order="left")
    followed = visits.select(SERIES).unique().with_columns(FOLLOWED=pl.lit(True))
    undated = visits.filter("PROGRESSED", ~pl.col("EXACT")).select(*SERIES, UNDATED=pl.lit(True))
    table = table.join(followed, on=SERIES, how="left", maintain_order="left")
    table = table.join(undated, on=SERIES, how="left", maintain_order="left")

    def date(day: str) -> pl.Expr:
        return pl.col("RANDDT") + pl.duration(days=pl.col(day) - 1)

    return table.select(
        *SERIES,
        FROM=pl.lit("TR"),
        FOLLOWED=pl.col("FOLLOWED").fill_null(False),
        NTARGET=pl.col("NTARGET").cast(pl.Int64),
        NNONTARGET=pl.col("NNONTARGET").cast(pl.Int64),
        BASE="BASELINE",
        BASEDATE="BASEDATE",
        BOR=pl.col("BOR").replace(_PLAIN),
        BORDT=date("BORDAY"),
        CBOR=pl.col("CBOR").replace(_PLAIN),
        CBORDT=date("CBORDAY"),
        PDDT=pl.when(pl.col("UNDATED").is_null()).then(date("PDDAY")),
    )


def _best_of_records(source: Source, visits: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Best responses of readings that are only recorded."""
    used = visits.filter("COUNTS").sort([*SERIES, "ADT", "SRCSEQ"], nulls_last=True)
    used = used.unique([*SERIES, "ADT"], keep="last", maintain_order=True).join(days, on=KEYS, maintain_order="left")
    used = used.with_columns(DAY=(pl.col("ADT") - pl.col("RANDDT")).dt.total_days())
    plain, strict = (response_rules(source.protocol, confirmed=c) for c in (False, True))
    out = []
    for *key, day, value, date in used.group_by(SERIES, maintain_order=True).agg("DAY", "OVERALL", "ADT").iter_rows():
        points = [TimePoint(d, Response(v)) for d, v in zip(day, value, strict=True)]
        row: list[object] = [*key]
        for rules in (plain, strict):
            best = best_overall_response(points, rules)
            row += [best.response, None if best.index is None else date[best.index]]
        out.append(row)
    schema = {
        **dict.fromkeys(SERIES, pl.String),
        "BOR": pl.String,
        "BORDT": pl.Date,
        "CBOR": pl.String,
        "CBORDT": pl.Date,
    }
    table = pl.DataFrame(out, schema=schema, orient="row")
    progressed = visits.filter("PROGRESSED", "EXACT").select(*SERIES, PDDT="ADT")
    return table.join(progressed, on=SERIES, how="left", maintain_order="left").with_columns(
        FROM=pl.lit("RS"), FOLLOWED=pl.lit(True)
    )
