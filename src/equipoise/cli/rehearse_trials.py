"""equipoise rehearse --trials: operating characteristics of the trial's own pipeline."""

import json
from pathlib import Path

import polars as pl

from equipoise import __version__
from equipoise.cli.failure import ArgumentError
from equipoise.cli.output import check_output, new_folder, write_mark
from equipoise.cli.rehearse import MODEL
from equipoise.cli.steps import steps
from equipoise.protocol import parse_protocol
from equipoise.protocol.source import read_text
from equipoise.rehearsal.characteristics import SCENARIOS, rehearse_trials, summarize
from equipoise.rehearsal.synthetic import synthetic_protocol
from equipoise.report.design import write_rehearsed
from equipoise.results import write_parquet

__all__ = ["rehearse_many"]

KEPT = ".trials"
"""Ending of the folder beside the output in which finished blocks wait until all are done."""


def rehearse_many(
    trial: Path,
    output: Path | None,
    *,
    trials: int,
    model: Path | None,
    scenarios: list[str],
    workers: int | None,
    cluster: str | None,
) -> None:
    """Rehearse many trials and write trials.parquet, characteristics.json and a page; print the page's path.

    A run that was interrupted goes on where it ended: finished blocks are kept beside the output until all are done.
    """
    if output is None:
        raise ArgumentError("where to? Name a folder (-o)")
    file = model or trial.parent / MODEL
    check_output(output, (trial, file))
    text = synthetic_protocol(read_text(trial))
    protocol = parse_protocol(text, file=str(trial))
    kept = output.with_name(output.name + KEPT)
    with steps(2) as bar:
        bar.begin(f"{trials:,} trials")
        found = rehearse_trials(
            text,
            read_text(file),
            trials,
            scenarios=scenarios or tuple(SCENARIOS),
            workers=workers,
            cluster=cluster,
            kept=kept,
            told=bar.part,
        )
        bar.begin("write")
        analysis = next(given for given in protocol.analyses.values() if given.role == "primary")
        summary = {
            "equipoise": __version__,
            "trial": protocol.study_id,
            "title": protocol.trial.title,
            **summarize(found, analysis.alpha),
        }
        with new_folder(output, inputs=(trial, file)) as folder:
            rows = [frame.select(pl.lit(name).alias("scenario"), pl.all()) for name, frame in found.rows.items()]
            write_parquet(pl.concat(rows), folder / "trials.parquet")
            written = json.dumps(summary, indent=1, allow_nan=False) + "\n"
            (folder / "characteristics.json").write_text(written, encoding="utf-8")
            page = write_rehearsed(summary, folder).relative_to(folder)
            write_mark(folder, {"verb": "rehearse", "trials": trials, "scenarios": list(found.rows)})
    for block in kept.glob("*.parquet"):
        block.unlink()
    kept.rmdir()
    print(output / page)
