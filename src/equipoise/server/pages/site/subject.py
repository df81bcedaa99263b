"""The page of a patient: what is due, what can be done now and why not the rest, the schedule, the record."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

from equipoise.conduct import ACTIONS, Role, Subject, open_queries, signature_holds
from equipoise.conduct.due import due
from equipoise.conduct.nouns.central_review import REVIEW_KINDS
from equipoise.conduct.nouns.visits import target_date
from equipoise.conduct.planned import planned
from equipoise.conduct.state import Record
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.possible import Possible, possible_actions
from equipoise.server.pages.record_short import in_short
from equipoise.server.pages.seen import records_of, seen_subject
from equipoise.server.pages.site.plans.enrollment import strata_words
from equipoise.server.pages.site.plans.tumors import lesion_table
from equipoise.server.pages.tasks import task_of, window_words
from equipoise.server.pages.today_parts import Task
from equipoise.server.pages.unblinding.links import blind_links
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import kind_words, visit_words
from equipoise.server.subjects.view import OPEN_TREATMENT

__all__ = ["subject_page"]

_SHOWN = 20
_GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("enrollment", "Enrollment", frozenset({"screen", "record_consent", "record_baseline", "register", "fail_screening",
                                            "randomize", "correct_stratum", "flag_randomized_in_error"})),
    ("treatment", "Treatment", frozenset({"assign_kit", "dispense", "return_kit", "report_wrong_kit", "record_dose",
                                          "stop_treatment"})),
    ("visits", "Visits and tests", frozenset({"record_visit", "record_labs", "record_vitals", "miss_diary",
                                              "submit_diary", "measure_tumors", "assess_response", "submit_scan"})),
    ("safety", "Safety", frozenset({"record_adverse_event", "update_adverse_event", "report_serious_event",
                                    "add_narrative", "record_deviation"})),
    ("blind", "The blind and crossover", frozenset({"unblind", "break_code", "report_unblinding",
                                                    "end_blinded_treatment", "start_open_label", "stop_open_label",
                                                    "record_open_label_dose", "unblind_for_safety",
                                                    "assess_unblinding"})),
    ("follow-up", "Follow-up", frozenset({"record_contact", "record_death", "retract_death", "report_lost",
                                          "report_found", "record_therapy", "withdraw", "transfer", "end_study"})),
    ("data", "Data", frozenset({"open_query", "answer_query", "close_query", "lock_subject", "unlock_subject"})),
)  # fmt: skip
_ON_RECORDS = frozenset({"correct", "retract", "sign"})
"""Commands that begin at a record, and are offered there."""
_RECORDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("safety", "Adverse events", ("adverse_event_recorded", "serious_event_reported", "narrative_added")),
    ("queries", "Queries", ("query_opened",)),
    ("treatment", "Treatment", ("randomized", "kit_assigned", "dispensed", "kit_returned", "wrong_kit_dispensed",
                                "dose_recorded", "treatment_stopped", "blinded_treatment_ended", "open_label_started",
                                "open_label_dose_recorded", "open_label_stopped", "therapy_recorded")),
    ("tests", "Tests and visits", ("labs_recorded", "vitals_recorded", "visit_recorded", "tumors_measured",
                                   "response_assessed", "scan_submitted", "diary_submitted", "diary_missed")),
)  # fmt: skip


def subject_page(call: Call) -> HttpResponse:
    """Show a patient as the role may know the patient."""
    patient = seen_subject(call)
    treats = call.desk.role in OPEN_TREATMENT
    hidden = call.subject.unblinded and not treats
    tasks, coming = ([], []) if hidden else _tasks(call, patient)
    possible = [p for p in possible_actions(call) if p.command not in _ON_RECORDS]
    whole = "all" in call.request.GET
    return call.render(
        "pages/site/subject.html",
        patient=patient,
        stage=_(str(patient.stage)),
        facts=_facts(call, patient),
        links=blind_links(call),
        due=tasks,
        coming=coming,
        groups=_grouped(p for p in possible if p.refusal is None),
        refused=[p for p in possible if p.refusal is not None and p.refusal.code != "not_allowed"],
        schedule=_schedule(call, patient),
        lesions=lesion_table(patient) if call.desk.role is not Role.PHARMACIST else {},
        records=_records(patient, whole=whole),
        audited=call.desk.role in ACTIONS["see_audit_trail"].roles,
    )


def _facts(call: Call, patient: Subject) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = [(_("Site"), patient.site), (_("Protocol in force"), call.context.version)]
    allocated = patient.last("randomized")
    if allocated is not None:
        found += [(_("Randomized"), day(allocated["date"])), *strata_words(call, allocated["factors"])]
    if patient.doses is not None:
        found.append((_("First dose"), day(patient.doses[0])))
    if patient.death is not None:
        found.append((_("Died"), day(patient.death)))
    levels = [_(str(w["level"])) for w in patient.live("withdrawn")]
    return [*found, (_("Withdrawn from"), ", ".join(levels))] if levels else found


def _tasks(call: Call, patient: Subject) -> tuple[list[Task], list[Task]]:
    rules, site = call.context.rules, call.context.site
    now = [task_of(call, entry, patient.id) for entry in due(rules, site, patient, call.today)]
    later = [
        Task(what=task_of(call, thing, patient.id).what, when=window_words(thing.first, thing.last))
        for thing in planned(rules, site, patient)
        if thing.first is not None and thing.first > call.today
    ]
    return now, later[:4]


def _grouped(possible: Iterable[Possible]) -> list[dict[str, Any]]:
    every = list(possible)
    groups = [
        {"title": _(title), "open": [p for p in every if p.command in commands]} for _id, title, commands in _GROUPS
    ]
    named = frozenset().union(*(commands for _id, _title, commands in _GROUPS))
    rest = [p for p in every if p.command not in named]
    return [group for group in [*groups, {"title": _("Other"), "open": rest}] if group["open"]]


def _schedule(call: Call, patient: Subject) -> list[dict[str, Any]]:
    """Visits that were recorded, and the next of each kind."""
    schedule, found = call.context.rules.protocol.visits.schedule, []
    visits = sorted(
        patient.live("visit_recorded"), key=lambda v: (str(v.get("date") or v.get("target") or ""), v["number"])
    )
    for visit in visits:
        planned_visit = schedule.get(visit["visit"])
        number = visit["number"] if planned_visit is None or planned_visit.repeats_every_days else None
        words = visit_words(planned_visit.label if planned_visit else None, visit["visit"], number)
        found.append(
            {
                "visit": words,
                "record": visit["record"],
                "target": visit.get("target"),
                "date": visit.get("date"),
                "missed": visit["status"] == "missed",
                "window": visit.get("window"),
            }
        )
    known = {(v["visit"], v["number"]) for v in visits}
    for name, each in schedule.items():
        number = max((n for v, n in known if v == name), default=0) + 1
        target = target_date(call.context.rules, patient, name, number)
        if target is not None and (number == 1 or each.repeats_every_days):
            words = visit_words(each.label, name, number if each.repeats_every_days else None)
            found.append(
                {"visit": words, "record": None, "target": target, "date": None, "missed": False, "window": None}
            )
    return sorted(found, key=lambda line: str(line["date"] or line["target"] or ""))[-30:]


def _records(patient: Subject, *, whole: bool) -> list[dict[str, Any]]:
    named = {kind for _id, _title, kinds in _RECORDS for kind in kinds}
    others = tuple(sorted(set(patient.records) - named - REVIEW_KINDS))
    queried = {q["of"] for q in open_queries(patient)}
    signed = {s["of"] for s in patient.live("signed") if signature_holds(patient, s)}
    found = []
    for name, title, kinds in (*_RECORDS, ("others", "Other records", others)):
        records = records_of(patient, *kinds)
        shown = records if whole else records[-_SHOWN:]
        if records:
            rows = [_line(record, queried, signed) for record in reversed(shown)]
            found.append({"id": name, "title": _(title), "rows": rows, "more": len(records) - len(shown)})
    return found


def _line(record: Record, queried: set[str], signed: set[str]) -> dict[str, Any]:
    return {
        "name": record.name,
        "kind": kind_words(record.kind),
        "short": in_short(record),
        "queried": record.name in queried,
        "signed": record.name in signed,
    }
