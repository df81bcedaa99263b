"""What a rehearsal refuses."""

from equipoise.protocol import Problem

__all__ = ["RehearsalError"]


class RehearsalError(Exception):
    """A model or a wish that cannot be rehearsed; ``problems`` lists everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{count} problem{'s' * (count != 1)} in the rehearsal"
        return "\n".join([head, *(str(problem) for problem in self.problems)])
