"""The error that `equipoise.stats` raises for input it cannot use."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN_PROBLEMS = 10
"""Problems written out in one message; the rest are counted and stay in `StatsError.problems`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputProblem:
    """One thing that is wrong with an argument.

    `position` is the row (from 0) of the first bad value, or None where the argument as a whole is wrong; `count` says
    how many values of the argument are wrong in this way.
    """

    argument: str
    message: str
    position: int | None = None
    value: object = None
    count: int = 1

    def __str__(self) -> str:
        """Write argument, position, value and what was expected on one line."""
        where = self.argument if self.position is None else f"{self.argument}[{self.position}] = {_shown(self.value)}"
        more = f" ({self.count} such values)" if self.count > 1 else ""
        return f"{where}: {self.message}{more}"


class StatsError(ValueError):
    """Input that cannot be analyzed; `problems` lists everything found wrong, not the first thing only."""

    def __init__(self, problems: str | list[InputProblem] | tuple[InputProblem, ...]) -> None:
        self.problems: tuple[InputProblem, ...] = () if isinstance(problems, str) else tuple(problems)
        super().__init__(problems if isinstance(problems, str) else _message(self.problems))


def _message(problems: tuple[InputProblem, ...]) -> str:
    lines = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(f"and {len(problems) - SHOWN_PROBLEMS} more problems")
    return "\n".join(lines)


def _shown(value: object) -> str:
    return repr(value.item() if hasattr(value, "item") else value)
