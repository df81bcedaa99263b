"""Reports of interim looks, kept with the trial: the open one as it is, the closed one and the letters sealed."""

__all__: list[str] = []
