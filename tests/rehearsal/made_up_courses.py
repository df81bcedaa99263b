"""Made-up courses of patients for the tests of what is measured and recorded along them."""

import datetime as dt

import numpy as np
import polars as pl

from equipoise.protocol import Protocol
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.timeline import Timeline, timeline

FIRST = 16_000
MONTH = 30.4375


def courses(n_trials: int = 2, n_patients: int = 120, *, seed: int = 5) -> pl.DataFrame:
    """Patients with exponential times on treatment, some untreated, crossed over, dead, gone at each level."""
    rng = np.random.default_rng(seed)
    n = n_trials * n_patients
    arm = np.where(np.arange(n) % 2 == 0, "pazopanib", "placebo").astype(object)
    arm[rng.random(n) < 0.08] = None
    screened = FIRST + np.sort(rng.integers(0, 700, (n_trials, n_patients)), axis=1).ravel()
    randomized = screened + rng.integers(4, 18, n)
    first = randomized + rng.integers(0, 6, n)
    end = first + np.ceil(rng.exponential(8 * MONTH, n)).astype(int)
    last = randomized + rng.integers(int(50 * MONTH), int(66 * MONTH), n)
    death = randomized + 8 + np.ceil(rng.exponential(60 * MONTH, n)).astype(int)
    crossed = (arm == "placebo") & (rng.random(n) < 0.5)
    opened = end + rng.integers(3, 20, n)
    open_end = opened + np.ceil(rng.exponential(7 * MONTH, n)).astype(int)
    level = rng.choice(["drug", "visits", "survival", "data"], n, p=[0.7, 0.15, 0.1, 0.05])
    left = np.where(rng.random(n) < 0.3, end, 10**7)
    seen = np.minimum(last, death)
    seen = np.where(np.isin(level, ["survival", "data"]), np.minimum(seen, left), seen)
    end, never = np.minimum(end, seen), rng.random(n) < 0.06
    crossed &= (opened < seen) & ~never & (left >= 10**7)
    visits = np.where(np.isin(level, ["visits", "survival", "data"]), np.minimum(left, seen), seen)
    none = np.array([a is None for a in arm])

    def dates(days: np.ndarray, there: np.ndarray) -> pl.Series:
        return pl.Series(
            [dt.date(1970, 1, 1) + dt.timedelta(int(d)) if t else None for d, t in zip(days, there, strict=True)],
            dtype=pl.Date,
        )

    yes = ~none
    treated = yes & ~never & (first <= seen)
    return pl.DataFrame({
        "TRIAL": pl.Series(np.repeat(np.arange(n_trials), n_patients), dtype=pl.Int32),
        "PATIENT": pl.Series(np.tile(np.arange(1, n_patients + 1), n_trials), dtype=pl.Int32),
        "SITE": pl.Series([f"SYN{1 + k % 7:02d}" for k in range(n)]),
        "SCREENED": dates(screened, ~np.zeros(n, bool)),
        "FAILED": dates(screened + 9, none),
        "RANDOMIZED": dates(randomized, yes),
        "ARM": pl.Series(arm.tolist(), dtype=pl.String),
        "FIRST_DOSE": dates(first, treated),
        "BLINDED_END": dates(np.maximum(end, first), treated),
        "LEFT": dates(left, yes & (left < 10**7)),
        "LEVEL": pl.Series(level.tolist()).to_frame("l").select(pl.when(pl.Series(yes)).then("l")).to_series(),
        "LAST_SEEN": dates(seen, yes),
        "VISITS_END": dates(visits, yes),
        "OPEN_START": dates(opened, crossed & treated),
        "OPEN_END": dates(np.minimum(open_end, seen), crossed & treated),
        "DEATH": dates(death, yes),
        "DEATH_KNOWN": pl.Series(yes & (death == seen)),
        "DEATH_CAUSE": pl.Series(np.where(rng.random(n) < 0.1, "treatment", "disease").tolist()),
        "GROWTH": pl.Series(rng.normal(size=n)),
        "neutrophils": pl.Series(np.round(rng.uniform(1.6, 7, n), 1)),
        "platelets": pl.Series(rng.integers(110, 400, n)),
        "systolic": pl.Series(rng.integers(98, 139, n)),
        "diastolic": pl.Series(rng.integers(58, 89, n)),
        "cga_uln": pl.Series(np.round(rng.lognormal(1.3, 1, n), 2)),
        "hiaa_uln": pl.Series(np.round(rng.lognormal(0.8, 1, n), 2)),
    })  # fmt: skip


def times_of(protocol: Protocol, patients: pl.DataFrame, *, seed: int = 21202) -> Timeline:
    """The days of made-up patients with the draws of their trials."""
    trials = patients["TRIAL"].unique().sort().to_list()
    return timeline(protocol, seed, patients, default_draws(trials, int(patients["PATIENT"].max())))


def cycle_visits(patients: pl.DataFrame) -> pl.DataFrame:
    """A baseline visit and one every 28 days on treatment, put on record at noon."""
    treated = patients.filter(pl.col("FIRST_DOSE").is_not_null())
    until = pl.min_horizontal(pl.max_horizontal("BLINDED_END", "OPEN_END"), "VISITS_END")
    rows = treated.select(
        "TRIAL", "PATIENT", "RANDOMIZED", "FIRST_DOSE",
        number=pl.int_ranges(1, (until - pl.col("FIRST_DOSE")).dt.total_days() // 28 + 2),
    ).explode("number")  # fmt: skip
    rows = rows.with_columns(
        date=pl.col("FIRST_DOSE") + pl.duration(days=28 * (pl.col("number") - 1)), visit=pl.lit("cycle")
    )
    first = treated.select(
        "TRIAL", "PATIENT", number=pl.lit(1, pl.Int64), date=pl.col("RANDOMIZED").dt.offset_by("-3d"),
        visit=pl.lit("baseline"),
    )  # fmt: skip
    both = pl.concat([first, rows.select(first.columns)])
    return both.with_columns(AT=pl.col("date").cast(pl.Int32).cast(pl.Int64) * 86_400 + 12 * 3600)
