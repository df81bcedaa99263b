"""The sections on response and central review: sentences, tables, what stands there when nothing was read."""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.analyze.hand_review import hand_adam, hand_results
from tests.analyze.review_trial import review_protocol, review_results
from tests.results.example import example_results

from equipoise.report import write_report
from equipoise.report.cells import Block, Line, Notice, Number, Paragraph, Section, Table, text_of
from equipoise.report.document import Document, compose
from equipoise.report.figures import figures
from equipoise.results import Results


@cache
def hand() -> Results:
    return hand_results()


def document_of(results: Results) -> Document:
    return compose(results, figures(results))


@cache
def hand_document() -> Document:
    return document_of(hand())


@cache
def review_document() -> Document:
    return document_of(review_results())


def blocks(section: Section) -> list[Block]:
    return [*section.blocks, *(block for part in section.sections for block in blocks(part))]


def section_of(document: Document, name: str) -> Section:
    return next(section for section in document.sections if section.name == name)


def table_of(document: Document, name: str) -> Table:
    every = [block for section in document.sections for block in blocks(section)]
    return next(block for block in every if isinstance(block, Table) and block.name == name)


def words(line: Line) -> list[str]:
    return [cell.text if isinstance(cell, Number) else cell for cell in line.cells]


def line_of(table: Table, label: str) -> list[str]:
    return words(next(line for line in table.lines if line.label == label))


def sentences(section: Section) -> str:
    return " ".join(text_of(block.parts) for block in blocks(section) if isinstance(block, Paragraph))


def test_the_text_tells_of_agreement_discrepancy_and_open_ends() -> None:
    text = sentences(section_of(hand_document(), "central-review"))
    assert "gave the same response on 14 of 22 (64%) scans (kappa " in text
    assert "Progression was seen by both at the same assessment in 3 of 13 (23%) subjects" in text
    assert ", only locally in 3 and only centrally in 2. " in text
    assert "The early discrepancy rate was 2 of 5 (40%) with Pazopanib and 3 of 4 (75%) with Placebo. " in text
    assert "The late discrepancy rate was 2 of 4 (50%) with Pazopanib and 1 of 4 (25%) with Placebo. " in text
    assert (
        "Of the subjects with local progression 3 of 9 (33%) had no central progression; 3 of them were censored"
        in text
    )
    assert (
        "Adjudication was called for in 3 of 13 (23%) subjects; the readers differed in best response in 1 and" in text
    )
    assert "A review took a median of 5.0 working days; 6 of 9 (67%) were given within 5 working days." in text


def test_progression_by_both_readings_has_the_letters_of_the_rates() -> None:
    table = table_of(hand_document(), "central-review-subjects")
    assert line_of(table, "By both, at the same assessment (a1)") == ["2/7 (28.6)", "1/6 (16.7)", "3/13 (23.1)"]
    assert line_of(table, "By local reading only (b)") == ["1/7 (14.3)", "2/6 (33.3)", "3/13 (23.1)"]
    rates = table_of(hand_document(), "central-review-discrepancy")
    assert line_of(rates, "Early discrepancy rate, n/n (%)")[:3] == ["2/5 (40.0)", "3/4 (75.0)", "5/9 (55.6)"]
    assert any("(b + a3) / (a + b)" in note for note in rates.footnotes)


def test_both_answers_beside_each_other_add_up() -> None:
    table = table_of(hand_document(), "central-review-scan-pairs")
    cells = [[int(cell) for cell in words(line)] for line in table.lines]
    assert [line.label for line in table.lines][-1] == "Total"
    assert all(row[-1] == sum(row[:-1]) for row in cells)
    assert cells[-1] == [sum(column) for column in zip(*cells[:-1], strict=True)]
    assert cells[-1][-1] == 22


def test_adjudication_names_triggers_and_readers() -> None:
    table = table_of(hand_document(), "adjudication")
    assert line_of(table, "the readers differ in progression date") == ["1/7 (14.3)", "1/6 (16.7)", "2/13 (15.4)"]
    assert line_of(table, "Reader 2 overruled, n/n (%) of the subjects read")[-1] == "3/13 (23.1)"


def test_the_response_table_tells_rules_and_denominators() -> None:
    document = review_document()
    table = table_of(document, "response-response")
    labels = [line.label for line in table.lines]
    assert "Difference, stratified" in labels
    assert labels.count("P (Cochran-Mantel-Haenszel)") == 2
    assert labels[-1] == "Time to response, median (range), months"
    assert any(label.startswith("Objective response without confirmation") for label in labels)
    assert "CR and PR are confirmed by another reading at least 28 days later." in table.footnotes
    assert "P values are two-sided." in table.footnotes
    local = table_of(document, "response_local-response")
    assert "CR and PR need no confirmation." in local.footnotes
    assert not any("minus" in column.head for column in local.columns)


def test_figures_of_patients_stand_with_their_analysis() -> None:
    section = section_of(review_document(), "response")
    names = [[block.name for block in part.blocks if hasattr(block, "caption")] for part in section.sections]
    assert names[0] == ["waterfall_response", "spider_response", "swimmer_response"]
    assert names[1] == ["waterfall_response_local", "spider_response_local", "swimmer_response_local"]


def test_the_biomarker_table_has_its_own_denominators() -> None:
    document = review_document()
    table = table_of(document, "biomarker-response")
    heads = [column.head for column in table.columns]
    assert re.fullmatch(r"Pazopanib \(n = \d+\)", heads[0])
    assert "Response: a decrease of 50% or more from baseline." in table.footnotes
    assert "Not counted: not above the upper limit of normal at baseline, or not measured." in table.footnotes


def test_every_number_knows_rows_that_exist() -> None:
    results = review_results()
    document = document_of(results)
    known = set(results.statistics["row_id"])
    for name in ("response", "central-review"):
        for block in blocks(section_of(document, name)):
            if isinstance(block, Table):
                numbers = [cell for line in block.lines for cell in line.cells if isinstance(cell, Number)]
                assert all(number.row_ids and set(number.row_ids) <= known for number in numbers), block.name


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (("ADTR", "ADREVIEW"), "Not in the data: the data hold no central and no local readings of tumors."),
        (("ADREVIEW",), "Not in the data: the data hold no independent readers."),
    ],
)
def test_what_was_not_read_is_told(left_out: tuple[str, ...], said: str) -> None:
    data = {name: frame for name, frame in hand_adam().items() if name not in left_out}
    section = section_of(document_of(hand_results(data)), "central-review")
    notices = [text_of(block.parts) for block in blocks(section) if isinstance(block, Notice)]
    assert said in notices


def test_a_trial_without_central_review_has_no_such_section() -> None:
    declared = review_protocol(review={})
    document = document_of(hand_results(declared=declared))
    assert "central-review" not in [section.name for section in document.sections]


def test_the_report_is_written_with_figures_and_tables(tmp_path: Path) -> None:
    page = write_report(hand(), tmp_path).read_text(encoding="utf-8")
    assert (tmp_path / "tables" / "central-review-discrepancy.rtf").read_text(encoding="utf-8").startswith("{\\rtf")
    assert (tmp_path / "figures" / "swimmer_response.pdf").read_bytes().startswith(b"%PDF")
    assert 'id="figure-swimmer_response"' in page
    assert "2 independent readers; adjudicated where they differ in progression date or best response" in page


def test_the_report_is_the_same_each_time(tmp_path: Path) -> None:
    first = write_report(review_results(60), tmp_path / "a").read_bytes()
    assert write_report(review_results(60), tmp_path / "b").read_bytes() == first


def test_reasons_of_censoring_stand_under_each_rule_set() -> None:
    document = document_of(example_results())
    table = table_of(document, "primary-censoring")
    heads = [line.label for line in table.lines if line.head]
    assert heads == ["Rule set P, primary", "Rule set A"]
    part: dict[str, list[Line]] = {}
    for line in table.lines:
        if line.head:
            part[line.label] = []
        else:
            part[list(part)[-1]].append(line)
    for lines in part.values():
        whole, *reasons = [[int(re.match(r"\d+", text)[0]) for text in words(line)] for line in lines]  # type: ignore[index]
        assert [sum(column) for column in zip(*reasons, strict=True)] == whole
