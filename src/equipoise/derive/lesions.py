"""Lesion measurements of TU and TR as the reading rules take them.

TU says what a lesion is (target, non-target, new; its organ), TR what was measured. The diameter is the one the reader
chose (DIAMETER), else the short axis of a node (SAXIS, LPERP) and the longest diameter (LDIAM) of any other lesion.
Nothing is corrected here: what is doubtful goes on as it is and becomes a finding of the rules.
"""

from dataclasses import dataclass

import polars as pl

from equipoise.criteria import Charter
from equipoise.derive.lesion_days import date_scans
from equipoise.derive.lesion_parts import merged_and_split
from equipoise.derive.readings import ASSESSORS, reading_source
from equipoise.derive.source import KEYS, Source
from equipoise.terms import Assessor, LesionKind

__all__ = ["READER", "Lesions", "charter_of", "lesion_sets", "lesions"]

READER = "READER"
"""Key of a reader in the frames of lesions: the assessor, a stroke, the identifier of the evaluator."""

_TARGET_TESTS = {"DIAMETER": 0, "SAXIS": 1, "LPERP": 2, "LDIAM": 3}
_STATES = ("TUMSTATE", "LNSTATE")
_KINDS = [kind.value for kind in LesionKind]
_TEXT_STATES = ("TOO SMALL", "TOO SMALL TO MEASURE", "NOT EVALUABLE", "NOT MEASURED", "MERGED", "ABSENT", "PRESENT")


@dataclass(frozen=True, slots=True)
class Lesions:
    """Measurements of all readers."""

    rows: pl.DataFrame
    """Columns of ``criteria.recist_responses``, READER being ``assessor|evaluator``."""
    scans: pl.DataFrame
    """One row per KEYS, READER, VISIT: AVISIT, AVISITN as recorded, EXACT, PARTIAL (text of a partial date), SEQ."""
    sums: pl.DataFrame
    """Sums as recorded (SUMDIAM): KEYS, READER, VISIT, RECORDED (mm), SEQ."""
    unit_assumed: tuple[str, ...]
    """Data sets without any variable for the unit."""


def charter_of(source: Source) -> Charter:
    """The reading charter that the protocol declares; day 1 is the day of randomization."""
    review, plan = source.protocol.review, source.protocol.visits.tumor_assessment
    central = review.central
    return Charter(
        criteria=review.criteria,
        baseline_window_days=plan.baseline_window_days if plan is not None else 28,
        minimum_sd_days=review.minimum_sd_days,
        confirmation_days=review.confirmation_days,
        confirmation_ne_allowed=review.confirmation_ne_allowed,
        confirmation_sd_allowed=review.confirmation_sd_allowed,
        node_returns=review.node_returns,
        lesion_returns=review.lesion_returns,
        progression_date=review.progression_date,
        response_date=review.response_date,
        adequate=review.adequate,
        small_new_node=review.small_new_node,
        keep_partial_response=review.keep_partial_response,
        irecist_confirmation_days=review.irecist_confirmation_days,
        adjudicate=central.adjudicate if central is not None else (),
        agreed_reader=central.agreed_reader if central is not None else 1,
    )


def lesion_sets(source: Source, assessor: Assessor) -> tuple[str, str] | None:
    """Names of the data sets with an assessor's measurements and lesions: TR2 and TU2 beside RS2; None without."""
    suffix = reading_source(source, assessor).dataset[2:]
    for end in dict.fromkeys((suffix, "")):
        if source.has(f"TR{end}", *KEYS, "TRTESTCD", "TRLNKID", "TRDTC"):
            return f"TR{end}", f"TU{end}"
    return None


def lesions(source: Source, subjects: pl.DataFrame) -> Lesions | None:
    """Measurements of every randomized subject by every reader; None where no data set holds any.

    Parameters
    ----------
    subjects
        KEYS, RANDDT, TRTSDT.
    """
    place = subjects.filter(pl.col("RANDDT").is_not_null()).select(*KEYS, "RANDDT", "TRTSDT")
    parts, sums, assumed = [], [], []
    for assessor in ASSESSORS:
        names = lesion_sets(source, assessor)
        if names is None:
            continue
        rows = _of_assessor(source, names[0], assessor).join(place, on=KEYS, how="inner", maintain_order="left")
        if rows.is_empty():
            continue
        if not {"TRSTRESU", "TRORRESU"} & set(source.data[names[0]].columns):
            assumed.append(names[0])
        known = _identified(source, names[1], assessor).join(place, on=KEYS, how="inner", maintain_order="left")
        measured, recorded = _measured(rows, known, charter_of(source).criteria == "RECIST 1.0")
        parts.append(measured.with_columns(DATASET=pl.lit(names[0])))
        sums.append(recorded)
    if not parts:
        return None
    rows, scans, places = date_scans(source, pl.concat(parts, how="diagonal"))
    at = [*KEYS, READER, "DTC", "VISITNUM", "VISITNAME"]
    recorded = pl.concat(sums).join(places, on=at, how="inner", nulls_equal=True)
    return Lesions(rows=rows, scans=scans, sums=recorded, unit_assumed=tuple(dict.fromkeys(assumed)))


def _reader(assessor: Assessor) -> pl.Expr:
    return (pl.lit(f"{assessor.value}|") + pl.col("EVALID").fill_null("")).alias(READER)


def _own(frame: pl.DataFrame, code: str, assessor: Assessor) -> pl.DataFrame:
    """Rows of an assessor by --EVAL, with EVALID; rows that name nobody are the investigator's."""
    evaluator = f"{code}EVAL"
    if evaluator in frame.columns:
        who = pl.col(evaluator).cast(pl.String).str.strip_chars().str.to_uppercase()
        frame = frame.filter(who.fill_null(ASSESSORS[Assessor.LOCAL]) == ASSESSORS[assessor])
    elif assessor is not Assessor.LOCAL:
        frame = frame.head(0)
    identifier = f"{code}EVALID"
    name = pl.col(identifier).cast(pl.String).str.strip_chars() if identifier in frame.columns else pl.lit(None)
    local = assessor is Assessor.LOCAL
    return frame.with_columns(EVALID=pl.lit(None, dtype=pl.String) if local else name.cast(pl.String))


def _text(frame: pl.DataFrame, name: str, dtype: pl.DataType | type[pl.DataType] = pl.String) -> pl.Expr:
    return (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype, strict=False)


def _visit(frame: pl.DataFrame) -> list[pl.Expr]:
    return [
        _text(frame, "VISITNUM", pl.Float64).alias("VISITNUM"),
        _text(frame, "VISIT").alias("VISITNAME"),
    ]


_USED = {
    *KEYS,
    *("VISIT", "VISITNUM", "TRTESTCD", "TRLNKID", "TRGRPID", "TRDTC", "TRSTRESN", "TRSTRESC", "TRORRES", "TRSTRESU"),
    *("TRORRESU", "TRSTAT", "TRLOC", "TRBLFL", "TRLOBXFL", "TRSEQ", "TRACPTFL", "TREVAL", "TREVALID"),
}
"""Variables of TR that matter here: rows are chosen faster without the others."""


def _of_assessor(source: Source, name: str, assessor: Assessor) -> pl.DataFrame:
    """Results of an assessor with plain names."""
    every = source.data[name]
    frame = _own(every.select(c for c in every.columns if c in _USED), "TR", assessor)
    number = _text(frame, "TRSTRESN").str.strip_chars()
    return frame.select(
        *KEYS,
        _reader(assessor),
        *_visit(frame),
        TEST=_text(frame, "TRTESTCD").str.strip_chars().str.to_uppercase(),
        LINK=_text(frame, "TRLNKID").str.strip_chars(),
        GROUP=_text(frame, "TRGRPID").str.strip_chars().str.to_uppercase(),
        DTC=_text(frame, "TRDTC"),
        NUMBER=pl.when(number != "").then(number),
        TEXT=pl.coalesce(_text(frame, "TRSTRESC"), _text(frame, "TRORRES")).str.strip_chars(),
        UNIT=_text(frame, "TRSTRESU") if "TRSTRESU" in frame.columns else _text(frame, "TRORRESU"),
        HASUNIT=pl.lit(bool({"TRSTRESU", "TRORRESU"} & set(frame.columns))),
        DONE=_text(frame, "TRSTAT").str.to_uppercase() != "NOT DONE",
        LOC=_text(frame, "TRLOC").str.to_uppercase(),
        BLFL=pl.coalesce(_text(frame, "TRBLFL"), _text(frame, "TRLOBXFL")),
        SEQ=_text(frame, "TRSEQ", pl.Int64),
        ACPTFL=_text(frame, "TRACPTFL"),
    ).with_columns(pl.col("DONE").fill_null(True))


def _identified(source: Source, name: str, assessor: Assessor) -> pl.DataFrame:
    """Lesions as identified: KEYS, READER, LINK, KIND, LOC, DTC, visit."""
    schema = {**dict.fromkeys([*KEYS, READER, "LINK", "KIND", "LOC", "DTC", "VISITNAME"], pl.String)}
    if not source.has(name, *KEYS, "TULNKID"):
        return pl.DataFrame(schema={**schema, "VISITNUM": pl.Float64})
    frame = _own(source.data[name], "TU", assessor)
    result = pl.coalesce(_text(frame, "TUSTRESC"), _text(frame, "TUORRES"))
    frame = frame.select(
        *KEYS,
        _reader(assessor),
        *_visit(frame),
        LINK=_text(frame, "TULNKID").str.strip_chars(),
        KIND=result.str.strip_chars().str.to_uppercase(),
        LOC=_text(frame, "TULOC").str.to_uppercase(),
        DTC=_text(frame, "TUDTC"),
    )
    return frame.filter(pl.col("KIND").is_in(_KINDS) & pl.col("LINK").is_not_null()).sort(
        [*KEYS, READER, "LINK", "DTC", "KIND", "LOC", "VISITNUM", "VISITNAME"], nulls_last=True
    )


def _measured(rows: pl.DataFrame, known: pl.DataFrame, longest_only: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A row for each measurement or state, and the sums as recorded."""
    sums = rows.filter(pl.col("TEST") == "SUMDIAM").select(
        *KEYS, READER, "VISITNUM", "VISITNAME", "DTC", "SEQ", RECORDED=pl.col("NUMBER").cast(pl.Float64, strict=False)
    )
    rows = rows.filter(pl.col("TEST").is_in([*_TARGET_TESTS, *_STATES]) & pl.col("LINK").is_not_null())
    rows = merged_and_split(rows, known)
    first = known.unique([*KEYS, READER, "LINK"], keep="first", maintain_order=True)
    what = first.select(*KEYS, READER, LESION="LINK", KNOWN="KIND", PLACE="LOC")
    rows = rows.join(what, on=[*KEYS, READER, "LESION"], how="left", maintain_order="left")
    place = pl.coalesce("PLACE", "LOC")
    axis = pl.col("TEST") == "SAXIS"
    rows = rows.with_columns(
        KIND=pl.coalesce("KNOWN", "GROUP"),
        ORGAN=place,
        NODAL=place.str.contains("LYMPH NODE").fill_null(False) | (place.is_null() & axis),
    )
    return pl.concat([_one_row_each(rows, longest_only), _only_identified(rows, known)], how="diagonal"), sums


_SCAN = [*KEYS, READER, "LESION", "PART", "DTC", "VISITNUM", "VISITNAME"]


def _one_row_each(rows: pl.DataFrame, longest_only: bool) -> pl.DataFrame:
    """Choose the diameter that counts and join the state of the same scan to it."""
    state = pl.col("TEST").is_in(_STATES)
    sizes, states = rows.filter(~state), rows.filter(state)
    sizes = _chosen(sizes, longest_only)
    states = states.with_columns(
        STATE=pl.when(pl.col("DONE")).then(pl.col("TEXT").str.to_uppercase()).otherwise(pl.lit("NOT EVALUABLE"))
    )
    columns = [*_SCAN, "RANDDT", "TRTSDT", "KIND", "ORGAN", "NODAL", "BLFL", "SEQ", "ACPTFL", "STATE"]
    if states.is_empty() or sizes.is_empty():
        return pl.concat([sizes, states.select(columns)], how="diagonal")
    joined = sizes.select(_SCAN).unique().join(states, on=_SCAN, how="inner", nulls_equal=True)
    if joined.is_empty():
        return pl.concat([sizes, states.select(columns)], how="diagonal")
    single = joined.group_by(_SCAN).agg(pl.col("STATE").n_unique().alias("N"), S2=pl.col("STATE").first())
    single = single.filter(pl.col("N") == 1).drop("N")
    sizes = sizes.join(single, on=_SCAN, how="left", nulls_equal=True, maintain_order="left")
    sizes = sizes.with_columns(STATE=pl.coalesce("STATE", "S2")).drop("S2")
    rest = states.join(single, on=_SCAN, how="anti", nulls_equal=True)
    return pl.concat([sizes, rest.select(columns)], how="diagonal")


def _chosen(rows: pl.DataFrame, longest_only: bool) -> pl.DataFrame:
    """The diameter of each lesion and scan: that of the best test which holds a value, else of the best test."""
    node = pl.col("NODAL") & pl.lit(not longest_only)
    rank = pl.col("TEST").replace_strict(_TARGET_TESTS, return_dtype=pl.Int32)
    rank = pl.when(node | (rank == 0)).then(rank).when(pl.col("TEST") == "LDIAM").then(1).otherwise(9)
    value = (pl.col("NUMBER").is_not_null() | pl.col("TEXT").is_not_null()) & pl.col("DONE")
    rows = rows.with_columns(RANK=rank + pl.when(value).then(0).otherwise(10))
    if rows["TEST"].n_unique() > 1:
        rows = rows.filter(pl.col("RANK") == pl.col("RANK").min().over(_SCAN))
    text = pl.col("TEXT").str.to_uppercase()
    known = text.is_in(_TEXT_STATES)
    number = pl.col("NUMBER").is_not_null()
    state = pl.when(~pl.col("DONE")).then(pl.lit("NOT EVALUABLE")).when(~number & known).then(text)
    return rows.select(
        *_SCAN,
        *("RANDDT", "TRTSDT", "KIND", "ORGAN", "NODAL", "BLFL", "SEQ", "ACPTFL", "TEST"),
        DIAMETER=pl.when(pl.col("DONE"))
        .then(pl.when(number).then("NUMBER").when(~known.fill_null(False)).then("TEXT"))
        .otherwise(None),
        UNIT=pl.when(pl.col("HASUNIT")).then("UNIT").otherwise(pl.lit("mm")),
        STATE=pl.coalesce(state, "GIVEN"),
    )


def _only_identified(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Lesions of TU without any result: a new one is there, a non-target one present, a target one not measured."""
    key = [*KEYS, READER, "LESION"]
    lone = known.rename({"LINK": "LESION"}).filter(~pl.col("LESION").str.contains(r"[/.]"))
    lone = lone.join(rows.select(key), on=key, how="anti").unique(key, keep="first", maintain_order=True)
    state = pl.when(pl.col("KIND") == LesionKind.NON_TARGET).then(pl.lit("PRESENT"))
    return lone.select(
        *KEYS,
        READER,
        "LESION",
        "DTC",
        "VISITNUM",
        "VISITNAME",
        "RANDDT",
        "TRTSDT",
        "KIND",
        PART=pl.lit(None, dtype=pl.String),
        ORGAN="LOC",
        NODAL=pl.col("LOC").str.contains("LYMPH NODE").fill_null(False),
        STATE=state,
    )
