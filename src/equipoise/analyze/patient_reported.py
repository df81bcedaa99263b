"""Patient-reported outcomes: compliance, scores, mixed models and shares of improved and worsened, scale by scale."""

from collections.abc import Iterator

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.patient_reported_changes import changes, observed
from equipoise.analyze.patient_reported_compliance import compliance
from equipoise.analyze.patient_reported_model import ScaleFrame, model
from equipoise.analyze.patient_reported_scores import read_scores, scale_codes
from equipoise.analyze.populations import groups, main_population, pairs
from equipoise.protocol import Analysis, Endpoint, Instrument
from equipoise.terms import Status

__all__ = ["patient_reported", "scale_analysis"]


def patient_reported(book: Book) -> None:
    """Write the standing tables: compliance of every questionnaire, and every scale that no analysis declares."""
    declared = set(_declared(book))
    for instrument in book.study.protocol.instrument_items():
        population = instrument.model.population or main_population(book.study)
        if population is None:
            continue
        compliance(book, instrument, population)
        columns: Columns = {"analysis_id": "patient_reported", "population": population}
        for code in scale_codes(book.study, instrument):
            if (instrument.name, code) not in declared:
                _scale(book, instrument, code, columns, None)


def scale_analysis(book: Book, name: str, analysis: Analysis, endpoint: Endpoint) -> None:
    """Write the rows of a declared analysis of the change of a scale, or of every scale of a questionnaire."""
    columns: Columns = {"analysis_id": name, "population": analysis.population, "endpoint": analysis.endpoint}
    found = [item for item in book.study.protocol.instrument_items() if item.name == endpoint.instrument]
    codes = [code for item in found for code in scale_codes(book.study, item) if endpoint.scale in (None, code)]
    if not codes:
        what = f"scale {endpoint.scale} of {endpoint.instrument}" if endpoint.scale else str(endpoint.instrument)
        book.nothing(("estimate",), f"the data hold no scores of {what}", status=Status.NOT_DONE, **columns)
    for code in codes:
        _scale(book, found[0], code, columns, analysis)


def _declared(book: Book) -> Iterator[tuple[str, str]]:
    """Questionnaire and scale of every analysis that belongs to this data cut."""
    study = book.study
    instruments = {item.name: item for item in study.protocol.instrument_items()}
    for analysis in study.protocol.analyses.values():
        endpoint = study.protocol.endpoints[analysis.endpoint]
        here = analysis.data_cut in (None, study.cut_name)
        if endpoint.kind == "change" and endpoint.instrument in instruments and here:
            for code in scale_codes(study, instruments[endpoint.instrument]):
                if endpoint.scale in (None, code):
                    yield endpoint.instrument, code


def _scale(book: Book, instrument: Instrument, code: str, columns: Columns, analysis: Analysis | None) -> None:
    study = book.study
    shown, cohort = (None, None) if analysis is None else (analysis.arms, analysis.cohort)
    parts = groups(study, columns["population"], arms=shown, cohort=cohort, total=False)
    levels = {part.level for part in parts}
    frame = ScaleFrame(
        columns={**columns, "group": "arm", "variable": code, "parent_level": instrument.name},
        scores=read_scores(book, instrument, code),
        parts=parts,
        pairs=[pair for pair in pairs(study, analysis) if set(pair) <= levels],
        conf_level=instrument.model.conf_level if analysis is None else analysis.conf_level,
        cohort=cohort,
    )
    observed(book, frame)
    model(book, frame)
    changes(book, frame)
