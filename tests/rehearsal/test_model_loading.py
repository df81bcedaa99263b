"""Models of synthetic patients: what is refused, with file and line, all at once."""

from pathlib import Path

import pytest

from equipoise.protocol import Protocol, load_protocol
from equipoise.rehearsal import RehearsalError, load_model
from equipoise.rehearsal.model import parse_model

TRIAL = Path(__file__).parents[2] / "trials" / "a021202"


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load_protocol(TRIAL / "protocol.yaml")


@pytest.fixture(scope="module")
def text() -> str:
    return (TRIAL / "twin.yaml").read_text(encoding="utf-8")


def problems(text: str, protocol: Protocol) -> list[str]:
    with pytest.raises(RehearsalError) as caught:
        parse_model(text, protocol, file="twin.yaml")
    assert str(caught.value).startswith(f"{len(caught.value.problems)} problem")
    return [str(problem) for problem in caught.value.problems]


def test_the_model_of_the_trial_is_read(protocol: Protocol) -> None:
    model = load_model(TRIAL / "twin.yaml", protocol)
    assert model.accrual.randomized == 171
    assert all(site.startswith("SYN") for site in model.accrual.sites)


def test_a_file_that_is_not_there(protocol: Protocol, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="there is no such file"):
        load_model(tmp_path / "none.yaml", protocol)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "  never: {pazopanib:",
            "  never: {pazopanip:",
            ["treatment.never.pazopanip: no arm", "did you mean 'pazopanib'"],
        ),
        ("  missed: 0.03", "  missed: 1.03", ["visits.missed: should be less than or equal to 1", "seen 1.03"]),
        ("growth_power: 0.8}", "growth_power: -0.8}", ["tumors.new.growth_power", "seen -0.8"]),
        (
            "  months: 26",
            "  month: 26",
            ["accrual.month: this key is not part", "did you mean 'months'", "months is missing"],
        ),
        ("  age: {normal", "  ages: {normal", ["baseline.ages: no baseline field", "did you mean 'age'"]),
        ("sex: {levels: {female", "sex: {levels: {femal", ["baseline.sex.levels.femal: no level of sex"]),
        ("functional: {probability: 0.5}", "functional: {normal: {mean: 1, spread: 1}}", ["field of type boolean"]),
        ("when: prior_prrt, days", "when: prior_part, days", ["baseline.prrt_end.cases[1].when", "prior_part"]),
        ("kinds: {liver_directed: 3", "kinds: {liver: 3", ["therapies.kinds.liver: no therapy"]),
        ("  randomized: 171", "  randomized: 1171", ["more patients are randomized than screened", "1171 of"]),
        ("last_months: [59, 70]", "last_months: [70, 59]", ["the months do not rise"]),
        ("screening: {least: 3, most: 18}", "screening: {least: 18, most: 3}", ["least 18 lies above most 3"]),
        (
            "SYN11: {weight: 1, opens_month: 4, time_zone: America/Toronto",
            "SYN11: {weight: 1, opens_month: 4, time_zone: Canada/Toronto",
            ["accrual.sites.SYN11.time_zone: no time zone; seen Canada/Toronto"],
        ),
        ("cases: [{when: prior_ssa,", "cases: [{when: prior_vegf,", ["prior_vegf is not drawn before concurrent_ssa"]),
        ("cases: [{when: prior_ssa,", "cases: [{when: consent > 3,", ["concurrent_ssa.cases[1].when"]),
        ("first_slot: 41,", "first_slot: 141,", ["first_slot 141 lies above last_slot 110"]),
        ("causes: {disease: 0.85, other: 0.1, unknown: 0.05}", "causes: {disease: 0}", ["deaths.causes: no share"]),
        ("then: {scans: 1}", "then: {scans: 0}", ["dropout.causes.physician.then: no share is above 0"]),
        (
            "stops: {months: [3], rates: {placebo:",
            "stops: {months: [3], rates: {pazopanib:",
            ["arm placebo is missing"],
        ),
        (
            "pfs_central.ratio: [0.54, 0.02]",
            "pfs_central.ratio: [0.54, -0.02]",
            ["greater than or equal to 0", "-0.02"],
        ),
    ],
)
def test_each_mistake_is_named_with_its_line(
    protocol: Protocol, text: str, old: str, new: str, said: list[str]
) -> None:
    assert text.count(old) == 1, old
    wrong = text.replace(old, new)
    found = problems(wrong, protocol)
    line = next(i for i, row in enumerate(wrong.splitlines(), 1) if new.strip() in row)
    for words in said:
        assert any(words in problem for problem in found), (words, found)
    near = {int(problem.split(":")[1]) for problem in found if problem.startswith("twin.yaml:")}
    assert any(abs(line - each) <= 8 for each in near), (line, found)


def test_negative_hazard_wrong_number_of_rates_and_months_that_fall(protocol: Protocol, text: str) -> None:
    wrong = text.replace("months: [12, 24, 43]", "months: [12, 43, 24]")
    assert any("the months do not rise" in problem for problem in problems(wrong, protocol))
    start = text.index("deaths:")
    place = text.index("pazopanib: [", start) + len("pazopanib: [")
    found = problems(text[:place] + "-" + text[place:], protocol)
    assert any(
        "deaths.hazard.rates.pazopanib[1]" in problem and "greater than or equal to 0" in problem for problem in found
    )
    found = problems(text[:place] + "0.01, " + text[place:], protocol)
    assert any("pazopanib: 5 rates; expected 4, one for each period" in problem for problem in found)


def test_all_problems_come_at_once(protocol: Protocol, text: str) -> None:
    wrong = text.replace("  missed: 0.03", "  missed: 2").replace("declined: 0.04", "declined: -1")
    assert len(problems(wrong, protocol)) == 2
    wrong = text.replace("never: {pazopanib:", "never: {drug:").replace("  age: {normal", "  ages: {normal")
    found = problems(wrong, protocol)
    assert [word for word in ("ages", "never.drug", "arm pazopanib is missing") if any(word in p for p in found)] == [
        "ages", "never.drug", "arm pazopanib is missing",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "- seed"])
def test_a_file_that_is_no_model_is_not_taken_for_a_protocol(protocol: Protocol, text: str) -> None:
    (problem,) = problems(text, protocol)
    assert "'seed:', 'accrual:'" in problem
    assert "equipoise: 1" not in problem


def test_organs_and_crossover_that_are_not_there(protocol: Protocol, text: str) -> None:
    start, end = text.index("    organs:"), text.index("    diameter_mm:")
    found = problems(text[:start] + "    organs: {}\n" + text[end:], protocol)
    assert any("tumors.lesions.organs: there is no organ" in problem for problem in found)
    alone = protocol.model_copy(update={"crossover": None})
    assert any("crossover: the protocol has no crossover" in problem for problem in problems(text, alone))
