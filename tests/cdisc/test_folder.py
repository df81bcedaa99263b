"""Reading a folder: which file is which data set, and every refusal in words."""

from pathlib import Path

import polars as pl
import pytest

from equipoise.cdisc import CdiscError, read_dataset, read_folder

DM = "STUDYID,USUBJID,AGE\nS,01,61\nS,02,\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_files_are_data_sets_by_their_names_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "Dm.CSV").write_text(DM, encoding="utf-8")
    write(tmp_path, suppdm="USUBJID,QNAM\n01,X\n", notes="a,b\n1,2\n", adsl="USUBJID\n01\n")
    sdtm = read_folder(tmp_path)
    assert sorted(sdtm.datasets) == ["ADSL", "DM", "SUPPDM"]
    assert sdtm.files["DM"] == str(tmp_path / "Dm.CSV")
    assert sdtm.datasets["DM"].rows() == [("S", "01", 61.0), ("S", "02", None)]


def test_a_name_maps_a_data_set_to_another_file(tmp_path: Path) -> None:
    write(tmp_path, dm=DM, rs="RSTESTCD\nOLD\n", rs_onco="RSTESTCD\nNEW\n")
    sdtm = read_folder(tmp_path, {"RS": "rs_onco"})
    assert sdtm.datasets["RS"]["RSTESTCD"].to_list() == ["NEW"]
    assert Path(sdtm.files["RS"]).name == "rs_onco.csv"


def test_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    write(tmp_path, dm=DM, ae="AESEQ\n1\n")
    (tmp_path / "lb.xpt").write_bytes(b"broken")
    sdtm = read_folder(tmp_path, wanted=["DM", "AE", "EX"], columns={"DM": ["USUBJID", "ARM"]})
    assert sorted(sdtm.datasets) == ["AE", "DM"]
    assert sdtm.datasets["DM"].columns == ["USUBJID"]


def test_columns_of_parquet_are_chosen_in_any_case(tmp_path: Path) -> None:
    pl.DataFrame({"usubjid": ["1"], "AGE": [3]}).write_parquet(tmp_path / "dm.parquet")
    assert read_folder(tmp_path, columns={"DM": ["USUBJID"]}).datasets["DM"].columns == ["USUBJID"]


def refused(folder: Path, **options: object) -> str:
    with pytest.raises(CdiscError) as caught:
        read_folder(folder, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    message = refused(tmp_path / "nowhere")
    assert "nowhere: not there" in message
    assert "folder that holds the SDTM files" in message


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, dm=DM)
    assert "is a file, expected the folder" in refused(tmp_path / "dm.csv")


def test_an_empty_folder_and_one_without_data_sets(tmp_path: Path) -> None:
    assert "no data set in it, expected files such as dm.xpt (or .parquet" in refused(tmp_path)
    write(tmp_path, readme="a\n1\n")
    assert "no file is an SDTM data set: readme.csv" in refused(tmp_path)


def test_two_files_for_one_data_set_are_both_named(tmp_path: Path) -> None:
    write(tmp_path, dm=DM)
    pl.DataFrame({"USUBJID": ["1"]}).write_parquet(tmp_path / "dm.parquet")
    assert "dm.csv and dm.parquet both hold DM" in refused(tmp_path)
    assert "both hold DM" in refused(tmp_path, prefer=[".json"])
    assert read_folder(tmp_path, prefer=[".json", ".parquet", ".csv"]).datasets["DM"].columns == ["USUBJID"]


def test_a_mapped_file_that_is_missing(tmp_path: Path) -> None:
    write(tmp_path, dm=DM)
    message = refused(tmp_path, names={"RS": "rs_onco"})
    assert "no file for RS: the protocol names 'rs_onco'; files are dm.csv" in message


def test_all_unreadable_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, dm=DM, ae="A,B\n1\n")
    (tmp_path / "ex.parquet").write_bytes(b"PAR1 but not really")
    (tmp_path / "lb.xpt").write_bytes(b"HEADER RECORD")
    with pytest.raises(CdiscError) as caught:
        read_folder(tmp_path)
    assert [p.split(":")[0].rsplit("/")[-1] for p in caught.value.problems] == ["ae.csv", "ex.parquet", "lb.xpt"]
    assert "19 bytes that cannot be read as parquet" in str(caught.value)


def test_a_single_file_that_is_not_there_or_of_another_ending(tmp_path: Path) -> None:
    with pytest.raises(CdiscError, match=r"ae\.xpt: not there"):
        read_dataset(tmp_path / "ae.xpt")
    with pytest.raises(CdiscError, match=r"ending '\.sas7bdat', expected one of \.parquet, \.xpt"):
        read_dataset(tmp_path / "ae.sas7bdat")


def test_text_in_a_number_column_is_a_finding_with_its_rows(tmp_path: Path) -> None:
    write(tmp_path, dm="USUBJID,AGE\n1,61\n2,old\n3,old\n4,.\n5,NA\n")
    sdtm = read_folder(tmp_path)
    assert sdtm.datasets["DM"]["AGE"].to_list() == [61.0, None, None, None, None]
    (finding,) = sdtm.findings
    assert (finding.code, finding.dataset, finding.variable, finding.seen) == (
        "not-a-number",
        "DM",
        "AGE",
        "old (2 rows)",
    )
    assert finding.effect == "value treated as missing"
    with pytest.raises(CdiscError, match=r"AGE: old \(2 rows\) where a number"):
        read_dataset(tmp_path / "dm.csv")
