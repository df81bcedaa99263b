"""Central review as readers, the adjudicator and the core laboratory see it."""

__all__: list[str] = []
