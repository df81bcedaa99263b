"""The twin: two files and a protocol give a whole synthetic trial that lands on the figures in print."""

import re
from pathlib import Path

import polars as pl
from ruamel.yaml import YAML
from tests.rehearsal import rehearsed
from tests.rehearsal.rehearsed import protocol_of, whole_model
from tests.rehearsal.twin.conftest import TRIAL, Twin

from equipoise.analyze import analyze
from equipoise.cdisc import read_folder
from equipoise.cli.derive import derive_files
from equipoise.cli.rehearse_published import compared_with_print, print_table
from equipoise.ledger.head import HeadFile
from equipoise.rehearsal.facts import generate
from equipoise.rehearsal.model.incidents import ATTEMPTS
from equipoise.rehearsal.twin.published import Line, load_published
from equipoise.rehearsal.twin.seeds import SEEDS, read_seeds
from equipoise.results import read_results

LINES = load_published(TRIAL / "published.yaml")
COMPARED = {
    name: line for name, line in LINES.items() if not (line.not_attempted or line.no_published_number or line.not_asked)
}


def test_every_figure_lands_inside_its_tolerance(twin: Twin) -> None:
    assert twin.code == 0, twin.printed + twin.said
    assert twin.summary == (len(COMPARED), len(COMPARED))
    assert len(COMPARED) > 45
    assert "OUTSIDE" not in twin.printed
    assert "searched until they matched" in re.sub(r"\s+", " ", twin.printed)


def test_the_table_in_the_results_says_the_same(twin: Twin) -> None:
    """Nothing of it is copied from print: each computed figure stands in a row of the results."""
    results = read_results(twin.folder / "results")
    rows = {row["name"]: row for row in results.trial["published"]["lines"]}
    assert set(rows) == set(LINES)
    default = results.trial["data_cut"]["name"]
    numbers = dict(results.statistics.select("row_id", "value").rows())
    for name, line in COMPARED.items():
        assert line.holds(rows[name]["value"]), name
        if line.cut in (None, default):
            assert rows[name]["row_ids"], name
            assert all(numbers[row] is not None for row in rows[name]["row_ids"]), name


def test_a_figure_moved_in_print_is_found_outside(twin: Twin, tmp_path: Path) -> None:
    """The comparison can fail: another number in print, and the run ends with another code."""
    text = (TRIAL / "published.yaml").read_text(encoding="utf-8")
    sdtm = read_folder(twin.folder / "sdtm", prefer=(".parquet",))
    moved = text.replace('printed: "97"\n    value: 97', 'printed: "98"\n    value: 98', 1)
    assert moved != text
    (tmp_path / "published.yaml").write_text(moved, encoding="utf-8")
    results = read_results(twin.folder / "results")
    cuts: dict[str, pl.DataFrame] = {}

    def at(cut: str) -> pl.DataFrame:
        if cut not in cuts:
            found = derive_files(protocol_of(), sdtm, cut=cut)
            given = analyze(
                protocol_of(), found.adam, list(found.findings), cut_name=found.cut_name, cutoff=found.cutoff
            )
            cuts[cut] = given.statistics
        return cuts[cut]

    _, table = compared_with_print(tmp_path, results, at)
    assert [row.name for row in table if row.standing.value == "OUTSIDE"] == ["randomized_pazopanib"]
    assert not print_table(table)


def printed_numbers(line: Line) -> set[str]:
    """Numbers of a line as a model could hold them: as printed, a percentage as a share, months as days."""
    given = [value for value in (line.value, line.below, line.low, line.high) if value is not None]
    numbers = [*given, *(float(text) for text in re.findall(r"\d*\.?\d+", line.printed or ""))]
    if line.unit in ("percent", "proportion"):
        numbers += [number / 100 for number in numbers]
    if line.unit == "months":
        numbers += [float(round(number * 30.4375)) for number in numbers]
    return {f"{number:g}" for number in numbers}


NECESSARY = {
    r"\.accrual\.randomized": "97 and 74 were randomized: the trial's size is given, not found",
    r"\.(dropout|deaths)\..*\.months\[\d\]": "hazards are constant within years of 12 months",
    r"\.safety\.terms\.\w+\.rates\.\w+\.days\[0\]": "rates change after whole cycles of 28 days",
    r"\.laboratory\.tests\.A[LS]T\.graded\.bounds\[3\]": "grade 4 of transaminases begins at 20 times the limit",
}
"""Where a number of the model is one in print by necessity, and why."""


BROUGHT_ABOUT = {
    "scans_read|discordant_.*|patients_(differ|.*_only)": r"\.(readers\.(local|central|adjudicator)|tumors|visits)\..*",
    "follow_up_2019": r"\.(accrual|follow_up|deaths|dropout)\..*",
}
"""Figures whose two digits are those of many rates and days: they may not stand in the parts that bring them about."""


def digits(text: str) -> int:
    """Significant digits."""
    return len(text.lstrip("-0.").replace(".", ""))


def test_no_published_figure_stands_in_the_two_files_but_as_a_target() -> None:
    """No number of two digits or more, be it age, count, percentage, share or months. One digit tells nothing."""
    parts = {name: [part for lines, part in BROUGHT_ABOUT.items() if re.fullmatch(lines, name)] for name in LINES}
    assert sum(map(bool, parts.values())) == 7
    asked = {text for name, line in LINES.items() if not parts[name] for text in printed_numbers(line)} | {"171", "161"}
    assert {"11.8", "0.54", "1.69", "88.1", "0.881", "359", "41.3", "63", "97", "0.75", "0.2"} <= asked
    model = YAML(typ="safe").load((TRIAL / "twin.yaml").read_text(encoding="utf-8"))
    targets = {text for _, text in leaves(model.pop("calibration"))}
    assert len(targets & asked) > 25
    numbers = leaves(model)
    assert len(numbers) > 1000
    found = {place: text for place, text in numbers if digits(text) > 1 and text in asked}
    reasons = {place: [why for where, why in NECESSARY.items() if re.fullmatch(where, place)] for place in found}
    assert {place: found[place] for place, why in reasons.items() if not why} == {}
    assert {why for given in reasons.values() for why in given} == set(NECESSARY.values()), "a reason that none needs"
    assert {found[place] for place in found} <= {"171", "12", "24", "56", "84", "20"}
    for name, (part,) in {name: part for name, part in parts.items() if part}.items():
        own = {place: text for place, text in numbers if re.fullmatch(part, place) and digits(text) > 1}
        assert own
        assert not {place for place, text in own.items() if text in printed_numbers(LINES[name])}, name
    seeds = (TRIAL / SEEDS).read_text(encoding="utf-8").splitlines()[2:]
    assert all(re.fullmatch(r"\d+( \d+){5}", line) for line in seeds)


def leaves(part: object, place: str = "") -> list[tuple[str, str]]:
    """All numbers of a model with their places; days of the calendar and laboratory limits are numbers as well."""
    if isinstance(part, dict):
        return [leaf for name, value in part.items() for leaf in leaves(value, f"{place}.{name}")]
    if isinstance(part, list):
        return [leaf for number, value in enumerate(part) for leaf in leaves(value, f"{place}[{number}]")]
    return [(place, f"{part:g}")] if isinstance(part, int | float) and not isinstance(part, bool) else []


def test_the_model_draws_the_same_without_its_targets() -> None:
    """The generator never looks at a published figure: without `calibration` the patients are the same."""
    model, protocol = whole_model(), protocol_of()
    draws = read_seeds(TRIAL / SEEDS, model.accrual.screened)
    bare = model.model_copy(update={"calibration": None})
    with_targets, without = generate(protocol, model, draws), generate(protocol, bare, draws)
    assert with_targets.patients.equals(without.patients)
    assert set(with_targets.records) == set(without.records)
    assert all(frame.equals(without.records[kind]) for kind, frame in with_targets.records.items())


def test_two_files_give_the_record_again(twin: Twin) -> None:
    """Protocol, model and seeds alone give the chain that stands in the database, to the last hash."""
    again = rehearsed.twin().run
    assert again.unexpected() == []
    assert again.surprises() == []
    assert len({each.attempt for each in again.tries}) > len(ATTEMPTS) * 2 // 3, "what is refused is tried as well"
    head = HeadFile(twin.folder / "record/data.heads").read()["trial"]
    assert (head.seq, head.hash) == (len(again.events), again.events[-1].hash)
