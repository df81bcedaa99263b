"""Laboratory results and vital signs: they agree with the baseline, the limits, adverse events and the arm."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.rehearsal.made_up_courses import courses, cycle_visits, times_of
from tests.rehearsal.rehearsed import protocol_of, whole_model
from tests.rehearsal.test_safety import NO_CHANGES

from equipoise.rehearsal.laboratory import measurements
from equipoise.rehearsal.model.laboratory import LaboratoryModel, Trend
from equipoise.rehearsal.safety import adverse_events


def twin_laboratory() -> LaboratoryModel:
    found = whole_model().laboratory
    assert found is not None
    return found


@cache
def made() -> tuple[pl.DataFrame, pl.DataFrame]:
    patients = courses(6, 200)
    return patients, cycle_visits(patients)


@cache
def measured() -> dict[str, pl.DataFrame]:
    patients, visits = made()
    safety, times = whole_model().safety, times_of(protocol_of(), patients)
    assert safety is not None
    events = adverse_events(safety, times, NO_CHANGES)
    return measurements(twin_laboratory(), times, visits, patients, (safety, events))


def numbers(kind: str) -> pl.DataFrame:
    patients = made()[0].select("TRIAL", "PATIENT", "ARM", "neutrophils", "platelets", "systolic", "cga_uln")
    frame = measured()[kind].with_columns(number=pl.col("value").cast(pl.Float64))
    return frame.join(patients, on=["TRIAL", "PATIENT"], how="left")


def test_every_visit_that_took_place_has_its_results_and_no_other_day() -> None:
    visits = made()[1]
    labs = measured()["labs_recorded"]
    heads = labs.select("TRIAL", "PATIENT", "visit", "date", "NTH").unique()
    assert heads.join(visits, on=["TRIAL", "PATIENT", "visit", "date"], how="anti").height == 0
    assert heads.height == visits.height
    assert labs.group_by("TRIAL", "PATIENT", "NTH", "test").len().filter(pl.col("len") > 1).height == 0


def test_values_are_decimal_texts() -> None:
    for frame in measured().values():
        assert frame["value"].null_count() == 0
        assert frame.filter(~pl.col("value").str.contains(r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")).height == 0


@pytest.mark.parametrize(
    ("kind", "test", "field"),
    [("labs_recorded", "NEUT", "neutrophils"), ("labs_recorded", "PLAT", "platelets"),
     ("vitals_recorded", "SYSBP", "systolic")],
)  # fmt: skip
def test_the_value_before_treatment_is_the_baseline_fact(kind: str, test: str, field: str) -> None:
    base = numbers(kind).filter(pl.col("visit") == "baseline", pl.col("test") == test)
    assert base.height > 500
    assert base.filter((pl.col("number") - pl.col(field)).abs() > 1e-9).height == 0


def test_a_multiple_of_normal_counts_by_the_limit_of_the_laboratory() -> None:
    base = numbers("labs_recorded").filter(pl.col("visit") == "baseline", pl.col("test") == "CGA")
    limits = {name: lab.limits["CGA"].high for name, lab in twin_laboratory().laboratories.items()}
    assert set(base["laboratory"].unique()) == set(limits)
    expected = pl.col("cga_uln") * pl.col("laboratory").replace_strict(limits, return_dtype=pl.Float64)
    assert base.filter((pl.col("number") - expected).abs() > 0.51).height == 0
    assert base.filter(pl.col("high").cast(pl.Float64) != pl.col("laboratory").replace_strict(limits)).height == 0


def test_a_site_has_one_laboratory() -> None:
    labs = measured()["labs_recorded"].join(made()[0].select("TRIAL", "PATIENT", "SITE"), on=["TRIAL", "PATIENT"])
    assert labs.select("SITE", "laboratory").unique().height == labs["SITE"].n_unique()


def test_the_plateau_comes_back() -> None:
    patients, visits = made()
    model = twin_laboratory()
    test = model.tests["CGA"].model_copy(update={
        "noise": 0.0, "missing": 0.0, "digits": 3,
        "trends": {"pazopanib": Trend(mean=-0.8, spread=0.0, half_days=7), "placebo": Trend()},
    })  # fmt: skip
    alone = model.model_copy(update={"tests": {"CGA": test}, "vitals": {}})
    found = measurements(alone, times_of(protocol_of(), patients), visits, patients, None)["labs_recorded"]
    table = found.join(patients.select("TRIAL", "PATIENT", "ARM", "BLINDED_END"), on=["TRIAL", "PATIENT"])
    table = table.with_columns(number=pl.col("value").cast(pl.Float64)).filter(pl.col("date") <= pl.col("BLINDED_END"))
    first = table.sort("date").unique(["TRIAL", "PATIENT"], keep="first")
    last = table.sort("date").unique(["TRIAL", "PATIENT"], keep="last")
    both = first.join(last, on=["TRIAL", "PATIENT", "ARM"], suffix="_last")
    both = both.filter((pl.col("date_last") - pl.col("date")).dt.total_days() > 80)
    change = both.select("ARM", change=(pl.col("number_last") / pl.col("number")).log())
    assert change.height > 200
    for arm, mean in (("pazopanib", -0.8), ("placebo", 0.0)):
        values = change.filter(ARM=arm)["change"].to_numpy()
        assert np.abs(values - mean).max() < 0.02, arm


def test_a_half_decrease_of_chromogranin_is_commoner_on_the_drug() -> None:
    table = numbers("labs_recorded").filter(pl.col("test") == "CGA").sort("date")
    base = table.filter(visit="baseline").select("TRIAL", "PATIENT", BASE="number")
    lowest = table.filter(visit="cycle").group_by("TRIAL", "PATIENT", "ARM").agg(pl.col("number").min())
    fallen = lowest.join(base, on=["TRIAL", "PATIENT"]).with_columns(fell=pl.col("number") <= pl.col("BASE") / 2)
    share = dict(fallen.group_by("ARM").agg(pl.col("fell").mean()).rows())
    assert 0.15 < share["pazopanib"] < 0.6
    assert share["placebo"] < share["pazopanib"] / 2


def test_results_agree_with_adverse_events_while_they_last() -> None:
    patients, _ = made()
    safety, times = whole_model().safety, times_of(protocol_of(), patients)
    assert safety is not None
    events = adverse_events(safety, times, NO_CHANGES)
    name = list(safety.terms).index("hypertension")
    severe = events.of((events.term == name) & (events.grade == 3))
    spans = pl.DataFrame({**times.keys(severe.row), "onset": severe.onset, "end": severe.end})
    pressure = numbers("vitals_recorded").filter(pl.col("test") == "SYSBP", pl.col("visit") == "cycle")
    pressure = pressure.with_columns(day=pl.col("date").cast(pl.Int32).cast(pl.Int64))
    inside = pressure.join(spans, on=["TRIAL", "PATIENT"]).filter(pl.col("day").is_between("onset", "end"))
    assert inside.height > 50
    assert inside["number"].min() >= 160
    lasting = pl.DataFrame({**times.keys(events.row), "onset": events.onset, "end": events.end})
    lasting = lasting.filter(pl.Series(events.term == name))
    during = pressure.join(lasting, on=["TRIAL", "PATIENT"]).filter(pl.col("day").is_between("onset", "end"))
    calm = pressure.join(
        during.select("TRIAL", "PATIENT", "date").unique(), on=["TRIAL", "PATIENT", "date"], how="anti"
    )
    assert calm["number"].max() <= 160


def test_no_trial_changes_another() -> None:
    patients, visits = made()
    some, seen = patients.filter(TRIAL=2), visits.filter(TRIAL=2)
    model = twin_laboratory()
    alone = measurements(model, times_of(protocol_of(), some), seen, some, None)["labs_recorded"]
    every = measurements(model, times_of(protocol_of(), patients), visits, patients, None)["labs_recorded"]
    assert alone.equals(every.filter(TRIAL=2))
