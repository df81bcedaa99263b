"""What is wrong with a protocol file: every problem with its place, and the exception that carries them all."""

from dataclasses import dataclass

__all__ = ["Problem", "ProtocolError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a protocol file."""

    file: str
    """File as it was named."""
    line: int | None = None
    """Line, counted from 1; None where the file as a whole is meant."""
    path: str = ""
    """Place in the protocol, for example ``arms.placebo.role``."""
    message: str
    """What is wrong."""
    seen: str | None = None
    """The value that was seen."""
    expected: str | None = None
    """What would be right."""
    suggestion: str | None = None
    """Nearest right name."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"]
        if self.seen is not None:
            parts.append(f"seen {self.seen}")
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        text = "; ".join(parts)
        return f"{text}; did you mean {self.suggestion!r}?" if self.suggestion else text


class ProtocolError(Exception):
    """A protocol file that cannot be used; ``problems`` lists everything that is wrong with it, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{count} problem{'s' * (count != 1)} in the protocol"
        return "\n".join([head, *(str(problem) for problem in self.problems)])
