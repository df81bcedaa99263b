"""Every rule between the parts of a protocol, broken once."""

# ruff: noqa: E501, PLR0917 - tables with one case a line

from collections.abc import Callable

import pytest

from equipoise.protocol import Problem, parse_protocol

Spoil = Callable[..., tuple[Problem, ...]]

ENDPOINT_OS = "  os: {label: OS, paramcd: OS, events: [death]}"
ANALYSIS = "  primary: {endpoint: pfs, population: itt, test: {logrank: {strata: randomization}}, effect: {cox: {}}}"
CUT = "  final: {cutoff: 2020-01-31, default: true}"
AGE = "  age: {type: integer, unit: years, sdtm: {domain: DM, variable: AGE}}"
STRATA = "  strata: {ssa: prior_ssa}"

# replaced, by, line, path, part of the message
CASES = [
    ("endpoint: pfs,", "endpoint: pffs,", 30, "analyses.primary.endpoint", "endpoint 'pffs' is not declared"),
    ("population: itt,", "population: ittt,", 30, "analyses.primary.population", "population 'ittt' is not declared"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{arms: [active, plcebo], endpoint"), 30, "analyses.primary.arms[2]", "arm 'plcebo'"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{comparisons: [[active, plcebo]], endpoint"), 30, "analyses.primary.comparisons[1][2]", "arm 'plcebo'"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{comparisons: [[active, active]], endpoint"), 30, "analyses.primary.comparisons[1]", "with itself"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{arms: [active], endpoint"), 30, "analyses.primary", "there is nothing to compare"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{cohort: one, endpoint"), 30, "analyses.primary.cohort", "cohort 'one' is not declared"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{data_cut: fnal, endpoint"), 30, "analyses.primary.data_cut", "data cut 'fnal' is not declared"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{interims: [{source: oss}], endpoint"), 30, "analyses.primary.interims[1].source", "'oss'"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{interims: [{at_fraction: 0.5}, {at_fraction: 0.3}], endpoint"), 30, "analyses.primary.interims[2].at_fraction", "order of time"),
    (ANALYSIS, ANALYSIS.replace("{endpoint", "{interims: [{at_fraction: 0.5, at_events: 9}], endpoint"), 30, "analyses.primary.interims[1]", "not both"),
    ("test: {logrank: {strata: randomization}}", "test: {logrank: {}, fisher: true}", 30, "analyses.primary.test", "exactly one of logrank, fisher"),
    ("test: {logrank: {strata: randomization}}", "test: {}", 30, "analyses.primary.test", "exactly one of logrank, fisher"),
    ("test: {logrank: {strata: randomization}}", "test: {fisher: true}", 30, "analyses.primary.test", "fisher does not fit the endpoint 'pfs'"),
    ("test: {logrank: {strata: randomization}}", "test: {cmh: {}}", 30, "analyses.primary.test", "cmh does not fit the endpoint 'pfs'"),
    ("effect: {cox: {}}", "effect: {risk_difference: true}", 30, "analyses.primary.effect", "risk_difference does not fit"),
    ("effect: {cox: {}}", "effect: {cox: {}, risk_difference: true}", 30, "analyses.primary.effect", "exactly one of cox, risk_difference"),
    (ANALYSIS, ANALYSIS.replace("primary:", "baseline:"), 30, "analyses.baseline", "name that the results use"),
    (ANALYSIS, ANALYSIS.replace("primary:", "turnaround:"), 30, "analyses.turnaround", "name that the results use"),
    (STRATA, "  strata: {}", 30, "analyses.primary.test", "randomization has no strata"),
    ("active: 1, placebo: 1", "active: 1, plcebo: 1", 14, "randomization.ratio.plcebo", "arm 'plcebo' is not declared"),
    ("active: 1, placebo: 1", "active: 1", 14, "randomization.ratio", "the arm 'placebo' has no share"),
    ("sizes: [2, 4]", "sizes: [2, 3]", 15, "randomization.method.permuted_blocks.sizes", "a block of 3 cannot hold the ratio 1:1"),
    ("{permuted_blocks: {sizes: [2, 4]}}", "{}", 15, "randomization.method", "exactly one of permuted_blocks"),
    ("{permuted_blocks: {sizes: [2, 4]}}", "{biased_coin: {}, minimization: {}}", 15, "randomization.method", "biased_coin"),
    (STRATA, "  strata: {ssa: age}", 16, "randomization.strata.ssa", "a stratum has few levels"),
    (STRATA, "  strata: {ssa: prior_sa}", 16, "randomization.strata.ssa", "field 'prior_sa' is not declared"),
    (STRATA, "  strata: {ssa: {expression: treated}}", 16, "randomization.strata.ssa", "known before randomization"),
    ("include: age >= 18", "include: age", 12, "eligibility.adult.include", "must give true or false"),
    ("include: age >= 18", "include: treated", 12, "eligibility.adult.include", "asked before randomization"),
    ("include: age >= 18", "include: age >= 18, exclude: prior_ssa", 12, "eligibility.adult", "exactly one of include, exclude"),
    ("{text: Adult, include: age >= 18}", "{text: Adult}", 12, "eligibility.adult", "exactly one of include, exclude"),
    ("include: age >= 18", "include: site == 'smal_bowel'", 12, "eligibility.adult.include", "'smal_bowel' is not a level of site"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS}", 25, "endpoints.os", "either events or reverse_of"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, reverse_of: oss}", 25, "endpoints.os.reverse_of", "endpoint 'oss' is not declared"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: PFSA, events: [death]}", 25, "endpoints.os.paramcd", "which a sensitivity rule set makes"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: PFS, events: [death]}", 25, "endpoints.os.paramcd", "share the PARAMCD PFS"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [death], sensitivity: [A]}", 25, "endpoints.os.sensitivity", "has no progression"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [death, death]}", 25, "endpoints.os.events", "stands twice"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [death], new_therapy: [systemc]}", 25, "endpoints.os.new_therapy[1]", "'systemc'"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [death], population: all}", 25, "endpoints.os.population", "population 'all'"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [adverse_event]}", 25, "endpoints.os", "none is named"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [response]}", 25, "endpoints.os", "a response needs its assessor"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [response, death], assessor: local}", 25, "endpoints.os.events", "no other event"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, events: [death], origin: first_crossover_dose}", 25, "endpoints.os.origin", "no crossover"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, kind: response}", 25, "endpoints.os", "a response needs its assessor"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, kind: response, assessor: local, events: [death]}", 25, "endpoints.os", "has no events"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, kind: biomarker_response}", 25, "endpoints.os", "needs its measure and decrease_percent"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, kind: change}", 25, "endpoints.os", "a change needs a measure or an instrument"),
    (ENDPOINT_OS, "  os: {label: OS, paramcd: OS, kind: change, instrument: LASA}", 25, "endpoints.os.instrument", "instrument 'LASA'"),
    ("[central_progression, death]", "[central_progression, local_progression]", 24, "endpoints.pfs.events", "one assessor"),
    ("sensitivity: [A]", "sensitivity: [P]", 24, "endpoints.pfs.sensitivity", "rule set P is the primary one"),
    ("sensitivity: [A]", "sensitivity: [A, A]", 24, "endpoints.pfs.sensitivity", "stands twice"),
    ("  central: {readers: 2}", "  criteria: RECIST 1.0", 24, "endpoints.pfs.events", "there are no readings"),
    ("  tumor_assessment: {every_weeks: 12}", "  cycle_days: 28", 24, "endpoints.pfs", "rule sets A need the schedule"),
    ("{every_weeks: 12}", "{window_days: 7}", 18, "visits.tumor_assessment", "exactly one of every_weeks, phases"),
    ("{every_weeks: 12}", "{phases: [{every_weeks: 8}, {every_weeks: 12}]}", 18, "visits.tumor_assessment.phases[1]", "goes on for ever"),
    ("{readers: 2}", "{readers: 1, adjudicate: [best_response]}", 20, "review.central.adjudicate", "one reader cannot disagree"),
    ("{readers: 2}", "{agreed_reader: 3}", 20, "review.central.agreed_reader", "there is no such reader"),
    ("{readers: 2}", "{real_time: death}", 20, "review.central.real_time", "does not trigger a reading"),
    (CUT, CUT + "\n  other: {default: true}", 33, "data_cuts.other.default", "more than one default data cut"),
    (CUT, CUT + "\nsafety: {population: safty}", 33, "safety.population", "population 'safty' is not declared"),
    (CUT, CUT + "\ncrossover: {from: placebo, to: actve}", 33, "crossover.to", "arm 'actve' is not declared"),
    (CUT, CUT + "\ncrossover: {from: placebo, to: placebo}", 33, "crossover.to", "from one arm to another"),
    (CUT, CUT + "\nsubgroups: {one: {label: One}}", 33, "subgroups.one", "exactly one of field, levels"),
    (CUT, CUT + "\nsubgroups: {one: {field: sitee}}", 33, "subgroups.one.field", "baseline field 'sitee' is not declared"),
    (CUT, CUT + "\nsubgroups: {one: {field: age}}", 33, "subgroups.one.field", "only a category or a boolean field"),
    (CUT, CUT + "\nsubgroups: {one: {levels: {old: age}}}", 33, "subgroups.one.levels.old", "must give true or false"),
    (CUT, CUT + "\ninstruments: [{name: LASA, at: [week_9]}]", 33, "instruments[1].at[1]", "visit 'week_9' is not declared"),
    (CUT, CUT + "\ninstruments: [LASA, LASA]", 33, "instruments[2]", "stands twice"),
    (CUT, CUT + "\ncohorts: {one: {label: One, members: prior_ssa, strata: [sa]}}", 33, "cohorts.one.strata[1]", "factor 'sa' is not declared"),
    (CUT, CUT + "\ncohorts: {one: {label: One, members: prior_ssa, ratio: {active: 2, placebo: 1}}}", 33, "cohorts.one.ratio", "a block of 4 cannot hold the ratio 2:1"),
    (CUT, CUT + "\ndata: {screen_failure: [PLACEBO]}", 33, "data.screen_failure", "a screen failure and the arm placebo"),
    ("{label: Active, role: experimental}", "{label: Active, role: experimental, cohort: x}", 4, "arms.active.cohort", "cohort 'x' is not declared"),
    ("{label: Active, role: experimental}", "{label: Active, role: experimental, sdtm: [placebo]}", 5, "arms.placebo.sdtm", "'PLACEBO' means two arms: active and placebo"),
    ("{label: Active, role: experimental}", "{label: A, role: experimental, dose_levels: [400, 800], dose_unit: mg}", 4, "arms.active.dose_levels", "highest first"),
    ("{label: Active, role: experimental}", "{label: A, role: experimental, dose_levels: [400]}", 4, "arms.active", "no dose_unit"),
    ("{label: Active, role: experimental}", "{label: A, role: control}", 3, "arms", "no arm is experimental"),
    ("{label: Active, role: experimental}", "{label: A, role: experimental, assumed: [dose]}", 4, "arms.active.assumed[1]", "'assumed' names 'dose'"),
    ("{levels: [small_bowel, midgut]}", "{label: Site}", 8, "baseline.site", "a category needs its levels"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a, a]}", 8, "baseline.site.levels", "a level stands twice"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a, b], reference: c}", 8, "baseline.site.reference", "reference level 'c' is not declared"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], unit: mm}", 8, "baseline.site.unit", "has no unit"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], sdtm: {domain: SUPPDM, qnam: S, values: {X: b}}}", 8, "baseline.site.sdtm.values.X", "level 'b' is not declared"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], sdtm: {domain: DM, qnam: S}}", 8, "baseline.site.sdtm.domain", "supplemental data set"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], sdtm: {domain: SUPPDM, variable: S}}", 8, "baseline.site.sdtm", "needs the qnam"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], sdtm: {domain: DM}}", 8, "baseline.site.sdtm", "no variable, qnam or testcd"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], derive: \"'a' if prior_ssa else 'b'\"}", 8, "baseline.site.derive", "not levels of the field"),
    ("{levels: [small_bowel, midgut]}", "{levels: [a], derive: prior_ssa}", 8, "baseline.site.derive", "does not give the type of the field"),
    ("prior_ssa: {type: boolean}", "prior_ssa: {type: boolean, derive: not prior_ssa}", 9, "baseline.prior_ssa.derive", "derived from itself"),
    ("prior_ssa: {type: boolean}", "prior_ssa: {type: boolean, sdtm: {domain: DM, variable: X, values: {Y: Y}}}", 9, "baseline.prior_ssa.sdtm.values.Y", "does not fit a field of type boolean"),
    ("prior_ssa: {type: boolean}", "prior_ssa: {type: boolean, levels: [a]}", 9, "baseline.prior_ssa.levels", "type boolean has no levels"),
    (AGE, AGE + "\n  consent: {type: date}", 8, "baseline.consent", "is a word of the expression language"),
    (AGE, AGE + "\n  months: {type: date}", 8, "baseline.months", "is a word of the expression language"),
    ("  itt: {label: ITT, members: randomized}", "  itt: {label: ITT, members: randomized}\n  random: {label: R, members: randomized}\n  random_two: {label: R, members: randomized}", 29, "populations.random_two", "share the ADSL variable"),
    ("masking: double_blind}", "masking: double_blind}\nversion: {amendments: [{number: '1', date: 2020-01-02, summary: a}, {number: '1', date: 2020-01-01, summary: b}]}", 3, "version.amendments[2].date", "oldest first"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "message"), CASES, ids=[f"{case[3]}-{i}" for i, case in enumerate(CASES)]
)
def test_a_broken_rule_is_named(spoiled: Spoil, old: str, new: str, line: int, path: str, message: str) -> None:
    problems = spoiled((old, new))

    found = [(problem.line, problem.path) for problem in problems if message in problem.message]
    assert found == [(line, path)], "\n".join(str(problem) for problem in problems)


def test_the_right_protocol_has_no_problems(right: str) -> None:
    assert parse_protocol(right).trial.id == "T1"


def test_a_part_with_its_own_problem_does_not_raise_others(spoiled: Spoil) -> None:
    """An endpoint and a field that do not load are known by name: what refers to them is not called unknown."""
    problems = spoiled(
        ("  pfs: {label: PFS,", "  pfs: {lable: PFS,"),
        ("  prior_ssa: {type: boolean}", "  prior_ssa: {type: bolean}"),
    )

    assert [(problem.path, problem.suggestion) for problem in problems] == [
        ("baseline.prior_ssa.type", "boolean"),
        ("endpoints.pfs.label", None),
        ("endpoints.pfs.lable", "label"),
    ]


def test_a_section_that_does_not_load_does_not_raise_others(spoiled: Spoil) -> None:
    problems = spoiled(("endpoints:\n", "endpoints: 3\nxx:\n"), ("baseline:\n", "baseline: []\nyy:\n"))

    assert [problem.path for problem in problems] == ["baseline", "yy", "endpoints", "xx"]


def test_all_problems_at_once_in_file_order(spoiled: Spoil) -> None:
    problems = spoiled(
        ("masking: double_blind", "masking: double_blnd"),
        ("include: age >= 18", "include: agee >= 18"),
        ("sizes: [2, 4]", "sizes: [3]"),
        ("population: itt,", "population: it,"),
    )

    assert [(problem.line, problem.suggestion) for problem in problems] == [
        (2, "double_blind"),
        (12, "age"),
        (15, None),
        (30, "itt"),
    ]


def test_without_a_safety_section_no_safety_population_is_needed(right: str, spoiled: Spoil) -> None:
    line = "  safety: {label: Safety, members: randomized and treated, arm: received}\n"
    assert line in right
    assert list(parse_protocol(right.replace(line, ""), file="t.yaml").populations) == ["itt"]
    problems = spoiled((line, ""), ("data_cuts:", "safety: {grade_variable: AESEV}\ndata_cuts:"))
    assert [(problem.path, problem.seen) for problem in problems] == [("safety.population", None)]
