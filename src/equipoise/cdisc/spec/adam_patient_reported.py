"""ADaM: scores of questionnaires, and the forms that were due."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["ADPRO", "ADQS"]

V = Variable
_SUBJECT = (
    V("STUDYID", "Study Identifier", core="required", origin="ADSL.STUDYID"),
    V("USUBJID", "Unique Subject Identifier", core="required", origin="ADSL.USUBJID"),
    V("INSTR", "Questionnaire", core="required", origin="Name of the instrument in the protocol"),
)
_VISIT = (
    V("AVISIT", "Analysis Visit", origin="Baseline, or the planned visit whose window holds the form"),
    V("AVISITN", "Analysis Visit (N)", "integer", origin="0 baseline, else the target study day of the visit"),
)
_WINDOW = (
    V("AWTARGET", "Analysis Window Target", "integer", origin="Target study day of the visit"),
    V("AWLO", "Analysis Window Beginning Timepoint", "integer", origin="First study day of the window"),
    V("AWHI", "Analysis Window Ending Timepoint", "integer", origin="Last study day of the window"),
)

ADQS = DatasetSpec(
    "ADQS",
    "Questionnaire Scores Analysis Dataset",
    "one row per subject, questionnaire, form and scale",
    ("STUDYID", "USUBJID", "INSTR", "SCALE", "FORMSEQ"),
    (
        *_SUBJECT,
        V("SCALE", "Scale", core="required", origin="Code of the scale in the instrument"),
        V("PARAMCD", "Parameter Code", core="required", origin="SCALE in 8 characters, unique among questionnaires"),
        V("PARAM", "Parameter", core="required", origin="Label of the scale, with its questionnaire"),
        V("PARCAT1", "Parameter Category 1", origin="Label of the questionnaire"),
        V("FORMSEQ", "Form Number", "integer", core="required", origin="Forms of a subject and questionnaire by date"),
        V("VISIT", "Visit Name", origin="QS.VISIT"),
        V("QSSEQ", "Sequence Number", "integer", origin="First record of the form in QS"),
        V("ADT", "Analysis Date", "date", origin="QS.QSDTC; missing for a partial date"),
        V("ADY", "Analysis Relative Day", "integer", origin="Days from the anchor of the instrument, which is day 1"),
        *_VISIT,
        *_WINDOW,
        V("AWTDIFF", "Analysis Window Diff from Target", "integer", origin="Days between ADY and AWTARGET"),
        V("AVAL", "Analysis Value", "number", origin="Score by the rules of the instrument"),
        V("BASE", "Baseline Value", "number", origin="AVAL of the row with ABLFL"),
        V("CHG", "Change from Baseline", "number", origin="AVAL - BASE, after baseline"),
        V("CHGCAT1", "Change from Baseline Category 1", origin="Improved, Stable or Worsened by the thresholds"),
        V(
            "ABLFL",
            "Baseline Record Flag",
            codelist="Y",
            origin="Last score on or before first dose, else randomization",
        ),
        V("ANL01FL", "Analysis Flag 01", codelist="Y", origin="Y on the form of its window, usable to compare arms"),
        V("EXCLRSN", "Reason for Exclusion", codelist="QSEXCL", origin="Why ANL01FL is missing"),
        V("NITEMS", "Number of Items Answered", "integer", origin="Answered items of the scale"),
        V("BETTER", "Favorable End of the Scale", codelist="BETTER", origin="End of AVAL that is good for the subject"),
        V("DETTHR", "Deterioration Threshold", "number", origin="Points of worsening that matter, above zero"),
        V("IMPTHR", "Improvement Threshold", "number", origin="Points of improvement that matter, above zero"),
    ),
)

ADPRO = DatasetSpec(
    "ADPRO",
    "Questionnaire Completion Dataset",
    "one row per randomized subject, questionnaire and planned form",
    ("STUDYID", "USUBJID", "INSTR", "AVISITN"),
    (
        *_SUBJECT,
        *_VISIT,
        *_WINDOW,
        V(
            "EXPECTFL",
            "Form Expected",
            codelist="NY",
            origin="Alive, on study, due by the cut-off, arms still comparable",
        ),
        V("ALIVEFL", "Alive at the Target Day", codelist="NY", origin="N where the subject died before the target day"),
        V("RECEIVFL", "Form Received", codelist="NY", origin="A usable form of the window with at least one answer"),
        V("EVALFL", "Form Evaluable", codelist="NY", origin="A received form with at least one score"),
        V("ADT", "Analysis Date", "date", origin="Date of the form received"),
        V("NMISSING", "Items Not Answered", "integer", origin="Unanswered items of the form received"),
        V("NNOTAPPL", "Items Not Applicable", "integer", origin="Items of the form received marked as not applicable"),
        V("MISSREAS", "Reason for Missing Form", origin="QS.QSREASND, else what the other data show"),
    ),
)
