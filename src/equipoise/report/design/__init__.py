"""The page of a design, drawn from design.json."""

from equipoise.report.design.page import write_design

__all__ = ["write_design"]
