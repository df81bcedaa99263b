"""SDTM: demographics, visits, supplemental qualifiers."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["DM", "SUPP", "SV"]

V = Variable
_STUDY = V("STUDYID", "Study Identifier", core="required")
_DOMAIN = V("DOMAIN", "Domain Abbreviation", core="required")
_SUBJECT = V("USUBJID", "Unique Subject Identifier", core="required")

DM = DatasetSpec(
    "DM",
    "Demographics",
    "one row per subject",
    ("STUDYID", "USUBJID"),
    (
        _STUDY,
        _DOMAIN,
        _SUBJECT,
        V("SUBJID", "Subject Identifier for the Study", core="required"),
        V("RFSTDTC", "Subject Reference Start Date/Time", "dtc", "expected"),
        V("RFENDTC", "Subject Reference End Date/Time", "dtc", "expected"),
        V("RFXSTDTC", "Date/Time of First Study Treatment", "dtc", "expected"),
        V("RFXENDTC", "Date/Time of Last Study Treatment", "dtc", "expected"),
        V("RFICDTC", "Date/Time of Informed Consent", "dtc", "expected"),
        V("RFPENDTC", "Date/Time of End of Participation", "dtc", "expected"),
        V("DTHDTC", "Date/Time of Death", "dtc", "expected"),
        V("DTHFL", "Subject Death Flag", core="expected", codelist="Y"),
        V("SITEID", "Study Site Identifier", core="required"),
        V("BRTHDTC", "Date/Time of Birth", "dtc"),
        V("AGE", "Age", "number", "expected"),
        V("AGEU", "Age Units", core="expected", codelist="AGEU"),
        V("SEX", "Sex", core="required", codelist="SEX"),
        V("RACE", "Race", core="expected"),
        V("ETHNIC", "Ethnicity"),
        V("ARMCD", "Planned Arm Code", core="expected"),
        V("ARM", "Description of Planned Arm", core="expected"),
        V("ACTARMCD", "Actual Arm Code", core="expected"),
        V("ACTARM", "Description of Actual Arm", core="expected"),
        V("ARMNRS", "Reason Arm and/or Actual Arm is Null", core="expected"),
        V("COUNTRY", "Country", core="required"),
        V("DMDTC", "Date/Time of Collection", "dtc"),
        V("DMDY", "Study Day of Collection", "integer"),
    ),
)

SV = DatasetSpec(
    "SV",
    "Subject Visits",
    "one row per subject and visit",
    ("STUDYID", "USUBJID", "VISITNUM", "SVSTDTC"),
    (
        _STUDY,
        _DOMAIN,
        _SUBJECT,
        V("VISITNUM", "Visit Number", "number", "required"),
        V("VISIT", "Visit Name"),
        V("VISITDY", "Planned Study Day of Visit", "integer"),
        V("SVSTDTC", "Start Date/Time of Visit", "dtc", "expected"),
        V("SVENDTC", "End Date/Time of Visit", "dtc", "expected"),
        V("SVUPDES", "Description of Unplanned Visit"),
    ),
)

SUPP = DatasetSpec(
    "SUPP--",
    "Supplemental Qualifiers",
    "one row per record of the parent domain and qualifier",
    ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
    (
        _STUDY,
        V("RDOMAIN", "Related Domain Abbreviation", core="required"),
        _SUBJECT,
        V("IDVAR", "Identifying Variable", core="expected"),
        V("IDVARVAL", "Identifying Variable Value", core="expected"),
        V("QNAM", "Qualifier Variable Name", core="required"),
        V("QLABEL", "Qualifier Variable Label", core="required"),
        V("QVAL", "Data Value", core="required"),
        V("QORIG", "Origin"),
        V("QEVAL", "Evaluator"),
    ),
)
