"""Dataset-JSON 1.1: what the standard requires is written, and demanded when reading."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from equipoise.cdisc import CdiscError, read_dataset, write_dataset

FRAME = pl.DataFrame(
    {
        "STUDYID": ["S", "S"],
        "USUBJID": ["01", "02"],
        "PARAMCD": ["PFS", "PFS"],
        "ADT": [dt.date(2014, 5, 7), None],
        "AVAL": pl.Series([12, 7], dtype=pl.Int64),
        "WEIGHT": [0.1, None],
    }
)


def written(folder: Path, ending: str = "json") -> Path:
    path = folder / f"adtte.{ending}"
    write_dataset(FRAME, path, name="ADTTE", created=dt.date(2015, 3, 5))
    return path


def test_attributes_that_the_standard_requires(tmp_path: Path) -> None:
    content = json.loads(written(tmp_path).read_text(encoding="utf-8"))
    assert content["datasetJSONCreationDateTime"] == "2015-03-05T00:00:00"
    assert re.fullmatch(r"1\.1(\.(0|[1-9]\d*))?", content["datasetJSONVersion"])
    assert (content["itemGroupOID"], content["name"]) == ("IG.ADTTE", "ADTTE")
    assert (content["records"], len(content["rows"])) == (2, 2)
    assert content["label"] == "Time to Event Analysis Dataset"
    assert content["studyOID"] == "S"
    assert content["isReferenceData"] is False
    assert content["rows"][1] == ["S", "02", "PFS", None, 7, None]


def test_columns_say_type_length_and_key(tmp_path: Path) -> None:
    content = json.loads(written(tmp_path).read_text(encoding="utf-8"))
    columns = {c["name"]: c for c in content["columns"]}
    assert columns["USUBJID"] == {
        "itemOID": "IT.ADTTE.USUBJID",
        "name": "USUBJID",
        "label": "Unique Subject Identifier",
        "dataType": "string",
        "length": 2,
        "keySequence": 2,
    }
    assert columns["ADT"]["dataType"] == "date"
    assert columns["ADT"]["targetDataType"] == "integer"
    assert (columns["AVAL"]["dataType"], columns["WEIGHT"]["dataType"]) == ("integer", "double")
    allowed = {"itemOID", "name", "label", "dataType", "targetDataType", "length", "displayFormat", "keySequence"}
    assert all(set(column) <= allowed for column in content["columns"])


def test_both_forms_hold_the_same(tmp_path: Path) -> None:
    lines = written(tmp_path, "ndjson").read_text(encoding="utf-8").splitlines()
    whole = json.loads(written(tmp_path).read_text(encoding="utf-8"))
    assert [json.loads(line) for line in lines[1:]] == whole.pop("rows")
    assert json.loads(lines[0]) == whole
    assert read_dataset(tmp_path / "adtte.ndjson").equals(FRAME)
    assert read_dataset(tmp_path / "adtte.json").equals(FRAME)


def test_types_of_other_writers(tmp_path: Path) -> None:
    columns = [
        ("A", "decimal", "1.10"),
        ("B", "float", 2),
        ("C", "boolean", True),
        ("D", "datetime", "2014-05-07T10:30"),
        ("E", "date", ""),
        ("F", "URI", "x:y"),
        ("G", "integer", None),
        ("AESTDTC", "date", "2014-05"),
    ]
    described = [{"itemOID": n, "name": n, "label": n, "dataType": t} for n, t, _ in columns]
    content = document(columns=described, rows=[[v for *_, v in columns]])
    frame = read_dataset(save(tmp_path, content))
    assert frame.row(0) == (1.1, 2.0, "Y", "2014-05-07T10:30", None, "x:y", None, "2014-05")


def document(**changes: Any) -> dict[str, Any]:
    columns = [{"itemOID": "IT.A", "name": "A", "label": "A", "dataType": "string"}]
    base = {
        "datasetJSONCreationDateTime": "2015-03-05T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.AE",
        "records": 1,
        "name": "AE",
        "label": "Adverse Events",
        "columns": columns,
        "rows": [["x"]],
    }
    return {k: v for k, v in (base | changes).items() if v is not ...}


def save(folder: Path, content: object) -> Path:
    path = folder / "ae.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


BAD = {
    "not json": ("USUBJID,AE", "line 1: Expecting value"),
    "cut off": (json.dumps(document())[:-20], "the file may be cut off, write it again"),
    "another kind": ([1, 2], "expected a JSON object with the attributes of Dataset-JSON 1.1"),
    "no columns": (document(columns=...), "attribute 'columns' is missing"),
    "older": (document(datasetJSONVersion="1.0.0"), "Dataset-JSON version 1.0.0, expected 1.1"),
    "rows lost": (document(records=3), "1 rows seen, 'records' says 3: the file may be cut off"),
    "row too long": (document(rows=[["x", "y"]]), "row 1 does not hold 1 values, one per column"),
    "type": (
        document(columns=[{"itemOID": "A", "name": "A", "label": "A", "dataType": "text"}]),
        "column A: data type 'text', expected one of string, integer",
    ),
    "label": (document(columns=[{"itemOID": "A", "name": "A", "dataType": "string"}]), "column 1: 'label' missing"),
    "twice": (
        document(columns=[{"itemOID": "A", "name": "A", "label": "A", "dataType": "string"}] * 2, rows=[["x", "y"]]),
        "column A is there 2 times",
    ),
    "value": (
        document(columns=[{"itemOID": "A", "name": "A", "label": "A", "dataType": "integer"}]),
        "write the file again with values of the declared data types",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(tmp_path: Path, name: str) -> None:
    content, message = BAD[name]
    with pytest.raises(CdiscError) as caught:
        read_dataset(save(tmp_path, content))
    assert message in str(caught.value)
    assert "ae.json" in str(caught.value)


def test_all_missing_attributes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CdiscError) as caught:
        read_dataset(save(tmp_path, {"rows": []}))
    assert len(caught.value.problems) == 7


def test_lines_cut_off_are_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, "ndjson")
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-1]), encoding="utf-8")
    with pytest.raises(CdiscError, match="1 rows seen, 'records' says 2"):
        read_dataset(path)


def test_infinite_numbers_are_not_written(tmp_path: Path) -> None:
    frame = pl.DataFrame({"AVAL": [float("inf")]})
    with pytest.raises(CdiscError, match="AVAL holds infinite numbers"):
        write_dataset(frame, tmp_path / "x.json", name="X", created=dt.date(2015, 3, 5))
