"""Partial dates: every kind, every degree of partiality."""

import datetime as dt

import polars as pl
import pytest

from equipoise.derive.imputation import IMPUTATION, DateKind, add_imputed, add_period

D = dt.date


Bounds = tuple[dt.date | None, dt.date | None]


def one(text: str | None, kind: DateKind, bounds: Bounds = (None, None)) -> tuple[object, object]:
    """Imputed date and flag of one text."""
    schema = {"T": pl.String, "B": pl.Date, "A": pl.Date}
    frame = pl.DataFrame({"T": [text], "B": [bounds[0]], "A": [bounds[1]]}, schema=schema)
    found = add_imputed(frame, "T", kind, date="D", flag="F", not_before=pl.col("B"), not_after=pl.col("A"))
    return found["D"][0], found["F"][0]


@pytest.mark.parametrize(
    ("text", "first", "last", "flag"),
    [
        ("2014-05-07", D(2014, 5, 7), D(2014, 5, 7), None),
        ("2014-05-07T10:30", D(2014, 5, 7), D(2014, 5, 7), None),
        ("2014-05", D(2014, 5, 1), D(2014, 5, 31), "D"),
        ("2012-02", D(2012, 2, 1), D(2012, 2, 29), "D"),
        ("2014", D(2014, 1, 1), D(2014, 12, 31), "M"),
        ("2014---07", D(2014, 1, 1), D(2014, 12, 31), "M"),
        ("--05-07", None, None, None),
        ("2014-02-30", None, None, None),
        ("07MAY2014", None, None, None),
        (None, None, None, None),
    ],
)
def test_known_period(text: str | None, first: object, last: object, flag: object) -> None:
    frame = add_period(pl.DataFrame({"T": [text]}, schema={"T": pl.String}), "T")
    assert frame.select("FIRST", "LAST", "FLAG").row(0) == (first, last, flag)


DOSE = D(2014, 5, 20)


@pytest.mark.parametrize(
    ("text", "kind", "bounds", "day", "flag"),
    [
        # onset of an adverse event: not before the first dose when the known part allows
        ("2014-05", "adverse_event_start", (DOSE, None), DOSE, "D"),
        ("2014", "adverse_event_start", (DOSE, None), DOSE, "M"),
        ("2014-06", "adverse_event_start", (DOSE, None), D(2014, 6, 1), "D"),
        ("2014-04", "adverse_event_start", (DOSE, None), D(2014, 4, 1), "D"),
        ("2013", "adverse_event_start", (DOSE, None), D(2013, 1, 1), "M"),
        ("2014-05", "adverse_event_start", (DOSE, D(2014, 5, 10)), D(2014, 5, 10), "D"),  # it ended before the dose
        ("2014-05-03", "adverse_event_start", (DOSE, None), D(2014, 5, 3), None),  # recorded days never move
        ("2014-05", "adverse_event_start", (None, None), D(2014, 5, 1), "D"),
        # end: latest possible, not after death
        ("2014-05", "adverse_event_end", (None, None), D(2014, 5, 31), "D"),
        ("2014-05", "adverse_event_end", (None, D(2014, 5, 12)), D(2014, 5, 12), "D"),
        ("2014-05", "adverse_event_end", (None, D(2014, 4, 12)), D(2014, 5, 31), "D"),
        # death: the 15th, never before the day after last known alive; that day where the month is unknown
        ("2020-05", "death", (D(2020, 4, 2), None), D(2020, 5, 15), "D"),
        ("2020-05", "death", (D(2020, 5, 20), None), D(2020, 5, 20), "D"),
        ("2020", "death", (D(2020, 5, 15), None), D(2020, 5, 15), "M"),
        ("2020-05", "death", (None, D(2020, 5, 10)), D(2020, 5, 10), "D"),
        # doses and stops
        ("2014-05", "dose_start", (D(2014, 5, 6), None), D(2014, 5, 6), "D"),
        ("2014-05", "dose_end", (None, D(2014, 5, 25)), D(2014, 5, 25), "D"),
        ("2014-05", "stop", (None, None), D(2014, 5, 31), "D"),
        ("2014-05", "new_therapy", (None, None), D(2014, 5, 1), "D"),
        ("2014-05", "proof_of_life", (None, None), D(2014, 5, 1), "D"),
        ("2014-05", "assessment", (None, None), D(2014, 5, 31), "D"),
        # never imputed
        ("2014-05", "randomization", (D(2014, 5, 6), None), None, None),
        ("2014-05", "progression", (None, None), None, None),
        ("2014", "consent", (None, None), None, None),
        ("2014-05-07", "progression", (None, None), D(2014, 5, 7), None),
    ],
)
def test_rule_of_each_kind(text: str, kind: DateKind, bounds: Bounds, day: object, flag: object) -> None:
    assert one(text, kind, bounds) == (day, flag)


def test_every_kind_has_a_reason() -> None:
    assert all(rule.reason for rule in IMPUTATION.values())
    never = {kind for kind, rule in IMPUTATION.items() if rule.day == "never"}
    assert never == {"consent", "progression", "randomization"}
