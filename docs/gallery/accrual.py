"""Subjects randomized by month against the number planned.

Run: python docs/gallery/accrual.py build/results accrual.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import accrual_figure
from equipoise.results import read_results

folder, output = sys.argv[1:]
figure = accrual_figure(read_results(Path(folder)))
if figure is None:
    sys.exit(f"{folder} has no such rows")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
