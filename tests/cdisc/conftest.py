"""A trial of four subjects without a fault, to which tests add one fault each."""

import polars as pl
import pytest


@pytest.fixture
def sdtm() -> dict[str, pl.DataFrame]:
    """DM, AE, RS, DS, EX and SUPPDM without a finding."""
    subjects = ["01", "02", "03", "04"]
    dm = pl.DataFrame(
        {
            "STUDYID": "S",
            "DOMAIN": "DM",
            "USUBJID": subjects,
            "SUBJID": subjects,
            "SITEID": "1",
            "COUNTRY": "USA",
            "SEX": ["F", "M", "F", "M"],
            "AGE": [61.0, 50.0, 44.0, 70.0],
            "RFSTDTC": "2020-01-06",
            "BRTHDTC": ["1958-03", "1969-05-05", "1975", None],
            "DTHFL": [None, "Y", None, None],
            "DTHDTC": [None, "2020-06-01", None, None],
        }
    )
    ae = pl.DataFrame(
        {
            "STUDYID": "S",
            "DOMAIN": "AE",
            "USUBJID": ["01", "01", "02"],
            "AESEQ": [1.0, 2.0, 1.0],
            "AETERM": ["Nausea", "Rash", "Sepsis"],
            "AEDECOD": ["Nausea", "Rash", "Sepsis"],
            "AETOXGR": ["1", "2", "5"],
            "AEOUT": ["RECOVERED/RESOLVED", None, "FATAL"],
            "AESTDTC": ["2020-02-01", "2020-03", "2020-05-20"],
            "AEENDTC": ["2020-02-05", None, "2020-06-01"],
        }
    )
    rs = pl.DataFrame(
        {
            "STUDYID": "S",
            "DOMAIN": "RS",
            "USUBJID": ["01", "01", "03"],
            "RSSEQ": [1.0, 2.0, 1.0],
            "RSTESTCD": "OVRLRESP",
            "RSTEST": "Overall Response",
            "RSSTRESC": ["SD", "PD", "PR"],
            "RSDTC": ["2020-03-30", "2020-06-22", "2020-03-30"],
        }
    )
    ds = pl.DataFrame(
        {
            "STUDYID": "S",
            "DOMAIN": "DS",
            "USUBJID": [*subjects, "02"],
            "DSSEQ": [1.0, 1.0, 1.0, 1.0, 2.0],
            "DSTERM": ["RANDOMIZED"] * 4 + ["DEATH"],
            "DSDECOD": ["RANDOMIZED"] * 4 + ["DEATH"],
            "DSSTDTC": ["2020-01-06"] * 4 + ["2020-06-01"],
        }
    )
    ex = pl.DataFrame(
        {
            "STUDYID": "S",
            "DOMAIN": "EX",
            "USUBJID": subjects,
            "EXSEQ": 1.0,
            "EXTRT": "DRUG",
            "EXSTDTC": "2020-01-07",
            "EXENDTC": ["2020-05-01", "2020-05-20", "2020-04", "2020"],
        }
    )
    suppdm = pl.DataFrame(
        {
            "STUDYID": "S",
            "RDOMAIN": "DM",
            "USUBJID": ["01", "02"],
            "IDVAR": pl.Series([None, None], dtype=pl.String),
            "IDVARVAL": pl.Series([None, None], dtype=pl.String),
            "QNAM": "PRIMSITE",
            "QLABEL": "Primary Site",
            "QVAL": ["SMALL BOWEL", "PANCREAS"],
        }
    )
    return {"DM": dm, "AE": ae, "RS": rs, "DS": ds, "EX": ex, "SUPPDM": suppdm}
