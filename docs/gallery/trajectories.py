"""Trajectories of questionnaire scores by arm, a panel for each scale.

Run: python docs/gallery/trajectories.py build/results trajectories_qlq_c30 trajectories.svg
"""

import sys
from pathlib import Path

from equipoise.report.figures import trajectories_figure, trajectory_names
from equipoise.results import read_results

folder, name, output = sys.argv[1:]
results = read_results(Path(folder))
figure = trajectories_figure(results, name)
if figure is None:
    sys.exit(f"{folder} has no figure {name}; it has {', '.join(trajectory_names(results)) or 'none'}")
Path(output).write_text(figure.svg, encoding="utf-8")
Path(output).with_suffix(".pdf").write_bytes(figure.pdf)
print(figure.caption)
