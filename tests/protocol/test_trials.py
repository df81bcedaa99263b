"""The protocol files of the repository say what the published trials did."""

import datetime as dt
import functools
from pathlib import Path

import pytest

from equipoise.protocol import Protocol, adsl_variables, assumed_items, load_protocol, parse_expression
from equipoise.protocol.expressions import evaluate_row
from equipoise.terms import Assessor, EventSource, Masking, RuleSet

TRIALS = Path(__file__).parents[2] / "trials"


@functools.cache
def load(name: str) -> Protocol:
    return load_protocol(TRIALS / name / "protocol.yaml")


def all_trials() -> list[str]:
    return sorted(path.parent.name for path in TRIALS.glob("*/protocol.yaml"))


def stratum(protocol: Protocol, name: str, **row: object) -> object:
    return evaluate_row(parse_expression(protocol, protocol.strata()[name].expression), row)


def eligible(protocol: Protocol, name: str, **row: object) -> object:
    """Whether a patient passes one criterion: true, false or unknown."""
    criterion = protocol.eligibility[name]
    answer = evaluate_row(parse_expression(protocol, criterion.include or criterion.exclude or ""), row)
    return answer if criterion.include or answer is None else not answer


def test_seven_trials_are_declared() -> None:
    assert all_trials() == ["a021202", "cabinet", "cdisc_pilot", "netter1", "palette", "radiant4", "sunitinib_pnet"]


@pytest.mark.parametrize("name", all_trials())
def test_every_trial_loads_and_names_its_primary_analysis(name: str) -> None:
    protocol = load(name)

    primary = [analysis for analysis in protocol.analyses.values() if analysis.role == "primary"]
    assert len(primary) == (2 if name == "cabinet" else 1)
    assert all(protocol.comparisons(analysis) for analysis in primary)
    variables = adsl_variables(protocol)
    assert len(set(variables.values())) == len(protocol.baseline)
    assert all(len(variable) <= 8 and variable == variable.upper() for variable in variables.values())


@pytest.mark.parametrize(
    ("name", "nct", "ratio", "masking"),
    [
        ("a021202", "NCT01841736", {"pazopanib": 1, "placebo": 1}, Masking.DOUBLE_BLIND),
        ("cabinet", "NCT03375320", {"cabozantinib": 2, "placebo": 1}, Masking.DOUBLE_BLIND),
        ("netter1", "NCT01578239", {"lutetium": 1, "octreotide": 1}, Masking.OPEN_LABEL),
        ("palette", "NCT00753688", {"pazopanib": 2, "placebo": 1}, Masking.DOUBLE_BLIND),
        ("radiant4", "NCT01524783", {"everolimus": 2, "placebo": 1}, Masking.DOUBLE_BLIND),
        ("sunitinib_pnet", "NCT00428597", {"sunitinib": 1, "placebo": 1}, Masking.DOUBLE_BLIND),
    ],
)
def test_published_design(name: str, nct: str, ratio: dict[str, int], masking: Masking) -> None:
    protocol = load(name)

    assert protocol.registry.identifiers["clinicaltrials.gov"] == nct
    assert protocol.ratio() == ratio
    assert protocol.trial.masking is masking


class TestA021202:
    def test_unknown_primary_is_stratified_as_small_bowel(self) -> None:
        protocol = load("a021202")

        answers = {
            site: stratum(protocol, "small_bowel", primary_site=site)
            for site in ("small_bowel", "unknown", "other_midgut", "foregut", "hindgut", "other", None)
        }

        assert [site for site, answer in answers.items() if answer is True] == ["small_bowel", "unknown"]
        assert [site for site, answer in answers.items() if answer is None] == [None]

    def test_primary_endpoint_and_analysis(self) -> None:
        protocol = load("a021202")
        endpoint, analysis = protocol.endpoints["pfs_central"], protocol.analyses["primary"]

        assert endpoint.events == (EventSource.CENTRAL_PROGRESSION, EventSource.DEATH)
        assert endpoint.rule_set is RuleSet.P
        assert endpoint.sensitivity == (RuleSet.A, RuleSet.B, RuleSet.C, RuleSet.K)
        assert (analysis.sided, analysis.alpha, analysis.power) == (1, 0.10, 0.85)
        assert (analysis.median_control_months, analysis.median_experimental_months) == (9, 14)
        assert protocol.comparisons(analysis) == [("pazopanib", "placebo")]

    def test_new_therapy(self) -> None:
        protocol = load("a021202")

        counted = protocol.new_therapies(protocol.endpoints["os"])

        assert counted == ["liver_directed", "prrt", "systemic", "crossover_pazopanib"]
        assert not protocol.new_therapy["ssa_dose_change"].counts

    @pytest.mark.parametrize(
        "place",
        [
            "endpoints.pfs_central.rule_set", "randomization.method", "randomization.strata.concurrent_ssa",
            "review.central.readers", "review.central.adjudicate", "review.central.turnaround_working_days",
            "visits.tumor_assessment", "visits.cycle_days", "arms.pazopanib.dose_levels", "analyses.primary.interims",
            "instruments[1].every_weeks", "instruments[2].every_weeks", "data_cuts.final.cutoff", "safety.grading",
            "eligibility.platelet_count", "eligibility.measurable",
        ],
    )  # fmt: skip
    def test_what_no_source_states_is_assumed_with_a_note(self, place: str) -> None:
        assert assumed_items(load("a021202"))[place]

    @pytest.mark.parametrize(
        "place", ["randomization.ratio", "arms.pazopanib", "endpoints.os", "crossover.when", "analyses.primary.alpha"]
    )
    def test_published_facts_are_not_called_assumed(self, place: str) -> None:
        assert place not in assumed_items(load("a021202"))

    def test_eligibility(self) -> None:
        protocol = load("a021202")
        day = dt.date

        assert eligible(protocol, "midgut_ssa", primary_site="small_bowel", prior_ssa=False) is False
        assert eligible(protocol, "midgut_ssa", primary_site="hindgut", prior_ssa=None) is True
        assert eligible(protocol, "midgut_ssa", primary_site="small_bowel", prior_ssa=None) is None
        assert eligible(protocol, "prrt", prior_prrt=False) is True
        assert (
            eligible(
                protocol,
                "prrt",
                prior_prrt=True,
                progression_since_prrt=True,
                registration=day(2014, 3, 1),
                prrt_end=day(2014, 1, 4),
            )
            is True
        )
        assert (
            eligible(
                protocol,
                "prrt",
                prior_prrt=True,
                progression_since_prrt=True,
                registration=day(2014, 3, 1),
                prrt_end=day(2014, 1, 5),
            )
            is False
        )
        assert eligible(protocol, "no_vegf", prior_vegf=None) is None
        assert (
            eligible(protocol, "progression_12_months", registration=day(2014, 3, 1), progression_date=day(2013, 3, 1))
            is True
        )
        assert (
            eligible(protocol, "progression_12_months", registration=day(2014, 3, 1), progression_date=day(2014, 3, 2))
            is False
        )


class TestCabinet:
    def test_two_cohorts_with_their_own_strata(self) -> None:
        protocol = load("cabinet")

        assert list(protocol.cohorts) == ["epnet", "pnet"]
        assert list(protocol.strata("epnet")) == ["concurrent_ssa", "primary_site"]
        assert list(protocol.strata("pnet")) == ["concurrent_ssa", "prior_sunitinib"]
        assert protocol.ratio("epnet") == protocol.ratio("pnet") == {"cabozantinib": 2, "placebo": 1}
        assert [cohort.planned_subjects for cohort in protocol.cohorts.values()] == [203, 95]

    def test_each_cohort_has_its_primary_analysis_with_looks_at_local_readings(self) -> None:
        protocol = load("cabinet")

        for name, cohort in (("primary_epnet", "epnet"), ("primary_pnet", "pnet")):
            analysis = protocol.analyses[name]
            assert analysis.cohort == cohort
            assert protocol.endpoints[analysis.endpoint].events[0] is EventSource.CENTRAL_PROGRESSION
            looks = [(look.at_fraction, look.futility, look.alpha_spent, look.source) for look in analysis.interims]
            assert looks == [(0.33, True, 0.001, "pfs_local"), (0.66, True, 0.001, "pfs_local")]


def test_netter1_strata_and_two_endpoints() -> None:
    protocol = load("netter1")

    assert stratum(protocol, "uptake", uptake="uptake_3") == "uptake_3"
    start = dt.date(2013, 1, 1)
    # 6 months are 182.625 days
    months = parse_expression(protocol, protocol.baseline["stable_octreotide"].derive or "")
    for days, more_than_six in ((182, False), (183, True)):
        duration = evaluate_row(months, {"octreotide_start": start, "registration": start + dt.timedelta(days=days)})
        assert stratum(protocol, "stable_octreotide", stable_octreotide=duration) is more_than_six
    assert protocol.endpoints["pfs"].landmarks_months == (20,)
    assert protocol.endpoints["response"].kind == "response"
    assert protocol.crossover is None


def test_sunitinib_reads_locally_first_and_centrally_in_retrospect() -> None:
    protocol = load("sunitinib_pnet")

    primary = protocol.endpoints[protocol.analyses["primary"].endpoint]
    central = protocol.endpoints[protocol.analyses["pfs_central"].endpoint]
    assert primary.events == (EventSource.LOCAL_PROGRESSION, EventSource.DEATH)
    assert central.events == (EventSource.CENTRAL_PROGRESSION, EventSource.DEATH)
    assert protocol.review.central is not None
    assert protocol.review.central.real_time is None
    assert protocol.crossover is not None
    assert protocol.crossover.when is EventSource.LOCAL_PROGRESSION
    assert protocol.endpoints["response"].assessor is Assessor.LOCAL


def test_palette_forbids_crossover_and_asks_four_times() -> None:
    protocol = load("palette")

    assert protocol.crossover is None
    assert protocol.randomization.method.permuted_blocks is not None
    assert protocol.randomization.method.permuted_blocks.sizes == (6,)
    (instrument,) = protocol.instrument_items()
    assert (instrument.name, instrument.important_difference) == ("QLQ-C30", 10)
    weeks = [(protocol.visits.schedule[visit].day - 1) // 7 for visit in instrument.at[1:]]
    assert weeks == [4, 8, 12]


def test_radiant4_strata_and_criteria() -> None:
    protocol = load("radiant4")

    assert list(protocol.strata()) == ["prognosis", "who_ps", "prior_ssa"]
    assert protocol.review.criteria == "RECIST 1.0"
    assert protocol.review.modified
    assert protocol.analyses["primary"].effect is not None
    assert stratum(protocol, "prognosis", origin="lung") is False
    assert stratum(protocol, "prognosis", origin="ileum") is True


def test_pilot_has_three_arms_and_maps_its_fields() -> None:
    protocol = load("cdisc_pilot")

    assert protocol.ratio() == {"placebo": 1, "xanomeline_low": 1, "xanomeline_high": 1}
    assert adsl_variables(protocol)["age"] == "AGE"
    assert protocol.data.datasets["RS"] == "rs_onco_recist"
