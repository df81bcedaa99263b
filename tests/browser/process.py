"""A server as somebody starts it: the command line, in a process of its own."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.ports import free_port

__all__ = ["ROOT", "equipoise", "started"]

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*options: str | Path, home: Path, port: int = 0) -> Iterator[tuple[str, Path]]:
    """Run ``equipoise serve`` while the block runs; give its address, and the file of what it prints."""
    port = port or free_port()
    said = home / "said.txt"
    with said.open("wb") as output:
        server = subprocess.Popen(
            [*_command("serve", *options), "--port", str(port), "--workers", "1"],
            cwd=ROOT, env=_environment(home), stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait(server, port, said)
        yield f"http://127.0.0.1:{port}", said
    finally:
        server.terminate()
        server.wait()


def equipoise(*options: str | Path, home: Path) -> str:
    """Run a verb to its end; give what it prints."""
    done = subprocess.run(
        _command(*options), cwd=ROOT, env=_environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _command(*options: str | Path) -> list[str]:
    return [str(Path(sys.executable).parent / "equipoise"), *map(str, options)]


def _environment(home: Path) -> dict[str, str]:
    ours = ("EQUIPOISE_", "DJANGO_", "XDG_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {"HOME": str(home)}


def _wait(server: "subprocess.Popen[bytes]", port: int, said: Path) -> None:
    until = time.monotonic() + 600
    while time.monotonic() < until:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as asking:
                asking.request("GET", "/account/login/")
                with asking.getresponse() as answer:
                    answer.read()
        except OSError:
            assert server.poll() is None, said.read_text()
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")
