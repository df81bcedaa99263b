"""Pages on which a trial is set up: people and their accounts, sites, the depot, what is delegated at a site."""

__all__: list[str] = []
