"""One engine of bench/survival.py: reads tasks from standard input, answers with processor seconds."""

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

ENGINE, FOLDER = sys.argv[1], Path(sys.argv[2])


def read(name: str) -> np.ndarray:
    return np.fromfile(FOLDER / f"{name}.bin")


DAYS, EXACT, EVENT, ARM, STRATUM = (read(name) for name in ("days", "exact", "event", "arm", "stratum"))
X = np.ascontiguousarray(read("x").reshape(10, -1).T)
FEW, TENTH = slice(0, 171), slice(0, DAYS.size // 10)


def equipoise() -> dict:
    from equipoise.stats import cox_ph, kaplan_meier, logrank_test  # noqa: PLC0415

    def small() -> None:
        for _ in range(100):
            kaplan_meier(DAYS[FEW], EVENT[FEW]).median  # noqa: B018
            logrank_test(DAYS[FEW], EVENT[FEW], ARM[FEW], strata=STRATUM[FEW])
            cox_ph(DAYS[FEW], EVENT[FEW], X[FEW, :3])

    return {
        "km": lambda: kaplan_meier(DAYS, EVENT).median,
        "km_untied": lambda: kaplan_meier(EXACT, EVENT).median,
        "logrank": lambda: logrank_test(DAYS, EVENT, ARM, strata=STRATUM),
        "cox": lambda: cox_ph(DAYS, EVENT, X, strata=STRATUM),
        "cox_untied": lambda: cox_ph(EXACT[TENTH], EVENT[TENTH], X[TENTH], strata=STRATUM[TENTH]),
        "cox_untied_full": lambda: cox_ph(EXACT, EVENT, X, strata=STRATUM),
        "small": small,
    }


def lifelines() -> dict:
    import pandas as pd  # noqa: PLC0415
    from lifelines import CoxPHFitter, KaplanMeierFitter  # noqa: PLC0415
    from lifelines.utils import median_survival_times  # noqa: PLC0415

    names = [f"x{j}" for j in range(10)]

    def frame(time: np.ndarray, rows: slice, columns: int) -> pd.DataFrame:
        data = pd.DataFrame(X[rows, :columns], columns=names[:columns])
        return data.assign(time=time[rows], event=EVENT[rows], stratum=STRATUM[rows])

    def km(time: np.ndarray, rows: slice) -> None:
        fitter = KaplanMeierFitter().fit(time[rows], EVENT[rows])
        median_survival_times(fitter.confidence_interval_)

    def cox(data: pd.DataFrame) -> None:
        CoxPHFitter().fit(data, "time", "event", strata=["stratum"])

    tied, tenth, full = frame(DAYS, slice(None), 10), frame(EXACT, TENTH, 10), frame(EXACT, slice(None), 10)
    return {
        "km": lambda: km(DAYS, slice(None)),
        "km_untied": lambda: km(EXACT, slice(None)),
        "cox": lambda: cox(tied),
        "cox_untied": lambda: cox(tenth),
        "cox_untied_full": lambda: cox(full),
    }


def scikit_survival() -> dict:
    from sksurv.linear_model import CoxPHSurvivalAnalysis  # noqa: PLC0415
    from sksurv.nonparametric import kaplan_meier_estimator  # noqa: PLC0415
    from sksurv.util import Surv  # noqa: PLC0415

    event = EVENT.astype(bool)
    outcome = Surv.from_arrays(event, EXACT)
    return {
        "km": lambda: kaplan_meier_estimator(event, DAYS, conf_type="log-log"),
        "km_untied": lambda: kaplan_meier_estimator(event, EXACT, conf_type="log-log"),
        "cox_untied": lambda: CoxPHSurvivalAnalysis(ties="efron").fit(X[TENTH], outcome[TENTH]),
    }


def statsmodels() -> dict:
    from statsmodels.duration.hazard_regression import PHReg  # noqa: PLC0415
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff  # noqa: PLC0415

    def km(time: np.ndarray) -> None:
        SurvfuncRight(time, EVENT).quantile_ci(0.5)

    def cox(time: np.ndarray, rows: slice, columns: int, strata: np.ndarray | None) -> None:
        PHReg(time[rows], X[rows, :columns], status=EVENT[rows], strata=strata, ties="efron").fit()

    def small() -> None:
        for _ in range(100):
            SurvfuncRight(DAYS[FEW], EVENT[FEW]).quantile_ci(0.5)
            survdiff(DAYS[FEW], EVENT[FEW], ARM[FEW], strata=STRATUM[FEW])
            cox(DAYS, FEW, 3, None)

    return {
        "km": lambda: km(DAYS),
        "km_untied": lambda: km(EXACT),
        "logrank": lambda: survdiff(DAYS, EVENT, ARM, strata=STRATUM),
        "cox": lambda: cox(DAYS, slice(None), 10, STRATUM),
        "cox_untied": lambda: cox(EXACT, TENTH, 10, STRATUM[TENTH]),
        "cox_untied_full": lambda: cox(EXACT, slice(None), 10, STRATUM),
        "small": small,
    }


def status(field: str) -> float:
    """Read a line of /proc/self/status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(field))


def memory() -> str:
    """Measure how far the peak of one fit lies above what code and data take, in a process of its own (Linux)."""
    code = (
        f"import sys; sys.argv = ['worker', 'equipoise', {str(FOLDER)!r}, 'quiet']\n"
        f"exec(open({__file__!r}).read())\n"
        "tasks = equipoise(); tasks['cox_untied']()\n"
        "Path('/proc/self/clear_refs').write_text('5'); start = status('VmRSS'); tasks['cox']()\n"
        "size = (DAYS.nbytes + EVENT.nbytes + STRATUM.nbytes + X.nbytes) / 1e6\n"
        "print(f'{status(\"VmHWM\") - start:.0f} MB above an input of {size:.0f} MB')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def serve() -> None:
    makers = {
        "equipoise": equipoise,
        "lifelines": lifelines,
        "scikit-survival": scikit_survival,
        "statsmodels": statsmodels,
    }
    tasks = makers[ENGINE]()
    for line in sys.stdin:
        name, answer = line.strip(), ""
        if name == "version":
            answer = version(ENGINE)
        elif name == "memory":
            answer = memory()
        elif name in tasks:
            start = time.process_time()
            tasks[name]()
            answer = repr((time.process_time() - start) / (100 if name == "small" else 1))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if len(sys.argv) == 3:
    serve()
