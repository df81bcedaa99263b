"""TU, TR, RS: tumors as the site and every central reader measured and judged them.

Of a central read that was read anew only the latest version is written. The reader whose reading is the central result
bears RSACPTFL; while the readers differ and nobody has been endorsed, nobody does. An adjudicator's choice stands as
readings of the evaluator ADJUDICATOR, equal to those of the reader endorsed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from equipoise.derive.sdtm.subjects import values_of
from equipoise.derive.sdtm.tables import Tables
from equipoise.ledger import Record

__all__ = ["add_tumors"]

Records = Mapping[str, list[Record]]
Who = Mapping[str, str | None]

_STATES = {"UNEQUIVOCAL": "UNEQUIVOCAL PROGRESSION"}


def add_tumors(tables: Tables, subject: str, records: Records) -> None:
    """Add the tumor data of a subject."""
    _local(tables, subject, records)
    _central(tables, subject, records)


def _visit(assessment: int) -> dict[str, Any]:
    name = "BASELINE" if assessment == 0 else f"ASSESSMENT {assessment}"
    return {"VISIT": name, "VISITNUM": float(assessment)}


def _local(tables: Tables, subject: str, records: Records) -> None:
    known: set[str] = set()
    who: Who = {"EVAL": "INVESTIGATOR"}
    for measured in sorted(values_of(records, "tumors_measured"), key=lambda m: int(m["assessment"])):
        _lesions(tables, subject, who, _Scan(measured["assessment"], measured["date"], measured["lesions"]), known)
        if measured.get("sum") is not None:
            total = measured["sum"] / 100
            row = {
                "TRTESTCD": "SUMDIAM",
                "TRTEST": "Sum of Diameter",
                "TRORRES": f"{total:g}",
                "TRSTRESC": f"{total:g}",
            }
            row |= {"TRSTRESN": total, "TRSTRESU": "mm", "TREVAL": "INVESTIGATOR", "TRDTC": measured["date"]}
            tables.add("TR", subject, row | _visit(measured["assessment"]))
    tests = (
        ("target", "TRGRESP", "Target Response"),
        ("non_target", "NTRGRESP", "Non-target Response"),
        ("new_lesion", "NEWLRESP", "New Lesion Response"),
        ("overall", "OVRLRESP", "Overall Response"),
    )
    for judged in sorted(values_of(records, "response_assessed"), key=lambda r: int(r["assessment"])):
        for name, code, label in tests:
            if judged.get(name) is not None:
                row = {"RSTESTCD": code, "RSTEST": label, "RSORRES": judged[name], "RSSTRESC": judged[name]}
                row |= {"RSEVAL": "INVESTIGATOR", "RSDTC": judged["date"]} | _visit(judged["assessment"])
                tables.add("RS", subject, row)


def _central(tables: Tables, subject: str, records: Records) -> None:
    latest: dict[tuple[int, int], Mapping[str, Any]] = {}
    for read in values_of(records, "read_locked"):
        latest[read["reader"], read["assessment"]] = read
    results = values_of(records, "central_result")
    accepted = results[-1]["reader"] if results else None
    for reader in sorted({reader for reader, _ in latest}):
        known: set[str] = set()
        for (_, assessment), read in sorted((k, v) for k, v in latest.items() if k[0] == reader):
            flag = "Y" if reader == accepted else None
            who: Who = {"EVAL": "INDEPENDENT ASSESSOR", "EVALID": f"RADIOLOGIST {reader}", "ACPTFL": flag}
            _lesions(tables, subject, who, _Scan(assessment, read["day"], read["lesions"]), known)
            if read.get("response") is not None:
                _response(tables, subject, records, read, who)
    for choice in values_of(records, "adjudicated")[-1:]:
        _endorsement(tables, subject, records, choice, latest)


def _endorsement(
    tables: Tables,
    subject: str,
    records: Records,
    choice: Mapping[str, Any],
    latest: Mapping[tuple[int, int], Mapping[str, Any]],
) -> None:
    """Add the adjudicator's reading: that of the reader endorsed, for the whole patient."""
    who: Who = {"EVAL": "INDEPENDENT ASSESSOR", "EVALID": "ADJUDICATOR"}
    for (reader, _), read in sorted(latest.items()):
        if reader == choice["endorses"] and read.get("response") is not None and read["on"] <= choice["on"]:
            _response(tables, subject, records, {**read, "on": choice["on"], "version": 1}, who)


def _response(tables: Tables, subject: str, records: Records, read: Mapping[str, Any], who: Who) -> None:
    day = read.get("progression_date") or read["day"]
    row = {"RSTESTCD": "OVRLRESP", "RSTEST": "Overall Response", "RSDTC": day}
    row |= {"RSORRES": read["response"], "RSSTRESC": read["response"]}
    row |= {f"RS{name}": value for name, value in who.items()} | _visit(read["assessment"])
    seq = tables.add("RS", subject, row)
    tables.qualify("RS", subject, "LOCKDTC", read["on"], label="Day on which the reading was locked", seq=seq)
    tables.qualify("RS", subject, "VERSION", str(read["version"]), label="Version of the reading", seq=seq)
    requests = [r["requested"] for r in values_of(records, "review_requested") if read["day"] <= r["requested"]]
    requests = [day for day in requests if day <= read["on"]]
    if requests:
        tables.qualify("RS", subject, "REQDTC", requests[0], label="Day on which the review was requested", seq=seq)


class _Scan(NamedTuple):
    assessment: int
    day: str
    lesions: Sequence[Mapping[str, Any]]


def _lesions(tables: Tables, subject: str, who: Who, scan: _Scan, known: set[str]) -> None:
    """Add lesions; one that is seen for the first time is identified in TU."""
    for lesion in scan.lesions:
        link, on = lesion["lesion"], lesion.get("date") or scan.day
        place = (lesion.get("organ") or ("LYMPH NODE" if lesion.get("nodal") else None) or "").upper() or None
        if lesion.get("nodal") and place is not None and "LYMPH NODE" not in place:
            place = f"LYMPH NODE, {place}"
        visit = _visit(scan.assessment)
        if link not in known:
            known.add(link)
            row = {"TUTESTCD": "TUMIDENT", "TUTEST": "Tumor Identification", "TULNKID": link, "TULOC": place}
            row |= {
                "TUORRES": lesion["kind"],
                "TUSTRESC": lesion["kind"],
                "TUMETHOD": lesion.get("method"),
                "TUDTC": on,
            }
            tables.add("TU", subject, row | {f"TU{name}": value for name, value in who.items()} | visit)
        base: dict[str, Any] = {"TRLNKID": f"{link}.{lesion['part']}" if lesion.get("part") else link, "TRDTC": on}
        base |= {"TRGRPID": lesion["kind"], "TRMETHOD": lesion.get("method")} | visit
        base |= {f"TR{name}": value for name, value in who.items()}
        _measurement(tables, subject, lesion, base)


def _measurement(tables: Tables, subject: str, lesion: Mapping[str, Any], base: Mapping[str, Any]) -> None:
    size, state = lesion.get("diameter"), lesion.get("state")
    if size is not None:
        code, label = ("LPERP", "Longest Perpendicular") if lesion.get("nodal") else ("LDIAM", "Longest Diameter")
        text = f"{size / 100:g}"
        row = {"TRTESTCD": code, "TRTEST": label, "TRORRES": text, "TRORRESU": "mm", "TRSTRESC": text}
        tables.add("TR", subject, {**base, **row, "TRSTRESN": size / 100, "TRSTRESU": "mm"})
    if state is not None:
        word = _STATES.get(state, state)
        row = {"TRTESTCD": "TUMSTATE", "TRTEST": "Tumor State", "TRORRES": word, "TRSTRESC": word}
        tables.add("TR", subject, {**base, **row})
