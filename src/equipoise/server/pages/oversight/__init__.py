"""Pages of those who watch over the trial: flow and accrual, completeness of the data, audit trail, export."""

__all__: list[str] = []
