"""DM, SUPPDM, DS, and baseline facts at the homes that the protocol gives them."""

from collections.abc import Mapping
from typing import Any

from equipoise.derive.sdtm.tables import Tables
from equipoise.ledger import Record
from equipoise.protocol import BaselineField, SdtmHome

__all__ = ["add_subject", "values_of"]

Records = Mapping[str, list[Record]]

_STOPS = {
    "progression": "PROGRESSIVE DISEASE",
    "clinical progression": "CLINICAL PROGRESSION",
    "adverse event": "ADVERSE EVENT",
    "withdrawal by patient": "WITHDRAWAL BY SUBJECT",
    "physician decision": "PHYSICIAN DECISION",
    "death": "DEATH",
    "other therapy": "OTHER THERAPY",
    "lost to follow-up": "LOST TO FOLLOW-UP",
    "completed": "COMPLETED",
    "other": "OTHER",
}
_EVENT, _MILESTONE, _OTHER = "DISPOSITION EVENT", "PROTOCOL MILESTONE", "OTHER EVENT"


def values_of(records: Records, kind: str) -> list[Mapping[str, Any]]:
    """Values of the records of a kind."""
    return [record.values for record in records.get(kind, [])]


def add_subject(tables: Tables, subject: str, records: Records, arm: str | None, *, country: str | None) -> None:
    """Add DM with its qualifiers, baseline facts and disposition of a subject; without ``arm`` the data are blinded."""
    doses = [d for d in values_of(records, "dose_recorded") if float(d["amount"]) > 0]
    first = min((d["start"] for d in doses), default=None)
    last = max((d.get("end") or d["start"] for d in doses), default=None)
    consents = [c["date"] for c in values_of(records, "consented") if c["form"] == "study"]
    randomized = next(iter(values_of(records, "randomized")), None)
    deaths = values_of(records, "death_recorded")
    ended = values_of(records, "study_ended")
    row: dict[str, Any] = {
        "SUBJID": subject,
        "SITEID": records["screened"][0].site,
        "RFSTDTC": first or (randomized["date"] if randomized else None),
        "RFXSTDTC": first,
        "RFXENDTC": last,
        "RFICDTC": min(consents, default=None),
        "RFPENDTC": ended[-1]["date"] if ended else None,
        "DTHDTC": deaths[-1]["date"] if deaths else None,
        "DTHFL": "Y" if deaths else None,
        "COUNTRY": country,
        **_arm(tables, records, arm, randomized=randomized is not None),
    }
    row |= _baseline(tables, subject, records)
    tables.add("DM", subject, row)
    _strata(tables, subject, randomized)
    _disposition(tables, subject, records)


def _arm(tables: Tables, records: Records, arm: str | None, *, randomized: bool) -> dict[str, Any]:
    if not randomized:
        failed = "screen_failed" in records
        code, name = ("SCRNFAIL", "Screen Failure") if failed else ("NOTASSGN", "Not Assigned")
        return {"ARMCD": code, "ARM": name, "ACTARMCD": code, "ACTARM": name}
    if arm is None:
        return {}
    declared = tables.protocol.arms[arm]
    code = declared.sdtm[0] if declared.sdtm else arm.upper()
    return {"ARMCD": code, "ARM": declared.label, "ACTARMCD": code, "ACTARM": declared.label}


def _baseline(tables: Tables, subject: str, records: Records) -> dict[str, Any]:
    """Put baseline facts at their homes; give those that live in DM."""
    facts: dict[str, tuple[Any, str | None]] = {}
    for record in records.get("baseline_recorded", []):
        for name, value in record.values["values"].items():
            facts[name] = (value, record.values.get("date"))
    own: dict[str, Any] = {}
    for name, field in tables.protocol.baseline.items():
        value, day = facts.get(name, (None, None))
        if value is None or field.sdtm is None or field.derive is not None:
            continue
        home, text = field.sdtm, _as_recorded(field.sdtm, value)
        if home.domain == "DM":
            own[home.variable or name.upper()] = float(text) if field.type in ("integer", "number") else text
            if home.variable == "AGE":
                own["AGEU"] = (field.unit or "years").upper()
        elif home.domain.startswith("SUPP"):
            label = field.label or name
            tables.qualify(home.domain[4:], subject, home.qnam or name.upper()[:8], text, label=label)
        else:
            tables.add(home.domain, subject, _test(field, home, text) | {f"{home.domain[:2]}DTC": day})
    return own


def _as_recorded(home: SdtmHome, value: Any) -> str:
    """Value as the data would have it: the first of those that mean it, where the home names any."""
    for seen, meant in home.values.items():
        if meant == value:
            return str(seen)
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def _test(field: BaselineField, home: SdtmHome, text: str) -> dict[str, Any]:
    code = home.domain[:2]
    row: dict[str, Any] = {name: accepted[0] for name, accepted in home.where.items() if accepted}
    if home.testcd:
        row |= {f"{code}TESTCD": home.testcd, f"{code}TEST": field.label or home.testcd, f"{code}ORRES": text}
        row |= {f"{code}STRESC": text, f"{code}STRESU": field.unit, f"{code}STRESN": _number(text)}
    if home.variable:
        row[home.variable] = text
    return row | {"VISIT": "BASELINE", "VISITNUM": 0.0}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _strata(tables: Tables, subject: str, randomized: Mapping[str, Any] | None) -> None:
    if randomized is None:
        return
    for name, stratum in tables.protocol.randomization.strata_items().items():
        level = randomized["factors"].get(name)
        home = stratum.sdtm
        if level is None or home is None or not home.domain.startswith("SUPP"):
            continue
        value = {"true": "Y", "false": "N"}.get(level, level)
        for seen, meant in home.values.items():
            if str(meant).lower() == level.lower():
                value = str(seen)
                break
        tables.qualify(home.domain[4:], subject, home.qnam or name.upper()[:8], value, label=stratum.label or name)


def _disposition(tables: Tables, subject: str, records: Records) -> None:
    def add(day: str, term: str, category: str, sub: str | None = None, verbatim: str | None = None) -> None:
        values = {"DSTERM": verbatim or term, "DSDECOD": term, "DSCAT": category, "DSSCAT": sub, "DSSTDTC": day}
        tables.add("DS", subject, values)

    for consent in values_of(records, "consented"):
        verbatim = f"Consent to form {consent['form']}, version {consent['version']}"
        add(consent["date"], "INFORMED CONSENT OBTAINED", _MILESTONE, None, verbatim)
    for kind, term in (("registered", "REGISTERED"), ("randomized", "RANDOMIZED")):
        for values in values_of(records, kind):
            add(values["date"], term, _MILESTONE)
    for failed in values_of(records, "screen_failed"):
        why = failed.get("comment") or "; ".join(failed["criteria"]) or None
        add(failed["date"], "SCREEN FAILURE", _EVENT, "STUDY PARTICIPATION", why)
    for stop in values_of(records, "treatment_stopped"):
        add(stop["date"], _STOPS[stop["why"]], _EVENT, "STUDY TREATMENT", stop.get("detail"))
    for stop in values_of(records, "blinded_treatment_ended"):
        add(stop["date"], "PROGRESSIVE DISEASE", _EVENT, "STUDY TREATMENT")
    for stop in values_of(records, "open_label_stopped"):
        add(stop["date"], _STOPS[stop["why"]], _EVENT, "OPEN-LABEL TREATMENT", stop.get("detail"))
    _end_of_study(records, add)


def _end_of_study(records: Records, add: Any) -> None:
    for withdrawn in values_of(records, "withdrawn"):
        if withdrawn["level"] in ("survival", "data"):
            add(withdrawn["date"], "WITHDRAWAL BY SUBJECT", _EVENT, "STUDY PARTICIPATION")
        else:
            add(withdrawn["date"], f"WITHDRAWAL FROM {withdrawn['level'].upper()}", _OTHER)
    found = [f["date"] for f in values_of(records, "found_again")]
    for lost in values_of(records, "lost_to_follow_up"):
        if not any(day >= lost["date"] for day in found):
            add(lost["date"], "LOST TO FOLLOW-UP", _EVENT, "STUDY PARTICIPATION")
    for ended in values_of(records, "study_ended"):
        add(ended["date"], _STOPS[ended["why"]], _EVENT, "STUDY PARTICIPATION")
