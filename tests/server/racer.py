"""One of several processes that write to the same trial at once.

For each wish it writes a line to its file of acknowledgments, flushed to the disk, once `perform` has returned: what
stands there must be in the record whatever happens to the process.
"""

import json
import os
import sys
import time
from pathlib import Path

from equipoise.server.place import Place
from equipoise.server.running import start


def run(path: str) -> None:
    """Do the task of a file."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    task = json.loads(Path(path).read_text())
    start(Place(data=Path(task["data"]), database=task["database"], key_file=Path(task["key"])))
    from equipoise.server.write import UnavailableError, Wish, perform

    with Path(task["acknowledged"]).open("a", encoding="utf-8") as file:
        for kind, subject, request in task["wishes"]:
            payload = {"date": task["day"]} if kind == "screen" else {}
            role = "site_coordinator"
            wish = Wish(kind=kind, actor="coordinator@01", role=role, request_id=request, payload=payload, site="01",
                        subject=subject)  # fmt: skip
            answer = None
            while answer is None:
                try:
                    answer = perform(wish)
                except UnavailableError as error:  # says to send the same request again
                    print(error, file=sys.stderr)
                    time.sleep(0.1)
            seq = answer.events[0].seq if answer.events else 0
            code = answer.refusal.code if answer.refusal else ""
            file.write(json.dumps([subject, request, seq, code]) + "\n")
            file.flush()
            os.fsync(file.fileno())
