"""The table of events: insert only, two chains."""

__all__: list[str] = []
