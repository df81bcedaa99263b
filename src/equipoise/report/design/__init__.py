"""Pages of a design, drawn from design.json, and of an interim look."""

from equipoise.report.design.look import write_closed_look, write_open_look
from equipoise.report.design.page import write_design

__all__ = ["write_closed_look", "write_design", "write_open_look"]
