"""CSV: encodings, separators, ragged rows."""

from pathlib import Path

import pytest

from equipoise.cdisc import CdiscError, read_dataset


def csv(folder: Path, data: bytes) -> Path:
    path = folder / "ae.csv"
    path.write_bytes(data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(CdiscError) as caught:
        read_dataset(path)
    return str(caught.value)


def test_latin_1_is_refused_with_line_word_and_remedy(tmp_path: Path) -> None:
    path = csv(tmp_path, "USUBJID,AETERM\n1,Nausea\n2,Fièvre\n".encode("latin-1"))
    message = refused(path)
    assert "ae.csv: line 3: byte 0xE8 is not UTF-8" in message
    assert "Fièvre" in message
    assert "iconv -f WINDOWS-1252 -t UTF-8 ae.csv" in message


def test_latin_1_is_read_where_the_caller_says_so(tmp_path: Path) -> None:
    path = csv(tmp_path, "USUBJID,AETERM\n2,Fièvre\n".encode("cp1252"))
    assert read_dataset(path, encoding="cp1252")["AETERM"].to_list() == ["Fièvre"]


def test_utf_8_with_and_without_byte_order_mark(tmp_path: Path) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        frame = read_dataset(csv(tmp_path, mark + "USUBJID,AETERM\n1,Fièvre à 39 °C\n".encode()))
        assert frame.columns == ["USUBJID", "AETERM"]
        assert frame["AETERM"].to_list() == ["Fièvre à 39 °C"]


def test_utf_16_and_nothing_are_refused(tmp_path: Path) -> None:
    assert "is UTF-16 or binary, expected text in UTF-8" in refused(csv(tmp_path, "A,B\n1,2\n".encode("utf-16")))
    assert "0 bytes and no header line" in refused(csv(tmp_path, b""))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_fields_are_parted_by_what_the_header_shows(tmp_path: Path, separator: str) -> None:
    text = "USUBJID,AETERM,AESEQ\n1,Nausea,2\n".replace(",", separator)
    assert read_dataset(csv(tmp_path, text.encode())).rows() == [("1", "Nausea", 2.0)]


def test_a_decimal_comma_is_never_read_as_another_number(tmp_path: Path) -> None:
    assert "EXDOSE: 12,5 (1 row) where a number" in refused(csv(tmp_path, b"USUBJID;EXDOSE\n1;12,5\n"))


@pytest.mark.parametrize(
    ("text", "line"),
    [("A,B\n1,2\n3\n", 3), ("A,B\n1,2,3\n", 2), ('A,B\n"x, y",2\n3\n', 3), ('A,B\n"x\ny",2\n"3\n', 4)],
    ids=["short", "long", "short-after-quotes", "open-quote"],
)
def test_rows_of_another_length_are_refused_with_their_line(tmp_path: Path, text: str, line: int) -> None:
    message = refused(csv(tmp_path, text.encode()))
    assert f"line {line}" in message
    assert "write it again" in message


def test_quotes_line_ends_and_line_feeds_in_text(tmp_path: Path) -> None:
    frame = read_dataset(csv(tmp_path, b'USUBJID,AETERM\r\n1,"said ""no"", then\nleft"\r\n2,\r\n'))
    assert frame.rows() == [("1", 'said "no", then\nleft'), ("2", None)]


def test_a_header_alone_is_a_data_set_without_rows(tmp_path: Path) -> None:
    for text in (b"USUBJID,AESEQ\n", b"USUBJID,AESEQ"):
        frame = read_dataset(csv(tmp_path, text))
        assert frame.columns == ["USUBJID", "AESEQ"]
        assert frame.height == 0


def test_blank_lines_at_the_end_are_no_rows_and_within_are_refused(tmp_path: Path) -> None:
    for end in (b"\n", b"", b"\n\n\n", b"\r\n\r\n"):
        assert read_dataset(csv(tmp_path, b"USUBJID,AETERM\n1,x" + end)).rows() == [("1", "x")]
        assert read_dataset(csv(tmp_path, b'USUBJID,AETERM\n1,"x"' + end)).rows() == [("1", "x")]
    assert "line 3 has 1 fields, the header has 2" in refused(csv(tmp_path, b"USUBJID,AETERM\n1,x\n\n2,y\n"))


def test_one_name_twice(tmp_path: Path) -> None:
    for header in (b"AETERM,AETERM", b"AETERM,aeterm "):
        assert "column AETERM is there 2 times" in refused(csv(tmp_path, header + b"\n1,2\n"))
