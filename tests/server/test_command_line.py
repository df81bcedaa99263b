"""The verbs around a server: from a protocol file to an address that answers, and everything that can be wrong."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests import warm
from tests.ports import free_port
from tests.server.server_trial import ServerTrial

from equipoise.server.subjects.models import SubjectRow

ROOT = Path(__file__).parents[2]
TRIAL = ROOT / "trials" / "a021202"


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EQUIPOISE_", "DJANGO_"))}
    return kept | more


def run(*arguments: Any, code: int = 0, **more: str) -> str:
    done = warm.command_line(arguments, environment=environment(**more), cwd=ROOT)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, int, str]]:
    """A server as a user starts it for the first time: nothing is there but the protocol."""
    port = free_port()
    output = tmp_path / "output"
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    program = Path(sys.executable).parent / "equipoise"
    with output.open("w") as file:
        server = subprocess.Popen(
            [program, "serve", TRIAL, "--port", str(port), "--workers", "1"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(**home),
            cwd=ROOT,
        )
    until = time.monotonic() + 600
    while True:
        assert server.poll() is None, output.read_text()
        assert time.monotonic() < until, output.read_text()
        try:
            ask(port, "GET", "/account/login/")
        except OSError:
            time.sleep(0.2)
        else:
            break
    yield tmp_path, port, output.read_text()
    server.send_signal(signal.SIGINT)
    server.wait(300)


def ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    content = None if body is None else json.dumps(body)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as client:
        client.request(method, path, content, {"Content-Type": "application/json"})
        with client.getresponse() as answer:
            return answer.status, answer.read()


def test_the_first_start_makes_everything_and_says_where(served: tuple[Path, int, str]) -> None:
    folder, port, said = served
    key = folder / "config" / "equipoise" / "A021202.key"
    data = folder / "data" / "equipoise" / "A021202"
    assert f"Key file:      {key}" in said
    assert f"Address:       http://127.0.0.1:{port}/" in said
    assert key.stat().st_mode & 0o777 == 0o600
    (password,) = re.findall(r"Password:      (\S+)", said)
    login = {"login": "administrator", "password": password}
    assert ask(port, "POST", "/api/token", login | {"password": "x"})[0] == 401
    status, content = ask(port, "POST", "/api/token", login)
    assert (status, json.loads(content)["code"]) == (403, "second_factor")
    status, content = ask(port, "POST", "/api/second-factor", login)
    assert status == 200
    assert len(json.loads(content)["secret"]) == 32
    status, content = ask(port, "GET", "/account/login/")
    assert status == 200
    outside = set(re.findall(rb"https?://([^/\"' >]+)", content))
    assert not outside, "the page asks another host"
    verified = run("verify", "--data", data, "--key", key)
    assert "The record is intact." in verified
    assert password not in verified


def test_verify_names_what_is_wrong_and_exits_with_4(trial: ServerTrial) -> None:
    place = trial.place
    SubjectRow.objects.update(progress="")
    connection.close()
    assert "list of patients" in run("verify", "--data", place.data, "--key", place.key_file, code=4)
    rebuilt = run("verify", "--data", place.data, "--key", place.key_file, "--rebuild")
    assert re.search(r"Rebuilt from \d+ events: lines of 5 patients", rebuilt)
    assert "The record is intact." in rebuilt
    part = run("verify", "--data", place.data)
    assert "allocations not checked" in part
    assert "balance: checked by the unblinded statistician" in part
    assert "intact as far as it was checked" in part
    place.head_file.unlink()
    wrong = run("verify", "--data", place.data, "--key", place.key_file, code=4)
    assert "The record is NOT intact. First: trial head" in wrong


def test_backup_restore_and_keys(trial: ServerTrial, tmp_path: Path) -> None:
    place = trial.place
    connection.close()
    (folder,) = run("backup", tmp_path / "backups", "--data", place.data).split()
    assert (Path(folder) / "manifest.json").exists()
    run("restore", folder, "--data", tmp_path / "restored")
    assert "intact as far" in run("verify", "--data", tmp_path / "restored")
    assert "is not empty" in run("restore", folder, "--data", tmp_path / "restored", code=2)
    new = tmp_path / "keys" / "new.key"
    run("key", "make", new)
    assert "never written over" in run("key", "make", new, code=2)
    assert "readable by its owner alone" in run("key", "check", new)
    assert "the vault is sealed for" in run("key", "check", new, "--data", tmp_path / "restored", code=2)
    run("key", "rotate", new, "--data", tmp_path / "restored", "--key", place.key_file)
    assert "it opens the vault of this trial" in run("key", "check", new, "--data", tmp_path / "restored")
    assert "The record is intact." in run("verify", "--data", tmp_path / "restored", "--key", new)


def test_mistakes_are_explained(tmp_path: Path) -> None:
    assert "there is no trial here" in run("verify", "--data", tmp_path / "nothing", code=2)
    assert not (tmp_path / "nothing").exists()
    assert "which trial?" in run("backup", tmp_path / "b", code=2)
    assert "is not a backup" in run("restore", tmp_path, "--data", tmp_path / "r", code=2)
    assert "expected postgresql://" in run("serve", TRIAL, "--data", tmp_path / "d", "--key", tmp_path / "k",
                                           "--database", "mysql://x/y", code=2)  # fmt: skip
    wrong = tmp_path / "wrong.key"
    wrong.write_text("nonsense")
    wrong.chmod(0o644)
    said = run("key", "check", wrong, code=2)
    assert "others may read the key file (mode 0644, expected 0600)" in said
