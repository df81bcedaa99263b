"""Records of a trial as frames, one for each kind of event: what every data set is written from.

The columns of every frame are ``TRIAL`` and ``PATIENT`` (whole numbers), ``AT`` (seconds since 1970 at which the record
was made, or anything else that grows with it), ``NTH`` (order within trial, patient and kind) and the fields of the
payload under their own names:

* a date is a date, or text where it may be partial; a decimal number is text;
* a list of words is a list; a list of records is long, one row for each of them in their order, the other fields
  repeated; an empty list is one row without the record. A field of a lesion that a field of its scan hides bears
  ``lesion_`` before its name;
* the baseline values are wide, ``values.FIELD``, null where a record does not say; so are the factors of an allocation,
  ``factors.NAME``; the answers of a questionnaire are long, ``item``, ``answer`` (a whole number) and ``answer_text``.

``screened`` also has ``site`` and ``subject`` (the number; counted within the site where the column is missing),
``site_opened`` has ``site``. A column of an optional field may be missing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from equipoise.ledger import Record, kinds

__all__ = ["BASELINE", "FACTORS", "KEYS", "Records", "record_schema", "records_from_ledger"]

Records = Mapping[str, pl.DataFrame]
"""Kind of event -> its records."""

KEYS = ("TRIAL", "PATIENT", "AT", "NTH")
BASELINE, FACTORS = "values.", "factors."
"""What the names of the wide columns begin with."""

_TYPES = {
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "list": pl.List(pl.String),
}
_LESION = {
    "lesion": pl.String(),
    "kind": pl.String(),
    "organ": pl.String(),
    "nodal": pl.Boolean(),
    "diameter": pl.Int64(),
    "state": pl.String(),
    "lesion_date": pl.String(),
    "part": pl.String(),
    "method": pl.String(),
}
_RESULT = dict.fromkeys(("test", "value", "text", "unit", "low", "high"), pl.String())
_ANSWER = {"item": pl.String(), "answer": pl.Int64(), "answer_text": pl.String()}
_LONG: Mapping[str, tuple[str, Mapping[str, pl.DataType]]] = {
    "tumors_measured": ("lesions", _LESION),
    "read_locked": ("lesions", _LESION),
    "labs_recorded": ("results", _RESULT),
    "vitals_recorded": ("results", _RESULT),
    "diary_submitted": ("answers", _ANSWER),
}
"""Kind -> field with a list, and the columns of its members."""
_WIDE = {"baseline_recorded": ("values", BASELINE), "randomized": ("factors", FACTORS)}
_OF_THE_EVENT = {"screened": ("site", "subject"), "site_opened": ("site",)}


def record_schema(kind: str) -> dict[str, pl.DataType]:
    """Columns of the records of a kind, but for keys and wide columns, with their types; dates are text."""
    gone = {name for name, _ in (_LONG.get(kind, ("", {})), _WIDE.get(kind, ("", "")))}
    columns: dict[str, pl.DataType] = dict.fromkeys(_OF_THE_EVENT.get(kind, ()), pl.String())
    for name, declared in kinds()[kind].fields.items():
        if name not in gone:
            columns[name] = _TYPES.get(declared.rstrip("?"), pl.String())
    if kind in _LONG:
        columns.update(_LONG[kind][1])
    return columns


def records_from_ledger(
    records: Iterable[Record], patients: Mapping[str, int], wanted: Iterable[str]
) -> dict[str, pl.DataFrame]:
    """Bring the records of one trial, as `equipoise.ledger.current` gives them, into frames.

    Parameters
    ----------
    records
        Records in the order in which they were made.
    patients
        Subject number -> ``PATIENT``. Records of others are left out.
    wanted
        Kinds that are needed.

    Returns
    -------
    dict of str to polars.DataFrame
        Kind -> frame; ``TRIAL`` is 0.
    """
    chosen: dict[str, list[Record]] = {kind: [] for kind in wanted}
    for record in records:
        if record.kind in chosen and (record.subject is None or record.subject in patients):
            chosen[record.kind].append(record)
    return {kind: _frame(kind, found, patients) for kind, found in chosen.items()}


def _frame(kind: str, records: list[Record], patients: Mapping[str, int]) -> pl.DataFrame:
    schema = {"PATIENT": pl.Int32(), "AT": pl.Int64(), "NTH": pl.Int32(), **record_schema(kind)}
    rows = [
        {"PATIENT": patients.get(record.subject or "", 0), "AT": record.seq, "NTH": nth, **row}
        for nth, record in enumerate(records)
        for row in _ROWS.get(kind, _plain)(record)
    ]
    if kind in _WIDE:
        start = _WIDE[kind][1]
        schema |= {name: pl.String() for row in rows for name in row if name.startswith(start)}
    if kind == "baseline_recorded":
        _keep_last_said(rows)
    data = {name: [row.get(name) for row in rows] for name in schema}
    return pl.DataFrame(data, schema=schema).insert_column(0, pl.lit(0, pl.Int32).alias("TRIAL"))


def _plain(record: Record) -> Iterable[dict[str, Any]]:
    own = {name: getattr(record, name) for name in _OF_THE_EVENT.get(record.kind, ())}
    yield {**own, **record.values}


def _wide(record: Record) -> Iterable[dict[str, Any]]:
    field, start = _WIDE[record.kind]
    rest = {name: value for name, value in record.values.items() if name != field}
    yield rest | {f"{start}{name}": _text(value) for name, value in record.values[field].items()}


def _lesions(record: Record) -> Iterable[dict[str, Any]]:
    for lesion in record.values["lesions"] or [{}]:
        yield {**record.values, **lesion, "date": record.values.get("date"), "lesion_date": lesion.get("date")}


def _results(record: Record) -> Iterable[dict[str, Any]]:
    for result in record.values["results"] or [{}]:
        yield {**record.values, **result}


def _answers(record: Record) -> Iterable[dict[str, Any]]:
    for item, answer in (record.values["answers"] or {None: None}).items():
        number = answer if isinstance(answer, int) else None
        text = None if number is not None or answer is None else str(answer)
        yield {**record.values, "item": item, "answer": number, "answer_text": text}


_ROWS: dict[str, Callable[[Record], Iterable[dict[str, Any]]]] = {
    "baseline_recorded": _wide,
    "randomized": _wide,
    "tumors_measured": _lesions,
    "read_locked": _lesions,
    "labs_recorded": _results,
    "vitals_recorded": _results,
    "diary_submitted": _answers,
}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keep_last_said(rows: list[dict[str, Any]]) -> None:
    """Leave each baseline value in the last record that names it: null there takes an earlier value back."""
    said: set[tuple[int, str]] = set()
    for row in reversed(rows):
        for name in [name for name in row if name.startswith(BASELINE)]:
            if (row["PATIENT"], name) in said:
                del row[name]
            said.add((row["PATIENT"], name))
