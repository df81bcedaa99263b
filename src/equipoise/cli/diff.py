"""``equipoise diff``: what changed between two protocol files."""

from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text

from equipoise.cli.check import show_problems
from equipoise.protocol import Protocol, ProtocolError, compare_protocols, load_protocol

__all__ = ["diff"]

_STYLES = {"added": "green", "removed": "red", "changed": "", "reordered": "dim"}


def diff(old: Path, new: Path, console: Console) -> int:
    """Print what changed from one protocol file to another.

    Returns
    -------
    int
        0 whether or not something changed, 2 where a file cannot be used.
    """
    loaded: list[Protocol] = []
    for path in (old, new):
        try:
            loaded.append(load_protocol(path))
        except ProtocolError as error:
            show_problems(error, console)
    if len(loaded) < 2:
        return 2
    changes = compare_protocols(*loaded)
    for section, group in groupby(changes, key=lambda change: change.section):
        console.print(Text(section, style="bold"))
        for change in group:
            console.print(Text(f"  {change}", style=_STYLES[change.kind]), soft_wrap=True)
    if not changes:
        console.print("no differences")
    stages = [change.path for change in changes if change.begins_allocation_stage]
    if stages:
        message = f"A new allocation stage begins: {', '.join(stages)} changed."
        console.print(Text(message, style="bold"), soft_wrap=True)
    return 0
