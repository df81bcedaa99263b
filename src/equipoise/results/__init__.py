"""Results files: one long table from which every table, figure, sentence and registry field is drawn."""

from equipoise.results.schema import COLUMN_MEANING, CURVES, FINDINGS, SOURCE_SETS, STATISTICS, SUBJECTS, TABLES
from equipoise.results.store import Results, ResultsError, ResultsWriter, read_results, write_results

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
    "read_results",
    "write_results",
]
