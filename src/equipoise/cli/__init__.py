"""The command line: one verb per stage; a verb's module is imported when it runs.

Exit codes: 0 done; 1 a defect of equipoise; 2 something is wrong with the input, and the message says what and where;
3 the output could not be written; 4 (verify) the record is not as it was written.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["app", "main"]

app = typer.Typer(
    name="equipoise",
    help="Run a randomized oncology trial from protocol to published result.",
    epilog="Exit codes: 0 done, 1 a defect of equipoise, 2 wrong input (the message says what and where), "
    "3 output not writable, 4 the record does not verify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Trial = Annotated[Path, typer.Argument(help="Protocol file, or a trial folder that holds protocol.yaml.")]
Cut = Annotated[
    str | None, typer.Option("--cut", help="Data cut of the protocol, or all; its default cut unless given.")
]
Formats = Annotated[
    list[str] | None,
    typer.Option("--format", help="File format of ADaM: parquet (default), xpt, csv, json; may be repeated."),
]


def _version(show: bool) -> None:
    if show:
        from equipoise import __version__

        typer.echo(f"equipoise {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: equipoise check trials/a021202/protocol.yaml")
def check(protocol: Trial) -> None:
    """Check a protocol file: print a summary, or every problem with its line."""
    from equipoise.cli.check import check as run

    raise typer.Exit(run(_protocol_file(protocol), _console()))


@app.command(epilog="Example: equipoise diff protocol-1.yaml protocol-2.yaml")
def diff(old: Trial, new: Trial) -> None:
    """Say what changed between two versions of a protocol."""
    from equipoise.cli.diff import diff as run

    raise typer.Exit(run(_protocol_file(old), _protocol_file(new), _console()))


@app.command(epilog="Example: equipoise design trials/a021202 -o build/design")
def design(
    protocol: Trial,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for design.json and the page; only print unless given."),
    ] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", help="Simulated trials; as the protocol says unless given.", min=1)
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Address of a Dask scheduler, for example tcp://10.0.0.1:8786.")
    ] = None,
) -> None:
    """Compute the design: sample size, bounds, simulated operating characteristics."""
    from equipoise.cli.design import run

    run(_protocol_file(protocol), output, trials=trials, cluster=cluster)


@app.command(epilog="Example: equipoise derive trials/cdisc_pilot data/sdtm -o build/adam --format xpt")
def derive(
    trial: Trial,
    sdtm: Annotated[Path, typer.Argument(help="Folder or zip of SDTM files: parquet, XPT, CSV or Dataset-JSON.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write ADaM to.")],
    cut: Cut = None,
    formats: Formats = None,
) -> None:
    """Derive ADaM from SDTM."""
    from equipoise.cli.derive import run

    run(_protocol_file(trial), sdtm, output, cut=cut, formats=formats or ["parquet"])


@app.command(epilog="Example: equipoise analyze trials/cdisc_pilot build/adam -o build/results")
def analyze(
    trial: Trial,
    adam: Annotated[Path, typer.Argument(help="Folder of ADaM files made by 'equipoise derive'.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write results to.")],
) -> None:
    """Compute the results from ADaM."""
    from equipoise.cli.analyze import run

    run(_protocol_file(trial), adam, output)


@app.command(
    epilog="Examples: equipoise report trials/cdisc_pilot data/sdtm -o build/report; "
    "equipoise report --results build/results -o build/report"
)
def report(  # noqa: PLR0917 - typer binds them by name
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    trial: Annotated[
        Path | None, typer.Argument(help="Protocol file, or a trial folder that holds protocol.yaml.")
    ] = None,
    data: Annotated[
        Path | None, typer.Argument(help="Folder or zip of SDTM files: parquet, XPT, CSV or Dataset-JSON.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Make only the report, from this results folder.")
    ] = None,
    cut: Cut = None,
    formats: Formats = None,
) -> None:
    """Derive, analyze and report in one go: ADaM, results and a report that opens offline."""
    from equipoise.cli.report import from_results, from_sdtm

    if results is not None and trial is None:
        from_results(results, output)
    elif results is None and trial is not None and data is not None:
        from_sdtm(_protocol_file(trial), data, output, cut=cut, formats=formats or ["parquet"])
    else:
        raise typer.BadParameter("give TRIAL and DATA, or --results alone")


@app.command(
    epilog="Examples: equipoise dmc trials/a021202 data/a021202 --cut 2015-06-30 --look 1 --login ada; "
    "equipoise dmc trials/a021202 data/sdtm --cut 2015-06-30 --look 1 -o build/dmc"
)
def dmc(  # noqa: PLR0917 - typer binds them by name
    protocol: Trial,
    cut: Annotated[str, typer.Option("--cut", help="Clinical cut-off date, as 2020-01-31.")],
    look: Annotated[
        int, typer.Option("--look", help="Number of the look, from 1; the last one is the final analysis.")
    ],
    data: Annotated[
        Path | None,
        typer.Argument(help="Record of the trial (its data folder or trial.sqlite3), or a folder of SDTM files."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the looks; of a record, which keeps the reports, not needed."),
    ] = None,
    analysis: Annotated[
        str | None, typer.Option("--analysis", help="Analysis that is monitored, where several have a design.")
    ] = None,
    design_file: Annotated[
        Path | None, typer.Option("--design", help="design.json, or its folder, to compare the bounds with.")
    ] = None,
    login: Annotated[
        str | None,
        typer.Option("--login", help="Who makes the look at a record: the unblinded statistician."),
    ] = None,
    database: Annotated[str, typer.Option("--database", help="postgresql://user:password@host/name of a record.")] = "",
    key: Annotated[Path | None, typer.Option("--key", help="Key file of the trial.")] = None,
    seen_by: Annotated[
        list[str] | None, typer.Option("--seen-by", help="Who sees the closed report (SDTM files); may be repeated.")
    ] = None,
    recommendation: Annotated[
        str | None,
        typer.Option("--recommendation", help="What the board recommends; of a record, by the login of a member."),
    ] = None,
) -> None:
    """Make an interim look: bounds at the events there are, an open and a closed report, an entry in the record."""
    from equipoise.cli.dmc import Request, run

    run(
        Request(
            trial=_protocol_file(protocol),
            data=data,
            output=output,
            cut=cut,
            look=look,
            analysis=analysis,
            design=design_file,
            seen_by=seen_by or [],
            recommendation=recommendation,
            database=database,
            key=key,
            login=login,
        )
    )


@app.command(
    epilog="Examples: equipoise rehearse trials/a021202 -o build/twin; "
    "equipoise rehearse trials/a021202 -o build/fresh --seed 7 --patients 60; "
    "equipoise rehearse trials/a021202 --trials 1000 -o build/characteristics"
)
def rehearse(  # noqa: PLR0917 - typer binds them by name
    trial: Trial,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for record, SDTM, ADaM, results and report.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Model of the patients; twin.yaml beside the protocol unless given.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed: another trial of the model.", min=0)] = None,
    patients: Annotated[
        int | None, typer.Option("--patients", help="Patients randomized, in place of the model's.", min=1)
    ] = None,
    fault: Annotated[
        bool, typer.Option("--fault/--no-fault", help="Whether the model's fault of allocation takes place.")
    ] = True,
    http: Annotated[
        str | None, typer.Option("--http", help="Address of a server started with --rehearsal; give it every command.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Search for the twin that the model's calibration asks for.")
    ] = False,
    trials: Annotated[
        int | None, typer.Option("--trials", help="Rehearse this many trials and say how the design behaves.", min=1)
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="With --trials: one of the scenarios; all unless given.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="With --trials: processes.", min=1)] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="With --trials: address of a Dask scheduler, tcp://host:port.")
    ] = None,
    formats: Formats = None,
) -> None:
    """Rehearse a trial with synthetic patients, from the first screening to the report."""
    file = _protocol_file(trial)
    if calibrate:
        from equipoise.cli.rehearse_calibrate import calibrate_twin

        calibrate_twin(file, model=model)
        return
    if trials is not None:
        from equipoise.cli.rehearse_trials import rehearse_many

        rehearse_many(
            file, output, trials=trials, model=model, scenarios=scenario or [], workers=workers, cluster=cluster
        )
        return
    from equipoise.cli.rehearse import rehearse as run

    good = run(
        file, output, model=model, seed=seed, patients=patients, faulty=fault, http=http, formats=formats or ["parquet"]
    )
    if not good:
        raise typer.Exit(1)


DataFolder = Annotated[Path | None, typer.Option("--data", help="Folder of the trial's data.")]
Database = Annotated[str, typer.Option("--database", help="postgresql://user:password@host/name; SQLite unless given.")]
KeyFile = Annotated[Path | None, typer.Option("--key", help="Key file of the trial.")]
OfTrial = Annotated[
    Path | None, typer.Option("--trial", help="Trial folder or protocol file, to find the usual places.")
]


@app.command(epilog="Example: equipoise serve trials/a021202 --port 8000")
def serve(  # noqa: PLR0917 - typer binds them by name
    trial: Annotated[
        Path | None, typer.Argument(help="Protocol file, or a trial folder; not needed with --demo.")
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port to answer on.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to answer on.")] = "127.0.0.1",
    data: DataFolder = None,
    database: Database = "",
    key: KeyFile = None,
    workers: Annotated[int, typer.Option("--workers", help="Processes.", min=1)] = 2,
    rehearsal: Annotated[
        str | None,
        typer.Option("--rehearsal", help="Serve a rehearsal with this seed: synthetic patients only, nobody logs in."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve a synthetic trial with made-up patients and a login for each role.")
    ] = False,
    practice: Annotated[
        bool, typer.Option("--practice", help="Serve an empty trial for practice, marked as synthetic.")
    ] = False,
    days_ahead: Annotated[
        int | None, typer.Option("--days-ahead", min=0, help="Days by which the clock of a practice stands ahead.")
    ] = None,
) -> None:
    """Run the trial server; the first time it makes what it needs and prints the first login."""
    from equipoise.cli.failure import ArgumentError
    from equipoise.cli.serve import serve as run

    place = {"data": data, "key": key}
    if demo:
        from equipoise.cli.demo import serve_demo

        found = trial and _protocol_file(trial)
        serve_demo(found, host=host, port=port, workers=workers, database=database, **place)
        return
    if trial is None:
        raise ArgumentError("which trial? Name its folder: equipoise serve trials/a021202")
    file = _protocol_file(trial)
    run(
        file,
        host=host,
        port=port,
        workers=workers,
        database=database,
        rehearsal=rehearsal,
        practice=practice,
        ahead=days_ahead,
        **place,
    )


@app.command(epilog="Example: equipoise verify --trial trials/a021202")
def verify(  # noqa: PLR0917 - typer binds them by name
    trial: OfTrial = None,
    data: DataFolder = None,
    database: Database = "",
    key: KeyFile = None,
    public_key: Annotated[
        str | None, typer.Option("--public-key", help="Public key noted when the trial began, in hexadecimal.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First make lists and checkpoints anew from the events: after an upgrade.")
    ] = False,
) -> None:
    """Check the whole record: chains, heads, vault, allocations, read models; name the first record that is wrong."""
    from equipoise.cli.verify import verify as run

    file = trial and _protocol_file(trial)
    raise typer.Exit(run(file, data, database, key, public_key, rebuilding=rebuild))


@app.command(epilog="Example: equipoise backup backups --trial trials/a021202")
def backup(
    folder: Annotated[Path, typer.Argument(help="Folder in which the backup gets a folder of its own.")],
    trial: OfTrial = None,
    data: DataFolder = None,
    database: Database = "",
    key: KeyFile = None,
) -> None:
    """Back a running trial up, consistently; the key is never part of it."""
    from equipoise.cli.backup import backup as run

    run(folder, trial and _protocol_file(trial), data, database, key)


@app.command(epilog="Example: equipoise restore backups/A021202-20260301T093000Z --data restored")
def restore(
    folder: Annotated[Path | None, typer.Argument(help="Folder of one backup.")] = None,
    data: DataFolder = None,
    database: Database = "",
    key: KeyFile = None,
    go_on: Annotated[
        str | None, typer.Option(help="Why the restored record may go on: until then nobody is randomized.")
    ] = None,
) -> None:
    """Restore a backup into an empty place; without the key the trial is readable and stays blinded."""
    from equipoise.cli.restore import restore as run

    run(folder, data, database, key, go_on)


_key_verbs = typer.Typer(no_args_is_help=True, help="Make, check and rotate the key file of a trial.")
app.add_typer(_key_verbs, name="key")


@_key_verbs.command("make")
def _key_make(path: Annotated[Path, typer.Argument(help="File to make.")]) -> None:
    """Make a key file."""
    from equipoise.cli.key import make as run

    run(path)


@_key_verbs.command("check")
def _key_check(
    path: Annotated[Path, typer.Argument(help="Key file.")],
    trial: OfTrial = None,
    data: DataFolder = None,
    database: Database = "",
) -> None:
    """Check a key file, and whether it is the key of a trial."""
    from equipoise.cli.key import check as run
    from equipoise.cli.trial_place import place_of

    named = trial is not None or data is not None
    run(path, place_of(trial and _protocol_file(trial), data, database, path) if named else None)


@_key_verbs.command("rotate")
def _key_rotate(
    new: Annotated[Path, typer.Argument(help="New key file; made where it does not exist.")],
    trial: OfTrial = None,
    data: DataFolder = None,
    database: Database = "",
    key: KeyFile = None,
) -> None:
    """Replace the key of a trial."""
    from equipoise.cli.key import rotate as run
    from equipoise.cli.trial_place import place_of

    run(place_of(trial and _protocol_file(trial), data, database, key), new)


def _protocol_file(path: Path) -> Path:
    return path / "protocol.yaml" if path.is_dir() else path


def _console() -> Any:
    from rich.console import Console

    return Console(soft_wrap=True)


def main() -> None:
    """Run the command line; a user's mistake ends in a message, never in a traceback."""
    try:
        app()
    except Exception as error:  # the outermost boundary
        sys.exit(_explain(error))


def _explain(error: Exception) -> int:
    if os.environ.get("EQUIPOISE_DEBUG"):
        raise error
    from equipoise.cli.failure import explain

    return explain(error)
