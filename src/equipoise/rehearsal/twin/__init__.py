"""The twin of a published trial: a choice of candidates, and what comes of it beside what is in print."""

__all__: list[str] = []
