"""Pages of the sites: today, patients, forms of every day."""

__all__: list[str] = []
