"""The only place from which treatment codes are revealed."""

__all__: list[str] = []
