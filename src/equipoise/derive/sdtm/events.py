"""AE, CM, PR, DV, SV, SS: adverse events, other therapies, deviations, visits, contacts."""

import polars as pl

from equipoise.derive.sdtm.source import ROW
from equipoise.derive.sdtm.tables import Tables
from equipoise.protocol import NewTherapy, TherapySource

__all__ = ["add_adverse_events", "add_contacts", "add_deviations", "add_therapies", "add_visits", "therapy_domains"]

_OUTCOMES = {
    "recovered": "RECOVERED/RESOLVED",
    "recovering": "RECOVERING/RESOLVING",
    "not recovered": "NOT RECOVERED/NOT RESOLVED",
    "recovered with sequelae": "RECOVERED/RESOLVED WITH SEQUELAE",
    "fatal": "FATAL",
    "unknown": "UNKNOWN",
}
_ACTIONS = {
    "none": "DOSE NOT CHANGED",
    "reduced": "DOSE REDUCED",
    "interrupted": "DRUG INTERRUPTED",
    "withdrawn": "DRUG WITHDRAWN",
    "not applicable": "NOT APPLICABLE",
}
_SERIOUS = {
    "death": "AESDTH",
    "life-threatening": "AESLIFE",
    "hospitalization": "AESHOSP",
    "disability": "AESDISAB",
    "congenital anomaly": "AESCONG",
}


def add_adverse_events(tables: Tables) -> None:
    """Add AE; an event without a code bears its own words."""
    events = tables.source.frame("adverse_event_recorded")
    words = {term: term.strip().capitalize() for term in events["term"].unique().drop_nulls().to_list()}
    own = pl.col("term").replace_strict(words, default=None, return_dtype=pl.String)
    criteria = pl.col("criteria").fill_null(pl.lit([], pl.List(pl.String)))
    block = events.select(
        ROW,
        AETERM=pl.col("term"),
        AEDECOD=pl.when(pl.col("code") != "").then("code").otherwise(own),
        AEBODSYS=pl.when(pl.col("body_system") != "").then("body_system").otherwise(pl.lit("NOT CODED")),
        AETOXGR=pl.col("grade").cast(pl.String),
        AESER=pl.when("serious").then(pl.lit("Y")).otherwise(pl.lit("N")),
        AEACN=pl.col("action").replace_strict(_ACTIONS, return_dtype=pl.String),
        AEREL=pl.col("related").str.to_uppercase(),
        AEOUT=pl.col("outcome").replace_strict(_OUTCOMES, return_dtype=pl.String),
        AESTDTC=pl.col("onset"),
        AEENDTC=pl.col("end"),
        **{name: pl.when(criteria.list.contains(word)).then(pl.lit("Y")) for word, name in _SERIOUS.items()},
    )
    tables.add("AE", block)


def therapy_domains(tables: Tables) -> set[str]:
    """Data sets in which the protocol records other therapies."""
    return {_place(kind)[0] for kind in tables.protocol.new_therapy.values()} | {"CM"}


def _place(kind: NewTherapy | None) -> tuple[str, TherapySource | None]:
    place = kind.sdtm[0] if kind is not None and kind.sdtm else None
    return (place.domain if place is not None else "CM"), place


def add_therapies(tables: Tables) -> None:
    """Add other therapies where the protocol records each kind of them."""
    therapies = tables.source.frame("therapy_recorded").with_row_index("_order")
    blocks: dict[str, list[pl.DataFrame]] = {}
    for name in therapies["therapy"].unique(maintain_order=True).drop_nulls().to_list():
        domain, place = _place(tables.protocol.new_therapy.get(name))
        columns = {column: pl.lit(accepted[0]) for column, accepted in place.where.items()} if place else {}
        columns |= {f"{domain}TRT": pl.col("name"), f"{domain}STDTC": pl.col("start")}
        if place is not None:
            columns[place.date] = pl.col("start")
        columns[f"{domain}ENDTC"] = pl.col("end")
        blocks.setdefault(domain, []).append(therapies.filter(therapy=name).select(ROW, "_order", **columns))
    for domain, found in blocks.items():
        tables.add(domain, pl.concat(found, how="diagonal").sort("_order"))


def add_deviations(tables: Tables) -> None:
    """Add DV: deviations, then randomizations in error."""
    deviation = tables.source.frame("deviation_recorded").select(
        ROW,
        DVTERM="description",
        DVDECOD=pl.col("category").str.to_uppercase(),
        DVCAT=pl.when("major").then(pl.lit("MAJOR")).otherwise(pl.lit("MINOR")),
        DVSTDTC="date",
    )
    tables.add("DV", deviation)
    wrong = tables.source.frame("randomized_in_error").select(
        ROW, DVTERM="why", DVDECOD=pl.lit("RANDOMIZED IN ERROR"), DVCAT=pl.lit("MAJOR"), DVSTDTC="date"
    )
    tables.add("DV", wrong)


def add_visits(tables: Tables) -> None:
    """Add SV: visits that took place, numbered in the order of the record."""
    visits = tables.source.frame("visit_recorded").filter(pl.col("date").is_not_null())
    number = pl.int_range(1, pl.len() + 1).over(ROW).cast(pl.Float64)
    name = pl.format("{} {}", "visit", "number").str.to_uppercase()
    tables.add("SV", visits.select(ROW, VISITNUM=number, VISIT=name, SVSTDTC="date"))


def add_contacts(tables: Tables) -> None:
    """Add SS: days on which a patient was known to be alive."""
    alive = tables.source.frame("contact_recorded").filter(pl.col("status") == "alive")
    block = alive.select(
        ROW,
        SSTESTCD=pl.lit("SURVSTAT"),
        SSTEST=pl.lit("Survival Status"),
        SSORRES=pl.lit("ALIVE"),
        SSSTRESC=pl.lit("ALIVE"),
        SSDTC="date",
    )
    tables.add("SS", block)
