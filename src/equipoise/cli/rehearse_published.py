"""The table of published and reproduced figures of a twin: made from the results, printed, kept with them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from equipoise.rehearsal.twin.published import PUBLISHED, Compared, Standing, compare, load_published
from equipoise.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

__all__ = ["FOUND", "compared_with_print", "print_table"]

FOUND = "twin.json"
"""File beside the model with what the search tried, and where the printed figures lie among uncalibrated trials."""


def compared_with_print(
    folder: Path, results: Results, statistics_at: "Callable[[str], pl.DataFrame]"
) -> tuple[Results, tuple[Compared, ...]]:
    """Compare the results of a twin with the figures in print beside its model; the results keep the table.

    Parameters
    ----------
    folder
        Folder of the model and of `PUBLISHED`; without that file nothing is compared.
    results
        Results at the default data cut.
    statistics_at
        Gives the statistics at another data cut.
    """
    path = folder / PUBLISHED
    if not path.is_file():
        return results, ()
    lines = load_published(path)
    default = str(results.trial["data_cut"]["name"])
    cuts = dict.fromkeys(line.cut for line in lines.values() if line.cut and not line.not_attempted)
    statistics = {default: results.statistics} | {cut: statistics_at(cut) for cut in cuts if cut != default}
    found = _found(folder)
    table = compare(lines, statistics, default_cut=default, percentiles=found.get("percentiles"))
    kept = {
        "lines": [row.record() for row in table],
        "tried": found.get("tried", {}),
        "uncalibrated_trials": found.get("trials"),
    }
    return replace(results, trial={**results.trial, "published": kept}), table


def _found(folder: Path) -> dict[str, Any]:
    path = folder / FOUND
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content


def print_table(rows: "Sequence[Compared]") -> bool:
    """Print the table to standard output; say whether every figure is inside its tolerance."""
    console = Console(width=132, highlight=False, soft_wrap=False)
    table = Table(title="Published and reproduced (synthetic data)", title_justify="left", box=None, pad_edge=False)
    widths = {"Figure": 44, "In print": 22}
    for head in ("Figure", "In print", "Reproduced", "Asked for", "", "Standing"):
        right = head in ("In print", "Reproduced")
        table.add_column(
            head, justify="right" if right else "left", no_wrap=head not in widths, max_width=widths.get(head)
        )
    group = ""
    for row in rows:
        if row.line.group != group:
            group = row.line.group
            table.add_row(f"[bold]{group}[/bold]")
        word = row.standing.value
        style = {"OUTSIDE": "[bold red]OUTSIDE[/bold red]", "inside": "[green]inside[/green]"}.get(word, word)
        shown = f"{row.line.status}, {row.line.role}" if row.standing in (Standing.INSIDE, Standing.OUTSIDE) else ""
        table.add_row(f"  {row.line.label}", row.line.printed or "", row.shown, row.asked, style, shown)
    console.print(table)
    compared = [row for row in rows if row.standing in (Standing.INSIDE, Standing.OUTSIDE)]
    outside = [row for row in compared if row.standing is Standing.OUTSIDE]
    console.print(
        f"{len(compared) - len(outside)} of {len(compared)} figures inside their tolerance. The data were searched "
        "until they matched: this shows that the pipeline can express the trial, not that its statistics are right."
    )
    return not outside
