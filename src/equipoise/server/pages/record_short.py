"""A record in a line, for lists."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from equipoise.conduct.state import Record
from equipoise.server.pages.dates import day
from equipoise.server.pages.seen import shown_values
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import lab_test_words

__all__ = ["has_words", "in_short"]

Values = Mapping[str, Any]
_DATED = frozenset({"date", "start", "end", "onset", "aware", "target"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HIDDEN = frozenset({"record", "stage", "slot", "hash", "person_key", "factors", "receipt", "result"})


def _period(v: Values, first: str = "start") -> str:
    until = day(v["end"]) if v.get("end") else _("going on")
    return f"{day(v[first])} - {until}"


def _results(v: Values) -> str:
    said = [f"{lab_test_words(r['test'])} {r.get('value') or r.get('text') or ''}".strip() for r in v["results"]]
    return f"{day(v['date'])}: {', '.join(said)}"


def _size(v: Values) -> str:
    total = v.get("sum")
    said = _("sum %(sum)s mm") % {"sum": f"{total / 100:g}"} if isinstance(total, int) else _("no sum")
    return ", ".join(
        filter(None, [_("assessment %(n)s") % {"n": v["assessment"]}, day(v["date"]), said, v.get("computed")])
    )


def _event(v: Values) -> str:
    serious = _("serious") if v["serious"] else ""
    grade = _("grade %(n)s") % {"n": v["grade"]}
    return ", ".join(filter(None, [v["term"], grade, serious, _period(v, "onset"), _(v["outcome"])]))


def _visit(v: Values) -> str:
    took = day(v["date"]) if v.get("date") else _("missed")
    return ", ".join(filter(None, [f"{v['visit'].replace('_', ' ')} {v['number']}", took, _(v["window"] or "")]))


def _dose(v: Values) -> str:
    return ", ".join(filter(None, [f"{v['amount']} {v['unit']}", _period(v), v.get("why")]))


def _kit(v: Values) -> str:
    return f"{_('kit')} {v['kit']}, {day(v['date'])}"


_IN_SHORT: dict[str, Callable[[Values], str]] = {
    "consented": lambda v: f"{_(v['form'])} {v['version']}, {day(v['date'])}",
    "baseline_recorded": lambda v: f"{_('%(n)s values') % {'n': len(v['values'])}}, {day(v.get('date'))}",
    "visit_recorded": _visit,
    "dose_recorded": _dose,
    "open_label_dose_recorded": _dose,
    "adverse_event_recorded": _event,
    "tumors_measured": _size,
    "response_assessed": lambda v: f"{_('assessment %(n)s') % {'n': v['assessment']}}: {v['overall']}",
    "labs_recorded": _results,
    "vitals_recorded": _results,
    "kit_assigned": _kit,
    "dispensed": _kit,
    "kit_returned": _kit,
    "randomized": lambda v: day(v["date"]),
    "query_opened": lambda v: f"{_('about %(record)s') % {'record': v['of']}}: {v['text']}",
    "query_answered": lambda v: f"{v['query']}: {v['text']}",
    "serious_event_reported": lambda v: f"{v['event']}{', ' + _('late') if v.get('late') else ''}",
    "narrative_added": lambda v: str(v["event"]),
    "signed": lambda v: f"{v['of']}, {_(v['meaning'])}",
    "scan_submitted": lambda v: f"{_('assessment %(n)s') % {'n': v['assessment']}}, {day(v['date'])}",
}


def has_words(kind: str) -> bool:
    """Whether a kind of record is said in words of its own."""
    return kind in _IN_SHORT


def in_short(record: Record) -> str:
    """Say a record in a line."""
    values = shown_values(record)
    known = _IN_SHORT.get(record.kind)
    if known is not None:
        return known(values)[:240]
    parts = []
    for name, value in values.items():
        if name in _HIDDEN or value is None or isinstance(value, list | dict):
            continue
        if isinstance(value, bool):
            parts.append(_(name.replace("_", " ")) if value else "")
        elif name == "assessment":
            parts.append(_("assessment %(n)s") % {"n": value})
        else:
            parts.append(day(value) if name in _DATED or _DAY.fullmatch(str(value)) else _(str(value)))
    return ", ".join(filter(None, parts))[:240]
