"""The patient's pages: what is due, a form, and how it went."""

import datetime as dt
import re
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse

from equipoise.conduct.nouns.diaries import item_ranges
from equipoise.ledger import utc_text
from equipoise.server.diary.drafts import draft_of, drafts_of, forget_draft, keep_draft
from equipoise.server.diary.view import diary_page
from equipoise.server.diary.wording import wording_of
from equipoise.server.pages.diary.questions import given_answers, questions_of, title_of
from equipoise.server.pages.diary.trend import charts_of
from equipoise.server.pages.diary.visit import Visit
from equipoise.server.pages.forms.send import new_request_id
from equipoise.server.pages.words import translated as _
from equipoise.server.sources import now
from equipoise.server.write import Answer, Wish, perform

__all__ = ["draft", "form", "home", "scores"]

_REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{7,79}")
_STARTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_MOST_DAYS = 10_000
_LATE = 30
"""Days that a form may have waited on a phone without connection."""
_HANDED_IN = frozenset({"already_done", "request_reused"})


def home(visit: Visit) -> HttpResponse:
    """Show what is to be filled in and until when, what comes next, and what was handed in."""
    page, begun = diary_page(visit.context), drafts_of(visit.subject)
    for form in page["due"]:
        _name(visit, form)
        form["begun"] = (form["instrument"], form["target"]) in begun
        form["url"] = visit.url("diary_form", instrument=form["instrument"], target=form["target"])
        form["left"] = _days(visit.context.today, form["last"])
    for form in (*page["done"], *([page["next"]] if page["next"] else [])):
        _name(visit, form)
    page["done"].reverse()
    sent = visit.request.GET.get("sent") == "1" and page["done"]
    return visit.render("pages/diary/home.html", diary=page, sent=sent, scores=visit.url("diary_scores"))


def _name(visit: Visit, form: dict[str, Any]) -> None:
    name = form["instrument"]
    form["title"] = title_of(visit, name, wording_of(visit.site, name, item_ranges(visit.context.rules, name)))


def _days(today: str, last: str | None) -> int | None:
    return None if last is None else (dt.date.fromisoformat(last) - dt.date.fromisoformat(today)).days


def scores(visit: Visit) -> HttpResponse:
    """Show the patient's own scores over time."""
    lines = diary_page(visit.context)["trend"]
    for line in lines:
        _name(visit, line)
    return visit.render("pages/diary/scores.html", charts=charts_of(lines))


def form(visit: Visit, instrument: str, target: int) -> HttpResponse:
    """Show a form that is due, or take it."""
    due = _due(visit, instrument, target)
    if visit.request.method == "POST" and _is_planned(visit, instrument, target):
        return _handed_in(visit, instrument, target, due)
    if due is None:
        return _not_due(visit, instrument, target)
    before = draft_of(visit.subject, instrument, target)
    started = before.started if before is not None else utc_text(now())
    return _shown(
        visit, due, dict(before.answers) if before else {}, request_id=new_request_id(), started=started,
        saved=before.saved if before else "",
    )  # fmt: skip


def draft(visit: Visit, instrument: str, target: int) -> HttpResponse:
    """Keep the answers so far."""
    due = _due(visit, instrument, target)
    if due is None:
        return _not_due(visit, instrument, target)
    answers, _problems = given_answers(visit.request.POST, item_ranges(visit.context.rules, instrument))
    kept = keep_draft(visit.subject, instrument, target, answers, _started(visit) or utc_text(now()))
    if _asks_json(visit):
        return JsonResponse({"state": "kept", "saved": kept.saved})
    return HttpResponseRedirect(visit.url("diary"), status=303)


def _due(visit: Visit, instrument: str, target: int) -> dict[str, Any] | None:
    forms = diary_page(visit.context)["due"]
    return next((f for f in forms if (f["instrument"], f["target"]) == (instrument, target)), None)


def _is_planned(visit: Visit, instrument: str, target: int) -> bool:
    known = {p if isinstance(p, str) else p.name for p in visit.context.rules.protocol.instruments}
    return instrument in known and target <= _MOST_DAYS


def _shown(
    visit: Visit,
    due: dict[str, Any],
    answers: dict[str, int | None],
    *,
    request_id: str,
    started: str,
    saved: str = "",
    status: int = 200,
    problems: dict[str, str] | None = None,
    said: str = "",
    confirm: bool = False,
) -> HttpResponse:
    name, target = due["instrument"], due["target"]
    ranges = item_ranges(visit.context.rules, name)
    wording = wording_of(visit.site, name, ranges)
    questions = questions_of(ranges, wording, answers, problems or {})
    return visit.render(
        "pages/diary/form.html",
        status=status,
        due=due,
        title=title_of(visit, name, wording),
        wording=wording,
        questions=questions,
        placeholder=any(q.placeholder for q in questions),
        left_open=[q for q in questions if q.item not in answers],
        key=f"{name}:{target}",
        request_id=request_id,
        started=started,
        saved=saved,
        said=said,
        wrong=[q for q in questions if q.problem],
        confirm=confirm,
        draft=visit.url("diary_draft", instrument=name, target=target),
    )


def _handed_in(visit: Visit, instrument: str, target: int, due: dict[str, Any] | None) -> HttpResponse:
    posted = visit.request.POST
    ranges = item_ranges(visit.context.rules, instrument)
    answers, problems = given_answers(posted, ranges)
    wish, started = posted.get("request_id", ""), _started(visit)
    request_id = wish if _REQUEST.fullmatch(wish) else new_request_id()
    began = started or utc_text(now())
    open_items = [item for item in ranges if item not in answers]
    if due is not None and problems:
        if _asks_json(visit):
            return _json(422, "refused", _("An answer cannot be read."), next(iter(problems.values())))
        return _shown(visit, due, answers, status=422, problems=problems, request_id=request_id, started=began)
    if due is not None and open_items and posted.get("confirmed") != "yes":
        if _asks_json(visit):
            return _json(422, "open", _("Some questions have no answer yet."), "")
        return _shown(visit, due, answers, status=422, confirm=True, request_id=request_id, started=began)
    whole = {item: answers.get(item) for item in ranges}
    payload = {
        "instrument": instrument,
        "target": target,
        "date": _written(visit),
        "answers": whole,
        "started": started,
    }
    return _told(visit, instrument, target, _sent(visit, request_id, payload))


def _sent(visit: Visit, request_id: str, payload: dict[str, Any]) -> Answer:
    subject = visit.subject
    wish = Wish(
        kind="submit_diary", actor=subject, role="patient", request_id=request_id, payload=payload, subject=subject
    )
    return perform(wish)


def _told(visit: Visit, instrument: str, target: int, answer: Answer) -> HttpResponse:
    """Say what came of it; a form that was handed in before, from here or another window, is no fault."""
    refusal = answer.refusal
    if refusal is None or refusal.code in _HANDED_IN:
        forget_draft(visit.subject, instrument, target)
        if refusal is None:
            address = f"{visit.url('diary')}?sent=1"
            received = JsonResponse({"state": "received", "next": address})
            return received if _asks_json(visit) else HttpResponseRedirect(address, status=303)
        if _asks_json(visit):
            return _json(409, "already", *_already())
        return visit.render("pages/diary/not_due.html", 409, reason=_already()[0], remedy=_already()[1])
    if _asks_json(visit):
        return _json(409, "refused", _(refusal.reason), _(refusal.remedy))
    return visit.render("pages/diary/not_due.html", 409, reason=_(refusal.reason), remedy=_(refusal.remedy))


def _already() -> tuple[str, str]:
    return _("This questionnaire has been handed in"), _("The answers that came first count. Nothing is to be done.")


def _not_due(visit: Visit, instrument: str, target: int) -> HttpResponse:
    done = {(f["instrument"], f["target"]) for f in diary_page(visit.context)["done"]}
    if (instrument, target) in done:
        forget_draft(visit.subject, instrument, target)
        said, state, status = _already(), "already", 409
    else:
        said = _("This questionnaire is not asked for today"), _("Your diary shows what is to be filled in, and when.")
        state, status = "refused", 404
    if _asks_json(visit):
        return _json(status, state, *said)
    return visit.render("pages/diary/not_due.html", status, reason=said[0], remedy=said[1])


def _json(status: int, state: str, reason: str, remedy: str) -> JsonResponse:
    return JsonResponse({"state": state, "reason": reason, "remedy": remedy}, status=status)


def _asks_json(visit: Visit) -> bool:
    return bool(visit.request.headers.get("Accept") == "application/json")


def _started(visit: Visit) -> str | None:
    text = str(visit.request.POST.get("started", ""))
    if not _STARTED.fullmatch(text) or text > utc_text(now()):
        return None
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _written(visit: Visit) -> str:
    """Day on which the form was filled in: today, or an earlier one where it waited on the phone for a connection."""
    today = visit.context.today
    text = visit.request.POST.get("written", "")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return today
    late = (dt.date.fromisoformat(today) - day).days
    return day.isoformat() if 0 <= late <= _LATE else today
