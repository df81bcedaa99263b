"""What a report must know about questionnaires besides the numbers: names, directions, differences that matter."""

from typing import Any

from equipoise.analyze.book import Book
from equipoise.analyze.patient_reported_scores import Scores, read_scores, scale_codes
from equipoise.analyze.study import Study
from equipoise.criteria import INSTRUMENTS
from equipoise.protocol import Instrument
from equipoise.results import ResultsWriter

__all__ = ["questionnaires"]

_NAMES = {"SUMMARY": "Summary score", "QOL_SCORE": "Overall quality of life"}
"""Names of scales that the catalog does not spell out."""


def questionnaires(study: Study) -> dict[str, Any]:
    """Questionnaire -> its label, what was declared of its model, and its scales in reporting order."""
    silent = Book(study, ResultsWriter(study_id="", data_cut=""))  # what is wrong with the scores is said elsewhere
    found = {}
    for item in study.protocol.instrument_items():
        scales = {code: _scale(read_scores(silent, item, code)) for code in scale_codes(study, item)}
        found[item.name] = {
            "label": item.label or item.name,
            "scoring": item.scoring,
            "anchor": item.anchor,
            "baseline": item.baseline,
            **item.model.model_dump(
                mode="json",
                include={"response", "baseline_arms", "bars", "declared_visit", "minimum_subjects", "conf_level"},
            ),
            "scales": scales,
        }
    return found


def _scale(scores: Scores) -> dict[str, Any]:
    return {
        "label": _label(scores.instrument, scores.code) or scores.label,
        "better": scores.better,
        "worse_by": scores.worse_by,
        "better_by": scores.better_by,
        "range": _range(scores.instrument, scores.code),
    }


def _range(instrument: Instrument, code: str) -> list[float] | None:
    """Lowest and highest possible score, where the protocol or the catalog says so."""
    own = instrument.define.get(code)
    if own is not None:
        ready = [own.low, own.high] if own.low is not None and own.high is not None else None
        return [0.0, 100.0] if own.items and own.score == "percent" else ready
    known = INSTRUMENTS.get(instrument.name)
    percent = known is not None and any(scale.code == code and scale.percent for scale in known.scales)
    return [0.0, 100.0] if percent or (known is not None and code == "SUMMARY") else None


def _label(instrument: Instrument, code: str) -> str | None:
    """Name of a scale without that of its questionnaire, where the protocol or the catalog has one."""
    if code in instrument.define:
        return instrument.define[code].label
    known = INSTRUMENTS.get(instrument.name)
    labels = {scale.code: scale.label for scale in known.scales} if known is not None else {}
    return (labels | _NAMES).get(code) if code in labels or code == "SUMMARY" else None
