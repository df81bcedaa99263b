"""Protocol to design: sample size, group sequential bounds, simulated operating characteristics."""

from equipoise.design.assumptions import Assumptions, designed, read_assumptions
from equipoise.design.cluster import on_cluster
from equipoise.design.design import design_analysis, design_trial
from equipoise.design.errors import DesignError
from equipoise.design.monitoring import LookPlan, MonitoredLook, monitor_look, plan_looks
from equipoise.design.simulation import Mapper, on_threads, run_trials

__all__ = [
    "Assumptions",
    "DesignError",
    "LookPlan",
    "Mapper",
    "MonitoredLook",
    "design_analysis",
    "design_trial",
    "designed",
    "monitor_look",
    "on_cluster",
    "on_threads",
    "plan_looks",
    "read_assumptions",
    "run_trials",
]
