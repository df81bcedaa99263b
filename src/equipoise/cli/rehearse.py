"""equipoise rehearse: synthetic patients through the whole trial, from the first screening to the report."""

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.cdisc import Sdtm, dataset_path, write_dataset
from equipoise.cli.derive import check_formats, derive_files, mark, write_adam
from equipoise.cli.failure import ArgumentError
from equipoise.cli.notice import notice
from equipoise.cli.output import new_folder, write_mark
from equipoise.cli.rehearse_published import compared_with_print, print_table
from equipoise.cli.steps import Steps, steps
from equipoise.cli.trial_place import MODEL, PROTOCOL
from equipoise.derive import Derived
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.protocol import Protocol, parse_protocol
from equipoise.protocol.source import read_text
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.memory import Rehearsed
from equipoise.rehearsal.memory import run as run_in_memory
from equipoise.rehearsal.model.incidents import SITUATIONS
from equipoise.rehearsal.model.loading import load_model
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.synthetic import synthetic_protocol
from equipoise.rehearsal.twin.published import Compared
from equipoise.rehearsal.twin.seeds import SEEDS, read_seeds
from equipoise.results import Results

__all__ = ["MODEL", "Rehearsal", "prepare", "rehearse", "write_sdtm"]

RECORD, DATA, KEY = "record", "data", "trial.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A synthetic trial that is to be run."""

    protocol: Protocol
    text: str
    """Protocol as it is adopted: marked as synthetic."""
    model: PatientModel
    draws: pl.DataFrame
    faulty: bool
    trial: int = 0
    beside: Path | None = None
    """Folder of the published figures that a twin is compared with; None for any other trial."""

    @property
    def seed(self) -> str:
        """Seed of the vault, as `equipoise serve --rehearsal` takes it."""
        return f"{self.model.allocation.seed}/{self.trial}"

    def facts(self) -> Facts:
        """Generate what is recorded of the patients."""
        return generate(self.protocol, self.model, self.draws, faulty=self.faulty)


def rehearse(
    trial: Path,
    output: Path | None,
    *,
    model: Path | None,
    seed: int | None,
    patients: int | None,
    faulty: bool,
    http: str | None,
    formats: list[str],
) -> bool:
    """Rehearse a trial: in memory into a folder, or over HTTP; say whether all published figures are reproduced."""
    if output is None and http is None:
        raise ArgumentError(
            "where to? Name a folder (-o), or the address of a server started with --rehearsal (--http)"
        )
    rehearsal = prepare(trial, model=model, seed=seed, patients=patients, faulty=faulty and http is None)
    if http is not None:
        from equipoise.cli.rehearse_http import drive_server

        drive_server(rehearsal, http)
    return output is None or run(rehearsal, output, inputs=(trial,), formats=formats)


def prepare(
    trial: Path, *, model: Path | None = None, seed: int | None = None, patients: int | None = None, faulty: bool = True
) -> Rehearsal:
    """Read protocol and model, and choose the draws: the twin's, or fresh ones where a seed or a number is given.

    Raises
    ------
    ArgumentError
        There is no model beside the protocol.
    """
    file = model or trial.parent / MODEL
    if not file.is_file():
        raise ArgumentError(f"{file} is missing: write a model of the patients there, or name one with --model")
    text = synthetic_protocol(read_text(trial))
    protocol = parse_protocol(text, file=str(trial))
    found = load_model(file, protocol)
    seeds = file.with_name(SEEDS)
    if seed is None and patients is None and seeds.is_file():
        draws, beside = read_seeds(seeds, found.accrual.screened), file.parent
    else:
        beside = None
        found = _changed(found, seed, patients)
        draws = default_draws([0], found.accrual.screened)
    return Rehearsal(protocol=protocol, text=text, model=found, draws=draws, faulty=faulty, beside=beside)


def _changed(model: PatientModel, seed: int | None, patients: int | None) -> PatientModel:
    changes: dict[str, Any] = {}
    if seed is not None:
        changes = {"seed": seed, "allocation": model.allocation.model_copy(update={"seed": seed})}
    if patients is not None:
        given = model.accrual
        screened = math.ceil(patients * given.screened / given.randomized)
        changes["accrual"] = given.model_copy(update={"randomized": patients, "screened": screened})
    return model.model_copy(update=changes)


def run(rehearsal: Rehearsal, output: Path, *, inputs: tuple[Path, ...], formats: list[str]) -> bool:
    """Run a synthetic trial and write protocol, record, sdtm/, adam/, results/ and report/; print the report's path.

    A twin is compared with the figures in print; False where one of them lies outside its tolerance.
    """
    check_formats(formats)
    with steps(10) as bar, new_folder(output, inputs=inputs) as folder:
        bar.begin("generate patients")
        facts = rehearsal.facts()
        bar.begin("give every command")
        rehearsed = run_in_memory(
            rehearsal.protocol,
            rehearsal.text,
            rehearsal.model,
            facts,
            trial=rehearsal.trial,
            faulty=rehearsal.faulty,
            progress=bar.part,
        )
        bar.begin("write record")
        write_whole_record(rehearsal, rehearsed, folder)
        bar.begin("write SDTM")
        sdtm = sdtm_from_ledger(rehearsal.protocol, rehearsed.events, arms=rehearsed.arms())
        data = write_sdtm(
            sdtm, folder / "sdtm", formats, study_id=rehearsal.protocol.study_id, created=_last_day(rehearsed)
        )
        page, table = _analyzed(bar, rehearsal, data, folder, formats, rehearsed=rehearsed)
    good = not table or print_table(table)
    print(said_of_attempts(rehearsed))
    print(output / page)
    return good


def said_of_attempts(rehearsed: Rehearsed) -> str:
    """Say how often what was tried in vain, and whether every answer was the one expected."""
    counts = attempts_of(rehearsed)
    listed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
    said = [f"Tried besides, commands by situation: {listed or 'nothing'}; {len(rehearsed.refused)} were refused."]
    said += [
        f"Not as expected: {each.command.kind} ({each.attempt}) got {answer}" for each, answer in rehearsed.surprises()
    ]
    facts = Counter(f"{each.command.kind}: {each.refusal.reason}" for each in rehearsed.unexpected())
    said += [f"A fact was refused{f' {count} times' if count > 1 else ''}: {what}" for what, count in facts.items()]
    return "\n".join(said)


def tried_in_vain(rehearsed: Rehearsed) -> dict[str, Any]:
    """What was tried besides the facts, by situation, and how many facts were refused: as the results keep it."""
    refused = {id(each.command) for each in rehearsed.refused}
    surprises = Counter(each.attempt for each, _ in rehearsed.surprises())
    vain = Counter(each.attempt for each in rehearsed.tries if id(each.command) in refused)
    lines = [
        {
            "situation": SITUATIONS[name],
            "commands": count,
            "refused": vain[name],
            "as_expected": count - surprises[name],
        }
        for name, count in attempts_of(rehearsed).items()
    ]
    facts = {each.command.kind: each.refusal.reason for each in rehearsed.unexpected()}
    return {"attempts": lines, "facts_refused": len(rehearsed.unexpected()), "reasons": facts}


def attempts_of(rehearsed: Rehearsed) -> dict[str, int]:
    """Commands tried besides what counts, by situation."""
    return dict(sorted(Counter(each.attempt for each in rehearsed.tries).items()))


def write_whole_record(rehearsal: Rehearsal, rehearsed: Rehearsed, folder: Path) -> None:
    """Write the protocol and, where the server is installed, the database with its key and heads."""
    (folder / PROTOCOL).write_text(rehearsal.text, encoding="utf-8")
    from equipoise.cli.trial_place import missing_for_server

    if missing_for_server():
        return
    from equipoise.cli.rehearsal_record import write_record
    from equipoise.server.place import Place

    record = folder / RECORD
    record.mkdir()
    write_record(rehearsed, Place(data=record / DATA, key_file=record / KEY), seed=rehearsal.seed)


def write_sdtm(sdtm: Sdtm, folder: Path, formats: list[str], *, study_id: str, created: dt.date) -> Sdtm:
    """Write every data set that has rows, in every format; give the data with their files."""
    folder.mkdir()
    files: dict[str, str] = {}
    for name, frame in sdtm.datasets.items():
        for ending in formats:
            path = dataset_path(folder, name, ending, study_id=study_id)
            write_dataset(frame, path, name=name, created=created)
            files.setdefault(name, str(path))
    return Sdtm(datasets=sdtm.datasets, files=files)


def _last_day(rehearsed: Rehearsed) -> dt.date:
    return dt.date.fromisoformat(rehearsed.events[-1].at[:10])


def _analyzed(
    bar: Steps, rehearsal: Rehearsal, data: Sdtm, folder: Path, formats: list[str], *, rehearsed: Rehearsed
) -> tuple[Path, tuple[Compared, ...]]:
    """Derive, analyze and report; give the path of the page within the folder, and the comparison with print."""
    from equipoise.analyze import analyze
    from equipoise.report import write_report
    from equipoise.results import write_results

    def analyzed(cut: str | None) -> tuple[Derived, Results]:
        found = derive_files(rehearsal.protocol, data, cut=cut)
        given = analyze(
            rehearsal.protocol,
            found.adam,
            list(found.findings),
            cut_name=found.cut_name,
            cutoff=found.cutoff,
            protocol_text=rehearsal.text,
        )
        return found, given

    bar.begin("derive and analyze")
    derived, results = analyzed(None)
    results = replace(results, trial={**results.trial, "rehearsal": tried_in_vain(rehearsed)})
    table: tuple[Compared, ...] = ()
    if rehearsal.beside is not None:
        bar.begin("compare with print")
        results, table = compared_with_print(rehearsal.beside, results, lambda cut: analyzed(cut)[1].statistics)
    bar.begin("write ADaM")
    write_adam(rehearsal.protocol, derived, folder / "adam", formats)
    origin = mark("rehearse", folder / PROTOCOL, data, derived)
    write_mark(folder / "adam", {**origin, "verb": "derive"})
    bar.begin("write results")
    write_results(results, folder / "results")
    bar.begin("write report")
    page = write_report(results, folder / "report").relative_to(folder)
    write_mark(
        folder, {**origin, "seed": rehearsal.seed, "fault": rehearsal.faulty, "attempts": attempts_of(rehearsed)}
    )
    notice(derived)
    return page, table
