"""Who may know a treatment: unblinding by the protocol, in an emergency, for safety reports; and what follows it.

The record never holds an arm. “End blinded treatment” is the same step for every patient; whether open treatment begins
after it depends on the vault, is asked of it only for somebody who may know the treatment, and is sealed.
"""

from typing import NamedTuple

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context, days_between
from equipoise.conduct.form import choice, date, identifier, text
from equipoise.conduct.nouns.central_review import answer_to_site
from equipoise.conduct.nouns.consent import consent_problem
from equipoise.conduct.nouns.dosing import DOSE_FIELDS, STOP_FIELDS, check_dose
from equipoise.conduct.nouns.withdrawal import refuse_withdrawn
from equipoise.conduct.roles import Role
from equipoise.conduct.state import Subject
from equipoise.conduct.vault import CROSS_OVER
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "Break", "breaks", "gate_problem", "may_know_treatment", "noted_code"]

_OPEN_TREATMENT = frozenset({"start_open_label", "record_open_label_dose", "stop_open_label"})
"""Commands that are open to one arm alone."""
_BEFORE_ANY_ARM = frozenset(
    {
        *("not_allowed", "role_not_held", "other_site", "other_subject", "not_now", "not_trained", "training_expired"),
        *("not_delegated", "site_closed", "site_unknown", "subject_unknown", "second_factor", "reason_missing"),
        *("missing_field", "bad_value", "date_in_future"),
    }
)
"""Refusals before a rule is asked: the same whatever the arm."""


def noted_code(command: str, code: str) -> str:
    """Code under which a refusal is recorded: why open treatment was refused by its rule tells the arm."""
    return "refused" if command in _OPEN_TREATMENT and code not in _BEFORE_ANY_ARM else code


class Break(NamedTuple):
    """One time at which somebody was allowed to know, or came to know, a treatment; never which."""

    record: str
    ground: str
    """progression, emergency, safety report, or outside of the rules."""
    date: str
    by: str
    """Account of the person who acted or reported."""
    impact: str | None
    """What it means for the trial, once assessed."""


_GROUNDS = {
    "unblinded": "progression",
    "code_broken": "emergency",
    "safety_unblinded": "safety report",
    "unblinding_reported": "outside of the rules",
}


def breaks(subject: Subject) -> tuple[Break, ...]:
    """List every break of a patient's blind, in the order of the record: for the report's table of blinding."""
    impacts = {a["of"]: a["impact"] for a in subject.live("unblinding_assessed")}
    found = [
        (record.at, Break(record.name, ground, record.values["date"], record.actor, impacts.get(record.name)))
        for kind, ground in _GROUNDS.items()
        for record in subject.records.get(kind, {}).values()
    ]
    return tuple(entry for _, entry in sorted(found))


def may_know_treatment(subject: Subject, role: str, *, site: str | None) -> bool:
    """Whether somebody may be told the treatment of a patient: what to ask before the vault reveals it.

    Parameters
    ----------
    subject
        The patient.
    role
        Role in which the person asks.
    site
        Site of the person's session.

    Returns
    -------
    bool
        True for the investigator of the patient's site after planned unblinding or an emergency, for those who treat
        the patient there after planned unblinding, and for the safety office after unblinding for a safety report.
    """
    here = site is not None and site == subject.site
    if role == Role.SAFETY_OFFICE:
        return subject.has("safety_unblinded")
    if role == Role.INVESTIGATOR:
        return here and subject.unblinded
    return here and role in (Role.SITE_COORDINATOR, Role.PHARMACIST) and subject.has("unblinded")


def gate_problem(c: Context) -> tuple[str, str, str] | None:
    """Code, reason and remedy of what keeps planned unblinding closed; none where it is open."""
    crossover = c.rules.protocol.crossover
    if crossover is None or crossover.when == "never":
        reason = "The protocol plans no unblinding of single patients."
        return "not_in_protocol", reason, "For an emergency break the code."
    if crossover.when in ("interim_decision", "end_of_core"):
        closed = "The trial has not opened crossover.", "Wait for the decision that the protocol asks for."
        return None if c.study.has("crossover_opened") else ("gate_closed", *closed)
    if crossover.when != "central_progression":
        closed = "No progression is recorded.", "Record the response first."
        return None if c.subject.local_progression else ("gate_closed", *closed)
    return _central_problem(c)


def _central_problem(c: Context) -> tuple[str, str, str] | None:
    central = c.rules.protocol.review.central
    told = central is not None and central.tell_site_of_central_progression
    if not (c.subject.local_progression or (told and c.subject.gate)):
        reason = "The site has not recorded a progression."
        return "gate_closed", reason, "Record measurements and response; central review then confirms them."
    if c.subject.gate:
        return None
    words = {
        "not confirmed": "Central review has not confirmed the progression.",
        "not evaluable": "Central review could not evaluate the scans.",
    }
    reason = words.get(answer_to_site(c.subject), "Central review is pending.")
    return "gate_closed", reason, "Unblinding is possible once a locked central result confirms progression."


def _unblind(c: Context) -> None:
    if c.subject.has("unblinded"):
        refuse("already_done", "The patient is unblinded.", "Open “Treatment” to see it.")
    problem = gate_problem(c)
    if problem is not None:
        refuse(*problem)
    results = c.subject.review.results if c.subject.review else ()
    confirmed = next((str(result.version) for result in results if result.answer == "confirmed"), None)
    c.record("UNB", "unblinded", {"ground": "progression", "date": c.today, "result": confirmed})


def _break(c: Context) -> None:
    c.record("BREAK", "code_broken", {"ground": "emergency", "date": c.today})


def _for_safety(c: Context) -> None:
    name = c.payload["event"]
    event = next((e for e in c.subject.live("adverse_event_recorded") if e["record"] == name), None)
    if event is None:
        refuse("record_unknown", said("There is no adverse event {name}.", name=name), "Check the number.")
    suspected = event["related"] in ("possible", "probable", "definite")
    if not (event["serious"] and suspected and event.get("expected") is False):
        reason = "The event is not recorded as serious, suspected and unexpected."
        refuse("no_susar", reason, "Only such an event is reported unblinded; correct the event if it is one.")
    if any(s["event"] == name for s in c.subject.live("safety_unblinded")):
        refuse("already_done", "The treatment may be read for this event already.", "Nothing is to be done.")
    c.record("SUSAR", "safety_unblinded", {"event": name, "date": c.today})


def _report(c: Context) -> None:
    c.record("LEAK", "unblinding_reported")


def _assess(c: Context) -> None:
    name = c.payload["of"]
    kinds = ("code_broken", "unblinding_reported", "safety_unblinded")
    if not any(r["record"] == name for kind in kinds for r in c.subject.live(kind)):
        refuse("record_unknown", said("There is no unblinding {name}.", name=name), "Check the number.")
    c.record("IMPACT", "unblinding_assessed")


def _end(c: Context) -> None:
    subject, day = c.subject, c.payload["date"]
    unblinded = subject.last("unblinded")
    if unblinded is None:
        remedy = "Unblind first, when central review has confirmed progression; or record the end of treatment."
        refuse("not_unblinded", "The patient has not been unblinded by the protocol.", remedy)
    if subject.has("blinded_treatment_ended"):
        refuse("already_done", "The end of blinded treatment is recorded.", "Nothing is to be done.")
    late = [d["start"] for d in subject.live("dose_recorded") if d["start"] > day]
    if late:
        reason = said("A dose from {start} is recorded.", start=late[-1])
        refuse("dates_out_of_order", reason, "Correct the date, or the dose.")
    c.record("BLINDEND", "blinded_treatment_ended")


def _start_open(c: Context) -> None:
    subject, day = c.subject, c.payload["date"]
    crossover = c.rules.protocol.crossover
    ended = subject.last("blinded_treatment_ended")
    if crossover is None or ended is None or not subject.has("unblinded"):
        refuse(
            "not_open",
            "This step is not open for the patient.",
            "End blinded treatment after planned unblinding first.",
        )
    if subject.has("open_label_started"):
        refuse("already_done", "The begin of open treatment is recorded.", "Nothing is to be done.")
    if subject.death is not None:
        refuse("after_death", "The patient has died.", "If the death was recorded in error, retract it.")
    if not c.vault.permits(subject.id, CROSS_OVER):
        refuse("not_open", "This step is not open for the patient.", "The protocol says what follows for this patient.")
    if day <= ended["date"]:
        reason = said("Blinded treatment ended on {date}.", date=ended["date"])
        refuse("dates_out_of_order", reason, "Give a later day.")
    refuse_withdrawn(c, "drug", day)
    if crossover.new_consent:
        consent_problem(c, "crossover")
    _check_scan(c, day, crossover.new_baseline_scan_days)
    c.record("OPEN", "open_label_started")


def _check_scan(c: Context, day: str, within: int | None) -> None:
    if within is None:
        return
    scans = [m["date"] for m in c.subject.live("tumors_measured") if m["date"] <= day]
    if not scans or days_between(max(scans), day) > within:
        last = said("the last one is of {day}", day=max(scans)) if scans else Text("there is none")
        reason = said("A baseline scan at most {within} days before is needed; {last}.", within=within, last=last)
        refuse("baseline_scan_missing", reason, "Scan the patient and record the measurements.")


def _open_dose(c: Context) -> None:
    started = c.subject.last("open_label_started")
    if started is None:
        refuse("not_open", "This step is not open for the patient.", "Record the begin of open treatment first.")
    start = c.payload["start"]
    if start < started["date"]:
        refuse("dates_out_of_order", said("Open treatment began on {date}.", date=started["date"]), "Correct the date.")
    for ended in c.subject.live("open_label_stopped"):
        if start > ended["date"]:
            refuse("treatment_ended", said("Open treatment ended on {date}.", date=ended["date"]), "Correct the dates.")
    refuse_withdrawn(c, "drug", start)
    check_dose(c, c.payload, "open_label_dose_recorded", c.rules.open_doses)
    c.record("ODOSE", "open_label_dose_recorded", {"end": None, "why": None, **c.payload})


def _stop_open(c: Context) -> None:
    if not c.subject.has("open_label_started"):
        refuse("not_open", "This step is not open for the patient.", "Record the begin of open treatment first.")
    if c.subject.has("open_label_stopped"):
        refuse("already_done", "The end of open treatment is recorded.", "Correct that record if it is wrong.")
    c.record("OSTOP", "open_label_stopped", {"detail": None, **c.payload})


COMMANDS = (
    CommandSpec("unblind", "Open the patient's treatment to the physician, after confirmed progression.", _unblind),
    CommandSpec("break_code", "Emergency: open the patient's treatment to the physician at once.", _break),
    CommandSpec(
        "unblind_for_safety",
        "Open the treatment to the safety office, for a report of a serious unexpected reaction.",
        _for_safety,
        (identifier("event", "number of the adverse event"),),
    ),
    CommandSpec(
        "report_unblinding",
        "Report that somebody learned a treatment outside of the rules.",
        _report,
        (
            date("date", "day"),
            choice("who", "who learned it", "patient", "site staff", "central staff", "other"),
            text("how", "how; do not name the treatment"),
        ),
        dates=("date",),
        after_death=True,
    ),
    CommandSpec(
        "assess_unblinding",
        "Say what an unblinding means for the trial.",
        _assess,
        (identifier("of", "number of the unblinding"), text("impact", "impact; do not name the treatment")),
    ),
    CommandSpec(
        "end_blinded_treatment",
        "End blinded treatment after planned unblinding, whatever follows.",
        _end,
        (date("date", "last day of blinded treatment"),),
        dates=("date",),
    ),
    CommandSpec(
        "start_open_label",
        "Begin the open treatment to which the protocol lets the patient change.",
        _start_open,
        (date("date", "first day"),),
        dates=("date",),
    ),
    CommandSpec(
        "record_open_label_dose",
        "Record a period at one dose of the open treatment.",
        _open_dose,
        DOSE_FIELDS,
        dates=("start", "end"),
    ),
    CommandSpec("stop_open_label", "Record the end of open treatment.", _stop_open, STOP_FIELDS, dates=("date",)),
)

APPLIES: Applies = {}
