"""LB, VS, QS: laboratory results, vital signs, questionnaires."""

from collections.abc import Mapping
from typing import Any

from equipoise.derive.sdtm.subjects import values_of
from equipoise.derive.sdtm.tables import Tables
from equipoise.ledger import Record

__all__ = ["add_tests"]

Records = Mapping[str, list[Record]]


def add_tests(tables: Tables, subject: str, records: Records) -> None:
    """Add the tests of a subject; a result that is no number stands as text."""
    for domain, kind in (("LB", "labs_recorded"), ("VS", "vitals_recorded")):
        for values in values_of(records, kind):
            for result in values["results"]:
                tables.add(domain, subject, _result(domain, values, result))
    _questionnaires(tables, subject, records)


def _result(domain: str, values: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    number, text = result.get("value"), result.get("text")
    row = {
        f"{domain}TESTCD": result["test"],
        f"{domain}TEST": result["test"],
        f"{domain}ORRES": number or text,
        f"{domain}STRESC": number or text,
        f"{domain}STRESN": None if number is None else float(number),
        f"{domain}STRESU": result.get("unit"),
        "VISIT": values["visit"].upper() if values.get("visit") else None,
        f"{domain}DTC": values["date"],
    }
    for limit, variable in (("low", "LBSTNRLO"), ("high", "LBSTNRHI")):
        if domain == "LB" and result.get(limit) is not None:
            row[variable] = float(result[limit])
    return row


def _questionnaires(tables: Tables, subject: str, records: Records) -> None:
    for form in values_of(records, "diary_submitted"):
        visit = _visit(form)
        for item, answer in form["answers"].items():
            row = _item(tables, form, item) | visit
            if answer is None:
                row |= {"QSSTAT": "NOT DONE"}
            else:
                number = float(answer) if isinstance(answer, int) else None
                row |= {"QSORRES": str(answer), "QSSTRESC": str(answer), "QSSTRESN": number}
            tables.add("QS", subject, row)
    for form in values_of(records, "diary_missed"):
        row = {"QSTESTCD": "QSALL", "QSTEST": "Questionnaire", "QSCAT": form["instrument"], "QSSTAT": "NOT DONE"}
        tables.add("QS", subject, row | {"QSREASND": form["why"].upper()} | _visit(form))


def _item(tables: Tables, form: Mapping[str, Any], item: str) -> dict[str, Any]:
    source = next(
        (i.source for i in tables.protocol.instruments if not isinstance(i, str) and i.name == form["instrument"]), None
    )
    code = source.tests.get(item, item) if source is not None else item
    where = {name: accepted[0] for name, accepted in source.where.items()} if source is not None else {}
    return {"QSTESTCD": code, "QSTEST": item, "QSCAT": form["instrument"]} | where


def _visit(form: Mapping[str, Any]) -> dict[str, Any]:
    target = form["target"]
    name = "BASELINE" if target == 0 else f"DAY {target}"
    return {"VISIT": name, "VISITNUM": float(target), "QSDTC": form["date"]}
