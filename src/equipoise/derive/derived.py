"""From SDTM to ADaM in one call."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from equipoise.cdisc import Finding, Sdtm, set_aside
from equipoise.derive.adae import derive_adae
from equipoise.derive.addv import derive_addv
from equipoise.derive.adex import derive_adex
from equipoise.derive.adlb import derive_adlb
from equipoise.derive.adpro import derive_adpro
from equipoise.derive.adqs import derive_adqs, read_questionnaires
from equipoise.derive.adqs_deterioration import add_deterioration
from equipoise.derive.adreview import derive_adreview
from equipoise.derive.adrs import Responses, derive_adrs, responses_of
from equipoise.derive.adsl import Subjects, derive_adsl
from equipoise.derive.adtdc import derive_adtdc
from equipoise.derive.adtr import derive_adtr
from equipoise.derive.adtte import derive_adtte
from equipoise.derive.biomarkers import add_biomarkers
from equipoise.derive.cautions import cautions
from equipoise.derive.central_review import review
from equipoise.derive.contradictions import contradictions
from equipoise.derive.cut import apply_cut
from equipoise.derive.dates import home
from equipoise.derive.errors import DeriveError
from equipoise.derive.rebased import Measured
from equipoise.derive.requirements import missing
from equipoise.derive.review_clocks import latest_versions, turnaround
from equipoise.derive.source import Source
from equipoise.derive.studies import Studies, of_study
from equipoise.derive.tumors import tumors
from equipoise.derive.unmatched import unmatched
from equipoise.protocol import DataCut, Endpoint, Protocol
from equipoise.terms import EventSource

__all__ = ["Derived", "derive"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """Analysis data at a data cut."""

    adam: Mapping[str, pl.DataFrame]
    """Data sets by name: ADSL, ADTR, ADREVIEW, ADRS, ADTTE, ADQS, ADPRO, ADTDC, ADAE, ADEX, ADLB, ADDV where they can
    be."""
    findings: tuple[Finding, ...]
    """What was wrong with the data, and what that did."""
    cutoff: date | None
    """Clinical cut-off date; None for all data."""
    cut_name: str


def derive(
    protocol: Protocol,
    sdtm: Sdtm | Mapping[str, pl.DataFrame],
    *,
    cut: tuple[str, DataCut],
    studies: Studies = "declared",
    datasets: Collection[str] | None = None,
    endpoints: Collection[str] | None = None,
) -> Derived:
    """Derive ADaM from SDTM.

    Parameters
    ----------
    protocol
        The protocol: arms, homes of fields, endpoints, rules.
    sdtm
        Data sets by name; with ``studies="all"`` several trials may stand together, told apart by STUDYID.
    cut
        Name and data cut; facts dated after its cut-off do not exist. The snapshot of a cut concerns the record from
        which SDTM was made and changes nothing here.
    studies
        ``declared`` derives the study of the protocol alone and reports the rows of others; ``all`` derives every study
        of the data.
    datasets
        Which data sets are wanted beside ADSL, which always comes; all unless given. What the others would have found
        wrong is not reported then.
    endpoints
        Which times to event ADTTE holds; all unless given.

    Returns
    -------
    Derived
        Equal for equal data whatever the order of rows and the number of threads.

    Raises
    ------
    DeriveError
        A data set or variable is missing without which nothing can be computed (lists all of them with their remedy);
        or the data hold several studies and not that of the protocol.
    """
    data = sdtm.datasets if isinstance(sdtm, Sdtm) else dict(sdtm)
    problems = missing(protocol, data)
    if problems:
        raise DeriveError(problems)
    findings: list[Finding] = list(sdtm.findings) if isinstance(sdtm, Sdtm) else []
    name, data_cut = cut
    data, found = of_study(protocol.study_id, data, studies)
    findings += found
    data, found, _ = set_aside(data, cutoff=data_cut.cutoff)
    findings += [*found, *unmatched(protocol, data)]
    data = apply_cut(protocol, data, data_cut.cutoff, home(protocol, "randomization"))
    data, found = latest_versions(data)
    findings += found
    source = Source(protocol, data, data_cut.cutoff)
    subjects = derive_adsl(source)
    findings += [*subjects.findings, *contradictions(source, subjects.adsl, subjects.doses)]
    adam: dict[str, pl.DataFrame] = {"ADSL": subjects.adsl}

    wanted = _Wanted(protocol, datasets, endpoints)
    measured: Measured | None = None
    if wanted.any("ADTR", "ADREVIEW", "ADRS", "ADTTE", "ADQS", "ADPRO"):
        measured, found = _add_readings(source, subjects, adam, wanted)
        findings += found
    if source.has("AE", "AEDECOD") and (wanted.any("ADAE") or wanted.adverse_events()):
        adam["ADAE"], found = derive_adae(source, subjects.adsl)
        findings += found
    if measured is not None and wanted.any("ADTTE"):
        adam["ADTTE"] = derive_adtte(source, subjects.table, adam.get("ADAE"), measured, endpoints)
    if measured is not None:
        findings += _add_reported(source, subjects, adam, measured.responses, wanted)
    measurements = derive_adtdc(source, subjects.adsl) if wanted.any("ADTDC") else None
    if measurements is not None:
        adam["ADTDC"] = measurements
    if wanted.any("ADEX"):
        adam["ADEX"] = derive_adex(source, subjects.adsl, subjects.doses)
    if source.has("LB", "LBTESTCD") and wanted.any("ADLB"):
        adam["ADLB"] = derive_adlb(source, subjects.adsl)
    if source.has("DV", "DVTERM") and wanted.any("ADDV"):
        adam["ADDV"] = derive_addv(source, subjects.adsl)
    adam = {name: frame for name, frame in adam.items() if name == "ADSL" or wanted.any(name)}
    return Derived(adam=adam, findings=_told_once(findings), cutoff=data_cut.cutoff, cut_name=name)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Data sets and times to event that are wanted; None for all."""

    protocol: Protocol
    datasets: Collection[str] | None
    endpoints: Collection[str] | None

    def any(self, *names: str) -> bool:
        """Whether one of the data sets is wanted."""
        return self.datasets is None or not set(names).isdisjoint(self.datasets)

    def _times(self) -> list[Endpoint]:
        if not self.any("ADTTE"):
            return []
        named = self.protocol.endpoints.items()
        return [each for name, each in named if self.endpoints is None or name in self.endpoints]

    def adverse_events(self) -> bool:
        """Whether a time to event ends with an adverse event."""
        return any(EventSource.ADVERSE_EVENT in endpoint.events for endpoint in self._times())

    def deterioration(self) -> bool:
        """Whether a time to event ends with the deterioration of a score."""
        return any(endpoint.kind == "deterioration" for endpoint in self._times())


def _add_readings(
    source: Source, subjects: Subjects, adam: dict[str, pl.DataFrame], wanted: _Wanted
) -> tuple[Measured, list[Finding]]:
    """Add what follows from readings of tumors; also what is measured, and what was wrong."""
    read = tumors(source, subjects.adsl)
    reviewed = review(source, read)
    findings = [*read.findings, *reviewed.findings]
    if reviewed.readers.height:
        if wanted.any("ADTR"):
            adam["ADTR"] = derive_adtr(subjects.adsl, read, reviewed.readers)
        if wanted.any("ADREVIEW"):
            adam["ADREVIEW"] = derive_adreview(subjects.adsl, reviewed, turnaround(source))
    responses, found = responses_of(source, subjects.adsl, read, reviewed.readers)
    findings += [*found, *cautions(source, subjects.adsl, responses)]
    if wanted.any("ADRS"):
        table = derive_adrs(source, subjects.adsl, responses, reviewed.readers)
        adam["ADRS"], found = add_biomarkers(source, subjects.adsl, table, responses)
        findings += found
    return Measured(read, reviewed.accepted, responses), findings


def _add_reported(
    source: Source, subjects: Subjects, adam: dict[str, pl.DataFrame], responses: Responses, wanted: _Wanted
) -> list[Finding]:
    """Add what follows from questionnaires; give what was wrong with them."""
    timed = wanted.deterioration()
    answered = any(source.has(name, "QSTESTCD") for name in source.data if name[:2] == "QS")
    if not (source.protocol.instruments and answered and (timed or wanted.any("ADQS", "ADPRO"))):
        return []
    reported, findings = read_questionnaires(source, subjects.adsl)
    if wanted.any("ADQS"):
        adam["ADQS"] = derive_adqs(reported)
    if wanted.any("ADPRO"):
        adam["ADPRO"] = derive_adpro(reported)
    if timed:
        adam["ADTTE"] = add_deterioration(
            source, adam["ADTTE"], subjects.table, reported=reported, responses=responses, wanted=wanted.endpoints
        )
    return findings


def _told_once(findings: list[Finding]) -> tuple[Finding, ...]:
    """Leave out what the checks say of a value that the derivation says more about."""
    ours = {(f.dataset, f.row_key, f.variable) for f in findings if f.code == "value-not-allowed"}
    return tuple(f for f in findings if f.code != "not-in-codelist" or (f.dataset, f.row_key, f.variable) not in ours)
