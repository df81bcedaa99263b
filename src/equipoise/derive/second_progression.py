"""The second progression: recorded as such, or the first one read under the next therapy."""

import polars as pl

from equipoise.derive.rebased import Measured, new_readings
from equipoise.derive.source import KEYS, Source
from equipoise.derive.therapies import dated_rows, first_date, next_therapy
from equipoise.protocol import Endpoint
from equipoise.terms import Assessor, Response

__all__ = ["second_progression"]


def second_progression(source: Source, endpoint: Endpoint, table: pl.DataFrame, measured: Measured) -> pl.DataFrame:
    """Second progression of each subject: KEYS, DATE, DOM, VAR, SEQ in the order of ``table``.

    Without rows that record it, it is the first progression by the endpoint's assessor (local unless named) after the
    first new anticancer therapy or crossover dose that follows the first progression, read against a new baseline.
    """
    if endpoint.second_progression:
        parts = [dated_rows(source, place).filter(pl.col("DATEF").is_null()) for place in endpoint.second_progression]
        return first_date(parts, table)
    assessor = endpoint.assessor or (Assessor.LOCAL if Assessor.LOCAL in measured.responses else Assessor.CENTRAL)
    readings = measured.responses.get(assessor)
    if readings is None:
        return first_date([], table)
    progressed = readings.filter("USED", "EXACT", pl.col("AVALC") == Response.PD)
    first = progressed.group_by(KEYS).agg(ORIGIN=pl.col("ADT").min()).sort(KEYS)
    begun = first.join(table.select(*KEYS, "RANDDT", "TR02SDT"), on=KEYS, how="inner", maintain_order="left")
    starts = next_therapy(source, begun).rename({"DATE": "START"}).filter(pl.col("START").is_not_null())
    starts = starts.join(table.select(*KEYS, "RANDDT"), on=KEYS, maintain_order="left")
    rows, _ = new_readings(source, measured, starts, assessor)
    rows = rows.filter("USED", "EXACT", pl.col("AVALC") == Response.PD)
    rows = rows.select(*KEYS, DATE="ADT", DOM="SRCDOM", VAR="SRCVAR", SEQ="SRCSEQ")
    return first_date([rows], table)
