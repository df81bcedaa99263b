"""Results files: one long table from which every table, figure, sentence and registry field is drawn."""

from equipoise.results.ars import ars_reporting_event, write_ars
from equipoise.results.content import Results
from equipoise.results.parquet import write_parquet
from equipoise.results.schema import COLUMN_MEANING, CURVES, FINDINGS, SOURCE_SETS, STATISTICS, SUBJECTS, TABLES
from equipoise.results.store import ResultsError, ResultsWriter, read_results, write_results

__all__ = [
    "COLUMN_MEANING",
    "CURVES",
    "FINDINGS",
    "SOURCE_SETS",
    "STATISTICS",
    "SUBJECTS",
    "TABLES",
    "Results",
    "ResultsError",
    "ResultsWriter",
    "ars_reporting_event",
    "read_results",
    "write_ars",
    "write_parquet",
    "write_results",
]
