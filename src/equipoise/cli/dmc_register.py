"""The register of looks: every look, who saw it, from which data, what alpha it spent, what was recommended."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from equipoise.cli.failure import ArgumentError

__all__ = ["PENDING", "REGISTER", "check_look", "read_register", "recommend", "write_register"]

REGISTER = "looks.json"
PENDING = "pending"


def read_register(folder: Path) -> list[dict[str, Any]]:
    """Read the looks that took place; none where there is no register."""
    path = folder / REGISTER
    if not path.is_file():
        return []
    try:
        looks: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["looks"]
    except (ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"{path} is not a register of looks: {error}; restore it from a backup") from error
    return looks


def write_register(folder: Path, looks: list[dict[str, Any]]) -> None:
    """Replace the register at once."""
    path = folder / REGISTER
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps({"looks": looks}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.replace(path)


def check_look(
    looks: list[dict[str, Any]], *, analysis: str, look: int, cut: date, folder: Path
) -> list[dict[str, Any]]:
    """Give the earlier looks of an analysis, in order.

    Raises
    ------
    ArgumentError
        A look repeated, out of order, after the final analysis, or at a cut that is not after the one before.
    """
    earlier = [entry for entry in looks if entry["analysis"] == analysis]
    same = next((entry for entry in earlier if entry["look"] == look), None)
    if same is not None:
        raise ArgumentError(
            f"look {look} of {analysis!r} took place already, at the cut {same['cut']} ({folder / REGISTER}): a look "
            "repeated spends alpha twice; add its recommendation with --recommendation, or name the next look"
        )
    final = next((entry for entry in earlier if entry["final"]), None)
    if final is not None:
        raise ArgumentError(
            f"look {look} of {analysis!r} would come after the final analysis, look {final['look']} at the cut "
            f"{final['cut']}: no alpha is left"
        )
    if earlier:
        last = earlier[-1]
        if look < last["look"]:
            raise ArgumentError(
                f"look {look} of {analysis!r} comes before look {last['look']}, which took place already"
            )
        if cut.isoformat() <= last["cut"]:
            raise ArgumentError(
                f"the cut {cut} of look {look} is not after {last['cut']}, that of look {last['look']}; go later"
            )
    return earlier


def recommend(folder: Path, *, analysis: str, look: int, words: str, seen_by: list[str]) -> None:
    """Add the recommendation of a look that took place, and who saw it since.

    Raises
    ------
    ArgumentError
        There is no such look, or it has a recommendation already.
    """
    looks = read_register(folder)
    entry = next((e for e in looks if e["analysis"] == analysis and e["look"] == look), None)
    if entry is None:
        raise ArgumentError(f"look {look} of {analysis!r} is not in {folder / REGISTER}; make the look first")
    if entry["recommendation"] != PENDING:
        raise ArgumentError(f"look {look} of {analysis!r} has its recommendation already: {entry['recommendation']}")
    entry["recommendation"] = words
    entry["seen_by"] = [*entry["seen_by"], *(name for name in seen_by if name not in entry["seen_by"])]
    write_register(folder, looks)
