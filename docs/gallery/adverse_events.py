"""Frequent adverse events by term, any grade and grade 3 or higher.

Run: python docs/gallery/adverse_events.py build/results adverse_events.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import adverse_events_figure
from equipoise.results import read_results

folder, output = sys.argv[1:]
figure = adverse_events_figure(read_results(Path(folder)))
if figure is None:
    sys.exit(f"{folder} has no such rows")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
