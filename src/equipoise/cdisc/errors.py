"""The one exception of this ring."""

from collections.abc import Sequence

__all__ = ["CdiscError"]


class CdiscError(Exception):
    """Data that cannot be read or written; says file, what was seen, what was expected and what to do.

    ``problems`` lists all of them: reading a folder goes on to the last file before it complains.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))
