"""The desk that runs the review: scans to be checked, who reads, reads locked, reads asked for anew, the result."""

from typing import Any

from django.http import HttpResponse

from equipoise.conduct import Role, Subject, unchecked_scans
from equipoise.criteria import PatientReview, adjudication_due, current_person, current_read, reads_due
from equipoise.server.pages.forms.inputs import Choice, Tuned
from equipoise.server.pages.forms.plan import Plan
from equipoise.server.pages.page import Call
from equipoise.server.pages.reading.shown import assessment_words, queue_link, reader_words, trigger_words
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.words import translated as _

__all__ = ["plan_accept", "plan_assign", "plan_close", "plan_reject", "plan_reopen", "review_page"]


def review_page(call: Call) -> HttpResponse:
    """Show the central review of a patient to who runs it."""
    subject = call.subject
    review = subject.review
    return call.render(
        "pages/reading/review.html",
        subject=subject.id,
        back=queue_link(call),
        scans=_scans(subject),
        readers=[] if review is None else _readers(call, review),
        reads=[] if review is None else _reads(subject, review),
        results=_results(subject),
        differ="" if review is None else trigger_words(adjudication_due(review)),
        given=[{**g, "name": reader_words(g["endorses"], blinded=False)} for g in subject.live("adjudicated")],
        open=review is not None and not subject.has("reading_closed"),
    )


def _scans(subject: Subject) -> list[dict[str, Any]]:
    waiting = set(unchecked_scans(subject))
    back = {scan["scan"]: scan["why"] for scan in subject.live("scan_rejected")}
    accepted = {scan["scan"] for scan in subject.live("scan_accepted")}
    found = []
    for scan in subject.live("scan_submitted"):
        name = scan["record"]
        state = "accepted" if name in accepted else "rejected" if name in back else "waiting"
        row = {key: scan[key] for key in ("date", "reference", "assessment")}
        row |= {"scan": name, "what": assessment_words(scan["assessment"]), "state": state, "why": back.get(name)}
        found.append({**row, "check": name in waiting})
    return sorted(found, key=lambda row: (row["assessment"], row["date"], row["scan"]))


def _readers(call: Call, review: PatientReview) -> list[dict[str, Any]]:
    due, found = reads_due(review), []
    people = {number: current_person(review, number) for number in range(1, review.readers + 1)}
    names = called(person for person in people.values() if person is not None)
    for number, person in people.items():
        waits = [assessment_words(assessment) for reader, assessment in due if reader == number]
        name = None if person is None else names[person]
        url = call.url("subject_command", command="assign_reader")
        found.append(
            {
                "name": reader_words(number, blinded=False),
                "person": name,
                "waits": waits,
                "url": f"{url}?reader={number}",
            }
        )
    return found


def _reads(subject: Subject, review: PatientReview) -> list[dict[str, Any]]:
    found = []
    for record in subject.records.get("read_locked", {}).values():
        read = record.values
        counts = current_read(review, read["reader"], read["assessment"])
        found.append(
            {
                "reader": read["reader"],
                "who": reader_words(read["reader"], blinded=False),
                "assessment": read["assessment"],
                "what": assessment_words(read["assessment"]),
                "version": read["version"],
                "response": read["response"],
                "locked": read["on"],
                "current": counts is not None and counts.version == read["version"],
            }
        )
    return sorted(found, key=lambda read: (read["assessment"], read["reader"], read["version"]))


def _results(subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            **result,
            "who": reader_words(result["reader"], blinded=False),
            "what": assessment_words(result["through"]),
        }
        for result in subject.live("central_result")
    ]


def _people(call: Call) -> tuple[Choice, ...]:
    """Those who hold the role of a central reader, with what they may read as."""
    roles = {1: Role.CENTRAL_READER_1, 2: Role.CENTRAL_READER_2}
    held = {
        person: [number for number, role in roles.items() if (str(role), None) in who.roles]
        for person, who in sorted(call.study.people.items())
    }
    readers = {person: numbers for person, numbers in held.items() if numbers}
    names = called(readers)
    return tuple(
        (person, f"{names[person]}: {', '.join(reader_words(n, blinded=False) for n in numbers)}")
        for person, numbers in readers.items()
    )


def _back(call: Call) -> tuple[str, str]:
    return _("Central review of %(subject)s") % {"subject": call.context.command.subject}, call.url("review")


def _after(call: Call) -> str:
    return call.url("review")


def _waiting(call: Call) -> Tuned:
    scans = [row for row in _scans(call.subject) if row["state"] == "waiting"]
    choices = tuple((row["scan"], f"{row['scan']}: {row['what']}, {row['date']}") for row in scans)
    return Tuned(label=_("Scan"), choices=choices, value=choices[0][0] if len(choices) == 1 else None)


def plan_accept(call: Call) -> Plan:
    """Let a scan be read."""
    return Plan(
        title=_("Let a scan be read"),
        intro=_("The readers are asked for the assessment once its quality is good. The clock begins "
                "today."),
        fields={"scan": _waiting(call)},
        button=_("Let the scan be read"),
        done=_("The scan is in the queue of both readers."),
        back=_back(call),
        after=_after,
    )  # fmt: skip


def plan_reject(call: Call) -> Plan:
    """Send a scan back."""
    return Plan(
        title=_("Send a scan back to the site"),
        fields={"scan": _waiting(call), "why": Tuned(label=_("What is wrong with it"), kind="long")},
        button=_("Send the scan back"),
        done=_("The scan is sent back. The site sends it anew under a new number of the archive."),
        back=_back(call),
        after=_after,
    )


def plan_assign(call: Call) -> Plan:
    """Say who reads the patient."""
    review = call.subject.review
    taken = review is not None and any(current_person(review, n) for n in range(1, review.readers + 1))
    return Plan(
        title=_("Assign a reader to %(subject)s") % {"subject": call.context.command.subject},
        intro=_("Nobody needs to be assigned: the first reader who begins reads the patient to the end. A new person "
                "begins again at the baseline, and sees nothing of the one before."),
        fields={"person": Tuned(label=_("Person"), choices=_people(call)), "reader": _reader(call)},
        reason=taken,
        button=_("Assign the reader"),
        done=_("The reader is assigned."),
        back=_back(call),
        after=_after,
    )  # fmt: skip


def _reader(call: Call) -> Tuned:
    review = call.subject.review
    numbers = range(1, (2 if review is None else review.readers) + 1)
    return Tuned(label=_("As"), choices=tuple((str(n), reader_words(n, blinded=False)) for n in numbers))


def plan_reopen(call: Call) -> Plan:
    """Ask for a new version of a locked read."""
    review = call.subject.review
    reads = [] if review is None else [read for read in _reads(call.subject, review) if read["current"]]
    assessments = tuple((str(n), assessment_words(n)) for n in sorted({read["assessment"] for read in reads}))
    return Plan(
        title=_("Ask for a new version of a read of %(subject)s") % {"subject": call.context.command.subject},
        fields={
            "reader": _reader(call),
            "assessment": Tuned(label=_("Assessment"), choices=assessments),
            "how": Tuned(label=_("Why it is read anew")),
        },
        consequence=_("The reader is asked to read this assessment again. The locked version stays in the record and "
                      "counts no longer once the new one is locked."),
        button=_("Ask the reader for a new version"),
        done=_("The reader is asked for a new version."),
        back=_back(call),
        after=_after,
    )  # fmt: skip


def plan_close(call: Call) -> Plan:
    """Say that nothing more comes."""
    return Plan(
        title=_("End the central review of %(subject)s") % {"subject": call.context.command.subject},
        consequence=_("No further scan is expected of this patient. Where the readers agree, the central result is "
                      "locked; where they differ, the adjudicator is called."),
        button=_("End the central review"),
        done=_("The end of the central review is recorded."),
        back=_back(call),
        after=_after,
    )  # fmt: skip
