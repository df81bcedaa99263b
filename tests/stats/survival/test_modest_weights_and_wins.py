"""The modestly weighted log-rank test and the win ratio: by hand, by every pair, and their limits by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, logrank_test, modestly_weighted_test, win_ratio

rows = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 1), st.integers(0, 1)), min_size=4, max_size=40
).filter(lambda sample: len({group for _, _, group, _ in sample}) == 2)


def columns(sample):
    time, event, group, stratum = (np.array(column) for column in zip(*sample, strict=True))
    return time.astype(float), event.astype(bool), group, stratum


def direct_score(time, event, group, stratum, delay):
    """Score and variance from the definition, time by time."""
    score = variance = 0.0
    for s in np.unique(stratum):
        t, e, g = (x[stratum == s] for x in (time, event, group))
        floor = np.prod([1 - (e & (t == x)).sum() / (t >= x).sum() for x in np.unique(t[e]) if x <= delay])
        survival = 1.0
        for x in np.unique(t[e]):
            n, n1, d = (t >= x).sum(), ((t >= x) & (g == 1)).sum(), (e & (t == x)).sum()
            weight = 1 / max(survival, floor)
            score += weight * ((e & (t == x) & (g == 1)).sum() - d * n1 / n)
            if n > 1:
                variance += weight**2 * d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1)
            survival *= 1 - d / n
    return score, variance


@pytest.mark.evidence(method="modestly_weighted_test", kind="hand", source="the definition, time by time")
@given(rows, st.integers(0, 13), st.booleans())
def test_modest_weights_by_definition(sample, delay, stratified):
    time, event, group, stratum = columns(sample)
    strata = stratum if stratified else None
    found = modestly_weighted_test(time, event, group, delay=delay, strata=strata, reference=0)
    score, variance = direct_score(time, event, group, stratum if stratified else stratum * 0, delay)
    assert found.score == pytest.approx(score, abs=1e-9)
    assert found.variance == pytest.approx(variance, abs=1e-9)
    assert found.status == ("" if variance > 0 else "NE")


@pytest.mark.evidence(
    method="modestly_weighted_test", kind="property", source="without a delay it is the log-rank test"
)
@given(rows)
def test_no_delay_is_the_log_rank_test(sample):
    time, event, group, stratum = columns(sample)
    plain = logrank_test(time, event, group, strata=stratum, reference=0)
    found = modestly_weighted_test(time, event, group, delay=0, strata=stratum, reference=0)
    assert found.z == pytest.approx(plain.z, nan_ok=True)
    other = modestly_weighted_test(time, event, group, delay=5, reference=1)
    assert other.z == pytest.approx(-modestly_weighted_test(time, event, group, delay=5, reference=0).z, nan_ok=True)


@pytest.mark.evidence(method="win_ratio", kind="hand", source="every pair, one by one")
@given(rows)
def test_wins_are_those_of_every_pair(sample):
    time, event, group, _ = columns(sample)
    wins = losses = 0
    for t1, e1 in zip(time[group == 1], event[group == 1], strict=True):
        for t0, e0 in zip(time[group == 0], event[group == 0], strict=True):
            wins += bool(e0 and t0 < t1)
            losses += bool(e1 and t1 < t0)
    found = win_ratio(time, event, group, reference=0)
    assert (found.wins, found.losses) == (wins, losses)
    assert found.ties == found.pairs - wins - losses
    assert found.net_benefit == pytest.approx((wins - losses) / found.pairs)
    turned = win_ratio(time, event, group, reference=1)
    assert turned.z == pytest.approx(-found.z, nan_ok=True)
    assert turned.net_benefit_std_error == pytest.approx(found.net_benefit_std_error)
    assert turned.win_odds == pytest.approx(1 / found.win_odds if found.win_odds else np.nan, nan_ok=True)


@pytest.mark.evidence(method="win_ratio", kind="property", source="coverage and errors over simulated trials")
def test_limits_of_the_win_ratio_cover(full):
    rng, trials, n, ratio = np.random.default_rng(3), 4_000 if full else 800, 80, 0.6
    benefit, error, covered = np.empty(trials), np.empty(trials), 0
    group = np.arange(2 * n) // n
    for i in range(trials):
        time = rng.exponential(np.where(group == 1, 1 / ratio, 1.0))
        found = win_ratio(np.minimum(time, 1.5), time <= 1.5, group, reference=0)
        benefit[i], error[i] = found.net_benefit, found.net_benefit_std_error
        # under proportional hazards wins and losses are in the ratio of the hazards, whatever the follow-up
        covered += found.win_ratio_low <= 1 / ratio <= found.win_ratio_high
    assert covered / trials == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / trials) + 0.005)
    assert error.mean() == pytest.approx(benefit.std(), rel=0.1 if not full else 0.05)


def test_strata_weigh_their_pairs_by_their_size():
    time, event = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]), np.ones(10, bool)
    group = np.array([0, 1, 0, 1, 0, 1, 1, 0, 1, 0])
    stratum = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    parts = [win_ratio(time[stratum == s], event[stratum == s], group[stratum == s], reference=0) for s in (0, 1)]
    whole = win_ratio(time, event, group, strata=stratum, reference=0)
    expected = (parts[0].wins / 4 + parts[1].wins / 6) / (parts[0].losses / 4 + parts[1].losses / 6)
    assert whole.win_ratio == pytest.approx(expected)
    assert whole.wins == parts[0].wins + parts[1].wins


def test_what_cannot_be_estimated_is_said():
    nobody = modestly_weighted_test([1, 2, 3, 4], [0, 0, 0, 0], [0, 0, 1, 1], delay=2)
    assert (nobody.status, nobody.reason) == ("NE", "no events")
    one_sided = win_ratio([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 1, 1])
    assert (one_sided.status, one_sided.net_benefit) == ("NE", 1.0)
    assert "wins 4 and loses 0 of 4 pairs" in one_sided.reason


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: modestly_weighted_test([1, 2], [1, 1], [0, 1], delay=-1), "delay: expected a time from 0 on"),
        (lambda: modestly_weighted_test([1, 2], [1, 1], [0, 1], delay=np.nan), "delay"),
        (lambda: modestly_weighted_test([1, 2, 3], [1, 1, 1], [0, 1, 2], delay=1), "expected two groups, found 3"),
        (lambda: modestly_weighted_test([1, -2], [1, 1], [0, 1], delay=1), "time"),
        (lambda: win_ratio([1, 2], [1, 1], [0, 0]), "at least two groups"),
        (lambda: win_ratio([1, 2, 3], [1, 1, 1], [0, 1, 2]), "expected two groups, found 3"),
        (lambda: win_ratio([1, 2], [1, 1], [0, 1], conf_level=1), "conf_level"),
        (lambda: win_ratio([1, 2], [1, 3], [0, 1]), "event"),
    ],
)
def test_bad_input_is_explained(call, expected):
    with pytest.raises(StatsError, match=expected):
        call()
