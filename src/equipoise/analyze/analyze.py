"""ADaM and a protocol to results: every standing table, then every analysis in protocol order."""

import datetime as dt
from collections.abc import Iterable, Mapping

import polars as pl

from equipoise.analyze.accrual import accrual
from equipoise.analyze.baseline import baseline
from equipoise.analyze.book import Book, Columns
from equipoise.analyze.central_review import central_review
from equipoise.analyze.comparison import comparison
from equipoise.analyze.crossover_adjustment import crossover_adjustment
from equipoise.analyze.deaths import deaths
from equipoise.analyze.exposure import exposure
from equipoise.analyze.flow import flow
from equipoise.analyze.patient_reported import patient_reported, scale_analysis
from equipoise.analyze.populations import populations
from equipoise.analyze.reader_agreement import reader_agreement, turnaround
from equipoise.analyze.response import biomarker_response, response
from equipoise.analyze.safety import safety
from equipoise.analyze.strata import strata
from equipoise.analyze.study import read_study
from equipoise.analyze.subgroups import subgroups
from equipoise.analyze.survival import follow_up, frame_of, survival
from equipoise.analyze.trial_record import trial_record
from equipoise.analyze.univariate import univariate
from equipoise.cdisc import Finding, findings_frame
from equipoise.protocol import Analysis, Protocol
from equipoise.results import Results, ResultsWriter
from equipoise.terms import Status

__all__ = ["analyze"]


def analyze(
    protocol: Protocol,
    adam: Mapping[str, pl.DataFrame],
    findings: Iterable[Finding],
    *,
    cut_name: str,
    cutoff: dt.date | None,
    protocol_text: str = "",
) -> Results:
    """Compute all results of a trial at one data cut.

    Parameters
    ----------
    protocol : the trial as declared.
    adam : data sets by upper-case name; ADSL is needed, the others give their parts.
    findings : what was wrong with the data so far; those of the analysis are added.
    cut_name, cutoff : name of the data cut and its clinical cut-off date, None for all data.
    protocol_text : the protocol file as read, for its SHA-256.

    Returns
    -------
    Results
        The same for any order of rows in ``adam``. What cannot be estimated is a row with a status and the reason.

    Raises
    ------
    AnalyzeError
        If the data sets cannot be read as ADaM of one trial; all problems at once.
    """
    study = read_study(protocol, adam, cut_name=cut_name, cutoff=cutoff)
    book = Book(study, ResultsWriter(study_id=protocol.study_id, data_cut=cut_name), list(findings))
    for table in (flow, populations, strata, accrual, baseline, exposure, follow_up):
        table(book)
    for name, analysis in protocol.analyses.items():
        _analysis(book, name, analysis)
    patient_reported(book)
    for table in (central_review, reader_agreement, turnaround, safety, deaths):
        table(book)
    book.writer.add_frame("findings", findings_frame(book.findings))
    return book.writer.finish(trial_record(study, protocol_text))


def _analysis(book: Book, name: str, analysis: Analysis) -> None:
    endpoint = book.study.protocol.endpoints[analysis.endpoint]
    columns: Columns = {"analysis_id": name, "population": analysis.population, "endpoint": analysis.endpoint}
    if analysis.data_cut is not None and analysis.data_cut != book.study.cut_name:
        why = f"declared for data cut {analysis.data_cut}; these are the data of cut {book.study.cut_name}"
        book.nothing(("estimate",), why, status=Status.NOT_DONE, **columns)
        return
    if endpoint.kind == "response":
        response(book, name, analysis, endpoint)
    elif endpoint.kind == "biomarker_response":
        biomarker_response(book, name, analysis, endpoint)
    elif endpoint.kind == "change" and endpoint.instrument is not None:
        scale_analysis(book, name, analysis, endpoint)
    elif endpoint.kind in ("time_to_event", "deterioration"):
        for rule_set in dict.fromkeys((endpoint.rule_set, *endpoint.sensitivity)):
            frame = frame_of(book, name, analysis, str(rule_set))
            survival(book, frame)
            comparison(book, frame)
            if frame.primary and analysis.subgroups:
                subgroups(book, frame)
            if frame.primary and analysis.role == "primary":
                univariate(book, frame)
            if frame.primary:
                crossover_adjustment(book, frame)
    else:
        why = f"endpoints of kind {endpoint.kind} are not analyzed by this version"
        book.nothing(("estimate",), why, status=Status.NOT_DONE, **columns)
