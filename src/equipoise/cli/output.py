"""Write an output folder wholly or not at all."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from equipoise import __version__
from equipoise.cli.failure import ArgumentError

__all__ = ["MARK", "check_output", "new_folder", "write_mark"]

MARK = "equipoise.json"
"""File that says what made a folder, from what."""


def write_mark(folder: Path, content: dict[str, Any]) -> None:
    """Write the mark of a folder: verb, version, hashes of inputs. No clock, no path."""
    text = json.dumps({"equipoise": __version__, **content}, indent=1, ensure_ascii=False)
    (folder / MARK).write_text(text + "\n", encoding="utf-8")


def check_output(folder: Path, inputs: tuple[Path, ...]) -> None:
    """Refuse a folder that holds something equipoise did not make, or that holds the input."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder} is a file; name a folder to write to")
    target = folder.resolve()
    for path in inputs:
        source = path.resolve()
        if source == target or target in source.parents:
            raise ArgumentError(f"{folder} holds the input {path}; name another folder, so that it is not overwritten")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise ArgumentError(
            f"{folder} is not empty and was not made by equipoise; name another folder, so that nothing is lost"
        )


@contextmanager
def new_folder(folder: Path, *, inputs: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Give a scratch folder that takes the place of ``folder`` when the block ends without an error.

    Raises ArgumentError when ``folder`` holds anything that equipoise did not make, or one of the inputs.
    """
    check_output(folder, inputs)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    scratch.chmod(0o755)
    try:
        yield scratch
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent)) / "old"
            folder.replace(old)
            scratch.replace(folder)
            shutil.rmtree(old.parent)
        else:
            scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
