"""What estimates of survival had nobody crossed over need in a protocol, broken once each."""

from collections.abc import Callable

import pytest

from equipoise.protocol import Problem, parse_protocol

Spoil = Callable[..., tuple[Problem, ...]]

ANALYSIS = "  primary: {endpoint: pfs, population: itt, test: {logrank: {strata: randomization}}, effect: {cox: {}}}"
OS = "\n  os: {endpoint: os, population: itt, effect: {cox: {}}, crossover_adjustment: %s}"
SYSTEMIC = "  systemic: {label: Systemic, counts: true}"
CROSSOVER = "\ncrossover: {from: placebo, to: active}"
RULE = (SYSTEMIC, SYSTEMIC + CROSSOVER)
ECOG = "{ecog: {sdtm: {domain: QS, testcd: ECOG101}}}"

CASES = [
    ("{methods: [rpstm, ipcw]}", "analyses.os.crossover_adjustment.methods[1]", "did you mean 'rpsftm'"),
    ("{methods: []}", "analyses.os.crossover_adjustment.methods", "at least one part"),
    ("{methods: [ipcw, ipcw]}", "analyses.os.crossover_adjustment.methods", "stands twice"),
    ("{recensor: [true, true]}", "analyses.os.crossover_adjustment.recensor", "stands twice"),
    ("{effect_after_switch: [0.5]}", "analyses.os.crossover_adjustment.effect_after_switch", "1 among the values"),
    ("{effect_after_switch: [1, 0]}", "analyses.os.crossover_adjustment.effect_after_switch", "greater than 0"),
    ("{covariates: [agee]}", "analyses.os.crossover_adjustment.covariates[1]", "did you mean 'age'"),
    ("{covariates: [progression]}", "analyses.os.crossover_adjustment.covariates[1]", "a number, a category"),
    ("{bootstrap: 10}", "analyses.os.crossover_adjustment.bootstrap", "fewer than 50"),
    ("{bootstrap: -1}", "analyses.os.crossover_adjustment.bootstrap", "greater than or equal to 0"),
    ("{progression: site}", "analyses.os.crossover_adjustment.progression", "central"),
    ("{bootstap: 100}", "analyses.os.crossover_adjustment.bootstap", "did you mean 'bootstrap'"),
    (
        "{time_varying: {ecog: {sdtm: {domain: DM, variable: AGE}}}}",
        "analyses.os.crossover_adjustment.time_varying.ecog.sdtm",
        "needs a test code",
    ),
]


@pytest.mark.parametrize(("declared", "path", "words"), CASES)
def test_a_wrong_declaration_is_told_with_its_line(spoiled: Spoil, declared: str, path: str, words: str) -> None:
    problems = spoiled(RULE, (ANALYSIS, ANALYSIS + OS % declared))
    own = [problem for problem in problems if problem.path.startswith(path)]
    assert own, [str(problem) for problem in problems]
    assert own[0].line == 32
    assert words in str(own[0])


def test_an_analysis_that_is_not_of_survival_between_the_arms_of_the_crossover(spoiled: Spoil) -> None:
    asked = ANALYSIS.replace("effect: {cox: {}}", "effect: {cox: {}}, crossover_adjustment: {}")
    (problem,) = spoiled(RULE, (ANALYSIS, asked))
    assert "whose only event is death" in problem.message
    assert problem.line == 31
    (problem,) = spoiled((ANALYSIS, ANALYSIS + OS % "{}"))
    assert "declares no crossover" in problem.message
    other = (SYSTEMIC, SYSTEMIC + CROSSOVER.replace("from: placebo, to: active", "from: active, to: placebo"))
    (problem,) = spoiled(other, (ANALYSIS, ANALYSIS + OS % "{}"))
    assert problem.expected == "placebo v active"
    late = ("paramcd: OS, events: [death]", "paramcd: OS, events: [death], origin: first_dose")
    (problem,) = spoiled(RULE, late, (ANALYSIS, ANALYSIS + OS % "{}"))
    assert "run from randomization" in problem.message


def test_two_measurements_of_one_name_have_one_home(spoiled: Spoil) -> None:
    one, other = OS % f"{{time_varying: {ECOG}}}", OS % f"{{time_varying: {ECOG.replace('ECOG101', 'ECOG102')}}}"
    (problem,) = spoiled(RULE, (ANALYSIS, ANALYSIS + one + other.replace("  os:", "  os_again:")))
    assert problem.line == 33
    assert "cannot share" in problem.message


def test_a_name_of_the_results_is_no_name_of_an_analysis(spoiled: Spoil) -> None:
    (problem,) = spoiled((ANALYSIS, ANALYSIS.replace("primary:", "os_without_crossover:")))
    assert "name that the results use" in problem.message


def test_defaults_are_all_methods_with_and_without_recensoring(right: str) -> None:
    text = right.replace(*RULE).replace(ANALYSIS, ANALYSIS + OS % f"{{time_varying: {ECOG}}}")
    declared = parse_protocol(text).analyses["os"].crossover_adjustment
    assert declared is not None
    assert declared.methods == ("rpsftm", "ipcw", "two_stage", "two_stage_g")
    assert declared.recensor == (True, False)
    assert declared.effect_after_switch == (1, 0.75, 0.5)
    assert declared.bootstrap == 0
