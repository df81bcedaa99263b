"""CDISC Dataset-JSON 1.1: ``.json`` (one object) and ``.ndjson`` (attributes in the first line, then a row a line)."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from equipoise import __version__
from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.formats.names import refuse_repeated

__all__ = ["dataset_json_bytes", "read_dataset_json"]

_REQUIRED = ("datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns")
_COLUMN_REQUIRED = ("itemOID", "name", "label", "dataType")
_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "string": pl.String,
    "integer": pl.Int64,
    "decimal": pl.Float64,
    "float": pl.Float64,
    "double": pl.Float64,
    "boolean": pl.Boolean,
    "datetime": pl.String,
    "date": pl.String,
    "time": pl.String,
    "URI": pl.String,
}


def read_dataset_json(path: Path) -> pl.DataFrame:
    """Read a Dataset-JSON file.

    Raises CdiscError naming every attribute that the standard requires and the file lacks, an unknown version or type,
    and a number of rows other than ``records`` (a cut file).
    """
    attributes, rows = _load(path)
    columns = _checked(path, attributes, rows)
    try:
        return pl.DataFrame(
            [_column(column, [row[i] for row in rows]) for i, column in enumerate(columns)],
        )
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise CdiscError(f"{path}: {error}; write the file again with values of the declared data types") from error


def _load(path: Path) -> tuple[Mapping[str, Any], list[Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix.lower() == ".json":
            attributes = json.loads(text)
            rows = attributes.get("rows", []) if isinstance(attributes, dict) else []
        else:
            lines = [line for line in text.split("\n") if line.strip()]
            attributes = json.loads(lines[0]) if lines else {}
            rows = json.loads("[" + ",".join(lines[1:]) + "]")
    except UnicodeDecodeError as error:
        raise CdiscError(
            f"{path}: byte {error.start} is not UTF-8, expected JSON in UTF-8; write the file again"
        ) from error
    except json.JSONDecodeError as error:
        raise CdiscError(
            f"{path}: line {error.lineno}: {error.msg}; the file may be cut off, write it again"
        ) from error
    if not isinstance(attributes, dict) or not isinstance(rows, list):
        raise CdiscError(
            f"{path}: expected a JSON object with the attributes of Dataset-JSON 1.1; is this another kind of file?"
        )
    return attributes, rows


def _checked(path: Path, attributes: Mapping[str, Any], rows: list[Any]) -> list[Mapping[str, Any]]:
    problems = [f"{path}: attribute {name!r} is missing" for name in _REQUIRED if name not in attributes]
    version = str(attributes.get("datasetJSONVersion", "1.1.0"))
    if not (version == "1.1" or version.startswith("1.1.")):
        problems.append(f"{path}: Dataset-JSON version {version}, expected 1.1")
    columns = attributes.get("columns", [])
    if not isinstance(columns, list) or not all(isinstance(c, dict) for c in columns):
        raise CdiscError(f"{path}: 'columns' is not a list of objects; write the file as Dataset-JSON 1.1")
    for number, column in enumerate(columns, start=1):
        missing = [name for name in _COLUMN_REQUIRED if name not in column]
        if missing:
            problems.append(f"{path}: column {number}: {', '.join(map(repr, missing))} missing")
        if column.get("dataType") not in {*_TYPES, None}:
            problems.append(
                f"{path}: column {column.get('name')}: data type {column['dataType']!r}, "
                f"expected one of {', '.join(_TYPES)}"
            )
    if attributes.get("records") not in {len(rows), None}:
        problems.append(
            f"{path}: {len(rows):,} rows seen, 'records' says {attributes['records']}: "
            "the file may be cut off, write it again"
        )
    odd = next((i for i, row in enumerate(rows) if not isinstance(row, list) or len(row) != len(columns)), None)
    if odd is not None:
        problems.append(f"{path}: row {odd + 1} does not hold {len(columns)} values, one per column")
    if problems:
        raise CdiscError(problems)
    refuse_repeated(path, [str(column["name"]) for column in columns])
    return columns


def _column(column: Mapping[str, Any], values: list[Any]) -> pl.Series:
    name, kind, target = str(column["name"]), str(column["dataType"]), column.get("targetDataType")
    if kind == "decimal":
        return pl.Series(name, [None if v in (None, "") else float(v) for v in values], dtype=pl.Float64)
    series = pl.Series(name, values, dtype=_TYPES[kind])
    if target == "integer" and kind == "date":
        return pl.Series(name, [None if v in (None, "") else dt.date.fromisoformat(v) for v in values], dtype=pl.Date)
    if target == "integer" and kind == "datetime":
        return pl.Series(
            name, [None if v in (None, "") else dt.datetime.fromisoformat(v) for v in values], dtype=pl.Datetime("us")
        )
    return series


def dataset_json_bytes(
    frame: pl.DataFrame,
    *,
    name: str,
    label: str,
    labels: Mapping[str, str],
    keys: Sequence[str],
    created: dt.date,
    lines: bool,
) -> bytes:
    """Return a data set as Dataset-JSON 1.1; ``lines`` gives the form with a row a line.

    Numbers keep all digits; dates are ISO 8601 text with the target type "integer", as SAS holds them. ``keys`` are the
    variables that identify a row, in order. Raises CdiscError for infinite numbers and columns that are neither text,
    numbers nor dates.
    """
    frame = frame.with_columns(
        pl.col(c).cast(pl.String) for c, t in frame.schema.items() if t in (pl.Enum, pl.Categorical)
    )
    studies = (
        frame["STUDYID"].drop_nulls().unique().sort() if "STUDYID" in frame.columns else pl.Series(dtype=pl.String)
    )
    columns = [_described(series, name, labels, keys) for series in frame.get_columns()]
    attributes = {
        "datasetJSONCreationDateTime": f"{created.isoformat()}T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"equipoise.{'.'.join(map(str, studies))}.{name}",
        "originator": "equipoise",
        "sourceSystem": {"name": "equipoise", "version": __version__},
        "studyOID": ".".join(map(str, studies)),
        "itemGroupOID": f"IG.{name}",
        "isReferenceData": "USUBJID" not in frame.columns,
        "records": frame.height,
        "name": name,
        "label": label,
        "columns": columns,
    }
    rows = [_compact(row) for row in _plain(frame).iter_rows()]
    if lines:
        return ("\n".join([_compact(attributes), *rows]) + "\n").encode()
    head = json.dumps(attributes, ensure_ascii=False, indent=1)[:-2]
    return (head + ',\n "rows": [' + ",".join("\n  " + row for row in rows) + "\n ]\n}\n").encode()


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Values as JSON has them."""
    return frame.with_columns(
        pl.col(pl.Date).dt.to_string("%Y-%m-%d"), pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%S%.f")
    )


def _described(series: pl.Series, name: str, labels: Mapping[str, str], keys: Sequence[str]) -> dict[str, Any]:
    kind: dict[str, Any]
    if series.dtype == pl.String:
        longest = series.str.len_chars().max()
        kind = {"dataType": "string", "length": max(1, int(longest or 0))}  # type: ignore[arg-type]
    elif series.dtype.is_integer():
        kind = {"dataType": "integer"}
    elif series.dtype.is_float():
        kind = {"dataType": "double"}
        if not bool(series.drop_nulls().is_finite().all()):
            raise CdiscError(
                f"{name} as Dataset-JSON: {series.name} holds infinite numbers or nan; set them to missing"
            )
    elif series.dtype == pl.Boolean:
        kind = {"dataType": "boolean"}
    elif series.dtype == pl.Date:
        kind = {"dataType": "date", "targetDataType": "integer", "displayFormat": "E8601DA."}
    elif series.dtype == pl.Datetime:
        kind = {"dataType": "datetime", "targetDataType": "integer", "displayFormat": "E8601DT."}
    else:
        raise CdiscError(f"{name} as Dataset-JSON: {series.name} holds {series.dtype}, expected text, numbers or dates")
    key = {"keySequence": keys.index(series.name) + 1} if series.name in keys else {}
    return {
        "itemOID": f"IT.{name}.{series.name}",
        "name": series.name,
        "label": labels.get(series.name, series.name),
        **kind,
        **key,
    }
