"""One file per file format: read bytes into a frame as recorded, write a frame deterministically."""

__all__: list[str] = []
