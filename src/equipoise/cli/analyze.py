"""equipoise analyze: ADaM files and a protocol to a results folder."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.analyze import analyze
from equipoise.cdisc import Finding, read_folder
from equipoise.cli.derive import FINDINGS_FILE, FORMATS
from equipoise.cli.failure import ArgumentError
from equipoise.cli.output import MARK, new_folder, write_mark
from equipoise.cli.steps import steps
from equipoise.protocol import load_protocol
from equipoise.results import write_results

__all__ = ["run"]


def run(trial: Path, adam: Path, output: Path) -> None:
    """Analyze ADaM made by ``equipoise derive`` and write the results folder."""
    with steps(4) as bar:
        bar.begin("read protocol")
        protocol = load_protocol(trial)
        origin = _read_mark(adam)
        cut = origin["data_cut"]
        with new_folder(output, inputs=(trial, adam)) as folder:
            bar.begin("read ADaM")
            datasets = read_folder(adam, prefer=[f".{ending}" for ending in FORMATS]).datasets
            datasets.pop("FINDINGS", None)
            findings = [Finding(**row) for row in pl.read_parquet(adam / FINDINGS_FILE).iter_rows(named=True)]
            bar.begin("analyze")
            results = analyze(
                protocol,
                datasets,
                findings,
                cut_name=cut["name"],
                cutoff=date.fromisoformat(cut["cutoff"]) if cut["cutoff"] else None,
                protocol_text=trial.read_text(encoding="utf-8"),
            )
            bar.begin("write results")
            write_results(results, folder / "results")
            for path in sorted((folder / "results").iterdir()):
                path.rename(folder / path.name)
            (folder / "results").rmdir()
            write_mark(folder, {**origin, "verb": "analyze"})
    print(output)


def _read_mark(adam: Path) -> dict[str, Any]:
    path = adam / MARK
    if not path.is_file():
        raise ArgumentError(f"{path} is not there: {adam} was not made by 'equipoise derive'; derive first")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
