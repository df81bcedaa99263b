"""Lesions that split or merge, as SDTM writes them in the link identifier: ``T01.1`` and ``T02/T03``.

A fragment ``T01.2`` belongs to ``T01`` if the reader follows a lesion of that name; a lesion ``T02/T03`` is measured
once, as ``T02``, and ``T03`` is merged with it. Names with a point or a stroke that mean nothing of the kind stay.
"""

import polars as pl

from equipoise.derive.source import KEYS

__all__ = ["merged_and_split"]

_SERIES = [*KEYS, "READER"]
_SCAN = [*_SERIES, "DTC", "VISITNUM", "VISITNAME"]


def merged_and_split(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add LESION, PART and GIVEN (state that the name gives) to results with LINK."""
    rows = rows.with_columns(LESION="LINK", PART=pl.lit(None, dtype=pl.String), GIVEN=pl.lit(None, dtype=pl.String))
    odd = rows["LINK"].str.contains(r"[./]").fill_null(False)
    if not odd.any():
        return rows
    names = pl.concat([rows.select(*_SERIES, "LINK"), known.select(*_SERIES, "LINK")]).unique()
    plain, marked = rows.filter(~odd), rows.filter(odd)
    return pl.concat([plain, *_split(marked, plain, names)])


def _split(rows: pl.DataFrame, plain: pl.DataFrame, names: pl.DataFrame) -> list[pl.DataFrame]:
    base = names.select(*_SERIES, BASE="LINK", HERE=pl.lit(True))
    rows = rows.with_columns(BASE=pl.col("LINK").str.extract(r"^(.+)\.\d+$"))
    rows = rows.join(base, on=[*_SERIES, "BASE"], how="left", maintain_order="left")
    fragment = pl.col("HERE").fill_null(False)
    fragments = rows.filter(fragment).with_columns(LESION="BASE", PART=pl.col("LINK").str.extract(r"\.(\d+)$"))
    rest = rows.filter(~fragment).drop("BASE", "HERE")
    merged = rest.filter(pl.col("LINK").str.contains("/", literal=True))
    other = rest.filter(~pl.col("LINK").str.contains("/", literal=True))
    pieces = merged.with_columns(LESION=pl.col("LINK").str.split("/")).explode("LESION")
    pieces = pieces.with_columns(pl.col("LESION").str.strip_chars())
    first = pl.col("LINK").str.split("/").list.first().str.strip_chars() == pl.col("LESION")
    absorbed = pieces.filter(~first).with_columns(
        NUMBER=pl.lit(None, dtype=pl.String), TEXT=pl.lit(None, dtype=pl.String), GIVEN=pl.lit("MERGED")
    )
    absorbed = absorbed.unique([*_SCAN, "LESION"], keep="first", maintain_order=True)
    del plain
    return [fragments.drop("BASE", "HERE"), pieces.filter(first), absorbed, other]
