"""When patients are seen and scanned."""

from equipoise.rehearsal.model.part import NotNegative, Part, Rate, Span

__all__ = ["VisitTiming"]


class VisitTiming(Part):
    """When patients are seen and scanned, around the days that the protocol plans."""

    baseline_scan: Span
    """Days from the baseline scan to randomization."""
    spread_days: NotNegative
    """Standard deviation of an assessment around its planned day."""
    late: Rate = 0.0
    """Assessments that are put off."""
    late_days: NotNegative = 14.0
    """Mean days by which they are put off (exponential)."""
    missed: Rate = 0.0
    """Assessments that do not take place."""
    cycle_spread_days: NotNegative = 2.0
    """Standard deviation of the other visits."""
    cycle_missed: Rate = 0.0
    """Other visits that do not take place."""
