"""A patient's diary as the patient sees it: what is to be filled in, what was handed in, and how it went."""

from dataclasses import asdict
from typing import Any

import polars as pl

from equipoise.conduct import diary_closed, forms_due, item_ranges
from equipoise.conduct.context import Context
from equipoise.criteria import CriteriaError, Instrument, score_questionnaires
from equipoise.derive.adqs_instruments import Questionnaire, questionnaires

__all__ = ["diary_page"]

_AHEAD = 120
"""Days ahead in which the next form is looked for."""


def diary_page(context: Context) -> dict[str, Any]:
    """Give a patient the own diary (right: ``see_own_diary``).

    Returns
    -------
    dict
        subject; open (false after death, withdrawal or the end of follow-up: then nothing else is shown); due (forms
        that may be filled in today: instrument, target, planned, first, last, items); next (first form to come:
        instrument, target, planned, first, last; none where none is near); done (forms handed in: instrument, target,
        date); trend (a line for each scale with a score: instrument, scale, label, better (``high`` or ``low``), low
        and high (of the scores), points (target, date, score)). An item: item, low, high; its wording is the site's,
        loaded apart.
    """
    subject, rules, today = context.subject, context.rules, context.today
    if diary_closed(subject, today):
        return {"subject": subject.id, "open": False, "due": [], "next": None, "done": [], "trend": []}
    now = forms_due(rules, subject, today)
    later = [form for form in forms_due(rules, subject, today, ahead=_AHEAD) if form not in now]
    done = sorted(subject.live("diary_submitted"), key=lambda form: (form["date"], form["instrument"], form["target"]))
    return {
        "subject": subject.id,
        "open": True,
        "due": [asdict(form) | {"items": _items(context, form.instrument)} for form in now],
        "next": asdict(min(later, key=lambda form: form.first or "")) if later else None,
        "done": [{name: form[name] for name in ("instrument", "target", "date")} for form in done],
        "trend": [line for one in questionnaires(rules.protocol) for line in _trend(context, one)],
    }


def _items(context: Context, instrument: str) -> list[dict[str, Any]]:
    ranges = item_ranges(context.rules, instrument)
    return [{"item": name, "low": low, "high": high} for name, (low, high) in ranges.items()]


def _trend(context: Context, one: Questionnaire) -> list[dict[str, Any]]:
    forms = [form for form in context.subject.live("diary_submitted") if form["instrument"] == one.name]
    if not forms or one.scorer is None:
        return []
    forms.sort(key=lambda form: (form["target"], form["date"]))
    answers = {
        item.name: [a if isinstance(a := form["answers"].get(item.name), int) else None for form in forms]
        for item in one.scorer.items
    }
    try:
        scores = score_questionnaires(pl.DataFrame(answers, schema=dict.fromkeys(answers, pl.Int64)), one.scorer).scores
    except CriteriaError:
        return []
    found = []
    for scale in one.scales:
        if scale.code not in scores.columns:
            continue
        points = [
            {"target": form["target"], "date": form["date"], "score": score}
            for form, score in zip(forms, scores[scale.code].to_list(), strict=True)
            if score is not None
        ]
        if points:
            line = {"instrument": one.name, "scale": scale.code, "label": scale.label, "better": scale.better}
            low, high = _limits(one.scorer, scale.code)
            found.append({**line, "low": low, "high": high, "points": points})
    return found


def _limits(scorer: Instrument, code: str) -> tuple[float, float]:
    """Lowest and highest score of a scale."""
    scale = next((scale for scale in scorer.scales if scale.code == code), None)
    if scale is None or scale.percent:
        return 0, 100
    item, times = scorer.item(scale.items[0]), len(scale.items) if scale.summed else 1
    return item.low * times, item.high * times
