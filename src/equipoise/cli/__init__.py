"""The command line: one verb per stage; a verb's module is imported when it runs.

Exit codes: 0 done; 1 a defect of equipoise; 2 something is wrong with the input, and the message says what and where;
3 the output could not be written.
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
    "3 output not writable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Trial = Annotated[Path, typer.Argument(help="Protocol file, or a trial folder that holds protocol.yaml.")]
Cut = Annotated[str | None, typer.Option("--cut", help="Data cut of the protocol; its default cut unless given.")]
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


@app.command(epilog="Example: equipoise derive trials/cdisc_pilot data/sdtm -o build/adam --format xpt")
def derive(
    trial: Trial,
    sdtm: Annotated[Path, typer.Argument(help="Folder of SDTM files: parquet, XPT, CSV or Dataset-JSON.")],
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
        Path | None, typer.Argument(help="Folder of SDTM files: parquet, XPT, CSV or Dataset-JSON.")
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
