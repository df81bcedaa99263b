"""Keys, types and values that do not fit the models."""

# ruff: noqa: E501, PLR0917 - tables with one case a line

from collections.abc import Callable

import pytest

from equipoise.protocol import Problem, ProtocolError, load_protocol, parse_protocol

Spoil = Callable[..., tuple[Problem, ...]]
TRIAL = "trial: {id: T1, title: A trial, masking: double_blind}"


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "said", "seen", "expected", "suggestion"),
    [
        (TRIAL, TRIAL.replace("}", ", acronim: X}"), 2, "trial.acronim", "not a key here", None, None, "acronym"),
        (TRIAL, TRIAL.replace("}", ", zzz: 1}"), 2, "trial.zzz", "not a key here", None, "acronym, assumed", None),
        ("data_cuts:", "data_cut:", 31, "data_cut", "not a key here", None, None, "data_cuts"),
        (TRIAL, TRIAL.replace("double_blind", "double blind"), 2, "trial.masking", "not one of", "'double blind'", "open_label", "double_blind"),
        (TRIAL, TRIAL.replace(", title: A trial", ""), 2, "trial.title", "'title' is missing", None, "full scientific title", None),
        (TRIAL, "trial: T1", 2, "trial", "wrong type", "'T1'", "a mapping", None),
        (TRIAL, "trial: [T1]", 2, "trial", "wrong type", "a list", "a mapping", None),
        (TRIAL, TRIAL.replace("}", ", synthetic: yes}"), 2, "trial.synthetic", "wrong type", "'yes'", "write true for yes", None),
        (TRIAL, TRIAL.replace("}", ", synthetic: off}"), 2, "trial.synthetic", "wrong type", "'off'", "write false for off", None),
        (TRIAL, TRIAL.replace("}", ", synthetic: 1}"), 2, "trial.synthetic", "wrong type", "1", "true or false", None),
        (TRIAL, TRIAL.replace("}", ", sponsor: 3}"), 2, "trial.sponsor", "wrong type", "3", "text, in quotes: '3'", None),
        (TRIAL, TRIAL.replace("}", ", sponsor: true}"), 2, "trial.sponsor", "wrong type", "true", "text, in quotes: 'true'", None),
        (TRIAL, TRIAL.replace("A trial", "[A]"), 2, "trial.title", "wrong type", "a list", "text", None),
        ("equipoise: 1", "equipoise: 2", 1, "equipoise", "not one of", "2", "1", None),
        ("equipoise: 1", "equipoise: '1'", 1, "equipoise", "not one of", "'1'", "1, without quotes", None),
        ("arms:\n", "arms: {}\nxarms:\n", 3, "arms", "something must stand here", "an empty mapping", "at least one part", None),
        ("active: 1,", "active: 0,", 14, "randomization.ratio.active", "greater than or equal to 1", "0", None, None),
        ("active: 1,", "active: 1.5,", 14, "randomization.ratio.active", "wrong type", "1.5", "a whole number", None),
        ("active: 1,", "active: one,", 14, "randomization.ratio.active", "wrong type", "'one'", "a whole number", None),
        ("sizes: [2, 4]", "sizes: 4", 15, "randomization.method.permuted_blocks.sizes", "wrong type", "4", "a list: [4]", None),
        ("sizes: [2, 4]", "sizes: []", 15, "randomization.method.permuted_blocks.sizes", "something must stand here", "an empty list", "at least one part", None),
        ("  active: {label", "  Active: {label", 4, "arms.Active", "not allowed", "'Active'", "lower-case letters", None),
        ("paramcd: OS", "paramcd: overall", 25, "endpoints.os.paramcd", "not allowed", "'overall'", "a capital letter", None),
        ("cutoff: 2020-01-31", "cutoff: 31.01.2020", 32, "data_cuts.final.cutoff", "wrong type", "'31.01.2020'", "2020-01-31", None),
        ("cutoff: 2020-01-31", "cutoff: 2020-02-30", 32, "data_cuts.final.cutoff", "wrong type", "'2020-02-30'", "2020-01-31", None),
        ("cutoff: 2020-01-31", "cutoff: 2020", 32, "data_cuts.final.cutoff", "wrong type", "2020", "2020-01-31", None),
        ("every_weeks: 12", "every_weeks: .inf", 18, "visits.tumor_assessment.every_weeks", "not a finite", ".inf", "a number", None),
        ("every_weeks: 12", "every_weeks: 010", 18, "visits.tumor_assessment.every_weeks", "unusual way", "010", "leading zero", None),
        ("every_weeks: 12", "every_weeks: 0x0c", 18, "visits.tumor_assessment.every_weeks", "unusual way", "0x0c", "leading zero", None),
        ("  central: {readers: 2}", "  central: {readers: 2}\n  criteria: Recist 1.1", 21, "review.criteria", "not one of", "'Recist 1.1'", "iRECIST", "RECIST 1.1"),
        ("label: Safety, members", "label: Safety, arms: x, members", 28, "populations.safety.arms", "not a key here", None, None, "arm"),
        ("events: [death]", "events: death", 25, "endpoints.os.events", "wrong type", "'death'", "a list: [death]", None),
        ("strata: {ssa: prior_ssa}", "strata: {ssa: {expresion: prior_ssa}}", 16, "randomization.strata.ssa.expresion", "not a key here", None, None, "expression"),
        ("strata: {ssa: prior_ssa}", "strata: {ssa: [prior_ssa]}", 16, "randomization.strata.ssa", "wrong type", "a list", "a mapping", None),
        ("strata: {ssa: prior_ssa}", "strata: {ssa: true}", 16, "randomization.strata.ssa", "wrong type", "true", "a mapping", None),
        ("data_cuts:", "data: {dates: {randomisation: {domain: DM, variable: X}}}\ndata_cuts:", 31, "data.dates.randomisation", "not one of", "'randomisation'", "first_dose", "randomization"),
        ("data_cuts:", "crossover: {from: placebo, to: active, when: centrl_progression}\ndata_cuts:", 31, "crossover.when", "not one of", "'centrl_progression'", "never, interim_decision", "central_progression"),
        ("{endpoint: pfs,", "{comparisons: [[active]], endpoint: pfs,", 30, "analyses.primary.comparisons[1]", "right length", "1 value", "2 values", None),
        ("{endpoint: pfs,", "{assumed: x, endpoint: pfs,", 30, "analyses.primary.assumed", "wrong type", "'x'", "true, or a list of keys", None),
        ("{levels: [small_bowel, midgut]}", "{levels: a}", 8, "baseline.site.levels", "wrong type", "'a'", "a list of levels, or a mapping", None),
        ("data_cuts:", "instruments: [3]\ndata_cuts:", 31, "instruments[1]", "wrong type", "3", "a name, or a mapping", None),
        ("data_cuts:", "instruments: LASA\ndata_cuts:", 31, "instruments", "wrong type", "'LASA'", "a list: [LASA]", None),
        ("data_cuts:", "subgroups:\ndata_cuts:", 31, "subgroups", "wrong type", "nothing", "a mapping", None),
        ("include: age >= 18", "include: 18", 12, "eligibility.adult.include", "wrong type", "18", "text, in quotes: '18'", None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_explained(
    spoiled: Spoil, old: str, new: str, line: int, path: str, said: str, seen: str | None, expected: str | None, suggestion: str | None
) -> None:  # fmt: skip
    problems = [problem for problem in spoiled((old, new)) if problem.path == path and said in problem.message]

    assert len(problems) == 1
    problem = problems[0]
    assert (problem.file, problem.line, problem.seen, problem.suggestion) == ("t.yaml", line, seen, suggestion)
    assert (expected is None) == (problem.expected is None)
    assert expected is None or expected in (problem.expected or "")


def test_a_problem_reads_well(spoiled: Spoil) -> None:
    (problem,) = spoiled(("masking: double_blind", "masking: double_blnd"))

    assert str(problem) == (
        "t.yaml:2: trial.masking: this value is not one of the choices; seen 'double_blnd'; "
        "expected open_label, single_blind, double_blind; did you mean 'double_blind'?"
    )


def test_nothing_but_the_first_line() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_protocol("equipoise: 1\n")

    assert [(problem.path, problem.line) for problem in caught.value.problems] == [
        ("trial", 1),
        ("arms", 1),
        ("randomization", 1),
    ]
    assert str(caught.value).startswith("3 problems in the protocol\n")


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 1, "the file is empty"),
        (b"# only a comment\n", 1, "the file is empty"),
        (b"- a\n- b\n", 1, "not a mapping"),
        (b"just words\n", 1, "not a mapping"),
        (b"trial: [1, 2\n", 2, "this is not YAML"),
        (b"trial: {id: 'x}\n", 2, "this is not YAML"),
        (b"trial:\n\tid: x\n", 2, "a tab is used"),
        (b"equipoise: 1\n---\nequipoise: 1\n", 2, "this is not YAML"),
        (b"trial: !!python/object:os.system x\n", 1, "tags are not part of the format"),
        (b"equipoise: 1\ntrial: {title: B\xf6rse}\n", 2, "not UTF-8"),
        (b"\x00\x01\x02binary", None, "not a text file"),
        (b"a: &a [1]\nb: {<<: {c: 1}}\n", 2, "merge keys"),
        (b"? [1, 2]\n: 3\n", 1, "a key is a list or mapping"),
        (b"equipoise: 1\nequipoise: 1\n", 2, "the key stands twice; it is first on line 1"),
        (b"a: *nowhere\n", 1, "this is not YAML"),
    ],
)
def test_files_that_are_no_protocol(tmp_path, content: bytes, line: int | None, said: str) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_bytes(content)

    with pytest.raises(ProtocolError) as caught:
        load_protocol(path)

    found = [problem for problem in caught.value.problems if said in problem.message]
    assert [(problem.file, problem.line) for problem in found] == [(str(path), line)], str(caught.value)


def test_no_file_and_a_folder(tmp_path) -> None:
    with pytest.raises(ProtocolError, match="there is no such file"):
        load_protocol(tmp_path / "absent.yaml")
    with pytest.raises(ProtocolError, match="this is a folder"):
        load_protocol(tmp_path)


def test_a_file_too_large(tmp_path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * 2_000_001)

    with pytest.raises(ProtocolError, match="larger than 2,000,000 bytes"):
        load_protocol(path)


def test_an_alias_bomb_is_refused() -> None:
    levels = "\n".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 12))

    with pytest.raises(ProtocolError, match="more than 50000 values; are aliases repeated"):
        parse_protocol(f"l0: &l0 [x]\n{levels}\n")


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: " + "[" * 200 + "]" * 200 + "\n", "a: " + "[" * 20_000 + "\n"])
def test_endless_and_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"nested deeper|not YAML"):
        parse_protocol(text)


def test_an_alias_is_fine(right: str) -> None:
    text = right.replace("trial: {id: T1", "trial: {note: &n Twice, id: T1").replace(
        "{label: Active,", "{label: Active, note: *n,"
    )

    assert parse_protocol(text).arms["active"].note == "Twice"


def test_words_that_yaml_once_took_for_booleans(right: str) -> None:
    """Norway: NO is a word, as are yes, on and off; keys are always text."""
    text = right.replace(
        "site: {levels: [small_bowel, midgut]}",
        "site: {levels: [NO, on, off], sdtm: {domain: DM, variable: COUNTRY, values: {NO: NO, yes: on, 1: off}}}",
    )

    field = parse_protocol(text).baseline["site"]

    assert field.levels == ("NO", "on", "off")
    assert field.sdtm is not None
    assert field.sdtm.values == {"NO": "NO", "yes": "on", "1": "off"}


def test_phase_may_be_a_number_and_bom_is_ignored(right: str, tmp_path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + right.replace("{id: T1,", "{id: T1, phase: 2,").encode())

    assert load_protocol(path).trial.phase == "2"
