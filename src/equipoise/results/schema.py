"""The results files: their columns, and what each column means.

``statistics`` holds one row per statistic. A row is identified by what it is about (analysis, endpoint, population,
group, ...) and says how it was computed (method, confidence level, sides) and from whom (``source_set``). ``curves``
holds a row per step of a curve, ``subjects`` a row per plotted subject and mark, ``source_sets`` each distinct set of
subjects once, ``findings`` what was wrong with the data. Every figure, table and sentence of a report is drawn from
these files and from ``trial.json``.
"""

import polars as pl

__all__ = ["COLUMN_MEANING", "CURVES", "FINDINGS", "SOURCE_SETS", "STATISTICS", "SUBJECTS", "TABLES"]

STATISTICS: dict[str, pl.DataType | type[pl.DataType]] = {
    "row_id": pl.Int64,
    "study_id": pl.String,
    "analysis_id": pl.String,
    "data_cut": pl.String,
    "look": pl.Int64,
    "population": pl.String,
    "endpoint": pl.String,
    "rule_set": pl.String,
    "group": pl.String,
    "group_level": pl.String,
    "reference_level": pl.String,
    "subgroup": pl.String,
    "subgroup_level": pl.String,
    "variable": pl.String,
    "variable_level": pl.String,
    "parent_level": pl.String,
    "visit": pl.String,
    "time_days": pl.Float64,
    "measure": pl.String,
    "statistic": pl.String,
    "value": pl.Float64,
    "text": pl.String,
    "status": pl.String,
    "unit": pl.String,
    "method": pl.String,
    "strata": pl.String,
    "declared": pl.Boolean,
    "conf_level": pl.Float64,
    "sided": pl.Int64,
    "n": pl.Int64,
    "n_events": pl.Int64,
    "source_set": pl.String,
}

CURVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "study_id": pl.String,
    "analysis_id": pl.String,
    "data_cut": pl.String,
    "population": pl.String,
    "endpoint": pl.String,
    "rule_set": pl.String,
    "group": pl.String,
    "group_level": pl.String,
    "curve": pl.String,
    "time_days": pl.Float64,
    "n_risk": pl.Int64,
    "n_events": pl.Int64,
    "n_censored": pl.Int64,
    "estimate": pl.Float64,
    "conf_low": pl.Float64,
    "conf_high": pl.Float64,
    "method": pl.String,
    "source_set": pl.String,
}

SUBJECTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "study_id": pl.String,
    "analysis_id": pl.String,
    "data_cut": pl.String,
    "population": pl.String,
    "endpoint": pl.String,
    "rule_set": pl.String,
    "group": pl.String,
    "group_level": pl.String,
    "subject": pl.String,
    "mark": pl.String,
    "time_days": pl.Float64,
    "value": pl.Float64,
    "text": pl.String,
}

SOURCE_SETS: dict[str, pl.DataType | type[pl.DataType]] = {
    "source_set": pl.String,
    "label": pl.String,
    "n": pl.Int64,
    "subjects": pl.List(pl.String),
}

FINDINGS: dict[str, pl.DataType | type[pl.DataType]] = {
    "study_id": pl.String,
    "severity": pl.String,
    "code": pl.String,
    "dataset": pl.String,
    "row_key": pl.String,
    "variable": pl.String,
    "seen": pl.String,
    "expected": pl.String,
    "effect": pl.String,
    "subject": pl.String,
}

TABLES = {
    "statistics": STATISTICS,
    "curves": CURVES,
    "subjects": SUBJECTS,
    "source_sets": SOURCE_SETS,
    "findings": FINDINGS,
}

COLUMN_MEANING = {
    "row_id": "position in the file, from 1; stable for one input",
    "study_id": "STUDYID of the data",
    "analysis_id": "the analysis of the protocol, or the name of a standing table (flow, baseline, ...)",
    "data_cut": "name of the data cut",
    "look": "number of the interim look; 0 for the final analysis",
    "population": "identifier of the population in the protocol",
    "endpoint": "identifier of the endpoint in the protocol",
    "rule_set": "rules that made the event or censoring date (A, B, C, P, K)",
    "group": "what splits the columns, usually arm",
    "group_level": "level of the group; (all) for all together",
    "reference_level": "level with which the group level is compared",
    "subgroup": "subgroup factor of a forest row",
    "subgroup_level": "level of that factor; (missing) where it is not known; empty for the factor as a whole",
    "variable": "what is described: a baseline field, a preferred term, a disposition reason",
    "variable_level": "level of the variable",
    "parent_level": "level above, for example the system organ class of a preferred term",
    "visit": "visit, or month of accrual as YYYY-MM",
    "time_days": "time of a landmark",
    "measure": "test or effect to which the number belongs (logrank, fisher, ...); empty for a description",
    "statistic": "name of the statistic: n, percent, median, estimate, conf_low, p_value, ...",
    "value": "unrounded number; empty where status says why",
    "text": "words that belong to the row",
    "status": "ok, NR (not reached), NE (not estimable), not_done",
    "unit": "unit of the value: days, %, proportion, that of the field, ...",
    "method": "how the number was computed",
    "strata": "strata of a test or an effect: none, randomization (as frozen), corrected",
    "declared": "true where the protocol names this test or effect as the analysis",
    "conf_level": "confidence level of limits",
    "sided": "sides of a P value or of limits, 1 or 2",
    "n": "subjects behind the number",
    "n_events": "events behind the number",
    "source_set": "identifier of the set of subjects behind the number",
}
