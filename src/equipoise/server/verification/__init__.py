"""Is everything as it was recorded? One file per part of the answer."""

__all__: list[str] = []
