"""Tumors as the site measures and judges them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from equipoise.conduct.command import refuse, refuse_marked
from equipoise.conduct.context import Applies, CommandSpec, Context, ordinal
from equipoise.conduct.form import choice, date, flag, identifier, integer, records, text
from equipoise.conduct.nouns.review_clock import review_requested
from equipoise.conduct.nouns.visits import refuse_lost
from equipoise.conduct.nouns.withdrawal import refuse_withdrawn
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Subject
from equipoise.criteria import CriteriaError, Measurement, PatientResponse, patient_response
from equipoise.ledger import Event
from equipoise.terms import Text, said

__all__ = [
    "APPLIES",
    "COMMANDS",
    "LESION",
    "check_assessment_date",
    "check_lesions",
    "computed",
    "lesion_problems",
    "measurements",
    "tumor_response",
]

_LARGEST = 50_000
_TOO_LARGE = "{size} mm; a lesion is at most {most} mm. Were centimeters meant?"
_STATES = (
    "ABSENT",
    "PRESENT",
    "INCREASED",
    "UNEQUIVOCAL",
    "EQUIVOCAL",
    "TOO SMALL",
    "MERGED",
    "NOT EVALUABLE",
)
_RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")

LESION = (
    identifier("lesion", "identifier of the lesion, for example T1"),
    choice("kind", "role of the lesion", "TARGET", "NON-TARGET", "NEW"),
    text("organ", "organ or place", required=False, most=200),
    flag("nodal", "whether it is a lymph node", required=False),
    integer("diameter", "size in hundredths of a millimeter; short axis of a node", 0, 10**6, required=False),
    choice("state", "what was seen, where it is not a size", *_STATES, required=False),
    date("date", "day of this scan, where it is not that of the assessment", required=False),
    text("part", "part of a split lesion", required=False, most=20),
    text("method", "how it was imaged", required=False, most=60),
)
"""What is recorded of one lesion at one assessment."""


def measurements(assessment: int, day: str, lesions: Sequence[Mapping[str, Any]]) -> list[Measurement]:
    """Bring recorded lesions into the form in which the criteria read them; days are ordinals of the calendar."""
    return [
        Measurement(
            day=ordinal(lesion.get("date") or day),
            lesion=lesion["lesion"],
            kind=lesion["kind"],
            diameter=None if lesion.get("diameter") is None else lesion["diameter"] / 100,
            state=lesion.get("state"),
            nodal=bool(lesion.get("nodal")),
            visit=float(assessment),
            part=lesion.get("part") or "",
            baseline=assessment == 0,
        )
        for lesion in lesions
    ]


def _recorded(subject: Subject, values: Mapping[str, Any]) -> list[Measurement]:
    """Measurements of a record, brought into form once."""
    name = values["record"]
    known = subject.made.get(name)
    if known is None or known[0] is not values:
        read = measurements(values["assessment"], values["date"], values["lesions"])
        known = subject.made[name] = values, read
    found: list[Measurement] = known[1]
    return found


def tumor_response(
    rules: Rulebook, subject: Subject, *more: tuple[int, str, Sequence[Mapping[str, Any]]], without: str | None = None
) -> PatientResponse | None:
    """Sums and responses of the site's measurements by the criteria of the protocol; none before a baseline.

    Parameters
    ----------
    rules
        Protocol version in force.
    subject
        The patient.
    more
        Assessment, date and lesions that are not recorded yet: what is being typed.
    without
        Record to leave out, because ``more`` takes its place.

    Raises
    ------
    CriteriaError
        Measurements that cannot be used, all at once.
    """
    known = [_recorded(subject, m) for m in subject.live("tumors_measured") if m["record"] != without]
    rows = list(chain(*known, *(measurements(*each) for each in more)))
    if not any(row.baseline for row in rows):
        return None
    allocated = subject.last("randomized")
    start = max(row.day for row in rows if row.baseline)
    reference = ordinal(allocated["date"]) if allocated else start
    return patient_response(rows, rules.charter_at(max(reference, start)))


def lesion_problems(error: CriteriaError) -> tuple[tuple[str, str], ...]:
    """Name the lesion that each problem of the criteria is about, and write its day as a date."""
    found = []
    for problem in map(Text, error.problems):
        values = dict(problem.values)
        if isinstance(day := values.get("day"), int):
            values["day"] = dt.date.fromordinal(day).isoformat()
        found.append((str(values.get("lesion", "lesions")), Text(problem.template, values)))
    return tuple(found)


def check_lesions(c: Context, assessment: int, lesions: Sequence[Mapping[str, Any]]) -> None:
    """Refuse sizes that cannot be, and a choice of target lesions against the criteria."""
    problems: list[tuple[str, str]] = []
    for lesion in lesions:
        name, size = lesion["lesion"], lesion.get("diameter")
        if size is not None and size > _LARGEST:
            problems.append((name, said(_TOO_LARGE, size=f"{size / 100:g}", most=f"{_LARGEST / 100:g}")))
        if size is None and lesion.get("state") is None:
            problems.append((name, "neither a size nor what was seen"))
        if assessment == 0 and lesion["kind"] == "NEW":
            problems.append((name, "a new lesion at baseline; expected: target or non-target"))
    seen = [(lesion["lesion"], lesion.get("part"), lesion.get("date")) for lesion in lesions]
    if len(set(seen)) < len(seen):
        problems += [(place[0], "twice in the list") for place in seen if seen.count(place) > 1]
    if assessment == 0:
        problems += _selection(c, lesions)
    if problems:
        refuse_marked(problems)


def _selection(c: Context, lesions: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    targets = [lesion for lesion in lesions if lesion["kind"] == "TARGET"]
    most, most_in_organ = c.rules.charter.limits
    problems: list[tuple[str, str]] = []
    if len(targets) > most:
        problems.append(("lesions", said("{count} target lesions; at most {most}", count=len(targets), most=most)))
    organs = ["lymph node" if t.get("nodal") else str(t.get("organ") or "").strip().lower() for t in targets]
    for organ in sorted(set(organs) - {""}):
        if organs.count(organ) > most_in_organ:
            words = "{count} target lesions in {organ}; at most {most}"
            problems.append(("lesions", said(words, count=organs.count(organ), organ=organ, most=most_in_organ)))
    apart = c.rules.charter.criteria != "RECIST 1.0"
    for target in targets:
        least = 1500 if target.get("nodal") and apart else 1000
        size = target.get("diameter")
        if size is None or size < least:
            what = "node (short axis)" if least == 1500 else "lesion"
            words = "a target {what} is at least {least} mm at baseline"
            problems.append((target["lesion"], said(words, what=Text(what), least=least // 100)))
    return problems


def _measure(c: Context) -> None:
    assessment, day, lesions = c.payload["assessment"], c.payload["date"], c.payload["lesions"]
    refuse_withdrawn(c, "visits", day)
    refuse_lost(c, day)
    _check_order(c, assessment, day)
    check_lesions(c, assessment, lesions)
    total, response = computed(c, assessment, day, lesions)
    values = {"assessment": assessment, "date": day, "lesions": list(lesions), "sum": total, "computed": response}
    c.record("TUMOR", "tumors_measured", values)


def _check_order(c: Context, assessment: int, day: str) -> None:
    known = {m["assessment"]: m["date"] for m in c.subject.live("tumors_measured")}
    if assessment in known:
        reason = said("Assessment {assessment} is recorded.", assessment=assessment)
        refuse("already_done", reason, "Correct that record if it is wrong.")
    if assessment > 0 and 0 not in known:
        refuse("visit_out_of_order", "The baseline lesions are not recorded.", "Record assessment 0 first.")
    if assessment > 0 and not c.subject.has("randomized"):
        refuse("visit_out_of_order", "The patient is not randomized.", "Only the baseline comes before randomization.")
    check_assessment_date(c, assessment, day)


def check_assessment_date(c: Context, assessment: int, day: str) -> None:
    """Refuse a day that does not follow the order of the assessments."""
    for measured in c.subject.live("tumors_measured"):
        number, other = measured["assessment"], measured["date"]
        if (number < assessment and other >= day) or (number > assessment and other <= day):
            reason = said("Assessment {number} took place on {other}.", number=number, other=other)
            refuse("visit_out_of_order", reason, "Assessments are numbered in the order of their days.")


def computed(
    c: Context, assessment: int, day: str, lesions: Sequence[Mapping[str, Any]], *, without: str | None = None
) -> tuple[int | None, str | None]:
    """Sum, in hundredths of a millimeter, and response of an assessment by the criteria; refuses what does not fit."""
    try:
        response = tumor_response(c.rules, c.subject, (assessment, day, lesions), without=without)
    except CriteriaError as error:
        problems = lesion_problems(error)
        reason = said("{problem}.", problem=problems[0][1])
        refuse("bad_value", reason, "Correct the measurements.", problems=problems)
    if response is None:
        return None, None
    if assessment == 0:
        return None if response.baseline is None else round(response.baseline * 100), None
    found = next((v for v in response.visits if v.visit == assessment), None)
    if found is None:
        return None, None
    return None if found.total is None else round(found.total * 100), found.overall


def _assess(c: Context) -> None:
    assessment, overall = c.payload["assessment"], c.payload["overall"]
    measured = next((m for m in c.subject.live("tumors_measured") if m["assessment"] == assessment), None)
    if measured is None or assessment == 0:
        reason = said("Assessment {assessment} has no measurements after baseline.", assessment=assessment)
        refuse("visit_out_of_order", reason, "Record the measurements of the assessment first.")
    if any(r["assessment"] == assessment for r in c.subject.live("response_assessed")):
        reason = said("The response at assessment {assessment} is recorded.", assessment=assessment)
        refuse("already_done", reason, "Correct that record.")
    given = {"target": None, "non_target": None, "new_lesion": None, **c.payload}
    c.record("RESP", "response_assessed", {**given, "date": measured["date"], "computed": measured.get("computed")})
    if overall == "PD":
        review_requested(c, "local progression")


def _assessed(subject: Subject, event: Event) -> Subject:
    return subject.but(local_progression=True) if event.payload["overall"] == "PD" else subject


_ASSESSMENT = integer("assessment", "number of the assessment; 0 for the baseline", 0, 500)

COMMANDS = (
    CommandSpec(
        "measure_tumors",
        "Record the lesions of an assessment.",
        _measure,
        (_ASSESSMENT, date("date", "day of the first scan"), records("lesions", "lesions", *LESION)),
        dates=("date",),
    ),
    CommandSpec(
        "assess_response",
        "Record the response in the investigator's judgment.",
        _assess,
        (
            _ASSESSMENT,
            choice("target", "response of the target lesions", "CR", "PR", "SD", "PD", "NE", required=False),
            choice("non_target", "response of the others", "CR", "NON-CR/NON-PD", "PD", "NE", required=False),
            choice("new_lesion", "whether there are new lesions", "Y", "N", "EQUIVOCAL", required=False),
            choice("overall", "overall response", *_RESPONSES),
        ),
    ),
)

APPLIES: Applies = {"response_assessed": {"subject": _assessed}}
