"""Pages of a design, drawn from design.json, of an interim look, and of rehearsed trials."""

from equipoise.report.design.look import write_closed_look, write_open_look
from equipoise.report.design.page import write_design
from equipoise.report.design.rehearsed import write_rehearsed

__all__ = ["write_closed_look", "write_design", "write_open_look", "write_rehearsed"]
