"""Last known alive: the latest date that proves life, never later than the data cut-off or death.

Unless the protocol lists its sources, every date of every domain of subjects proves life (start, end and collection
dates), except what can be recorded without seeing the subject: DM, deaths and losses to follow-up in DS, ends of
fatal adverse events, domains of death details (DD), comments (CO), subject elements (SE) and medical history (MH). A
partial date proves life on its first possible day.
"""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.fatal import fatal_event
from equipoise.derive.imputation import add_period, complete_date
from equipoise.derive.source import KEYS, Source, domain_code, match
from equipoise.protocol import DateSource

__all__ = ["after_death", "last_alive", "proofs_of_life"]

_NO_PROOF = frozenset({"DM", "DD", "CO", "SE", "MH", "DV"})
_NOT_SEEN = ("DEATH", "LOST TO FOLLOW-UP")


def proofs_of_life(source: Source) -> list[DateSource]:
    """Dates that prove life."""
    if source.protocol.data.proof_of_life is not None:
        return list(source.protocol.data.proof_of_life)
    places = []
    for name in sorted(source.data):
        code, columns = domain_code(name), source.data[name].columns
        if name.startswith("SUPP") or code in _NO_PROOF or not set(KEYS) <= set(columns):
            continue
        places += [
            DateSource(domain=name, variable=v) for v in (f"{code}STDTC", f"{code}ENDTC", f"{code}DTC") if v in columns
        ]
    return places


def last_alive(source: Source) -> pl.DataFrame:
    """Latest proof of life per subject, not after the cut-off: KEYS, ALIVE."""
    parts = [frame for place in proofs_of_life(source) if (frame := _latest(source, place)) is not None]
    if not parts:
        return pl.DataFrame(schema={**dict.fromkeys(KEYS, pl.String), "ALIVE": pl.Date})
    return pl.concat(parts).group_by(KEYS).agg(pl.col("ALIVE").max()).sort(KEYS)


def _latest(source: Source, place: DateSource) -> pl.DataFrame | None:
    if not source.has(place.domain, *KEYS, place.variable, *place.where):
        return None
    frame = source.data[place.domain].lazy()
    text = pl.col(place.variable)
    if place.where:
        frame = frame.filter(match(place.where))
    columns = source.data[place.domain].columns
    if domain_code(place.domain) == "DS" and "DSDECOD" in columns:
        frame = frame.filter(~pl.col("DSDECOD").str.to_uppercase().is_in(_NOT_SEEN).fill_null(False))
    if domain_code(place.domain) == "AE" and place.variable == "AEENDTC":
        frame = frame.filter(~fatal_event(columns))
    if source.cutoff is not None:
        frame = frame.filter(text.str.head(10) <= source.cutoff.isoformat())
    # text order is date order for complete dates and puts a partial date first: few rows are left to parse
    days = frame.select(*KEYS, TEXT=text.str.head(10)).filter(pl.col("TEXT").is_not_null()).collect()
    complete = complete_date(pl.col("TEXT"))
    top = days.group_by(KEYS).agg(pl.col("TEXT").max()).with_columns(ALIVE=complete)
    found = top.filter(pl.col("ALIVE").is_not_null()).select(*KEYS, "ALIVE")
    rest = days.join(found, on=KEYS, how="anti")
    if rest.is_empty():
        return found
    partial = add_period(rest, "TEXT").group_by(KEYS).agg(ALIVE=pl.col("FIRST").max())
    return pl.concat([found, partial.select(*KEYS, "ALIVE")])


def after_death(alive: pl.DataFrame, deaths: pl.DataFrame) -> list[Finding]:
    """Subjects with a proof of life after their death."""
    late = alive.join(deaths, on=KEYS).filter(pl.col("ALIVE") > pl.col("DTHDT")).sort(KEYS)
    return [
        Finding(
            severity="warning",
            code="alive-after-death",
            dataset=row["DTHDOM"],
            row_key=f"USUBJID={row['USUBJID']}",
            variable=row["DTHVAR"],
            seen=f"death {row['DTHDT']}, a record of life on {row['ALIVE']}",
            expected="no record of life after death",
            effect="the date of death stands",
            subject=row["USUBJID"],
        )
        for row in late.iter_rows(named=True)
    ]
