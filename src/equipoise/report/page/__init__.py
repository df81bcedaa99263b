"""The HTML page: one self-contained file that opens offline."""

from equipoise.report.page.render import render_page

__all__ = ["render_page"]
