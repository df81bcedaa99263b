"""Effects in subgroups of an analysis.

Run: python docs/gallery/forest_plot.py build/results primary forest_plot.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import forest_figure
from equipoise.results import read_results

folder, analysis, output = sys.argv[1:]
figure = forest_figure(read_results(Path(folder)), analysis)
if figure is None:
    sys.exit(f"{folder} has no such rows for {analysis}")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
