"""Patients who come: day and site of screening, baseline facts, who is eligible, who is randomized, on which day.

The places of screening are spread over the months of accrual, each with its own share of time, so that another
candidate of one patient never moves another one.
"""

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.protocol import Protocol, field_types
from equipoise.protocol.expressions import Expression, column, parse
from equipoise.rehearsal.decision import cohort_column, decision_facts, recorded_fields, stratified
from equipoise.rehearsal.model.accrual import Accrual
from equipoise.rehearsal.model.baseline import Distribution
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import Draws, Slot

__all__ = ["EPOCH", "MONTH", "screened_patients", "working"]

EPOCH = dt.date(1970, 1, 1)
MONTH = 30.4375
"""Days of a month."""

_DAY = Slot("accrual", 0)
_SITE = Slot("accrual", 1)
_SCREENING = Slot("accrual", 2)
_DECLINED = Slot("accrual", 3)
_BASELINE_FIRST = 1000
_FIELD_SLOTS = 8

Days = NDArray[np.int64]
_FRIDAY = 4


def working(days: Days) -> Days:
    """Move Saturdays and Sundays to the Monday after; days since 1970-01-01."""
    weekday = (days + 3) % 7
    moved: Days = days + np.where(weekday > _FRIDAY, 7 - weekday, 0)
    return moved


def screened_patients(protocol: Protocol, model: PatientModel, draws: pl.DataFrame) -> pl.DataFrame:
    """Generate everybody who is screened in each trial.

    Parameters
    ----------
    protocol
        Baseline fields, eligibility.
    model
        Accrual and baseline distributions.
    draws
        TRIAL, PATIENT and candidates.

    Returns
    -------
    polars.DataFrame
        TRIAL, PATIENT, SITE, SUBJECT, SCREENED, FAILED, RANDOMIZED (days since 1970; null where it did not happen),
        UNMET (criteria not met), COHORT, the baseline fields, also those that are computed, ROW (place in ``draws``);
        sorted by TRIAL and PATIENT. Nobody is randomized whose cohort or stratum is not known.
    """
    numbers = Draws(model.seed, draws)
    screened = _screening_days(model.accrual, numbers)
    frame = draws.select("TRIAL", "PATIENT").with_row_index("ROW")
    frame = frame.with_columns(SCREENED=pl.Series(screened), SITE=pl.Series(_sites(model.accrual, numbers, screened)))
    frame = _baseline(protocol, model, numbers, frame)
    span = model.accrual.screening
    wait = span.least + np.floor(numbers.uniform(_SCREENING) * (span.most - span.least + 1)).astype(np.int64)
    decided = working(screened + wait)
    frame = frame.with_columns(DECIDED=pl.Series(decided), DECLINED=numbers.uniform(_DECLINED) < model.accrual.declined)
    facts = decision_facts(protocol, frame)
    derived = [name for name in protocol.baseline if name not in recorded_fields(protocol)]
    frame = frame.with_columns(
        *facts.select(derived), cohort_column(protocol, facts), _unmet(protocol, facts).alias("UNMET")
    )
    return _closed(model.accrual, frame.with_columns(STRATIFIED=stratified(protocol, frame)))


def _screening_days(accrual: Accrual, draws: Draws) -> Days:
    """Spread the places over the months; the rate rises in a line during the ramp."""
    share = (draws.patient - 1 + draws.uniform(_DAY)) / accrual.screened
    ramp, months = min(accrual.ramp_months, accrual.months), accrual.months
    total = months - ramp / 2
    grown = share * total
    month = np.where(grown < ramp / 2, np.sqrt(2 * ramp * grown), grown + ramp / 2)
    first = (accrual.first - EPOCH).days
    return working(first + np.floor(month * MONTH).astype(np.int64))


def _sites(accrual: Accrual, draws: Draws, days: Days) -> list[str]:
    """Choose a site among those open, in proportion to their weights."""
    names = np.array(list(accrual.sites), dtype=object)
    weights = np.array([site.weight for site in accrual.sites.values()])
    opens = np.array([site.opens_month for site in accrual.sites.values()]) * MONTH + (accrual.first - EPOCH).days
    open_weights = np.where(days[:, None] >= opens[None, :], weights[None, :], 0.0)
    shares = np.cumsum(open_weights, axis=1)
    chosen = (shares <= (draws.uniform(_SITE) * shares[:, -1])[:, None]).sum(axis=1)
    found: list[str] = names[np.minimum(chosen, len(names) - 1)].tolist()
    return found


def _baseline(protocol: Protocol, model: PatientModel, draws: Draws, frame: pl.DataFrame) -> pl.DataFrame:
    """Draw every baseline field in the order of the model; cases look at those drawn before."""
    fields = field_types(protocol)
    slots = {name: _BASELINE_FIRST + _FIELD_SLOTS * place for place, name in enumerate(protocol.baseline)}
    for name, given in model.baseline.items():
        uniform = draws.uniform(Slot("accrual", slots[name]))
        values = _drawn(given, uniform, frame)
        for case in reversed(given.cases):
            holds = frame.select(column(parse(case.when, fields, expect="boolean"))).to_series().fill_null(False)
            other = _drawn(case, uniform, frame)
            values = pl.select(pl.when(holds).then(other).otherwise(values)).to_series()
        frame = frame.with_columns(values.alias(name))
    return frame


def _drawn(given: Distribution, uniform: NDArray[np.float64], frame: pl.DataFrame) -> pl.Series:
    n = len(uniform)
    if given.levels is not None:
        shares = np.cumsum(list(given.levels.values()))
        place = np.searchsorted(shares / shares[-1], uniform, side="right")
        return pl.Series(list(given.levels), dtype=pl.String).gather(np.minimum(place, len(shares) - 1))
    if given.probability is not None:
        return pl.Series(uniform < given.probability)
    if given.days_before is not None:
        span = given.days_before
        days = span.least + np.floor(uniform * (span.most - span.least + 1)).astype(np.int64)
        return pl.Series(frame["SCREENED"].to_numpy() - days).cast(pl.Int32).cast(pl.Date)
    if given.normal is not None:
        number = given.normal.mean + given.normal.spread * ndtri(uniform)
    elif given.lognormal is not None:
        number = given.lognormal.median * np.exp(given.lognormal.spread * ndtri(uniform))
    else:
        return pl.Series([None] * n)
    number = np.round(np.clip(number, given.low, given.high), given.decimals)
    return pl.Series(number.astype(np.int64) if given.decimals == 0 else number)


def _unmet(protocol: Protocol, facts: pl.DataFrame) -> pl.Series:
    """Criteria that are not met, by the protocol's expressions, on the day of the decision."""
    fields = field_types(protocol)
    found = []
    for name, criterion in protocol.eligibility.items():
        expression: Expression = parse(criterion.include or criterion.exclude or "", fields)
        met = column(expression) if criterion.include else ~column(expression)
        found.append(pl.when(met.fill_null(False)).then(None).otherwise(pl.lit(name)))
    return facts.select(pl.concat_list(found).list.drop_nulls()).to_series()


def _closed(accrual: Accrual, frame: pl.DataFrame) -> pl.DataFrame:
    """Close accrual with the last patient randomized; number subjects by site in order of screening."""
    goes_on = (pl.col("UNMET").list.len() == 0) & ~pl.col("DECLINED") & pl.col("STRATIFIED")
    frame = frame.with_columns(
        RANDOMIZED=pl.when(goes_on).then("DECIDED"), FAILED=pl.when(~goes_on).then("DECIDED"),
    ).sort("TRIAL", "DECIDED", "PATIENT")  # fmt: skip
    frame = frame.with_columns(SLOT=pl.when(goes_on).then(goes_on.cast(pl.Int32).cum_sum().over("TRIAL")))
    last = pl.col("RANDOMIZED").filter(pl.col("SLOT") <= accrual.randomized).max().over("TRIAL")
    beyond = (pl.col("SLOT") > accrual.randomized).fill_null(False)
    frame = frame.filter(~beyond & (pl.col("SCREENED") <= last) & (pl.col("DECIDED") <= last))
    frame = frame.sort("TRIAL", "PATIENT")
    number = (pl.int_range(pl.len()) + 1).over("TRIAL", "SITE")
    return frame.with_columns(SUBJECT=pl.format("{}-{}", "SITE", number.cast(pl.String).str.zfill(3)))
