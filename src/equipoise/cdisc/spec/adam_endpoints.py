"""ADaM: tumor response and time to event."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["ADRS", "ADTTE"]

V = Variable
_SUBJECT = (
    V("STUDYID", "Study Identifier", core="required", origin="ADSL.STUDYID"),
    V("USUBJID", "Unique Subject Identifier", core="required", origin="ADSL.USUBJID"),
)

ADRS = DatasetSpec(
    "ADRS",
    "Tumor Response Analysis Dataset",
    "one row per subject, parameter, assessor and date",
    ("STUDYID", "USUBJID", "PARAMCD", "ASSESSOR", "ADT", "AVISITN"),
    (
        *_SUBJECT,
        V("PARAMCD", "Parameter Code", core="required", origin="OVR overall response, BOR best response, and others"),
        V("PARAM", "Parameter", core="required", origin="PARAMCD in words"),
        V("ASSESSOR", "Assessor", codelist="ASSESSOR", origin="Reader that the protocol maps"),
        V("ADT", "Analysis Date", "date", origin="RS.RSDTC; last possible day of a partial date without progression"),
        V("ADTF", "Analysis Date Imputation Flag", codelist="DATEFL", origin="Progression dates are never imputed"),
        V("ADY", "Analysis Relative Day", "integer", origin="ADT - RANDDT, plus 1 from randomization on"),
        V("AVISIT", "Analysis Visit", origin="RS.VISIT"),
        V("AVISITN", "Analysis Visit (N)", "number", origin="RS.VISITNUM"),
        V("AVAL", "Analysis Value", "number", origin="Rank of AVALC, or 1 and 0"),
        V("AVALC", "Analysis Value (C)", origin="Response"),
        V("ANL01FL", "Analysis Flag 01", codelist="Y", origin="Y on the assessment that is used on a date"),
        V("RSSEQ", "Sequence Number", "integer", origin="RS.RSSEQ"),
    ),
)

ADTTE = DatasetSpec(
    "ADTTE",
    "Time to Event Analysis Dataset",
    "one row per subject, endpoint and rule set",
    ("STUDYID", "USUBJID", "PARAMCD", "RULESET"),
    (
        *_SUBJECT,
        V("PARAMCD", "Parameter Code", core="required", origin="Endpoint of the protocol in 8 characters"),
        V("PARAM", "Parameter", core="required", origin="Label of the endpoint"),
        V("ENDPT", "Protocol Endpoint Identifier", core="required", origin="Endpoint of the protocol"),
        V("RULESET", "Censoring Rule Set", origin="Rule set that made this row"),
        V("PRIMFL", "Primary Rule Set Flag", codelist="Y", origin="Y where RULESET is the endpoint's primary one"),
        V("STARTDT", "Time to Event Origin Date", "date", core="required", origin="Origin of the endpoint"),
        V("ADT", "Analysis Date", "date", core="required", origin="Date of event or censoring"),
        V("AVAL", "Analysis Value (days)", "integer", core="required", origin="ADT - STARTDT + 1"),
        V("CNSR", "Censor", "integer", core="required", origin="0 event, else the reason (1 to 6), or 1"),
        V("EVNTDESC", "Event or Censoring Description", origin="What happened on ADT"),
        V("CNSDTDSC", "Censor Date Description", origin="What the censoring date is"),
        V("CNSREAS", "Reason for Censoring", origin="CNSR in words; missing for events"),
        V("SRCDOM", "Source Data", origin="Data set of ADT"),
        V("SRCVAR", "Source Variable", origin="Variable of ADT"),
        V("SRCSEQ", "Source Sequence Number", "integer", origin="Row of ADT"),
        V(
            "AVALLO",
            "Last Day without the Event",
            "integer",
            origin="Rule set I: AVAL of an exact event, else before it",
        ),
        V("AVALHI", "First Day with the Event", "integer", origin="Rule set I: missing where censored"),
    ),
)
