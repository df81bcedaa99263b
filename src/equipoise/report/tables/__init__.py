"""Tables of the report, one function each: results rows in, a table of cells that know their rows out."""

from equipoise.report.tables.accrual import accrual_table, sites_table, strata_table
from equipoise.report.tables.baseline import baseline_table, exposure_table
from equipoise.report.tables.censoring import censoring_table
from equipoise.report.tables.disposition import disposition_table, populations_table
from equipoise.report.tables.findings import finding_counts, findings_list_table, findings_table
from equipoise.report.tables.response import response_table
from equipoise.report.tables.safety import deaths_table, overview_table
from equipoise.report.tables.sensitivity import models_table, rule_sets_table
from equipoise.report.tables.subgroups import subgroup_table, univariate_table
from equipoise.report.tables.survival import Survival, follow_up_table, landmark_table, survival_table
from equipoise.report.tables.terms import maximum_grade_tables, terms_table

__all__ = [
    "Survival",
    "accrual_table",
    "baseline_table",
    "censoring_table",
    "deaths_table",
    "disposition_table",
    "exposure_table",
    "finding_counts",
    "findings_list_table",
    "findings_table",
    "follow_up_table",
    "landmark_table",
    "maximum_grade_tables",
    "models_table",
    "overview_table",
    "populations_table",
    "response_table",
    "rule_sets_table",
    "sites_table",
    "strata_table",
    "subgroup_table",
    "survival_table",
    "terms_table",
    "univariate_table",
]
