"""What holds for every history, whatever happens in it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.criteria.pfs_cases import Case
from tests.criteria.test_censoring import ORIGIN, SCHEDULE, histories

from equipoise.criteria import RULES, CensorOptions, Outcomes, censor
from equipoise.terms import RuleSet

DAY = st.integers(min_value=1, max_value=450)
WORDS = st.one_of(
    st.tuples(st.sampled_from(["ok", "ne", "pd"]), DAY),
    st.tuples(st.sampled_from(["death", "nact", "clin", "stop"]), DAY),
    st.just(("nobase", "")),
)
HISTORY = st.lists(WORDS, max_size=8).map(lambda words: " ".join(f"{name}{day}" for name, day in words))
OPTIONS = st.builds(
    CensorOptions,
    missed_rule=st.sampled_from(["count", "gap"]),
    missed_count=st.integers(1, 3),
    stop_for_toxicity=st.sampled_from(["continue", "censor"]),
    early_death=st.sampled_from(["event", "censor"]),
)


def outcomes(texts: list[str], rule_set: RuleSet, options: CensorOptions) -> Outcomes:
    cases = [Case(str(i), text, "", "", "", "", "", (0, None)) for i, text in enumerate(texts)]
    return censor(histories(cases), RULES[rule_set], SCHEDULE, options)


def days(found: Outcomes) -> list[tuple[bool, int, int]]:
    return list(zip(found.event.tolist(), found.day.tolist(), found.reason.tolist(), strict=True))


@given(st.lists(HISTORY, min_size=2, max_size=6), st.sampled_from(list(RuleSet)), OPTIONS)
@settings(max_examples=200, deadline=None)
def test_a_subject_s_outcome_does_not_depend_on_the_others(
    texts: list[str], rule_set: RuleSet, options: CensorOptions
) -> None:
    together = days(outcomes(texts, rule_set, options))
    assert together == [days(outcomes([text], rule_set, options))[0] for text in texts]


@given(st.lists(HISTORY, min_size=1, max_size=20), OPTIONS)
@settings(max_examples=200, deadline=None)
def test_rule_sets_agree_where_they_must(texts: list[str], options: CensorOptions) -> None:
    found = {rule_set: days(outcomes(texts, rule_set, options)) for rule_set in RuleSet}
    for a, b, c, p, k in zip(*(found[RuleSet(r)] for r in "ABCPK"), strict=True):
        assert all(day >= ORIGIN and event == (reason == 0) for event, day, reason in (a, b, c, p, k))
        if a[0]:  # an event of A is the event of P on the same day, and an event of B
            assert p == a
            assert b[0]
        if p[0]:  # K counts at least what P counts, no later
            assert k[0]
            assert k[1] <= p[1]
        else:
            assert not a[0]
        assert not (c[2] == 0 and k[2] != 0)
