"""Survival curves of an analysis with the table of subjects at risk.

Run: python docs/gallery/survival_curves.py build/results primary survival_curves.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import km_figure
from equipoise.results import read_results

folder, analysis, output = sys.argv[1:]
figure = km_figure(read_results(Path(folder)), analysis)
if figure is None:
    sys.exit(f"{folder} has no such rows for {analysis}")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
