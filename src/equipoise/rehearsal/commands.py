"""From facts to the commands of all people, in the order of their times: what `conduct` decides and a server is asked.

Kinds of records that `decide` makes by itself (central results, requests of a review, the end of treatment at a
withdrawal) have no command of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

import polars as pl

from equipoise.conduct import Command
from equipoise.derive.sdtm import Records
from equipoise.rehearsal.wishes import CENTRAL, STAFF, WISHES, Wish

__all__ = ["in_order", "patient_commands"]

_LESION = ("lesion", "kind", "organ", "nodal", "diameter", "state", "lesion_date", "part", "method")
_RESULT = ("test", "value", "text", "unit", "low", "high")
_LISTS = {
    "tumors_measured": ("lesions", _LESION, {"lesion_date": "date"}),
    "read_locked": ("lesions", _LESION, {"lesion_date": "date"}),
    "labs_recorded": ("results", _RESULT, {}),
    "vitals_recorded": ("results", _RESULT, {}),
}
_RENAMED = {"stratum_corrected": {"corrected": "level"}}
_PLACE = {kind: place for place, kind in enumerate(WISHES)}
Values = dict[str, Any]
Row = tuple[tuple[str, int, int, int], Values]
"""Place in the order (time, kind, patient, number), and what a command holds besides its request number."""
SETUP = 2
"""Commands that a server gives itself when a trial begins: its protocol, and the commitment of its allocation."""


def in_order(opening: Iterable[Values], patients: Iterable[Row]) -> list[Command]:
    """Give the commands of the set-up and of all patients by time, each with a request number of its own."""
    first = [((str(values["at"]), -1, 0, place), values) for place, values in enumerate(opening)]
    rows = sorted([*first, *patients], key=itemgetter(0))
    return [Command(request_id=_request(place), **values) for place, (_, values) in enumerate(rows, 1)]


def _request(place: int) -> str:
    return f"setup-{place}" if place <= SETUP else f"step-{place:07d}"


def patient_commands(records: Records, patients: pl.DataFrame, trial: int = 0) -> list[Row]:
    """Give the commands of the patients of one trial.

    Parameters
    ----------
    records
        Kind -> frame, as `equipoise.derive.sdtm.records` says.
    patients
        TRIAL, PATIENT, SITE, SUBJECT: the number that the patient gets.
    trial
        Which trial.

    Returns
    -------
    list
        Place in the order, and what the command holds.
    """
    people = {
        patient: (site, subject)
        for patient, site, subject in patients.filter(TRIAL=trial).select("PATIENT", "SITE", "SUBJECT").rows()
    }
    moves = _moves(records, trial)
    rows: list[Row] = []
    for kind, wish in WISHES.items():
        found = records.get(kind)
        if found is not None and found.height:
            own = _without_consequences(kind, found, records).filter(TRIAL=trial)
            rows += _commands(kind, wish, own, people, moves)
    return rows


def _without_consequences(kind: str, frame: pl.DataFrame, records: Records) -> pl.DataFrame:
    """Leave out the ends of treatment and the deviations that another command brings about."""
    cause = {"treatment_stopped": "withdrawn", "deviation_recorded": "wrong_kit_dispensed"}.get(kind)
    if cause is None or cause not in records:
        return frame
    keys = ["TRIAL", "PATIENT", "AT"]
    return frame.join(records[cause].select(keys).unique(), on=keys, how="anti", maintain_order="left")


def _moves(records: Records, trial: int) -> Mapping[int, list[tuple[int, str]]]:
    """Patient -> time and site of each transfer, in order."""
    found: dict[int, list[tuple[int, str]]] = {}
    if "transferred" in records:
        moved = records["transferred"].filter(TRIAL=trial).sort("PATIENT", "AT")
        for patient, at, site in moved.select("PATIENT", "AT", "to_site").rows():
            found.setdefault(patient, []).append((at, site))
    return found


def _commands(
    kind: str,
    wish: Wish,
    frame: pl.DataFrame,
    people: Mapping[int, tuple[str, str]],
    moves: Mapping[int, list[tuple[int, str]]],
) -> Iterator[Row]:
    place = _PLACE[kind]
    texts = frame.with_columns(pl.col(pl.Date, pl.Float64).cast(pl.String))
    heads, payloads = _payloads(kind, wish, texts)
    readers = heads["reader"].to_list() if wish.who == "reader" else None
    moments = pl.from_epoch(heads["AT"]).dt.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_list()
    known: set[tuple[int, str]] = set()
    names = heads["record"].to_list() if kind == "adverse_event_recorded" and "record" in heads.columns else None
    for i, (patient, at, nth) in enumerate(heads.select("PATIENT", "AT", "NTH").rows()):
        site, subject = people[patient]
        for moved, to in moves.get(patient, ()):
            site = to if moved < at else site
        who = f"reader{readers[i]}" if readers is not None else wish.who
        command, payload = wish.command, payloads[i]
        if names is not None and names[i] is not None:
            if (patient, names[i]) in known:
                command, payload = "update_adverse_event", {"record": names[i], **payload}
            known.add((patient, names[i]))
        actor, role, own = _person(who, site, subject)
        values: Values = {
            "kind": command,
            "actor": actor,
            "role": role,
            "at": moments[i],
            "payload": payload,
            "site": own,
            "subject": None if command == "screen" else subject,
            "reason": wish.reason,
            "second_factor": wish.second_factor,
        }
        yield (moments[i], place, patient, nth), values


def _person(who: str, site: str, subject: str) -> tuple[str, str, str | None]:
    """Account, role and site of a person."""
    if who == "patient":
        return subject, "patient", None
    role = STAFF.get(who)
    return (f"{who}@{site}", role, site) if role is not None else (who, CENTRAL[who], None)


def _payloads(kind: str, wish: Wish, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Values]]:
    """Heads of the records, and what their commands ask for; what has no value is left out."""
    fields = [name for name in wish.fields if name in frame.columns]
    renamed = _RENAMED.get(kind, {})
    if kind in _LISTS:
        field, columns, other = _LISTS[kind]
        heads, groups = _groups(frame, [name for name in columns if name in frame.columns], other)
        return heads, [{**head, field: group} for head, group in zip(_values(heads, fields, {}), groups, strict=True)]
    if kind == "diary_submitted":
        heads, groups = _groups(frame, ["item", "answer"], {}, keep=True)
        answers = [{each["item"]: each["answer"] for each in group if each["item"] is not None} for group in groups]
        return heads, [{**h, "answers": a} for h, a in zip(_values(heads, fields, {}), answers, strict=True)]
    values = _values(frame, fields, renamed)
    if kind == "baseline_recorded":
        wide = {name: name.removeprefix("values.") for name in frame.columns if name.startswith("values.")}
        values = [{**v, "values": b} for v, b in zip(values, _values(frame, list(wide), wide), strict=True)]
    return frame, values


def _values(frame: pl.DataFrame, fields: list[str], renamed: Mapping[str, str]) -> list[Values]:
    if not fields:
        return [{} for _ in range(frame.height)]
    names = [renamed.get(name, name) for name in fields]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in frame.select(fields).rows()
    ]


def _groups(
    frame: pl.DataFrame, columns: list[str], renamed: Mapping[str, str], *, keep: bool = False
) -> tuple[pl.DataFrame, list[list[Values]]]:
    """Put the members of each record's list together; a record without members has an empty one."""
    keyed = frame.with_columns(_record=pl.struct("PATIENT", "NTH").rank("dense"))
    ordered = keyed.sort("_record", maintain_order=True)
    members = _values(ordered, columns, renamed)
    if keep:
        members = [{name: each.get(name) for name in columns} for each in members]
    groups: list[list[Values]] = []
    last = None
    for number, member, first in zip(
        ordered["_record"].to_list(), members, ordered[columns[0]].is_not_null().to_list(), strict=True
    ):
        if number != last:
            groups.append([])
            last = number
        if first:
            groups[-1].append(member)
    return ordered.unique("_record", keep="first", maintain_order=True), groups
