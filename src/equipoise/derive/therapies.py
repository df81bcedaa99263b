"""Treatments besides the assigned one, and progression claimed without imaging: the first of each subject."""

from collections.abc import Sequence

import polars as pl

from equipoise.derive.imputation import add_imputed
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.protocol import Endpoint, NewTherapy, TherapySource
from equipoise.terms import DateName

__all__ = ["clinical_progression", "dated_rows", "first_date", "new_therapy", "next_therapy", "response_ends"]


def new_therapy(source: Source, endpoint: Endpoint, table: pl.DataFrame) -> pl.DataFrame:
    """First new anticancer therapy that matters for an endpoint, from the origin on.

    KEYS, DATE, DOM, VAR, SEQ in the order of ``table``.
    """
    kinds = [source.protocol.new_therapy[name] for name in source.protocol.new_therapies(endpoint)]
    if endpoint.origin is DateName.FIRST_CROSSOVER_DOSE:  # the crossover treatment is the one that is followed
        kinds = [kind for kind in kinds if not kind.crossover]
    return _of_kinds(source, kinds, table)


def next_therapy(source: Source, table: pl.DataFrame) -> pl.DataFrame:
    """First crossover dose or therapy that counts, from ORIGIN on: KEYS, DATE in the order of ``table``."""
    kinds = [kind for kind in source.protocol.new_therapy.values() if kind.counts]
    therapy = _of_kinds(source, kinds, table)["DATE"]
    crossed = pl.when(pl.col("TR02SDT") >= pl.col("ORIGIN")).then("TR02SDT")
    return table.select(*KEYS, DATE=pl.min_horizontal(crossed, therapy))


def response_ends(source: Source, adsl: pl.DataFrame) -> pl.DataFrame:
    """Day after which readings count for no best response: first new anticancer therapy or crossover dose.

    KEYS and DATE of randomized subjects who have one.
    """
    table = adsl.filter(pl.col("RANDDT").is_not_null()).select(*KEYS, "TR02SDT", ORIGIN="RANDDT")
    return next_therapy(source, table).filter(pl.col("DATE").is_not_null())


def _of_kinds(source: Source, kinds: Sequence[NewTherapy], table: pl.DataFrame) -> pl.DataFrame:
    parts = [dated_rows(source, place) for kind in kinds for place in kind.sdtm]
    if any(kind.crossover for kind in kinds):
        crossed = table.filter(pl.col("TR02SDT").is_not_null())
        parts.append(
            crossed.select(
                *KEYS, DATE="TR02SDT", DOM=pl.lit("ADSL"), VAR=pl.lit("TR02SDT"), SEQ=pl.lit(None, dtype=pl.Int64)
            )
        )
    return first_date(parts, table)


def dated_rows(source: Source, place: TherapySource) -> pl.DataFrame:
    """Rows of a source with their start: KEYS, DATE, DATEF, DOM, VAR, SEQ."""
    if not source.has(place.domain, place.date, *place.where):
        return first_date([], None)
    sequence = f"{domain_code(place.domain)}SEQ"
    rows = source.rows(place.domain, place.where, [place.date])
    rows = add_imputed(rows, place.date, "new_therapy", date="DATE", flag="DATEF")
    return rows.select(
        *KEYS,
        "DATE",
        "DATEF",
        DOM=pl.lit(place.domain),
        VAR=pl.lit(place.date),
        SEQ=pl.col(sequence).cast(pl.Int64, strict=False) if sequence in rows.columns else pl.lit(None, dtype=pl.Int64),
    )


def clinical_progression(source: Source, endpoint: Endpoint, table: pl.DataFrame) -> pl.DataFrame:
    """First progression claimed without imaging.

    KEYS, DATE, DOM, VAR, SEQ in the order of ``table``; only complete dates.
    """
    home = endpoint.clinical_progression
    if home is None or home.domain not in source.data:
        return first_date([], table)
    code = domain_code(home.domain)
    where = {**home.where, **({f"{code}TESTCD": (home.testcd,)} if home.testcd else {})}
    names = (home.variable or "", f"{code}STDTC", f"{code}DTC")
    dates = [v for v in names if v.endswith("DTC") and source.has(home.domain, v)]
    if not dates:
        return first_date([], table)
    rows = dated_rows(source, TherapySource(domain=home.domain, date=dates[0], where=where))
    return first_date([rows.filter(pl.col("DATEF").is_null())], table)


_FACT = {"DATE": pl.Date, "DOM": pl.String, "VAR": pl.String, "SEQ": pl.Int64}


def first_date(parts: list[pl.DataFrame], table: pl.DataFrame | None) -> pl.DataFrame:
    """Earliest date on or after the origin per subject of ``table``."""
    schema = {**dict.fromkeys(KEYS, pl.String), **_FACT}
    if table is None:
        return pl.DataFrame(schema=schema)
    frames = [
        p.select((pl.col(c) if c in p.columns else pl.lit(None)).cast(t).alias(c) for c, t in schema.items())
        for p in parts
    ]
    rows = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    rows = rows.join(table.select(*KEYS, "ORIGIN"), on=KEYS).filter(pl.col("DATE") >= pl.col("ORIGIN"))
    rows = rows.sort([*KEYS, "DATE", "DOM", "VAR", "SEQ"], nulls_last=True).unique(
        KEYS, keep="first", maintain_order=True
    )
    return table.select(KEYS).join(rows.select(list(schema)), on=KEYS, how="left", maintain_order="left")
