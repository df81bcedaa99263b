"""equipoise report: everything from SDTM to the report, or the report alone from a results folder."""

from pathlib import Path

from equipoise.cli.output import new_folder, write_mark
from equipoise.cli.steps import steps
from equipoise.report import write_report
from equipoise.results import read_results, write_results

__all__ = ["from_results", "from_sdtm"]


def from_sdtm(trial: Path, sdtm: Path, output: Path, *, cut: str | None, formats: list[str]) -> None:
    """Write adam/, results/ and report/ into the output folder and print the path of the report."""
    from equipoise.analyze import analyze
    from equipoise.cli.blinded import pooled
    from equipoise.cli.derive import check_formats, derive_files, mark, opened, read_sdtm, write_adam
    from equipoise.cli.notice import notice
    from equipoise.protocol import load_protocol

    check_formats(formats)
    with steps(7) as bar:
        bar.begin("read protocol")
        protocol = load_protocol(trial)
        with new_folder(output, inputs=(trial, sdtm)) as folder, opened(sdtm) as files:
            bar.begin("read SDTM")
            protocol, data = pooled(protocol, read_sdtm(protocol, files))
            bar.begin("derive ADaM")
            derived = derive_files(protocol, data, cut=cut)
            data.datasets.clear()  # gives the memory of a large trial back before files are written
            bar.begin("write ADaM")
            write_adam(protocol, derived, folder / "adam", formats)
            origin = mark("report", trial, data, derived)
            write_mark(folder / "adam", {**origin, "verb": "derive"})
            bar.begin("analyze")
            results = analyze(
                protocol,
                derived.adam,
                list(derived.findings),
                cut_name=derived.cut_name,
                cutoff=derived.cutoff,
                protocol_text=trial.read_text(encoding="utf-8"),
            )
            bar.begin("write results")
            write_results(results, folder / "results")
            bar.begin("write report")
            page = write_report(results, folder / "report").relative_to(folder)
            write_mark(folder, origin)
    notice(derived)
    print(output / page)


def from_results(results: Path, output: Path) -> None:
    """Write only the report and print its path."""
    with steps(2) as bar:
        bar.begin("read results")
        content = read_results(results)
        with new_folder(output, inputs=(results,)) as folder:
            bar.begin("write report")
            page = write_report(content, folder / "report").relative_to(folder)
            write_mark(folder, {"verb": "report"})
    print(output / page)
