"""Pages of the diary: the patient's own, by personal link; links, wordings and what is due, for the site."""

__all__: list[str] = []
