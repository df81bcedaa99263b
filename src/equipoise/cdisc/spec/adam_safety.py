"""ADaM: adverse events, exposure, laboratory, deviations."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["ADAE", "ADDV", "ADEX", "ADLB"]

V = Variable
_SUBJECT = (
    V("STUDYID", "Study Identifier", core="required", origin="ADSL.STUDYID"),
    V("USUBJID", "Unique Subject Identifier", core="required", origin="ADSL.USUBJID"),
)
_ARMS = (
    V("ARMID", "Assigned Arm Identifier", origin="ADSL.ARMID"),
    V("AARMID", "Received Arm Identifier", origin="ADSL.AARMID"),
)
_PARAMETER = (
    V("PARAMCD", "Parameter Code", core="required", origin="Quantity"),
    V("PARAM", "Parameter", core="required", origin="PARAMCD in words"),
)

ADAE = DatasetSpec(
    "ADAE",
    "Adverse Event Analysis Dataset",
    "one row per adverse event",
    ("STUDYID", "USUBJID", "AESEQ"),
    (
        *_SUBJECT,
        V("AESEQ", "Sequence Number", "integer", "required", origin="AE.AESEQ"),
        V("AETERM", "Reported Term", origin="AE.AETERM"),
        V("AEDECOD", "Dictionary-Derived Term", core="required", origin="AE.AEDECOD"),
        V("AEBODSYS", "Body System or Organ Class", core="required", origin="AE.AEBODSYS, else AE.AESOC"),
        V("ASTDT", "Analysis Start Date", "date", origin="AE.AESTDTC; partial dates imputed by the rules for onset"),
        V("ASTDTF", "Analysis Start Date Imputation Flag", codelist="DATEFL", origin="Part of ASTDT that was imputed"),
        V("AENDT", "Analysis End Date", "date", origin="AE.AEENDTC; partial dates to the latest day possible"),
        V("AENDTF", "Analysis End Date Imputation Flag", codelist="DATEFL", origin="Part of AENDT that was imputed"),
        V("TRTEMFL", "Treatment Emergent Analysis Flag", codelist="NY", origin="Y where APERIOD is 1 or 2"),
        V("APERIOD", "Period", "integer", origin="1 first treatment, 2 after crossover, missing before treatment"),
        V("AGRADEN", "Analysis Grade (N)", "integer", origin="Number of AGRADE: 1 to 5, or 1 to 3 for severity"),
        V("AGRADE", "Analysis Grade", origin="AETOXGR or AESEV, as the protocol says"),
        V("RELFL", "Related Flag", codelist="NY", origin="Y where AEREL means related, N where not"),
        V("SERFL", "Serious Flag", codelist="NY", origin="AE.AESER"),
        V("DTHAEFL", "Fatal Adverse Event Flag", codelist="NY", origin="Grade 5, AEOUT FATAL or AESDTH Y"),
        V("DISCFL", "Led to Discontinuation Flag", codelist="NY", origin="AEACN DRUG WITHDRAWN"),
        V("UNKONSFL", "Unknown Onset Flag", codelist="NY", origin="Y where the onset is not known at all"),
        *_ARMS,
    ),
)

ADEX = DatasetSpec(
    "ADEX",
    "Exposure Analysis Dataset",
    "one row per subject, phase and parameter",
    ("STUDYID", "USUBJID", "APHASE", "PARAMCD"),
    (
        *_SUBJECT,
        *_ARMS,
        V("APHASE", "Phase", origin="Treatment before or after crossover"),
        *_PARAMETER,
        V("AVAL", "Analysis Value", "number", origin="TRTDUR days, CUMDOSE, AVGDOSE, RDI percent of the planned dose"),
    ),
)

ADLB = DatasetSpec(
    "ADLB",
    "Laboratory Analysis Dataset",
    "one row per laboratory result",
    ("STUDYID", "USUBJID", "PARAMCD", "ADT", "LBSEQ"),
    (
        *_SUBJECT,
        *_ARMS,
        V("LBSEQ", "Sequence Number", "integer", origin="LB.LBSEQ"),
        *_PARAMETER,
        V("ADT", "Analysis Date", "date", origin="LB.LBDTC, complete dates only"),
        V("ADY", "Analysis Relative Day", "integer", origin="ADT - TRTSDT, plus 1 from first dose on"),
        V("AVISIT", "Analysis Visit", origin="LB.VISIT"),
        V("AVISITN", "Analysis Visit (N)", "number", origin="LB.VISITNUM"),
        V("AVAL", "Analysis Value", "number", origin="LB.LBSTRESN"),
        V("BASE", "Baseline Value", "number", origin="AVAL of the last result to first dose"),
        V("CHG", "Change from Baseline", "number", origin="AVAL - BASE, after baseline"),
        V("ABLFL", "Baseline Record Flag", codelist="Y", origin="Y on the baseline result"),
        V("ANRIND", "Analysis Reference Range Indicator", origin="LB.LBNRIND"),
    ),
)

ADDV = DatasetSpec(
    "ADDV",
    "Protocol Deviation Analysis Dataset",
    "one row per deviation",
    ("STUDYID", "USUBJID", "DVSEQ"),
    (
        *_SUBJECT,
        *_ARMS,
        V("DVSEQ", "Sequence Number", "integer", origin="DV.DVSEQ"),
        V("DVTERM", "Protocol Deviation Term", origin="DV.DVTERM"),
        V("DVDECOD", "Protocol Deviation Coded Term", origin="DV.DVDECOD"),
        V("DVCAT", "Category for Protocol Deviation", origin="DV.DVCAT"),
        V("ASTDT", "Analysis Start Date", "date", origin="DV.DVSTDTC, complete dates only"),
    ),
)
