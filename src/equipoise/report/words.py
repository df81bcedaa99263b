"""Words for identifiers of the results files, as tables, sentences and the side panel print them."""

import re
from collections.abc import Mapping

__all__ = [
    "BAND",
    "FLOW",
    "RULE_SETS",
    "STANDING",
    "STATISTICS",
    "STATUS",
    "STRATA",
    "STRATA_NOTES",
    "STRATIFIED",
    "VARIABLES",
    "sentence_case",
]

WORD = re.compile(r"[^\W\d_]+")
NAMES = frozenset(
    {"ST", "QT", "QTC", "QRS", "PR", "ECG", "HIV", "HBV", "HCV", "DNA", "RNA", "CNS", "CPK"}
    | {"ALT", "AST", "GGT", "LDH", "TSH", "COVID", "COPD", "II", "III", "IV"}
)
"""Names that keep their capitals inside a longer term."""

BAND = "Synthetic or anonymized data: not a report of a clinical trial's results"

RULE_SETS: Mapping[str, str] = {
    "A": (
        "A: documented progression or death on its own date; new anticancer therapy or missed visits before it censor "
        "at the last adequate assessment"
    ),
    "B": "B: as A, with dates of progression and censoring moved to the nominal days of the scheduled visits",
    "C": "C: as B, and clinical progression claimed by the investigator is an event",
    "P": "P: progression or death whenever observed, else censored at the last adequate assessment",
    "K": "K: as P, and new anticancer therapy or clinical progression is itself an event",
    "I": "I: the events of P; progression midway between the last adequate assessment and the scan that shows it",
}

STRATA: Mapping[str, str] = {
    "none": "unstratified",
    "randomization": "strata as frozen at randomization",
    "corrected": "strata as corrected",
}

STRATIFIED: Mapping[str, str] = {
    "none": "unstratified",
    "randomization": "stratified",
    "corrected": "stratified, corrected strata",
}

STRATA_NOTES: Mapping[str, str] = {
    "randomization": "Strata as frozen at randomization: those with which the subject was randomized, right or wrong",
    "corrected": "Strata as corrected: those that the baseline data give after correction",
}

STATUS: Mapping[str, str] = {
    "ok": "computed",
    "NR": "not reached (NR)",
    "NE": "not estimable (NE)",
    "not_done": "not done",
}

STATISTICS: Mapping[str, str] = {
    "n": "count",
    "n_missing": "missing",
    "percent": "percent",
    "mean": "mean",
    "sd": "standard deviation",
    "median": "median",
    "q1": "first quartile",
    "q3": "third quartile",
    "min": "minimum",
    "max": "maximum",
    "estimate": "estimate",
    "std_error": "standard error",
    "conf_low": "lower confidence limit",
    "conf_high": "upper confidence limit",
    "conf_high_one_sided": "one-sided upper confidence limit",
    "statistic": "test statistic",
    "df": "degrees of freedom",
    "z": "z",
    "p_value": "P value, two-sided",
    "p_one_sided": "P value, one-sided",
    "p_opposite": "P value, opposite side",
    "n_risk": "number at risk",
    "n_events": "events",
    "n_rows": "scores in the model",
    "n_subjects": "subjects in the model",
    "n_parameters": "covariance parameters",
    "loglik": "restricted log-likelihood",
    "aic": "Akaike's criterion",
    "bic": "Schwarz's criterion",
    "covariance": "covariance structure used",
    "attempts": "covariance structures tried",
    "df_method": "degrees of freedom by",
    "estimand": "estimand",
    "visits_left_out": "visits left out",
    "arms_left_out": "arms left out",
    "columns_left_out": "columns left out",
}

STANDING: Mapping[str, str] = {
    "flow": "Flow of subjects",
    "populations": "Analysis populations",
    "strata": "Stratification",
    "accrual": "Accrual",
    "baseline": "Baseline",
    "exposure": "Exposure",
    "exposure_crossover": "Exposure after crossover",
    "follow_up": "Follow-up",
    "central_review": "Local reading and central review",
    "reader_agreement": "Independent readers",
    "turnaround": "Turn-around of reviews",
    "safety_overview": "Adverse events, overview",
    "safety_overview_crossover": "Adverse events after crossover, overview",
    "safety_terms": "Adverse events by term",
    "safety_terms_crossover": "Adverse events after crossover by term",
    "patient_reported": "Patient-reported outcomes",
    "patient_reported_compliance": "Compliance with questionnaires",
    "deaths": "Deaths",
    "unknown_onset": "Adverse events with unknown onset",
}

FLOW: tuple[tuple[str, str], ...] = (
    ("assessed", "Assessed for eligibility"),
    ("excluded", "Excluded before randomization"),
    ("excluded_reason", ""),
    ("not_randomized_unexplained", "Not randomized, no reason recorded"),
    ("randomized", "Randomized"),
    ("received", "Received the assigned treatment"),
    ("received_other", "Received another arm's treatment"),
    ("not_received", "Did not receive treatment"),
    ("not_received_reason", ""),
    ("on_treatment", "On treatment at the data cut"),
    ("completed", "Completed treatment"),
    ("discontinued", "Discontinued treatment"),
    ("discontinued_reason", ""),
    ("status_unknown", "Treatment status not known"),
    ("crossed_over", "Crossed over"),
    ("left_study", "Left the study"),
    ("left_study_reason", ""),
)

VARIABLES: Mapping[str, str] = {
    **{name: label for name, label in FLOW if label},
    "excluded_reason": "Reason for exclusion",
    "not_received_reason": "Reason for no treatment",
    "discontinued_reason": "Reason for discontinuation",
    "left_study_reason": "Reason for leaving the study",
    "analyzed": "Analyzed",
    "not_analyzed": "Not analyzed",
    "not_analyzed_reason": "Reason for not being analyzed",
    "members": "In the population",
    "stratum": "Stratum",
    "misstratified": "Stratum at randomization differs from corrected data",
    "site": "Randomized by site",
    "randomized_cumulative": "Randomized so far",
    "subjects": "Subjects",
    "without_record": "Without a record of the endpoint",
    "events": "Events",
    "events_by_type": "Event",
    "censored": "Censored",
    "censored_reason": "Reason for censoring",
    "median": "Median time",
    "q25": "25th percentile of time",
    "q75": "75th percentile of time",
    "survival": "Probability at a landmark",
    "survival_difference": "Difference at a landmark",
    "logrank": "Log-rank test",
    "hazard_ratio": "Hazard ratio",
    "interaction": "Interaction",
    "likelihood_ratio": "Likelihood-ratio test",
    "reverse_kaplan_meier": "Follow-up (reverse Kaplan-Meier)",
    "best_response": "Best overall response",
    "objective_response": "Objective response",
    "disease_control": "Disease control",
    "objective_response_unconfirmed": "Objective response without confirmation",
    "objective_response_confirmed": "Objective response with confirmation",
    "objective_response_measurable": "Objective response of subjects measurable at baseline",
    "biomarker_response": "Response of the biomarker",
    "not_counted": "Not in the denominator",
    "time_to_response": "Time to response",
    "tumor_change": "Change of the tumors known",
    "no_tumor_change": "Change of the tumors not known",
    "shrunk_30": "Decrease of 30% or more",
    "grown_20": "Increase of 20% or more",
    "best_change": "Best change of the sum of diameters",
    "read_by_both": "Read by both",
    "not_read": "Not read",
    "scans": "Scans read by both",
    "scans_one_reader": "Scans read by one",
    "scans_not_evaluable": "Scans not evaluable for one",
    "scan_pair": "Response of a scan by both",
    "scan_agree": "Same response of a scan",
    "scan_kappa": "Kappa of scans",
    "any_scan_differs": "Any scan with different responses",
    "any_scan_progression": "Any scan with progression by one reading only",
    "progression": "Progression by both readings",
    "progressed_pair": "Progression by both",
    "progressed_agree": "Agreement on progression",
    "progressed_kappa": "Kappa of progression",
    "best_response_pair": "Best response by both",
    "best_response_agree": "Same best response",
    "best_response_kappa": "Kappa of the best response",
    "timing_days": "Days between the dates of progression",
    "early_discrepancy": "Early discrepancy rate",
    "late_discrepancy": "Late discrepancy rate",
    "local_progression": "Local progression",
    "local_not_central": "Local progression without central progression",
    "scanned_after_local": "Read centrally after the local progression",
    "censored_at_local": "Central time censored soon after the local progression",
    "censoring_delay_days": "Days from local progression to central censoring",
    "same_progression": "Progression at the same assessment",
    "adjudicated": "Adjudication called for",
    "adjudicator_read": "Read by the adjudicator",
    "adjudication_reason": "Reason for adjudication",
    "not_endorsed": "No reading endorsed",
    "endorsed": "Reader endorsed",
    "overruled": "Reader overruled",
    "reviews": "Reviews timed",
    "working_days": "Working days of a review",
    "within_clock": "Reviewed within the clock of the protocol",
    "any": "Any adverse event",
    "grade3": "Grade 3 or higher",
    "grade5": "Grade 5",
    "serious": "Serious",
    "related": "Related to treatment",
    "related_grade3": "Grade 3 or higher, related to treatment",
    "discontinued": "Led to discontinuation of treatment",
    "any_grade": "Any grade",
    "maximum_grade": "Maximum grade",
    "all": "All deaths",
    "within_30_days": "Within 30 days after the last dose",
    "cause": "Cause of death",
    "unknown_onset": "Onset unknown",
    "duration_days": "Duration of treatment",
    "cumulative_dose": "Cumulative dose",
    "dose_intensity_percent": "Relative dose intensity",
    "treated": "Treated",
    "alive": "Alive at the target day",
    "expected": "Form expected",
    "not_expected": "Form not expected",
    "not_expected_reason": "Reason why no form is expected",
    "available": "Form with a score, of all",
    "form_received": "Form received",
    "form_completed": "Form expected and completed",
    "missing": "Form expected, not completed",
    "missing_reason": "Reason for a missing form",
}


def sentence_case(text: str) -> str:
    """Text in sentence case; submission values in capitals are lowered, but for short names such as PD or HIV."""
    if text.isupper() and len(text) > 3:
        text = WORD.sub(lambda found: found[0] if found[0] in NAMES else found[0].lower(), text)
        text = text.replace(" t wave", " T wave")
    return text[:1].upper() + text[1:]
