"""A PostgreSQL of one's own: made in a temporary folder, on a free port, by a user who is not root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

__all__ = ["missing_postgres", "postgres"]


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]), reverse=True)
    here = shutil.which("initdb")
    return found[0].parent if found else Path(here).parent if here else None


def missing_postgres() -> str | None:
    """Say why there is no PostgreSQL to test with; None where there is one."""
    if _binaries() is None:
        return "PostgreSQL is not installed (apt-get install postgresql-15)"
    return None


@contextmanager
def postgres(kept: Path | None = None) -> Iterator[str]:
    """Start a cluster and give the URL of its server; databases are made by `new_database`.

    A folder that is given is kept, and the cluster in it is started again the next time.
    """
    programs = _binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="equipoise-pg-")) if kept is None else kept
    folder.mkdir(parents=True, exist_ok=True)
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(program: str, *arguments: str) -> None:
        subprocess.run([programs / program, *arguments], check=True, capture_output=True, user=user, cwd=folder)

    data = str(folder / "data")
    if not Path(data).exists():
        run("initdb", "-D", data, "-U", "equipoise", "-A", "trust", "-E", "UTF8", "--locale=C")
    port = free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=on -c synchronous_commit=on"
    run("pg_ctl", "-D", data, "-w", "-t", "300", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://equipoise@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-D", data, "-t", "300", "-m", "immediate" if kept is None else "fast", "stop")
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Make an empty database and give its URL."""
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return f"{server}/{name}"
