"""TU, TR, RS: tumors as the site and every central reader measured and judged them.

Of a central read that was read anew only the latest version is written. The reader whose reading is the central result
bears RSACPTFL; while the readers differ and nobody has been endorsed, nobody does. An adjudicator's choice stands as
readings of the evaluator ADJUDICATOR, equal to those of the reader endorsed.
"""

import polars as pl

from equipoise.derive.sdtm.source import ROW, Source
from equipoise.derive.sdtm.tables import Tables

__all__ = ["add_tumors"]

_STATES = {"UNEQUIVOCAL": "UNEQUIVOCAL PROGRESSION"}
_RESPONSES = (
    ("target", "TRGRESP", "Target Response"),
    ("non_target", "NTRGRESP", "Non-target Response"),
    ("new_lesion", "NEWLRESP", "New Lesion Response"),
    ("overall", "OVRLRESP", "Overall Response"),
)
_QUALIFIERS = (
    ("LOCKDTC", "Day on which the reading was locked"),
    ("VERSION", "Version of the reading"),
    ("REQDTC", "Day on which the review was requested"),
)


def add_tumors(tables: Tables) -> None:
    """Add the tumor data: the site's, then those of each central reader, then the adjudicator's choice."""
    source = tables.source
    reads = _latest_reads(source)
    if tables.wants("TU", "TR"):
        local = source.frame("tumors_measured").with_columns(_reader=pl.lit(0), day=pl.col("date"), _flag=pl.lit(None))
        scans = pl.concat([local, reads], how="diagonal_relaxed")
        scans = scans.sort(ROW, "_reader", "assessment", "NTH", maintain_order=True)
        lesions = _lesions(scans.filter(pl.col("lesion").is_not_null()))
        _identified(tables, lesions)
        _measured(tables, lesions, local)
    if tables.wants("RS", "SUPPRS"):
        _responses(tables, reads)


def _latest_reads(source: Source) -> pl.DataFrame:
    """Latest version of every central read, long by lesion, with the flag of the reader who counts."""
    locked = source.frame("read_locked")
    latest = pl.col("NTH") == pl.col("NTH").max().over(ROW, "reader", "assessment")
    result = source.last("central_result").select(ROW, _accepted="reader")
    reads = locked.filter(latest).join(result, on=ROW, how="left", maintain_order="left")
    counts = pl.col("reader") == pl.col("_accepted")
    return reads.with_columns(_reader=pl.col("reader"), _flag=pl.when(counts).then(pl.lit("Y")))


def _evaluator(domain: str) -> dict[str, pl.Expr]:
    central = pl.col("_reader") > 0
    return {
        f"{domain}EVAL": pl.when(central).then(pl.lit("INDEPENDENT ASSESSOR")).otherwise(pl.lit("INVESTIGATOR")),
        f"{domain}EVALID": pl.when(central).then(pl.format("RADIOLOGIST {}", "_reader")),
        f"{domain}ACPTFL": pl.col("_flag").cast(pl.String),
    }


def _visit() -> dict[str, pl.Expr]:
    assessment = pl.col("assessment")
    return {
        "VISIT": pl.when(assessment == 0).then(pl.lit("BASELINE")).otherwise(pl.format("ASSESSMENT {}", assessment)),
        "VISITNUM": assessment.cast(pl.Float64),
    }


def _lesions(scans: pl.DataFrame) -> pl.DataFrame:
    """Name place and day of each lesion."""
    nodal = pl.col("nodal").fill_null(value=False)
    organ = pl.when(pl.col("organ") != "").then(pl.col("organ").str.to_uppercase())
    node = pl.when(organ.str.contains("LYMPH NODE", literal=True)).then(organ)
    place = pl.coalesce(node, pl.lit("LYMPH NODE, ") + organ, pl.lit("LYMPH NODE"))
    return scans.with_columns(
        nodal=nodal,
        _place=pl.when(nodal).then(place).otherwise(organ),
        _on=pl.coalesce("lesion_date", "day"),
        _order=pl.int_range(pl.len()),
    )


def _identified(tables: Tables, lesions: pl.DataFrame) -> None:
    """Add to TU each lesion where an evaluator saw it first."""
    first = lesions.filter(pl.struct(ROW, "_reader", "lesion").is_first_distinct())
    block = first.select(
        ROW,
        TUTESTCD=pl.lit("TUMIDENT"),
        TUTEST=pl.lit("Tumor Identification"),
        TULNKID="lesion",
        TULOC="_place",
        TUORRES="kind",
        TUSTRESC="kind",
        TUMETHOD="method",
        TUDTC="_on",
        **_evaluator("TU"),
        **_visit(),
    )
    tables.add("TU", block)


def _measured(tables: Tables, lesions: pl.DataFrame, local: pl.DataFrame) -> None:
    """Add to TR size and state of each lesion, and the sums of the site."""
    part = pl.when(pl.col("part") != "").then(pl.format("{}.{}", "lesion", "part")).otherwise("lesion")
    base = {"TRLNKID": part, "TRDTC": pl.col("_on"), "TRGRPID": pl.col("kind"), "TRMETHOD": pl.col("method")}
    place = ("_reader", "assessment", "NTH", "_order")
    size, nodal = pl.col("diameter"), pl.col("nodal")
    sizes = lesions.filter(size.is_not_null()).select(
        ROW,
        *place,
        _step=pl.lit(0),
        **base,
        **_visit(),
        **_evaluator("TR"),
        TRTESTCD=pl.when(nodal).then(pl.lit("LPERP")).otherwise(pl.lit("LDIAM")),
        TRTEST=pl.when(nodal).then(pl.lit("Longest Perpendicular")).otherwise(pl.lit("Longest Diameter")),
        TRORRES=_millimeters(size),
        TRORRESU=pl.lit("mm"),
        TRSTRESC=_millimeters(size),
        TRSTRESN=_millimeters(size).cast(pl.Float64),
        TRSTRESU=pl.lit("mm"),
    )
    word = pl.col("state").replace(_STATES)
    states = lesions.filter(pl.col("state").is_not_null()).select(
        ROW,
        *place,
        _step=pl.lit(1),
        **base,
        **_visit(),
        **_evaluator("TR"),
        TRTESTCD=pl.lit("TUMSTATE"),
        TRTEST=pl.lit("Tumor State"),
        TRORRES=word,
        TRSTRESC=word,
    )
    rows = pl.concat([sizes, states, _sums(local)], how="diagonal_relaxed")
    tables.add("TR", rows.sort(ROW, *place, "_step", maintain_order=True, nulls_last=True))


def _sums(local: pl.DataFrame) -> pl.DataFrame:
    scans = local.filter(pl.col("sum").is_not_null()).unique([ROW, "NTH"], keep="first", maintain_order=True)
    total = pl.col("sum")
    return scans.select(
        ROW,
        "_reader",
        "assessment",
        "NTH",
        **_visit(),
        TRTESTCD=pl.lit("SUMDIAM"),
        TRTEST=pl.lit("Sum of Diameter"),
        TRORRES=_millimeters(total),
        TRSTRESC=_millimeters(total),
        TRSTRESN=_millimeters(total).cast(pl.Float64),
        TRSTRESU=pl.lit("mm"),
        TREVAL=pl.lit("INVESTIGATOR"),
        TRDTC="day",
    )


def _millimeters(hundredths: pl.Expr) -> pl.Expr:
    """Write hundredths of a millimeter as millimeters, without zeros at the end: 1250 is 12.5."""
    whole, rest = (hundredths // 100).cast(pl.String), hundredths % 100
    tenths, two = (rest // 10).cast(pl.String), rest.cast(pl.String).str.zfill(2)
    return (
        pl.when(rest == 0).then(whole)
        .when(rest % 10 == 0).then(whole + "." + tenths)
        .otherwise(whole + "." + two)
    )  # fmt: skip


def _responses(tables: Tables, reads: pl.DataFrame) -> None:
    source = tables.source
    judged = source.frame("response_assessed").sort(ROW, "assessment", maintain_order=True)
    parts = [
        judged.filter(pl.col(name).is_not_null()).select(
            ROW,
            "assessment",
            "NTH",
            _step=pl.lit(step),
            RSTESTCD=pl.lit(code),
            RSTEST=pl.lit(label),
            RSORRES=name,
            RSSTRESC=name,
            RSEVAL=pl.lit("INVESTIGATOR"),
            RSDTC="date",
            **_visit(),
        )
        for step, (name, code, label) in enumerate(_RESPONSES)
    ]
    tables.add("RS", pl.concat(parts).sort(ROW, "assessment", "NTH", "_step", maintain_order=True))
    heads = reads.unique([ROW, "NTH"], keep="first", maintain_order=True).filter(pl.col("response").is_not_null())
    heads = heads.sort(ROW, "_reader", "assessment", maintain_order=True)
    _central(tables, heads, **_evaluator("RS"))
    choice = source.last("adjudicated").select(ROW, "endorses", _chosen="on")
    endorsed = heads.join(choice, on=ROW, maintain_order="left").filter(
        pl.col("reader") == pl.col("endorses"), pl.col("on") <= pl.col("_chosen")
    )
    named = {"RSEVAL": pl.lit("INDEPENDENT ASSESSOR"), "RSEVALID": pl.lit("ADJUDICATOR")}
    _central(tables, endorsed.with_columns(on="_chosen", version=pl.lit(1, pl.Int64)), **named)
    _qualified(tables)


def _central(tables: Tables, heads: pl.DataFrame, **who: pl.Expr) -> None:
    """Add central responses, with what qualifies them in columns that do not show."""
    block = _with_request(tables.source, heads).select(
        ROW,
        RSTESTCD=pl.lit("OVRLRESP"),
        RSTEST=pl.lit("Overall Response"),
        RSDTC=pl.coalesce("progression_date", "day"),
        RSORRES="response",
        RSSTRESC="response",
        **who,
        **_visit(),
        _LOCKDTC="on",
        _VERSION=pl.col("version").cast(pl.String),
        _REQDTC="_requested",
    )
    tables.add("RS", block)


def _with_request(source: Source, heads: pl.DataFrame) -> pl.DataFrame:
    """Add the day of the first request between scan and lock of a read."""
    numbered = heads.with_row_index("_head")
    requests = source.frame("review_requested").select(ROW, "requested", _asked="NTH")
    joined = numbered.select("_head", ROW, "day", "on").join(requests, on=ROW)
    meant = joined.filter(pl.col("requested").is_between(pl.col("day"), pl.col("on"))).sort("_head", "_asked")
    first = meant.group_by("_head", maintain_order=True).agg(_requested=pl.col("requested").first())
    return numbered.join(first, on="_head", how="left", maintain_order="left")


def _qualified(tables: Tables) -> None:
    rows = tables.rows("RS")
    if not tables.wants("SUPPRS") or "_LOCKDTC" not in rows.columns:
        return
    central = rows.filter(pl.col("_LOCKDTC").is_not_null())
    named = [(central.select(ROW, "_seq", QVAL=f"_{name}"), name, label) for name, label in _QUALIFIERS]
    tables.qualify("RS", *named)
