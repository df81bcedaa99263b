"""The pages of a trial in the browser: one table of addresses, forms made from the commands, no rule of their own."""

__all__: list[str] = []
