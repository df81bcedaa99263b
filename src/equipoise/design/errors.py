"""What is wrong with a design."""

__all__ = ["DesignError"]


class DesignError(Exception):
    """A protocol from which no design can be computed; the message says what is missing or impossible."""
