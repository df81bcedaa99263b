"""The cumulative hazard, by hand and against R survival 3.5-3."""

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from survival_goldens import numbers, relative_difference

from equipoise.stats import StatsError, nelson_aalen

R = "R 4.2.2, survival 3.5-3"
CLOSED_FORM = 1e-10

# Six subjects: times 1, 2, 2, 3+, 4, 4 (both die); at risk 6, 5, 3, 2.
TIME, EVENT = [1, 2, 2, 3, 4, 4], [1, 1, 0, 0, 1, 1]


@pytest.mark.evidence(method="nelson_aalen", kind="hand", source="six subjects")
def test_six_subjects_by_hand():
    hazard = nelson_aalen(TIME, EVENT)
    assert hazard.estimate.tolist() == pytest.approx(
        [1 / 6, 1 / 6 + 1 / 5, 1 / 6 + 1 / 5, 1 / 6 + 1 / 5 + 2 / 2], rel=1e-14
    )
    variance = [
        Fraction(1, 36),
        Fraction(1, 36) + Fraction(1, 25),
        Fraction(1, 36) + Fraction(1, 25),
        Fraction(1, 36) + Fraction(1, 25) + Fraction(2, 4),
    ]
    assert hazard.std_error.tolist() == pytest.approx([sqrt(v) for v in variance], rel=1e-14)
    z = 1.959963984540054
    assert hazard.conf_low[0] == pytest.approx(np.exp(-z) / 6, rel=1e-14)


@pytest.mark.evidence(method="nelson_aalen correct_ties", kind="hand", source="six subjects")
def test_tied_deaths_one_after_the_other_by_hand():
    hazard = nelson_aalen(TIME, EVENT, correct_ties=True)
    assert hazard.estimate[-1] == pytest.approx(1 / 6 + 1 / 5 + 1 / 2 + 1, rel=1e-14)
    assert hazard.std_error[-1] == pytest.approx(sqrt(1 / 36 + 1 / 25 + 1 / 4 + 1), rel=1e-14)


@pytest.mark.evidence(method="nelson_aalen", kind="R", source=R)
def test_every_reference_curve(goldens, largest_difference):
    for case in goldens["km"]:
        samples, start = goldens.columns(case["src"]).curves(), 0
        for expected in case["curves"]:
            sample = samples[expected["curve"].replace(" ", "")]
            part = slice(start, start + len(expected["time"]))
            start = part.stop
            options = {"entry": sample.entry, "weights": sample.weights, "conf_type": "plain"}
            plain = nelson_aalen(sample.time, sample.event, **options)
            ties = nelson_aalen(sample.time, sample.event, correct_ties=True, **options)
            r, r_ties = case["nelson_aalen"], case["fleming_harrington_ties"]
            pairs = [
                (plain.estimate, r["cumhaz"]),
                (plain.std_error, r["se_cumhaz"]),
                (plain.survival, r["surv"]),
                (ties.estimate, r_ties["cumhaz"]),
                (ties.std_error, r_ties["se_cumhaz"]),
                (ties.survival, r_ties["surv"]),
            ]
            if not sample.src.get("weights"):
                # With robust variances R 3.5-3 divides the standard error of H by S once more before it makes limits
                # (survfit, stype = 2): its limits there are not compared.
                pairs += [(np.exp(-plain.conf_high), r["lower_log"]), (np.exp(-plain.conf_low), r["upper_log"])]
            for actual, wanted in pairs:
                largest_difference(relative_difference(actual, numbers(wanted[part])), CLOSED_FORM, case["id"])


def test_limits_before_the_first_event_are_unknown_on_the_log_scale():
    hazard = nelson_aalen([1, 2, 3], [0, 1, 0])
    assert np.isnan(hazard.conf_low[0])
    assert nelson_aalen([1, 2, 3], [0, 1, 0], conf_type="plain").conf_high[0] == 0.0


def test_frequency_weights_repeat_rows():
    weighted = nelson_aalen([1, 2, 3], [1, 1, 0], weights=[2, 3, 1], correct_ties=True)
    repeated = nelson_aalen([1, 1, 2, 2, 2, 3], [1, 1, 1, 1, 1, 0], correct_ties=True)
    assert weighted.estimate.tolist() == pytest.approx(repeated.estimate.tolist(), rel=1e-14)
    assert weighted.std_error.tolist() == pytest.approx(repeated.std_error.tolist(), rel=1e-14)


def test_wrong_conf_type_is_named():
    with pytest.raises(StatsError, match="conf_type: expected one of 'log', 'plain', got 'log-log'"):
        nelson_aalen([1, 2], [1, 0], conf_type="log-log")
