"""The vault in the database: sealed rows, and the only code that can open them."""

__all__: list[str] = []
