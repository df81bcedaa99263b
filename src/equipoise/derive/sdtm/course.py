"""EX, AE, CM, PR, DV, SV, SS: treatment, events, other therapies, deviations, visits, contacts."""

from collections.abc import Mapping
from typing import Any

from equipoise.derive.sdtm.subjects import values_of
from equipoise.derive.sdtm.tables import Tables
from equipoise.ledger import Record

__all__ = ["BLINDED_TREATMENT", "add_course"]

BLINDED_TREATMENT = "STUDY TREATMENT"
"""EXTRT of every dose in blinded data."""

Records = Mapping[str, list[Record]]

_OUTCOMES = {
    "recovered": "RECOVERED/RESOLVED",
    "recovering": "RECOVERING/RESOLVING",
    "not recovered": "NOT RECOVERED/NOT RESOLVED",
    "recovered with sequelae": "RECOVERED/RESOLVED WITH SEQUELAE",
    "fatal": "FATAL",
    "unknown": "UNKNOWN",
}
_ACTIONS = {
    "none": "DOSE NOT CHANGED",
    "reduced": "DOSE REDUCED",
    "interrupted": "DRUG INTERRUPTED",
    "withdrawn": "DRUG WITHDRAWN",
    "not applicable": "NOT APPLICABLE",
}
_SERIOUS = {
    "death": "AESDTH",
    "life-threatening": "AESLIFE",
    "hospitalization": "AESHOSP",
    "disability": "AESDISAB",
    "congenital anomaly": "AESCONG",
}


def add_course(tables: Tables, subject: str, records: Records, arm: str | None) -> None:
    """Add everything that happened to a subject besides measurements."""
    _doses(tables, subject, records, arm)
    _events(tables, subject, records)
    _therapies(tables, subject, records)
    for deviation in values_of(records, "deviation_recorded"):
        values = {
            "DVTERM": deviation["description"],
            "DVDECOD": deviation["category"].upper(),
            "DVCAT": "MAJOR" if deviation["major"] else "MINOR",
            "DVSTDTC": deviation["date"],
        }
        tables.add("DV", subject, values)
    for wrong in values_of(records, "randomized_in_error"):
        values = {"DVTERM": wrong["why"], "DVDECOD": "RANDOMIZED IN ERROR", "DVCAT": "MAJOR", "DVSTDTC": wrong["date"]}
        tables.add("DV", subject, values)
    for number, visit in enumerate((v for v in values_of(records, "visit_recorded") if v.get("date")), start=1):
        name = f"{visit['visit']} {visit['number']}".upper()
        tables.add("SV", subject, {"VISITNUM": float(number), "VISIT": name, "SVSTDTC": visit["date"]})
    for contact in values_of(records, "contact_recorded"):
        if contact["status"] == "alive":
            test = {"SSTESTCD": "SURVSTAT", "SSTEST": "Survival Status", "SSORRES": "ALIVE", "SSSTRESC": "ALIVE"}
            tables.add("SS", subject, test | {"SSDTC": contact["date"]})


def _doses(tables: Tables, subject: str, records: Records, arm: str | None) -> None:
    protocol = tables.protocol
    own = protocol.arms[arm].treatments if arm is not None else ()
    given = own[0] if own else arm.upper() if arm else BLINDED_TREATMENT
    crossover = protocol.crossover
    other = protocol.arms[crossover.to_arm].treatments if crossover is not None else ()
    later = other[0] if other else crossover.to_arm.upper() if crossover is not None else given
    for kind, treatment, epoch in (
        ("dose_recorded", given, "TREATMENT"),
        ("open_label_dose_recorded", later, "OPEN-LABEL TREATMENT"),
    ):
        for dose in sorted(values_of(records, kind), key=lambda d: str(d["start"])):
            values = {
                "EXTRT": treatment,
                "EXDOSE": float(dose["amount"]),
                "EXDOSU": dose["unit"],
                "EXADJ": dose.get("why"),
                "EPOCH": epoch,
                "EXSTDTC": dose["start"],
                "EXENDTC": dose.get("end"),
            }
            tables.add("EX", subject, values)


def _events(tables: Tables, subject: str, records: Records) -> None:
    for event in values_of(records, "adverse_event_recorded"):
        criteria = event.get("criteria") or []
        values: dict[str, Any] = {
            "AETERM": event["term"],
            "AEDECOD": event.get("code") or event["term"].strip().capitalize(),
            "AEBODSYS": event.get("body_system") or "NOT CODED",
            "AETOXGR": str(event["grade"]),
            "AESER": "Y" if event["serious"] else "N",
            "AEACN": _ACTIONS[event["action"]],
            "AEREL": event["related"].upper(),
            "AEOUT": _OUTCOMES[event["outcome"]],
            "AESTDTC": event["onset"],
            "AEENDTC": event.get("end"),
        }
        values |= {name: "Y" for word, name in _SERIOUS.items() if word in criteria}
        tables.add("AE", subject, values)


def _therapies(tables: Tables, subject: str, records: Records) -> None:
    declared = tables.protocol.new_therapy
    for therapy in values_of(records, "therapy_recorded"):
        kind = declared.get(therapy["therapy"])
        place = kind.sdtm[0] if kind is not None and kind.sdtm else None
        domain = place.domain if place is not None else "CM"
        values: dict[str, Any] = {name: accepted[0] for name, accepted in place.where.items()} if place else {}
        values |= {f"{domain}TRT": therapy["name"], f"{domain}STDTC": therapy["start"]}
        if place is not None:
            values[place.date] = therapy["start"]
        tables.add(domain, subject, values | {f"{domain}ENDTC": therapy.get("end")})
