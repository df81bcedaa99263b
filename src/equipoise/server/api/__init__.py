"""The HTTP interface: the same commands and rights as everywhere."""

__all__: list[str] = []
