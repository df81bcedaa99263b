"""ADaM and a protocol to results files."""

from equipoise.analyze.analyze import analyze
from equipoise.analyze.study import AnalyzeError

__all__ = ["AnalyzeError", "analyze"]
