"""SDTM: interventions, events and findings, each as the general variables of its class and what a domain adds."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["EVENTS", "FINDINGS", "INTERVENTIONS"]

V = Variable


def _identifiers(domain: str) -> tuple[Variable, ...]:
    return (
        V("STUDYID", "Study Identifier", core="required"),
        V("DOMAIN", "Domain Abbreviation", core="required"),
        V("USUBJID", "Unique Subject Identifier", core="required"),
        V(f"{domain}SEQ", "Sequence Number", "integer", "required"),
    )


def _visit() -> tuple[Variable, ...]:
    return (
        V("VISITNUM", "Visit Number", "number", "expected"),
        V("VISIT", "Visit Name"),
        V("VISITDY", "Planned Study Day of Visit", "integer"),
        V("EPOCH", "Epoch"),
    )


def _period(domain: str) -> tuple[Variable, ...]:
    return (
        V(f"{domain}STDTC", "Start Date/Time", "dtc", "expected"),
        V(f"{domain}ENDTC", "End Date/Time", "dtc", "expected"),
        V(f"{domain}STDY", "Study Day of Start", "integer"),
        V(f"{domain}ENDY", "Study Day of End", "integer"),
    )


def _keys(domain: str) -> tuple[str, ...]:
    return ("STUDYID", "USUBJID", f"{domain}SEQ")


def _intervention(domain: str, label: str, *own: Variable) -> DatasetSpec:
    topic = V(f"{domain}TRT", "Name of Treatment", core="required")
    variables = (*_identifiers(domain), topic, *own, *_visit(), *_period(domain))
    return DatasetSpec(domain, label, "one row per recorded treatment", _keys(domain), variables)


def _event(domain: str, label: str, *own: Variable) -> DatasetSpec:
    topic = V(f"{domain}TERM", "Reported Term", core="required")
    variables = (*_identifiers(domain), topic, *own, *_visit(), *_period(domain))
    return DatasetSpec(domain, label, "one row per event", _keys(domain), variables)


def _finding(domain: str, label: str, *own: Variable) -> DatasetSpec:
    variables = (
        *_identifiers(domain),
        V(f"{domain}TESTCD", "Short Name of Test", core="required"),
        V(f"{domain}TEST", "Name of Test", core="required"),
        V(f"{domain}CAT", "Category"),
        V(f"{domain}ORRES", "Result as Collected", core="expected"),
        V(f"{domain}ORRESU", "Original Unit"),
        V(f"{domain}STRESC", "Result in Standard Form", core="expected"),
        V(f"{domain}STRESN", "Numeric Result in Standard Units", "number"),
        V(f"{domain}STRESU", "Standard Unit"),
        V(f"{domain}STAT", "Completion Status", codelist="STAT"),
        V(f"{domain}REASND", "Reason Not Done"),
        *own,
        *_visit(),
        V(f"{domain}DTC", "Date/Time of Finding", "dtc", "expected"),
        V(f"{domain}DY", "Study Day of Finding", "integer"),
    )
    return DatasetSpec(domain, label, "one row per test result", _keys(domain), variables)


def _reader(domain: str) -> tuple[Variable, ...]:
    return (
        V(f"{domain}METHOD", "Method"),
        V(f"{domain}EVAL", "Evaluator", core="expected"),
        V(f"{domain}EVALID", "Evaluator Identifier"),
        V(f"{domain}ACPTFL", "Accepted Record Flag", codelist="Y"),
    )


def _coded(domain: str) -> tuple[Variable, ...]:
    return (V(f"{domain}DECOD", "Dictionary-Derived Term", core="expected"), V(f"{domain}CAT", "Category"))


INTERVENTIONS = (
    _intervention(
        "EX",
        "Exposure",
        V("EXDOSE", "Dose", "number", "expected"),
        V("EXDOSU", "Dose Units", core="expected"),
        V("EXDOSFRM", "Dose Form"),
        V("EXDOSFRQ", "Dosing Frequency per Interval"),
        V("EXROUTE", "Route of Administration"),
        V("EXADJ", "Reason for Dose Adjustment"),
    ),
    _intervention("CM", "Concomitant and Prior Medications", *_coded("CM"), V("CMINDC", "Indication")),
    _intervention("PR", "Procedures", *_coded("PR"), V("PRINDC", "Indication")),
)

EVENTS = (
    _event(
        "AE",
        "Adverse Events",
        V("AEDECOD", "Dictionary-Derived Term", core="required"),
        V("AELLT", "Lowest Level Term"),
        V("AELLTCD", "Lowest Level Term Code", "integer"),
        V("AEPTCD", "Preferred Term Code", "integer"),
        V("AEHLT", "High Level Term"),
        V("AEHLTCD", "High Level Term Code", "integer"),
        V("AEHLGT", "High Level Group Term"),
        V("AEHLGTCD", "High Level Group Term Code", "integer"),
        V("AEBODSYS", "Body System or Organ Class", core="expected"),
        V("AEBDSYCD", "Body System or Organ Class Code", "integer"),
        V("AESOC", "Primary System Organ Class", core="expected"),
        V("AESOCCD", "Primary System Organ Class Code", "integer"),
        V("AESEV", "Severity/Intensity", codelist="AESEV"),
        V("AETOXGR", "Standard Toxicity Grade", codelist="AETOXGR"),
        V("AESER", "Serious Event", core="expected", codelist="NY"),
        V("AEACN", "Action Taken with Study Treatment", core="expected", codelist="ACN"),
        V("AEREL", "Causality", core="expected"),
        V("AEOUT", "Outcome of Adverse Event", codelist="OUT"),
        V("AESCAN", "Involves Cancer", codelist="NY"),
        V("AESCONG", "Congenital Anomaly or Birth Defect", codelist="NY"),
        V("AESDISAB", "Persist or Signif Disability/Incapacity", codelist="NY"),
        V("AESDTH", "Results in Death", codelist="NY"),
        V("AESHOSP", "Requires or Prolongs Hospitalization", codelist="NY"),
        V("AESLIFE", "Is Life Threatening", codelist="NY"),
        V("AESOD", "Occurred with Overdose", codelist="NY"),
        V("AEDTC", "Date/Time of Collection", "dtc"),
    ),
    _event(
        "DS",
        "Disposition",
        V("DSDECOD", "Standardized Disposition Term", core="required"),
        V("DSCAT", "Category for Disposition Event", core="expected"),
        V("DSSCAT", "Subcategory for Disposition Event"),
        V("DSDTC", "Date/Time of Collection", "dtc"),
    ),
    _event("DV", "Protocol Deviations", *_coded("DV")),
    _event("MH", "Medical History", *_coded("MH"), V("MHDTC", "Date/Time of Collection", "dtc")),
)

FINDINGS = (
    _finding(
        "TU",
        "Tumor/Lesion Identification",
        V("TULNKID", "Link Identifier", core="expected"),
        V("TULOC", "Location of the Tumor/Lesion", core="expected"),
        *_reader("TU"),
    ),
    _finding(
        "TR",
        "Tumor/Lesion Results",
        V("TRGRPID", "Group Identifier"),
        V("TRLNKID", "Link Identifier", core="expected"),
        V("TRLNKGRP", "Link Group Identifier"),
        *_reader("TR"),
    ),
    _finding("RS", "Disease Response", V("RSLNKGRP", "Link Group Identifier"), *_reader("RS")),
    _finding(
        "LB",
        "Laboratory Test Results",
        V("LBSPEC", "Specimen Type"),
        V("LBSTNRLO", "Reference Range Lower Limit", "number"),
        V("LBSTNRHI", "Reference Range Upper Limit", "number"),
        V("LBNRIND", "Reference Range Indicator"),
        V("LBTOXGR", "Standard Toxicity Grade", codelist="TOXGR"),
        V("LBBLFL", "Baseline Flag", codelist="Y"),
    ),
    _finding("VS", "Vital Signs", V("VSBLFL", "Baseline Flag", codelist="Y")),
    _finding("EG", "ECG Test Results", V("EGBLFL", "Baseline Flag", codelist="Y")),
    _finding("QS", "Questionnaires", V("QSBLFL", "Baseline Flag", codelist="Y")),
    _finding("FA", "Findings About Events or Interventions", V("FAOBJ", "Object of the Observation")),
    _finding("SC", "Subject Characteristics"),
    _finding("SS", "Subject Status"),
    _finding("DD", "Death Details"),
)
