"""Best change of the tumors of every patient, from worst to best.

Run: python docs/gallery/waterfall_plot.py build/results response waterfall.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import waterfall_figure
from equipoise.results import read_results

folder, analysis, output = sys.argv[1:]
figure = waterfall_figure(read_results(Path(folder)), analysis)
if figure is None:
    sys.exit(f"{folder} has no such rows for {analysis}")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
