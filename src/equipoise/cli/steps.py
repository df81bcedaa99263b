"""Progress on standard error: which step runs, how many remain."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["Steps", "steps"]


class Steps:
    """Tells the progress bar which step begins."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)
        self._begun = 0

    def begin(self, name: str) -> None:
        """Begin the next step."""
        self._progress.update(self._task, description=name, completed=self._begun)
        self._begun += 1

    def part(self, done: int, total: int) -> None:
        """Say how much of the step that runs is done."""
        self._progress.update(self._task, completed=self._begun - 1 + done / max(total, 1))


@contextmanager
def steps(total: int) -> Iterator[Steps]:
    """Show a bar of ``total`` steps; nothing where standard error is not a terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Steps(progress, total)
