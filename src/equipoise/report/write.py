"""Write the report folder."""

from pathlib import Path

from equipoise.report.document import compose, tables_in
from equipoise.report.figures import figures as draw_figures
from equipoise.report.page import render_page
from equipoise.report.rtf import write_tables
from equipoise.results import Results

__all__ = ["write_report"]


def write_report(results: Results, folder: Path) -> Path:
    """Write index.html, figures and tables of a results folder.

    ``index.html`` is one self-contained file; ``figures/`` holds each figure as SVG and PDF, ``tables/`` each table as
    RTF. The same results give the same bytes. Existing files of the same names are replaced.

    Parameters
    ----------
    results
        Results folder in memory; an analysis that is not there leaves a sentence that says what would stand there, a
        figure whose rows contradict each other a warning with the reason.
    folder
        Created when it is not there.

    Returns
    -------
    Path
        Path of ``index.html``.
    """
    folder = Path(folder)
    refused: dict[str, str] = {}
    drawn = draw_figures(results, refused=refused)
    document = compose(results, drawn, refused)
    page = render_page(document, drawn, results.source_sets)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    mark = document.facts.file_mark
    for name, figure in drawn.items():
        (folder / "figures" / f"{name}{mark}.svg").write_text(figure.svg, encoding="utf-8")
        (folder / "figures" / f"{name}{mark}.pdf").write_bytes(figure.pdf)
    write_tables(list(tables_in(document)), folder / "tables", document.facts)
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path
