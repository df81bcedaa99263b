"""Flow of subjects (CONSORT 2025); refuses to draw boxes that do not add up.

Run: python docs/gallery/flow_diagram.py build/results flow_diagram.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import consort_figure
from equipoise.results import read_results

folder, output = sys.argv[1:]
figure = consort_figure(read_results(Path(folder)))
if figure is None:
    sys.exit(f"{folder} has no such rows")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
