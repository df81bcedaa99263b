"""Tags of the pages."""

__all__: list[str] = []
