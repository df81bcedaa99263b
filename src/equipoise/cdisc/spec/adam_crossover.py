"""ADaM: dated measurements that may make a patient cross over."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["ADTDC"]

V = Variable

ADTDC = DatasetSpec(
    "ADTDC",
    "Time-Dependent Covariates",
    "one row per subject, measurement and day",
    ("STUDYID", "USUBJID", "PARAMCD", "ADT"),
    (
        V("STUDYID", "Study Identifier", core="required", origin="ADSL.STUDYID"),
        V("USUBJID", "Unique Subject Identifier", core="required", origin="ADSL.USUBJID"),
        V("PARAMCD", "Parameter Code", core="required", origin="Name of the measurement in 8 characters"),
        V("PARAM", "Parameter", origin="Label of the measurement in the protocol"),
        V("ADT", "Analysis Date", "date", core="required", origin="Date of the measurement"),
        V("ADY", "Analysis Relative Day", "integer", origin="Days from randomization, which is day 1"),
        V("AVAL", "Analysis Value", "number", core="required", origin="Number measured; the last record of a day"),
    ),
)
