"""``equipoise check``: what a protocol file declares, or everything that is wrong with it."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from equipoise.protocol import ProtocolError, load_protocol, summarize

__all__ = ["check", "show_problems"]


def check(path: Path, console: Console) -> int:
    """Print the summary of a protocol file and return 0, or print its problems and return 2."""
    try:
        protocol = load_protocol(path)
    except ProtocolError as error:
        show_problems(error, console)
        return 2
    for heading, lines in summarize(protocol):
        console.print(Text(heading, style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
    console.print(Text(f"{path}: no problems", style="green"), soft_wrap=True)
    return 0


def show_problems(error: ProtocolError, console: Console) -> None:
    """Print every problem of a protocol file, a line each."""
    head, *problems = str(error).splitlines()
    for line in problems:
        console.print(Text(line), soft_wrap=True)
    console.print(Text(head, style="bold red"), soft_wrap=True)
