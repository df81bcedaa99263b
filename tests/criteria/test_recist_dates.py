"""Dates of progression and response, equivocal new lesions, and the course of iRECIST."""

import polars as pl
import pytest

from equipoise.criteria import Charter, TumorResponses, recist_responses

Row = tuple[int, int, str, str, float | None, str | None]
SCHEMA = ["VISIT", "DAY", "LESION", "KIND", "DIAMETER", "STATE"]
SCHEDULED = {1: 56, 2: 112, 3: 168, 4: 224, 70: None}
LUNG, LIVER, EFFUSION = ("lung", "TARGET"), ("liver", "TARGET"), ("effusion", "NON-TARGET")


def read(rows: list[Row], charter: Charter | None = None) -> TumorResponses:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(
        USUBJID=pl.lit("01"),
        VISITDY=pl.col("VISIT").replace_strict({0: 1, **SCHEDULED}, return_dtype=pl.Int64),
    )
    return recist_responses(frame, charter)


def size(visit: int, day: int, lesion: tuple[str, str], diameter: float) -> Row:
    return (visit, day, *lesion, diameter, None)


def state(visit: int, day: int, lesion: tuple[str, str], word: str) -> Row:
    return (visit, day, *lesion, None, word)


BASELINE = [size(0, -5, LUNG, 50.0), size(0, -3, LIVER, 50.0), state(0, -3, EFFUSION, "PRESENT")]
STABLE_1 = [size(1, 56, LUNG, 50.0), size(1, 56, LIVER, 50.0), state(1, 56, EFFUSION, "PRESENT")]
STABLE_2 = [size(2, 110, LUNG, 50.0), size(2, 114, LIVER, 50.0), state(2, 114, EFFUSION, "PRESENT")]
NODULE = ("nodule", "NEW")

CASES = {
    # rows after the baseline; day of progression by first scan, last target scan, scheduled visit
    "P01 new lesion on the first of two scans": ([*STABLE_2, state(2, 110, NODULE, "UNEQUIVOCAL")], 110, 110, 112),
    "P02 sum needs both scans": ([size(2, 110, LUNG, 60.0), size(2, 114, LIVER, 62.0)], 110, 114, 112),
    "P03 non-target progression on the second scan": (
        [*STABLE_2[:2], state(2, 114, EFFUSION, "UNEQUIVOCAL")], 114, 114, 112
    ),
    "P04 equivocal new lesion confirmed": (
        [*STABLE_1, state(1, 56, NODULE, "EQUIVOCAL"), *STABLE_2, state(2, 110, NODULE, "UNEQUIVOCAL")], 56, 56, 56
    ),
    "P05 equivocal new lesion gone": (
        [*STABLE_1, state(1, 56, NODULE, "EQUIVOCAL"), *STABLE_2, state(2, 110, NODULE, "ABSENT")], None, None, None
    ),
    "P06 no scan shows progression": ([*STABLE_1], None, None, None),
    "P07 unscheduled scan": ([*STABLE_1, size(70, 70, LUNG, 90.0), size(70, 70, LIVER, 50.0)], 70, 70, 70),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_day_of_progression(name: str) -> None:
    rows, *expected = CASES[name]
    rules = ("first_scan", "last_target_scan", "scheduled_visit")
    found = [read([*BASELINE, *rows], Charter(progression_date=rule)).best["PDDAY"].item() for rule in rules]
    assert found == expected


def test_backdated_progression_is_known_later_and_changes_the_final_response_alone() -> None:
    found = read([*BASELINE, *CASES["P04 equivocal new lesion confirmed"][0]])
    assert found.visits["OVERALL"].to_list() == ["SD", "PD"]
    assert found.visits["FINAL"].to_list() == ["PD", "PD"]
    assert found.visits["NEWLESION"].to_list() == ["EQUIVOCAL", "Y"]
    assert found.best.select("BOR", "PDDAY", "PDCAUSE", "PDKNOWN").row(0) == ("PD", 56, "NEW LESION", 114)


def test_an_equivocal_lesion_confirmed_after_progression_moves_nothing() -> None:
    rows = [
        *BASELINE,
        *STABLE_1,
        state(1, 56, NODULE, "EQUIVOCAL"),
        size(2, 112, LUNG, 90.0),
        size(2, 112, LIVER, 50.0),
    ]
    later = [*STABLE_1, state(1, 56, NODULE, "EQUIVOCAL"), state(3, 168, NODULE, "UNEQUIVOCAL")]
    assert read(rows).best["PDDAY"].item() == read([*rows, *later[-1:]]).best["PDDAY"].item() == 112


@pytest.mark.parametrize(("rule", "day"), [("last_scan", 114), ("first_scan", 110), ("scheduled_visit", 112)])
def test_day_of_response(rule: str, day: int) -> None:
    rows = [size(2, 110, LUNG, 20.0), size(2, 114, LIVER, 20.0)]
    found = read([*BASELINE, *rows], Charter(response_date=rule))  # type: ignore[arg-type]
    assert found.best["RESPDAY"].item() == found.visits["DAY"].item() == day
    assert found.visits.select("FIRSTDAY", "LASTDAY").row(0) == (110, 114)


def node(visit: int, day: int, diameter: float) -> list[Row]:
    stable = [size(visit, day, LUNG, 50.0), size(visit, day, LIVER, 50.0), state(visit, day, EFFUSION, "PRESENT")]
    return [*stable, (visit, day, "node", "NEW", diameter, None)]


@pytest.mark.parametrize(
    ("sizes", "rule", "day"),
    [
        ((9.0, 9.0), "wait", None),  # a normal node is no lesion
        ((11.0,), "wait", None),
        ((11.0,), "new_lesion", 56),
        ((11.0, 12.0), "wait", 56),  # seen again: dated to the first scan
        ((11.0, 9.0), "wait", None),
        ((15.0,), "wait", 56),
    ],
)
def test_a_node_that_was_normal_at_baseline(sizes: tuple[float, ...], rule: str, day: int | None) -> None:
    rows = [row for i, diameter in enumerate(sizes, start=1) for row in node(i, 56 * i, diameter)]
    frame = pl.DataFrame([*BASELINE, *rows], schema=SCHEMA, orient="row")
    frame = frame.with_columns(USUBJID=pl.lit("01"), NODAL=pl.col("LESION") == "node")
    assert recist_responses(frame, Charter(small_new_node=rule)).best["PDDAY"].item() == day  # type: ignore[arg-type]


def course(*visits: list[Row]) -> TumorResponses:
    """iRECIST; one target lesion of 50 mm and an effusion at baseline."""
    rows = [size(0, 1, LUNG, 50.0), state(0, 1, EFFUSION, "PRESENT"), *(row for visit in visits for row in visit)]
    return read(rows, Charter(criteria="iRECIST"))


def at(visit: int, diameter: float | None, effusion: str = "PRESENT", new: tuple[Row, ...] = ()) -> list[Row]:
    lung = (
        state(visit, 56 * visit, LUNG, "NOT MEASURED") if diameter is None else size(visit, 56 * visit, LUNG, diameter)
    )
    return [lung, state(visit, 56 * visit, EFFUSION, effusion), *new]


def nodule(visit: int, diameter: float, word: str | None = None, name: str = "nodule") -> Row:
    return (visit, 56 * visit, name, "NEW", diameter, word)


IMMUNE = {
    # visits; overall responses; best; day of progression
    "I01 sum grows by 5 mm again": ([at(1, 62.0), at(2, 67.0)], "iUPD iCPD", "iCPD", 56),
    "I02 response resets the bar": ([at(1, 62.0), at(2, 30.0), at(3, 37.0)], "iUPD iPR iUPD", "iPR", None),
    "I03 another new lesion": (
        [at(1, 50.0, new=(nodule(1, 10.0),)), at(2, 50.0, new=(nodule(2, 10.0), nodule(2, 10.0, name="second")))],
        "iUPD iCPD", "iCPD", 56,
    ),
    "I03 new lesion grows by 5 mm": (
        [at(1, 50.0, new=(nodule(1, 10.0),)), at(2, 50.0, new=(nodule(2, 15.0),))], "iUPD iCPD", "iCPD", 56
    ),
    "I03 new non-target lesion grows": (
        [
            at(1, 50.0, new=(state(1, 56, NODULE, "UNEQUIVOCAL"),)),
            at(2, 50.0, new=(state(2, 112, NODULE, "INCREASED"),)),
        ],
        "iUPD iCPD", "iCPD", 56,
    ),
    "I04 unchanged": ([at(1, 62.0), at(2, 62.0)], "iUPD iUPD", "iUPD", None),
    "I05 progression in another category": ([at(1, 62.0), at(2, 62.0, "UNEQUIVOCAL")], "iUPD iCPD", "iCPD", 56),
    "I06 never imaged again": ([at(1, 62.0), at(2, None, "NOT EVALUABLE")], "iUPD NE", "iUPD", None),
    "I07 the second is confirmed": (
        [at(1, 62.0), at(2, 50.0), at(3, 62.0), at(4, 67.0)], "iUPD iSD iUPD iCPD", "iSD", 168
    ),
    "I08 increases add up": (
        [at(1, 50.0, new=(nodule(1, 10.0),)), at(2, 50.0, new=(nodule(2, 14.0),)), at(3, 50.0, new=(nodule(3, 16.0),))],
        "iUPD iUPD iCPD", "iCPD", 56,
    ),
    "non-target disease grows further": (
        [at(1, 50.0, "UNEQUIVOCAL"), at(2, 50.0, "INCREASED")], "iUPD iCPD", "iCPD", 56
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMMUNE)
def test_course_of_irecist(name: str) -> None:
    visits, responses, best, day = IMMUNE[name]
    found = course(*visits)
    assert found.visits["OVERALL"].to_list() == responses.split()
    assert found.best.select("BOR", "PDDAY").row(0) == (best, day)
    assert found.best["UPDDAY"].item() == 56


def test_irecist_confirms_no_earlier_than_four_weeks_later() -> None:
    rows = [*at(1, 62.0), size(2, 83, LUNG, 70.0), state(2, 83, EFFUSION, "PRESENT")]
    assert course(rows).visits["OVERALL"].to_list() == ["iUPD", "iUPD"]
