"""The summary that ``equipoise check`` prints."""

from equipoise.protocol import parse_protocol, summarize


def test_summary_of_a_small_protocol(right: str) -> None:
    text = right.replace("{readers: 2}", "{readers: 2, real_time: local_progression, assumed: [readers], note: Usual}")

    assert summarize(parse_protocol(text + "crossover: {from: placebo, to: active}\n")) == [
        ("Trial", ["T1: A trial", "double blind", "version 1.0"]),
        ("Arms", ["active: Active, experimental, ratio 1", "placebo: Placebo, control, ratio 1"]),
        (
            "Randomization",
            [
                "1:1 (active : placebo), permuted blocks of 2, 4",
                "stratum ssa: prior_ssa",
                "crossover from placebo to active: central progression",
            ],
        ),
        ("Eligibility", ["1 criteria: 1 of inclusion, 0 of exclusion"]),
        (
            "Reading",
            ["RECIST 1.1; central review in real time, 2 readers", "scans every 12 weeks, 7 days either side"],
        ),
        (
            "Endpoints",
            [
                "pfs: PFS; PARAMCD PFS; central progression or death from randomization; rule set P; sensitivity A",
                "os: OS; PARAMCD OS; death from randomization",
            ],
        ),
        (
            "Analyses",
            [
                "primary: secondary; pfs in itt; log-rank test (strata: randomization), two-sided, alpha 0.05; "
                "hazard ratio (strata: none); active v placebo"
            ],
        ),
        ("Data cuts", ["final: facts to 2020-01-31, default"]),
        ("Assumed, where the source is silent", ["review.central.readers: Usual"]),
    ]


def test_cohorts_have_their_own_lines(right: str) -> None:
    text = right + "cohorts: {one: {label: One, members: prior_ssa, strata: [], planned_subjects: 9}}\n"

    lines = dict(summarize(parse_protocol(text)))["Randomization"]

    assert lines[-1] == "cohort one: 1:1 (active : placebo), strata none, 9 subjects planned"
