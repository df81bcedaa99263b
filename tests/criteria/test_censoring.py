"""Every worked case under every rule set, one subject at a time and all together."""

import numpy as np
import pytest
from tests.criteria.pfs_cases import CASES, VARIANTS, Case, days_of

from equipoise.criteria import (
    NEVER,
    RULES,
    Cause,
    CensorOptions,
    CensorReason,
    Histories,
    Outcomes,
    Reading,
    Schedule,
    censor,
    progression_interval,
)
from equipoise.terms import RuleSet

ORIGIN = 18_267  # 2020-01-06 in days since 1970-01-01
SCHEDULE = Schedule.from_study_days([85, 169, 253, 337, 421], window=7)
ALL = [*CASES, *VARIANTS]


def histories(cases: list[Case], shuffle: int = 0) -> Histories:
    """Histories of the cases in days since 1970-01-01."""
    facts = [days_of(case.history) for case in cases]

    def first(name: str) -> np.ndarray:
        return np.array([min(f[name]) + ORIGIN - 1 if name in f else NEVER for f in facts], dtype=np.int64)

    kinds = {"ok": Reading.ADEQUATE, "ne": Reading.NOT_ADEQUATE, "pd": Reading.PROGRESSION}
    readings = [(i, day + ORIGIN - 1, kinds[n]) for i, f in enumerate(facts) for n in kinds for day in f.get(n, [])]
    np.random.default_rng(shuffle).shuffle(readings)
    subject, day, kind = (
        (np.array(column, dtype=np.int64) for column in zip(*readings, strict=True))
        if readings
        else (np.empty(0, dtype=np.int64),) * 3
    )
    n = len(cases)
    return Histories(
        origin=np.full(n, ORIGIN),
        anchor=np.full(n, ORIGIN),
        has_baseline=np.array(["nobase" not in f for f in facts]),
        reading_subject=subject,
        reading_day=day,
        reading=kind,
        death=first("death"),
        new_therapy=first("nact"),
        clinical_progression=first("clin"),
        treatment_stop=first("stop"),
        other_event=np.full(n, NEVER),
        left_study=np.array(["left" in f for f in facts]),
    )


def answer(outcomes: Outcomes, i: int = 0) -> str:
    """The outcome as the cases write it."""
    return f"{'E' if outcomes.event[i] else 'C'} {outcomes.day[i] - ORIGIN + 1}"


@pytest.mark.parametrize("rule_set", list(RuleSet))
@pytest.mark.parametrize("case", ALL, ids=[c.number for c in ALL])
def test_case(case: Case, rule_set: RuleSet) -> None:
    outcomes = censor(histories([case]), RULES[rule_set], SCHEDULE, CensorOptions(**case.options))
    assert answer(outcomes) == case.answers()[rule_set]
    assert (outcomes.reason[0] == 0) == outcomes.event[0]


@pytest.mark.parametrize("rule_set", list(RuleSet))
def test_many_subjects_in_any_order_of_rows(rule_set: RuleSet) -> None:
    outcomes = censor(histories(CASES[:19] + CASES[20:], shuffle=7), RULES[rule_set], SCHEDULE)
    assert [answer(outcomes, i) for i in range(34)] == [c.answers()[rule_set] for c in CASES if c.number != "20"]


@pytest.mark.parametrize("case", ALL, ids=[c.number for c in ALL])
def test_interval(case: Case) -> None:
    left, right = progression_interval(histories([case]))
    found = (left[0] - ORIGIN + 1, None if right[0] == NEVER else right[0] - ORIGIN + 1)
    assert found == case.interval


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ("nobase ok85 pd169", CensorReason.NO_BASELINE),
        ("left5", CensorReason.NO_ASSESSMENT),
        ("nact30 death150", CensorReason.NO_ASSESSMENT),
        ("death300", CensorReason.NO_ASSESSMENT),
        ("ok85 nact100 pd169", CensorReason.NEW_THERAPY),
        ("nact30 ok85 pd169", CensorReason.NEW_THERAPY),
        ("ok85 pd337", CensorReason.MISSED_VISITS),
        ("ok85 left100", CensorReason.LEFT_STUDY),
        ("ok85", CensorReason.ONGOING),
    ],
)
def test_reason_under_rule_set_a(history: str, reason: CensorReason) -> None:
    case = Case("", history, "", "", "", "", "", (0, 0))
    assert censor(histories([case]), RULES[RuleSet.A], SCHEDULE).reason.tolist() == [reason]


def test_progression_gives_the_label_when_death_falls_on_the_same_day() -> None:
    case = next(c for c in VARIANTS if c.number == "45")
    for rules in RULES.values():
        assert censor(histories([case]), rules, SCHEDULE).cause.tolist() == [Cause.PROGRESSION]


def test_no_schedule_means_no_missed_visit_and_no_nominal_date() -> None:
    outcomes = censor(histories([CASES[6]]), RULES[RuleSet.B], Schedule(()))
    assert answer(outcomes) == "E 337"


def test_interval_of_the_schedule_in_force_decides_the_allowed_gap() -> None:
    # every 6 weeks to week 24, then every 12: after day 253 two missed visits mean 2 x 84 + 14 days
    schedule = Schedule.from_study_days([43, 85, 127, 169, 253, 337, 421], window=7)
    early, late = np.array([ORIGIN + 42]), np.array([ORIGIN + 252])
    assert schedule.allowed_gap(early, np.array([ORIGIN]), 2).tolist() == [2 * 42 + 14]
    assert schedule.allowed_gap(late, np.array([ORIGIN]), 2).tolist() == [2 * 84 + 14]


def test_readings_before_the_origin_do_not_count() -> None:
    # duration of response: time begins with the response on day 169
    h = histories([CASES[0]])
    late = Histories(**{name: getattr(h, name) for name in Histories.__slots__} | {"origin": np.array([ORIGIN + 300])})
    outcomes = censor(late, RULES[RuleSet.P], SCHEDULE)
    assert (outcomes.event[0], outcomes.day[0]) == (True, ORIGIN + 336)
    assert progression_interval(late)[0][0] == ORIGIN + 300
