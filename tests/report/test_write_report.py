"""The whole report folder: order, structure, escapes, equal bytes, and results with little in them."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from tests.report.made_up import empty_results, survival_results
from tests.results.example import example_results

from equipoise.report import write_report
from equipoise.results import Results

VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """Elements with attributes, headings with text, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h1", "h2", "h3", "h4"}:
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(example_results(), tmp_path_factory.mktemp("report")).parent


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_sections_follow_consort(page: Page) -> None:
    assert [heading for level, heading in page.headings if level == 2 and heading != "Contents"] == [
        "Participants",
        "Baseline data",
        "Primary outcome",
        "Secondary outcomes",
        "Sensitivity analyses",
        "Subgroups and baseline factors",
        "Response",
        "Harms",
        "Findings about the data",
        "Methods and assumptions",
    ]


def test_headings_never_skip_a_level_and_everything_is_closed(page: Page) -> None:
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert page.open == []


def test_identifiers_are_unique_and_references_lead_somewhere(page: Page) -> None:
    ids = Counter(attributes["id"] for _, attributes in page.elements if attributes.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    names = ("aria-labelledby", "aria-describedby")
    wanted = {word for _, a in page.elements for name in names for word in (a.get(name) or "").split()}
    assert wanted - set(ids) == {"panel-title"}  # the panel makes its own title
    anchors = {a["href"][1:] for _, a in page.elements if (a.get("href") or "").startswith("#")}
    assert {anchor for anchor in anchors - set(ids) if not re.fullmatch(r"row-\d+", anchor or "")} == set()


def test_nothing_is_requested_from_elsewhere(page: Page, text: str) -> None:
    sources = [a.get("src") for _, a in page.elements if a.get("src")]
    links = [a.get("href") or "" for tag, a in page.elements if tag in {"a", "link", "use"}]
    assert sources == []
    assert all(link.startswith(("#", "tables/", "figures/", "data:,")) for link in links)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_table_heads_have_a_scope_and_frames_a_name(page: Page) -> None:
    assert all(
        attributes.get("scope") in {"col", "colgroup", "row", "rowgroup"}
        for tag, attributes in page.elements
        if tag == "th"
    )
    frames = [a for _, a in page.elements if (a.get("class") or "").startswith("frame")]
    assert len(frames) == 32
    assert all(frame.get("aria-labelledby") and frame.get("tabindex") == "0" for frame in frames)


def test_every_linked_row_is_in_the_results(page: Page) -> None:
    known = set(example_results().statistics["row_id"].to_list())
    rows = [int((a.get("href") or "")[5:]) for _, a in page.elements if a.get("class") == "num"]
    assert len(rows) > 700
    assert set(rows) <= known


def test_synthetic_data_carry_a_band(text: str) -> None:
    assert '<aside class="band" aria-label="Kind of data">Synthetic or anonymized data' in text


def test_each_table_and_figure_is_a_file(folder: Path, text: str) -> None:
    files = set(re.findall(r'href="((?:tables|figures)/[^"]+)"', text))
    assert files == {f"{path.parent.name}/{path.name}" for path in folder.glob("*/*")}
    assert len([name for name in files if name.endswith(".rtf")]) == 32


def test_equal_results_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    again = write_report(example_results(), tmp_path / "again").parent
    first = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    second = {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}
    assert first == second


def hostile(results: Results, text: str) -> Results:
    """The term Diarrhea, a label and a finding replaced by hostile text."""
    statistics = results.statistics.with_columns(pl.col("variable_level").replace("Diarrhea", text))
    findings = results.findings.with_columns(seen=pl.lit(text))
    protocol = dict(results.trial["protocol"])
    protocol["trial"] = {**protocol["trial"], "title": text}
    arms = [{**arm, "label": f"{text} {arm['id']}"} for arm in results.trial["arms"]]
    trial = {**results.trial, "protocol": protocol, "arms": arms}
    return replace(results, statistics=statistics, findings=findings, trial=trial)


def test_text_from_data_is_escaped_everywhere(tmp_path: Path) -> None:
    results = hostile(example_results(), "<script>alert('x')</script>")
    text = write_report(results, tmp_path).read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("<script") == 2
    Page(text)


@pytest.mark.parametrize("arms", [(), ("a",), ("a", "b"), ("a", "b", "c", "d", "e", "f")])
def test_results_without_rows_make_a_report_that_says_what_will_come(arms: tuple[str, ...], tmp_path: Path) -> None:
    text = write_report(empty_results(*arms), tmp_path).read_text(encoding="utf-8")
    assert text.count("will stand here") >= 12
    assert "class=num" not in text
    Page(text)


@pytest.mark.parametrize("arms", [("a",), ("a", "b", "c"), ("a", "b", "c", "d", "e", "f")])
def test_any_number_of_arms(arms: tuple[str, ...], tmp_path: Path) -> None:
    text = write_report(survival_results(*arms), tmp_path).read_text(encoding="utf-8")
    assert text.count("hazard ratio, 0.54 [95%\N{NO-BREAK SPACE}CI, 0.37 to 0.79]") == 2 * (len(arms) - 1)
    Page(text)


def test_zero_subjects_are_said_first(tmp_path: Path) -> None:
    results = example_results()
    zero = results.statistics.with_columns(value=pl.when(pl.col("statistic") == "n").then(0.0).otherwise(None))
    zero = zero.with_columns(status=pl.when(pl.col("value").is_null()).then(pl.lit("NE")).otherwise(pl.lit("ok")))
    empty = replace(results, statistics=zero, curves=results.curves.clear())
    text = write_report(empty, tmp_path).read_text(encoding="utf-8")
    assert text.index("Nobody is randomized at this data cut") < text.index("<nav")


def test_a_flow_that_does_not_add_up_is_not_drawn_and_said_first(tmp_path: Path) -> None:
    results = example_results()
    wrong = (pl.col("analysis_id") == "flow") & (pl.col("variable") == "assessed")
    broken = results.statistics.with_columns(value=pl.when(wrong).then(1.0).otherwise(pl.col("value")))
    path = write_report(replace(results, statistics=broken), tmp_path)
    text = path.read_text(encoding="utf-8")
    said = "This figure is not drawn: the flow of subjects does not add up: assessed 1"
    assert text.count(said) == 2
    assert text.index(said) < text.index("<nav")
    assert not (path.parent / "figures" / "consort.svg").exists()


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("JCO", "hazard ratio, 0.51 [95%\N{NO-BREAK SPACE}CI, 0.36 to 0.73]"),
        ("NEJM", "hazard ratio, 0.51; 95%\N{NO-BREAK SPACE}CI, 0.36 to 0.73"),
        ("Lancet", "hazard ratio 0·51 (95%\N{NO-BREAK SPACE}CI 0·36–0·73)"),
    ],
)
def test_numbers_follow_the_style_of_the_protocol(style: str, said: str, tmp_path: Path) -> None:
    results = example_results()
    protocol = {**results.trial["protocol"], "conventions": {"number_style": style}}
    path = write_report(replace(results, trial={**results.trial, "protocol": protocol}), tmp_path)
    assert said in path.read_text(encoding="utf-8")


def test_assumed_entries_are_listed_with_value_and_reason(tmp_path: Path) -> None:
    results = example_results()
    protocol = dict(results.trial["protocol"])
    protocol["visits"] = {
        "cycle_days": 28.0,
        "note": "from memory",
        "tumor_assessment": {"every_weeks": 12.0, "strict": True},
    }
    trial = {**results.trial, "protocol": protocol, "assumed": ["visits.cycle_days", "visits.tumor_assessment"]}
    text = write_report(replace(results, trial=trial), tmp_path).read_text(encoding="utf-8")
    assert "2 entries of the protocol marked as assumed" in text
    assert "visits.cycle_days</th><td class=t>28</td><td class=t>from memory</td>" in text
    assert "every weeks: 12; strict: yes" in text
