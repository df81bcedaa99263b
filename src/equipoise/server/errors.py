"""What can be wrong around a server: its key, its database, its folders."""

__all__ = ["ServerError"]


class ServerError(Exception):
    """Something outside the trial stops the server; the message says what was seen and what to do."""
