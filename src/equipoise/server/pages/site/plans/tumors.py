"""The lesion table with sums and response as somebody types, beside the visits before; response; scans."""

from collections.abc import Mapping, Sequence
from typing import Any

from equipoise.conduct import Subject, tumor_response
from equipoise.conduct.nouns.tumors import lesion_problems
from equipoise.criteria import CriteriaError
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Beside, Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import lesion_state_words

__all__ = ["PLANS", "lesion_doubts", "lesion_inputs", "lesion_table"]

_STATES = ("ABSENT", "TOO SMALL", "PRESENT", "INCREASED", "UNEQUIVOCAL", "EQUIVOCAL", "MERGED", "NOT EVALUABLE")
_KINDS = ("TARGET", "NON-TARGET", "NEW")


def _known(subject: Subject) -> list[dict[str, Any]]:
    """Lesions of the patient so far: the row of each, without what was seen of it."""
    found: dict[str, dict[str, Any]] = {}
    for measured in sorted(subject.live("tumors_measured"), key=lambda m: int(m["assessment"])):
        for lesion in measured["lesions"]:
            known = found.setdefault(lesion["lesion"], {})
            for name in ("lesion", "kind", "organ", "nodal"):
                if lesion.get(name) is not None:
                    known.setdefault(name, lesion[name])
    return list(found.values())


def _measure(call: Call) -> Plan:
    subject = seen_subject(call)
    measured = [int(m["assessment"]) for m in subject.live("tumors_measured")]
    number = max(measured, default=-1) + 1
    rows = _known(subject) if measured else [{"lesion": f"T{n}", "kind": "TARGET"} for n in range(1, 4)]
    rare = "more" in call.request.GET
    inner = lesion_inputs(new=bool(measured), rare=rare)
    intro = _("Sizes in millimeters: the longest diameter, of a lymph node the short axis. 23 means 23 mm.")
    return Plan(
        title=_("Measure tumors: baseline") if number == 0 else _("Measure tumors: assessment %(n)s") % {"n": number},
        intro=intro,
        fields={
            "assessment": Tuned(value=number, label=_("Assessment"), why=_("0 is the baseline.")),
            "date": Tuned(value=call.today, label=_("Day of the first scan")),
            "lesions": Tuned(value=rows, inner=inner, counts=("diameter", "state"), rows=len(rows)),
        },
        more=None if rare else (_("Ask for other scan days, methods and parts of split lesions too"), "?more=1"),
        beside=_while_typing,
        doubts=_doubts,
        button=_("Record the measurements"),
    )


def lesion_inputs(*, new: bool, rare: bool) -> dict[str, Tuned]:
    """How the fields of a lesion are asked for; a new one is possible after the baseline alone."""
    return {
        "lesion": Tuned(label=_("Lesion")),
        "kind": Tuned(label=_("Kind"), choices=tuple((k, k.lower()) for k in (_KINDS if new else _KINDS[:2]))),
        "organ": Tuned(label=_("Organ")),
        "nodal": Tuned(label=_("Lymph node")),
        "diameter": Tuned(label=_("Size"), kind="size"),
        "state": Tuned(label=_("Or what was seen"), choices=tuple((s, lesion_state_words(s)) for s in _STATES)),
        "date": Tuned(label=_("Other scan day"), left_out=not rare),
        "part": Tuned(label=_("Part"), left_out=not rare),
        "method": Tuned(label=_("Method"), left_out=not rare),
    }


def lesion_table(subject: Subject, typed: tuple[int, str, list[Mapping[str, Any]]] | None = None) -> dict[str, Any]:
    """Lesions by assessment, for a table: what was recorded, and what is being typed as the last column."""
    visits = [(int(m["assessment"]), str(m["date"]), m["lesions"]) for m in subject.live("tumors_measured")]
    columns = sorted(visits, key=lambda v: v[0]) + ([(typed[0], typed[1], typed[2])] if typed else [])
    names = list(dict.fromkeys(str(lesion["lesion"]) for _n, _d, lesions in columns for lesion in lesions))
    rows = [{"lesion": name, "cells": [_cell(lesions, name) for _n, _d, lesions in columns]} for name in names]
    return {"columns": [{"assessment": n, "date": d} for n, d, _l in columns], "lesions": rows}


def _cell(lesions: Any, name: str) -> str:
    found = [lesion for lesion in lesions if lesion.get("lesion") == name]
    texts = []
    for lesion in found:
        size, state = lesion.get("diameter"), lesion.get("state")
        texts.append(f"{size / 100:g}" if size is not None else lesion_state_words(state) if state else "")
    return ", ".join(filter(None, texts))


def _while_typing(call: Call, understood: Understood) -> Beside:
    subject, payload = seen_subject(call), understood.payload
    assessment, day = payload.get("assessment"), payload.get("date", call.today)
    lesions = [row for row in payload.get("lesions", ()) if _usable(row)]
    typed = (assessment, day, lesions) if isinstance(assessment, int) and lesions else None
    content: dict[str, Any] = {"table": lesion_table(subject, typed), "problems": [], "results": []}
    try:
        response = tumor_response(call.context.rules, subject, *([typed] if typed else []))
    except CriteriaError as error:
        return "pages/site/lesions.html", {**content, "problems": [_(said) for _lesion, said in lesion_problems(error)]}
    if response is not None:
        content |= {
            "baseline": None if response.baseline is None else f"{response.baseline:g}",
            "results": [_result(v, response.baseline) for v in response.visits],
        }
    return "pages/site/lesions.html", content


def _usable(row: Mapping[str, Any]) -> bool:
    return bool(row.get("lesion")) and row.get("kind") in _KINDS and row.get("state", "ABSENT") in _STATES


def _result(visit: Any, baseline: float | None) -> dict[str, Any]:
    total = visit.total
    change = None if total is None or not baseline else 100 * (total - baseline) / baseline
    return {
        "assessment": f"{visit.visit:g}",
        "sum": None if total is None else f"{total:g}",
        "change": None if change is None else f"{change:+.0f}",
        "overall": visit.overall,
    }


def _doubts(call: Call, understood: Understood) -> list[tuple[str, str]]:
    visits = sorted(seen_subject(call).live("tumors_measured"), key=lambda m: int(m["assessment"]))
    number = understood.payload.get("assessment")
    return lesion_doubts([v["lesions"] for v in visits if v["assessment"] != number], understood)


def lesion_doubts(earlier: Sequence[Sequence[Mapping[str, Any]]], understood: Understood) -> list[tuple[str, str]]:
    """Find sizes that look like centimeters (a tenth, or ten times, of what it was), and lesions that were left out.

    Parameters
    ----------
    earlier
        Lesions of the earlier assessments, in order.
    understood
        What was typed.
    """
    before = {str(x["lesion"]): x["diameter"] for lesions in earlier for x in lesions if x.get("diameter")}
    found = _left_out(earlier[:1], understood)
    for place, row in enumerate(understood.payload.get("lesions", ())):
        size, name = row.get("diameter"), str(row.get("lesion", ""))
        old = before.get(name)
        small = old is None and size is not None and 0 < size < 500
        if size and ((old and not 0.16 < size / old < 6.5) or small):
            input_name = f"lesions.{understood.places['lesions'][place]}.diameter"
            told = {"size": f"{size / 100:g}", "old": f"{(old or 0) / 100:g}", "ten": f"{size / 10:g}"}
            if old:
                said = _("%(size)s mm; it was %(old)s mm before. Is the size in millimeters?") % told
            else:
                said = _("%(size)s mm is very small. If centimeters were meant, type %(ten)s.") % told
            found.append((input_name, said))
    return found


def _left_out(baseline: Sequence[Sequence[Mapping[str, Any]]], understood: Understood) -> list[tuple[str, str]]:
    """Name the target lesions of the baseline about which nothing was typed: without them nothing can be summed."""
    typed = {str(row.get("lesion")) for row in understood.payload.get("lesions", ())}
    targets = {str(x["lesion"]) for lesions in baseline for x in lesions if x.get("kind") == "TARGET"}
    words = _(
        "Nothing is said of the target lesion %(lesion)s: neither a size nor what was seen. The sum is then missing."
    )
    return [("lesions", words % {"lesion": name}) for name in sorted(targets - typed)]


def _assess(call: Call) -> Plan:
    subject = seen_subject(call)
    done = {int(r["assessment"]) for r in subject.live("response_assessed")}
    new = (("Y", _("Yes")), ("N", _("No")), ("EQUIVOCAL", _("equivocal")))
    open_ones = [
        int(m["assessment"]) for m in subject.live("tumors_measured") if int(m["assessment"]) not in {0, *done}
    ]
    return Plan(
        intro=_("Your judgment; what the criteria give for the measurements stands beside. A progression asks central "
                "review for its answer."),
        fields={
            "assessment": Tuned(value=max(open_ones, default=None), label=_("Assessment")),
            "target": Tuned(label=_("Target lesions")),
            "non_target": Tuned(label=_("Other lesions")),
            "new_lesion": Tuned(label=_("New lesions?"), choices=new),
        },
        beside=lambda here, _typed: _while_typing(here, Understood({}, (), {})),
        button=_("Record the response"),
    )  # fmt: skip


def _scan(call: Call) -> Plan:
    seen = seen_subject(call)
    sent = {int(s["assessment"]) for s in seen.live("scan_submitted")}
    measured = [(int(m["assessment"]), str(m["date"])) for m in seen.live("tumors_measured")]
    number, scanned = max((m for m in measured if m[0] not in sent), default=max(measured, default=(0, call.today)))
    why = _("Number under which the archive of images has the scan. Images are not sent through these pages.")
    fields = {
        "assessment": Tuned(value=number),
        "date": Tuned(value=call.today if number in sent else scanned),
        "reference": Tuned(why=why),
    }
    return Plan(fields=fields, button=_("Send the scan to the core laboratory"))


PLANS: dict[str, Planner] = {"measure_tumors": _measure, "assess_response": _assess, "submit_scan": _scan}
