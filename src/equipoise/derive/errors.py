"""The exception of this ring."""

from collections.abc import Sequence

__all__ = ["DeriveError"]


class DeriveError(Exception):
    """The data cannot be derived; ``problems`` holds every reason, each with place and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
