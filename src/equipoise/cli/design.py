"""equipoise design: a protocol to its statistical paragraph, design.json and a page."""

import hashlib
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from equipoise import __version__
from equipoise.cli.failure import ArgumentError
from equipoise.cli.output import new_folder, write_mark
from equipoise.cli.steps import steps
from equipoise.design import DesignError, design_trial, on_cluster, on_threads
from equipoise.protocol import load_protocol
from equipoise.report.design import write_design

__all__ = ["DESIGN_FILE", "run"]

DESIGN_FILE = "design.json"


def run(trial: Path, output: Path | None, *, trials: int | None, cluster: str | None) -> None:
    """Print the statistical paragraph; write design.json and index.html where a folder is named."""
    with steps(2) as bar:
        bar.begin("read protocol")
        protocol = load_protocol(trial)
        bar.begin("simulate")
        try:
            with on_cluster(cluster) if cluster else nullcontext(on_threads) as mapper:
                content = design_trial(protocol, trials=trials, mapper=mapper)
        except DesignError as error:
            raise ArgumentError(f"{trial}: {error}") from error
    digest = hashlib.sha256(trial.read_bytes()).hexdigest()
    design: dict[str, Any] = {"equipoise": __version__, "protocol_sha256": digest, **content}
    for analysis in design["analyses"].values():
        print("\n".join(analysis["paragraph"]), end="\n\n")
    for name, missing in design["without_design"].items():
        print(f"No design of {name}: it lacks {', '.join(missing)}.")
    if output is None:
        return
    with new_folder(output, inputs=(trial,)) as folder:
        text = json.dumps(design, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / DESIGN_FILE).write_text(text + "\n", encoding="utf-8")
        write_design(design, folder)
        write_mark(folder, {"verb": "design", "protocol_sha256": digest})
    print(output / "index.html")
