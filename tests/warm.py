"""Processes that begin at once: forked from one that has loaded the product, but has not begun anything with it.

What they run is what a process started by the interpreter would run; they save the seconds of loading. A test of how a
program starts, or of what it loads, starts it by itself.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from equipoise.cli import main

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["equipoise.analyze", "equipoise.derive", "equipoise.conduct", "tests.warm_server"])


@dataclass(frozen=True)
class Done:
    """A command line that has ended."""

    returncode: int
    stdout: str
    stderr: str


def begin(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """Start a function of a module in a process of its own."""
    process = _CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def command_line(
    arguments: Sequence[Any], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Done:
    """Run `equipoise` with these arguments to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        known = dict(_of_the_user() if environment is None else environment)
        process = begin(_main, [str(each) for each in arguments], known, str(cwd or Path.cwd()), str(out), str(err))
        process.join()
        assert process.exitcode is not None
        return Done(process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _of_the_user() -> dict[str, str]:
    """Variables of this process without those that a trial served here before has left."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("EQUIPOISE_", "DJANGO_"))}


def _main(arguments: list[str], environment: dict[str, str], cwd: str, out: str, err: str) -> None:
    for number, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = ["equipoise", *arguments]
    main()
