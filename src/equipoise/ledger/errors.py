"""What goes wrong with the record, said once."""

__all__ = ["LedgerError"]


class LedgerError(Exception):
    """Something that the record cannot hold or does not say; the message names the place and what to do."""
