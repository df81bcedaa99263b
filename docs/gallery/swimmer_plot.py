"""Treatment, response, progression and death of every patient over time.

Run: python docs/gallery/swimmer_plot.py build/results response swimmer.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import swimmer_figure
from equipoise.results import read_results

folder, analysis, output = sys.argv[1:]
figure = swimmer_figure(read_results(Path(folder)), analysis)
if figure is None:
    sys.exit(f"{folder} has no such rows for {analysis}")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
