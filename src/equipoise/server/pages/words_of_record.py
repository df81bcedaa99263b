"""Words for what the record calls by short names: tests, states of lesions, kinds of records."""

from equipoise.server.pages.words import translated as _

__all__ = ["LAB_TESTS", "VITAL_SIGNS", "kind_words", "lab_test_words", "lesion_state_words", "visit_words"]

LAB_TESTS: dict[str, tuple[str, str]] = {
    "HGB": ("Hemoglobin", "g/dL"),
    "WBC": ("Leukocytes", "10^9/L"),
    "NEUT": ("Neutrophils", "10^9/L"),
    "LYM": ("Lymphocytes", "10^9/L"),
    "PLAT": ("Platelets", "10^9/L"),
    "ALT": ("Alanine aminotransferase", "U/L"),
    "AST": ("Aspartate aminotransferase", "U/L"),
    "ALP": ("Alkaline phosphatase", "U/L"),
    "BILI": ("Bilirubin", "mg/dL"),
    "ALB": ("Albumin", "g/dL"),
    "CREAT": ("Creatinine", "mg/dL"),
    "BUN": ("Urea nitrogen", "mg/dL"),
    "SODIUM": ("Sodium", "mmol/L"),
    "K": ("Potassium", "mmol/L"),
    "CA": ("Calcium", "mg/dL"),
    "MG": ("Magnesium", "mg/dL"),
    "PHOS": ("Phosphate", "mg/dL"),
    "GLUC": ("Glucose", "mg/dL"),
    "LDH": ("Lactate dehydrogenase", "U/L"),
    "GGT": ("Gamma-glutamyl transferase", "U/L"),
    "LIPASET": ("Lipase", "U/L"),
    "TSH": ("Thyrotropin", "mU/L"),
    "INR": ("Prothrombin time, INR", ""),
    "PROTUR": ("Protein in urine", "mg/dL"),
    "CGA": ("Chromogranin A", "ng/mL"),
    "HIAA5": ("5-HIAA in urine", "mg/24 h"),
}
"""Code of CDISC -> name and usual unit; the unit can be changed in the form."""

VITAL_SIGNS: dict[str, tuple[str, str]] = {
    "SYSBP": ("Systolic blood pressure", "mmHg"),
    "DIABP": ("Diastolic blood pressure", "mmHg"),
    "PULSE": ("Pulse", "beats/min"),
    "TEMP": ("Temperature", "C"),
    "WEIGHT": ("Weight", "kg"),
    "HEIGHT": ("Height", "cm"),
}
"""Code of CDISC -> name and unit."""

_STATES = {
    "ABSENT": "gone",
    "PRESENT": "still there",
    "INCREASED": "unequivocally larger",
    "UNEQUIVOCAL": "new, unequivocal",
    "EQUIVOCAL": "new, equivocal",
    "TOO SMALL": "too small to measure",
    "MERGED": "merged with another",
    "NOT EVALUABLE": "not evaluable",
}
_KINDS = {
    "screened": "Screening",
    "consented": "Consent",
    "baseline_recorded": "Baseline facts",
    "registered": "Registration",
    "screen_failed": "Screen failure",
    "randomized": "Randomization",
    "kit_assigned": "Kit assigned",
    "dispensed": "Kit handed out",
    "kit_returned": "Kit returned",
    "wrong_kit_dispensed": "Wrong kit handed out",
    "dose_recorded": "Dose",
    "treatment_stopped": "End of treatment",
    "visit_recorded": "Visit",
    "labs_recorded": "Laboratory",
    "vitals_recorded": "Vital signs",
    "diary_submitted": "Questionnaire",
    "diary_missed": "Questionnaire missed",
    "tumors_measured": "Tumor measurements",
    "response_assessed": "Response",
    "scan_submitted": "Scan sent",
    "adverse_event_recorded": "Adverse event",
    "serious_event_reported": "Report of a serious event",
    "narrative_added": "Addition to a narrative",
    "contact_recorded": "Contact",
    "death_recorded": "Death",
    "lost_to_follow_up": "Lost to follow-up",
    "found_again": "Found again",
    "therapy_recorded": "Other therapy",
    "deviation_recorded": "Deviation",
    "withdrawn": "Withdrawal",
    "transferred": "Transfer",
    "study_ended": "End of follow-up",
    "query_opened": "Query",
    "query_answered": "Answer to a query",
    "query_closed": "Query closed",
    "signed": "Signature",
    "unblinded": "Unblinding",
    "code_broken": "Emergency code break",
    "blinded_treatment_ended": "End of blinded treatment",
    "open_label_started": "Begin of open treatment",
    "open_label_dose_recorded": "Dose of open treatment",
    "open_label_stopped": "End of open treatment",
    "unblinding_reported": "Report of an unblinding",
    "stratum_corrected": "Corrected stratum",
    "randomized_in_error": "Randomized in error",
}


def kind_words(kind: str) -> str:
    """Name a kind of record."""
    words = _KINDS.get(kind)
    return _(words) if words else _(kind.replace("_", " ")).capitalize()


def lab_test_words(code: str) -> str:
    """Name a laboratory test or vital sign; its code where it has no name here."""
    known = LAB_TESTS.get(code) or VITAL_SIGNS.get(code)
    return _(known[0]) if known else code


def lesion_state_words(state: str) -> str:
    """Say what was seen of a lesion."""
    return _(_STATES.get(state, state.lower()))


def visit_words(label: str | None, name: str, number: int | None = None) -> str:
    """Name a visit of the schedule."""
    words = label or name.replace("_", " ").capitalize()
    return f"{words} {number}" if number is not None else words
