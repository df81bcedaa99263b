"""Figures of the report as SVG and PDF, drawn from results and nothing else."""

from equipoise.report.figures.accrual import accrual_figure
from equipoise.report.figures.adverse_events import adverse_events_figure
from equipoise.report.figures.consort import consort_figure
from equipoise.report.figures.crossover import crossover_figure
from equipoise.report.figures.figure import Drawing, Figure, FigureError
from equipoise.report.figures.flow import FlowError, check_flow, read_flow
from equipoise.report.figures.forest import forest_figure
from equipoise.report.figures.gather import figures
from equipoise.report.figures.km import km_figure
from equipoise.report.figures.spider import spider_figure
from equipoise.report.figures.style import ArmStyle, arm_styles
from equipoise.report.figures.swimmer import swimmer_figure
from equipoise.report.figures.trajectories import trajectories_figure, trajectory_names
from equipoise.report.figures.waterfall import waterfall_figure

__all__ = [
    "ArmStyle",
    "Drawing",
    "Figure",
    "FigureError",
    "FlowError",
    "accrual_figure",
    "adverse_events_figure",
    "arm_styles",
    "check_flow",
    "consort_figure",
    "crossover_figure",
    "figures",
    "forest_figure",
    "km_figure",
    "read_flow",
    "spider_figure",
    "swimmer_figure",
    "trajectories_figure",
    "trajectory_names",
    "waterfall_figure",
]
