"""A central reader's page of a patient: scans up to the next one, the own earlier reads, sums while somebody types.

The site's measurements and call, the other reader and every treatment are not here: `reading_page` gives none of them.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from equipoise.conduct.command import Refusal, Refused
from equipoise.conduct.nouns.tumors import lesion_problems
from equipoise.conduct.reads import read_response
from equipoise.criteria import CriteriaError
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Beside, Plan
from equipoise.server.pages.page import Call
from equipoise.server.pages.reading.shown import assessment_words, lesion_rows, queue_link
from equipoise.server.pages.site.plans.tumors import lesion_doubts, lesion_inputs
from equipoise.server.pages.words import translated as _
from equipoise.server.reading.view import reading_page

__all__ = ["own_reads", "plan_lock", "plan_open"]

_USABLE = ("TARGET", "NON-TARGET", "NEW")


def own_reads(call: Call) -> HttpResponse:
    """Show what the reader has locked of a patient, and what comes next."""
    try:
        seen = reading_page(call.context)
    except Refused as refused:
        return call.render("pages/reading/nothing.html", refusal=refused.refusal, back=queue_link(call))
    content = _above(seen)
    return call.render("pages/reading/own.html", above=content, next=seen["next"], back=queue_link(call))


def _above(seen: Mapping[str, Any]) -> dict[str, Any]:
    current = [read for read in seen["reads"] if read["current"]]
    columns = [(read["assessment"], read["day"], read["lesions"]) for read in current]
    return {
        "subject": seen["subject"],
        "scans": [{**scan, "what": assessment_words(scan["assessment"])} for scan in seen["scans"]],
        "next": seen["next"],
        "next_words": "" if seen["next"] is None else assessment_words(seen["next"]),
        "reads": [{**read, "what": assessment_words(read["assessment"])} for read in seen["reads"]],
        "table": lesion_rows(columns),
    }


def plan_open(call: Call) -> Plan:
    """Begin to read: the form of the reading itself does it too."""
    seen, refusal = _seen(call)
    number = None if seen is None else seen["next"]
    return Plan(
        title=_("Begin to read"),
        fields={"assessment": Tuned(value=number, fixed=number is not None)},
        back=queue_link(call),
        after=lambda here: here.url("subject_command", command="lock_read"),
        blocked=refusal,
        button=_("Begin to read the assessment"),
    )


def plan_lock(call: Call) -> Plan:
    """Ask for a reading: of the next assessment, in order, and of no other."""
    seen, refusal = _seen(call)
    if seen is None:
        return Plan(title=_("Read scans"), back=queue_link(call), blocked=refusal, after=_after)
    number = seen["next"]
    first = number == 0
    earlier = [read["assessment"] for read in seen["reads"] if read["current"] and read["assessment"] > 0]
    return Plan(
        title=_("Read %(subject)s: %(what)s") % {"subject": seen["subject"], "what": assessment_words(number or 0)},
        intro=_("Sizes in millimeters: the longest diameter, of a lymph node the short axis."),
        fields={
            "assessment": Tuned(value=number, fixed=number is not None, label=_("Assessment")),
            "response": Tuned(label=_("Overall response"), why=_("Your judgment of this assessment."), left_out=first),
            "progression_assessment": Tuned(
                label=_("Progression goes back to"),
                why=_("Only where an earlier assessment shows it already."),
                choices=tuple((str(n), assessment_words(n)) for n in earlier),
                left_out=not earlier,
            ),
            "progression_date": Tuned(
                label=_("Day of the scan that shows progression"),
                why=_("Only where it is not the last scan of the assessment."),
                left_out=first,
            ),
            "lesions": _lesions(seen, first=first),
        },
        consequence=_("The reading is locked and is never changed. Only then is the next assessment shown. The core "
                      "laboratory can ask for a new version; this one stays in the record."),
        button=_("Lock the reading"),
        done=_("The reading is locked."),
        above=("pages/reading/scans.html", _above(seen)),
        beside=_while_typing,
        doubts=_doubts,
        back=queue_link(call),
        blocked=refusal,
        after=_after,
    )  # fmt: skip


def _after(call: Call) -> str:
    return call.url("reading")


def _doubts(call: Call, understood: Understood) -> list[tuple[str, str]]:
    seen, _refusal = _seen(call)
    return lesion_doubts([read["lesions"] for read in seen["reads"] if read["current"]] if seen else [], understood)


def _seen(call: Call) -> tuple[dict[str, Any] | None, Refusal | None]:
    """What the reader may see; and why nothing is to be read, where nothing is."""
    try:
        seen = reading_page(call.context)
    except Refused as refused:
        return None, refused.refusal
    if seen["next"] is None:
        reason = _("Everything that has come of this patient is read and locked.")
        return seen, Refusal("nothing_to_read", reason, _("The next scan appears in the queue once it was checked."))
    return seen, None


def _lesions(seen: Mapping[str, Any], *, first: bool) -> Tuned:
    known: dict[str, dict[str, Any]] = {}
    for read in seen["reads"]:
        for lesion in read["lesions"] if read["current"] else ():
            row = known.setdefault(lesion["lesion"], {})
            for name in ("lesion", "kind", "organ", "nodal"):
                if lesion.get(name) is not None:
                    row.setdefault(name, lesion[name])
    rows = list(known.values()) or [{"lesion": f"T{n}", "kind": "TARGET"} for n in range(1, 4)]
    inner = lesion_inputs(new=not first, rare=False)
    return Tuned(label=_("Lesions"), value=rows, inner=inner, counts=("diameter", "state"), rows=len(rows))


def _while_typing(call: Call, understood: Understood) -> Beside:
    template = "pages/site/lesions.html"
    seen, _refusal = _seen(call)
    if seen is None:
        return template, {"table": {}, "problems": [], "results": [], "baseline": None}
    payload, reads = understood.payload, [read for read in seen["reads"] if read["current"]]
    columns = [(read["assessment"], read["day"], read["lesions"]) for read in reads]
    lesions = [row for row in payload.get("lesions", ()) if row.get("lesion") and row.get("kind") in _USABLE]
    number, typed = seen["next"], []
    if number is not None and lesions:
        days = [scan["date"] for scan in seen["scans"] if scan["assessment"] == number]
        typed = [(number, max(days), lesions)]
    content: dict[str, Any] = {"table": lesion_rows([*columns, *typed]), "problems": [], "results": []}
    try:
        found = read_response(call.subject, seen["reader"], *typed) if columns or typed else None
    except CriteriaError as error:
        return template, {**content, "problems": [_(said) for _lesion, said in lesion_problems(error)]}
    if found is not None:
        content["baseline"] = None if found.baseline is None else f"{found.baseline:g}"
        content["results"] = [_result(visit, found.baseline) for visit in found.visits]
    return template, content


def _result(visit: Any, baseline: float | None) -> dict[str, Any]:
    change = None if visit.total is None or not baseline else 100 * (visit.total - baseline) / baseline
    return {
        "assessment": f"{visit.visit:g}",
        "sum": None if visit.total is None else f"{visit.total:g}",
        "change": None if change is None else f"{change:+.0f}",
        "overall": visit.overall,
    }
