"""Results files to tables, figures and one HTML page."""

from equipoise.report.write import write_report

__all__ = ["write_report"]
