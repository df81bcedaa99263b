"""What is raised when criteria cannot be applied at all."""

from collections.abc import Sequence

__all__ = ["CriteriaError"]


class CriteriaError(ValueError):
    """Data from which nothing can be computed; ``problems`` lists everything that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
