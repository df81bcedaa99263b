"""Ports for servers of the tests: of those that the system gives to nobody by itself, other ones for each process."""

import os
import random
import re
import socket
from pathlib import Path

__all__ = ["free_port"]

_PROCESSES = 16
_FIRST, _LAST = 18_000, 32_000


def free_port() -> int:
    """Find a port on which nothing listens, and which no connection is given until the server of a test listens there.

    The end of a connection gets any port of the range of the system: one of these may be taken again at any moment.
    """
    worker = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", ""))
    of_this_process = range(_FIRST + int(worker or 0) % _PROCESSES, min(_LAST, _first_given()), _PROCESSES)
    for port in random.SystemRandom().sample(of_this_process, len(of_this_process)):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")


def _first_given() -> int:
    """First port that connections are given."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return _LAST
    return first if first > _FIRST + _PROCESSES else _LAST
