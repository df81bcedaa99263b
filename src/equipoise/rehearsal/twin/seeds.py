"""The file `twin.seeds`: which candidate of each patient and stream makes up the twin of a published trial.

One line a patient: number, then the candidate of each stream. Nothing else decides about the twin besides the model.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from equipoise.protocol import Problem
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.streams import STREAMS

__all__ = ["SEEDS", "read_seeds", "write_seeds"]

SEEDS = "twin.seeds"
"""Name of the file beside the model."""
LARGEST = 2**31 - 1
_COLUMNS = ("patient", *STREAMS)


def read_seeds(path: Path, n_patients: int) -> pl.DataFrame:
    """Read the candidates of the twin as the draws of trial 0.

    Parameters
    ----------
    path
        The file.
    n_patients
        Places of the model: as many lines are expected.

    Raises
    ------
    RehearsalError
        The file cannot be read, or lines are wrong: all of them at once.
    """
    problems: list[Problem] = []

    def refuse(message: str, line: int | None = None, **more: str) -> None:
        problems.append(Problem(file=str(path), line=line, message=message, **more))

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        refuse(
            f"the file cannot be read: {error}", expected="lines of a patient's number and a candidate for each stream"
        )
        raise RehearsalError(tuple(problems)) from None
    rows = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip() and line[0] != "#"]
    head = " ".join(_COLUMNS)
    if not rows or rows[0][1] != list(_COLUMNS):
        refuse("the first line is not the head", rows[0][0] if rows else 1, expected=head)
    found: list[list[int]] = []
    wanted = 0
    for number, parts in rows[1:]:
        wanted += 1
        if len(parts) != len(_COLUMNS) or not all(part.isascii() and part.isdigit() for part in parts):
            refuse("not a line of candidates", number, seen=" ".join(parts)[:60], expected=f"integers: {head}")
        elif max(map(int, parts)) > LARGEST:
            refuse("a candidate is too large", number, expected=f"at most {LARGEST}")
        elif int(parts[0]) != wanted:
            refuse("patients are not in order", number, seen=parts[0], expected=str(wanted))
            wanted = max(wanted, int(parts[0]))
        else:
            found.append([int(part) for part in parts])
    if not problems and len(found) != n_patients:
        refuse(
            "not every patient has a line", seen=f"{len(found)} lines", expected=f"{n_patients}, as the model screens"
        )
    if problems:
        raise RehearsalError(tuple(problems))
    frame = pl.DataFrame(found, schema=dict.fromkeys(("PATIENT", *STREAMS), pl.Int32), orient="row")
    return frame.select(pl.lit(0, dtype=pl.Int32).alias("TRIAL"), pl.all())


def write_seeds(path: Path, draws: pl.DataFrame, comments: Sequence[str] = ()) -> None:
    """Write the candidates of one trial."""
    rows = draws.sort("PATIENT").select("PATIENT", *STREAMS).rows()
    lines = [*(f"# {line}" for line in comments), " ".join(_COLUMNS), *(" ".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
