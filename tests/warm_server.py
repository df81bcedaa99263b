"""What a server loads before it knows its settings; nothing where it is not installed."""

import contextlib

with contextlib.suppress(ImportError):
    import psycopg  # noqa: F401
