"""Checks every expression against the declared fields, and the type it must give."""

import re

from equipoise.protocol.checks.report import Report
from equipoise.protocol.expressions import Expression, ExpressionError, parse
from equipoise.protocol.fields import BUILT_IN_FIELDS, expression_places, field_type, field_types
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath

__all__ = ["check_expressions"]

_WORD = re.compile(r"[^\W\d]\w*")


def check_expressions(protocol: Protocol, report: Report) -> None:
    """Note expressions that cannot be parsed, name unknown fields or have the wrong type."""
    if report.is_left_out(("baseline",)):
        return
    known = field_types(protocol)
    unusable = set(report.names("baseline")) - set(protocol.baseline)
    parsed: dict[KeyPath, Expression] = {}
    for path, text, mark in expression_places(protocol):
        place = _place(path, report)
        try:
            parsed[path] = parse(text, known, expect="boolean" if mark.result == "boolean" else None)
        except ExpressionError as error:
            if not unusable & set(_WORD.findall(text)):
                message = f"the expression does not hold: {error.message}, at {error.place}"
                report.add(place, message, seen=repr(error.seen or text), suggestion=error.suggestion)
    _check_strata(protocol, report, parsed)
    _check_derived(protocol, report, parsed)


def _place(path: KeyPath, report: Report) -> KeyPath:
    """A stratum may be an expression alone: its place is then the stratum's own."""
    return path if path in report.source.lines else path[:-1]


def _check_strata(protocol: Protocol, report: Report, parsed: dict[KeyPath, Expression]) -> None:
    for name in protocol.randomization.strata:
        path = ("randomization", "strata", name)
        expression = parsed.get((*path, "expression")) or parsed.get(path)
        if expression is None:
            continue
        kind = expression.type
        if kind.kind not in ("boolean", "text") or (kind.kind == "text" and not kind.levels):
            report.add(path, "a stratum has few levels", seen=f"{expression.text} gives a {kind.kind}",
                       expected="an expression that is true or false, or a category with declared levels")  # fmt: skip
        late = sorted({"randomized", "treated", "first_dose"} & set(expression.fields))
        if late:
            report.add(path, f"a stratum must be known before randomization, but {', '.join(late)} is not")


def _check_derived(protocol: Protocol, report: Report, parsed: dict[KeyPath, Expression]) -> None:
    needs: dict[str, set[str]] = {}
    for name, field in protocol.baseline.items():
        path = ("baseline", name, "derive")
        expression = parsed.get(path)
        if expression is None:
            continue
        needs[name] = set(expression.fields)
        declared, given = field_type(field), expression.type
        if declared.kind != given.kind:
            report.add(path, "the expression does not give the type of the field", seen=given.kind, expected=field.type)
        elif declared.levels:
            strange = [level for level in given.levels or () if level not in declared.levels]
            if strange or given.levels is None:
                seen = ", ".join(strange) or "any text"
                report.add(
                    path,
                    "the expression can give values that are not levels of the field",
                    seen=seen,
                    expected=", ".join(declared.levels),
                )
    for name in needs:
        if _reaches(name, name, needs):
            report.add(("baseline", name, "derive"), f"the field {name!r} is derived from itself")
    _check_criteria(report, parsed)


def _reaches(start: str, goal: str, needs: dict[str, set[str]]) -> bool:
    waiting, seen = [start], set()
    while waiting:
        for need in needs.get(waiting.pop(), ()):
            if need == goal:
                return True
            if need not in seen:
                seen.add(need)
                waiting.append(need)
    return False


def _check_criteria(report: Report, parsed: dict[KeyPath, Expression]) -> None:
    """A criterion is asked before randomization: it cannot use what happens after."""
    late = {"randomized", "treated", "eligible", "first_dose"}
    for path, expression in parsed.items():
        used = sorted(late & set(expression.fields) & set(BUILT_IN_FIELDS))
        if path[0] == "eligibility" and used:
            report.add(path, f"a criterion is asked before randomization, but {', '.join(used)} is not known then")
