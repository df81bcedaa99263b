"""What expressions mean, by worked examples."""

import datetime as dt

import polars as pl
import pytest

from equipoise.protocol.expressions import (
    Expression,
    ExpressionError,
    FieldType,
    column,
    conjuncts,
    evaluate_row,
    parse,
)

FIELDS = {
    "site": FieldType("text", levels=("small_bowel", "other_midgut", "hindgut")),
    "prior_ssa": FieldType("boolean"),
    "progression": FieldType("date"),
    "registration": FieldType("date"),
    "born": FieldType("date"),
    "age": FieldType("number", unit="years"),
    "size": FieldType("number", unit="mm"),
    "ecog": FieldType("number"),
    "weight": FieldType("number", unit="kg"),
    "platelets": FieldType("number", unit="10^9/L"),
}
D = dt.date


def answer(text: str, **row: object) -> object:
    return evaluate_row(parse(text, FIELDS), row)


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("0 <= ecog <= 1", {"ecog": 1}, True),
        ("0 <= ecog <= 1", {"ecog": 2}, False),
        ("0 <= ecog <= 1", {"ecog": None}, None),
        ("ecog == 0 or ecog == 1", {"ecog": 1}, True),
        ("site not in ['small_bowel', 'other_midgut'] or prior_ssa", {"site": "hindgut", "prior_ssa": None}, True),
        ("site not in ['small_bowel', 'other_midgut'] or prior_ssa", {"site": "small_bowel", "prior_ssa": None}, None),
        ("prior_ssa and ecog > 1", {"prior_ssa": None, "ecog": 0}, False),
        ("not prior_ssa", {"prior_ssa": None}, None),
        ("prior_ssa is missing", {"prior_ssa": None}, True),
        ("prior_ssa is not missing", {}, False),
        ("ecog / 0 > 1", {"ecog": 1}, None),
        ("ecog / 0 is missing", {"ecog": 1}, True),
        ("size > 1 cm", {"size": 10.0}, False),
        ("size > 1 cm", {"size": 10.1}, True),
        ("age >= 18", {"age": 18}, True),
        ("age >= 18 years", {"age": 18}, True),
        ("age >= 216 months", {"age": 18}, True),
        ("platelets >= 100", {"platelets": 99.9}, False),
        ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9 and 7 - 2 - 1 == 4 and 8 / 4 / 2 == 1", {}, True),
        ("-ecog * 2 == -4", {"ecog": 2}, True),
        ("not ecog == 1 and prior_ssa", {"ecog": 2, "prior_ssa": True}, True),
        ("true or false and false", {}, True),
        ("'low' if ecog < 2 else 'high'", {"ecog": 1}, "low"),
        ("'low' if ecog < 2 else 'high'", {"ecog": None}, None),
        ("ecog in [0, -1, 1.5]", {"ecog": 1.5}, True),
        ('site == "hindgut"', {"site": "hindgut"}, True),
    ],
)
def test_meaning(text: str, row: dict[str, object], expected: object) -> None:
    assert answer(text, **row) is expected or answer(text, **row) == expected


@pytest.mark.parametrize(
    ("text", "progression", "expected"),
    [
        # from 2020-03-10 back: 365 days = 11.99 months of 30.4375 days, 366 days = 12.02
        ("months(registration - progression) <= 12", D(2019, 3, 11), True),
        ("months(registration - progression) <= 12", D(2019, 3, 10), False),
        ("registration - progression <= 12 months", D(2019, 3, 10), False),
        # the calendar: 2019-03-10 + 12 months = 2020-03-10
        ("registration <= progression + 12 months", D(2019, 3, 10), True),
        ("registration <= progression + 12 months", D(2019, 3, 9), False),
        ("registration - progression == 28 days", D(2020, 2, 11), True),
        ("registration - 4 weeks == progression", D(2020, 2, 11), True),
        ("days(registration - progression) == 28", D(2020, 2, 11), True),
        ("weeks(registration - progression) == 4", D(2020, 2, 11), True),
        ("0 <= registration - progression <= 12 months", D(2020, 3, 11), False),
        ("progression < date('2020-01-01')", D(2019, 12, 31), True),
        ("progression + 1 month == date('2020-02-29')", D(2020, 1, 31), True),
        ("months(registration - progression) <= 12", None, None),
    ],
)
def test_time(text: str, progression: D | None, expected: bool | None) -> None:
    assert answer(text, registration=D(2020, 3, 10), progression=progression) is expected


@pytest.mark.parametrize(
    ("born", "at", "years"),
    [
        (D(2000, 2, 29), D(2018, 2, 28), 17.0),
        (D(2000, 2, 29), D(2018, 3, 1), 18.0),
        (D(2000, 6, 15), D(2018, 6, 14), 17.0),
        (D(2000, 6, 15), D(2018, 6, 15), 18.0),
        (D(2000, 6, 15), D(2000, 6, 14), None),
    ],
)
def test_age_is_completed_years(born: D, at: D, years: float | None) -> None:
    assert answer("age(born, registration)", born=born, registration=at) == years


@pytest.mark.parametrize(
    ("text", "column_number", "said", "suggestion"),
    [
        ("prior_sssa", 1, "field 'prior_sssa' is not declared", "prior_ssa"),
        ("ecog > 1 and zzz", 14, "declared are: age, born", None),
        (
            "site == 'smal_bowel'",
            9,
            "'smal_bowel' is not a level of site: small_bowel, other_midgut, hindgut",
            "small_bowel",
        ),
        ("'smal_bowel' == site", 1, "is not a level of site", "small_bowel"),
        ("site in ['hindgut', 'othermidgut']", 21, "'othermidgut' is not a level", "other_midgut"),
        ("site < 'hindgut'", 1, "list the levels with 'in'", None),
        ("ecog = 1", 6, "'=' is not part of the language", "=="),
        ("prior_ssa && ecog > 1", 11, "'&&' is not part of the language", "and"),
        ("prior_ssa AND ecog > 1", 11, "cannot follow here", "and"),
        ("ecog", 1, "must give true or false, but it gives a number", None),
        ("ecog and prior_ssa", 1, "'and' needs true or false", None),
        ("registration > '2020-01-01'", 16, "write a date as date('2020-01-31')", None),
        ("registration > date('2020-13-01')", 21, "not a complete date", None),
        ("registration > date('20200101')", 21, "write the date as 2020-01-01", None),
        ("registration + progression > 3", 1, "two dates cannot be added", None),
        ("registration + 3 > progression", 16, "a whole number with its unit of time", None),
        ("registration + 1.5 months > progression", 16, "a whole number with its unit of time", None),
        ("registration + 99999999 days > progression", 16, "moved by at most", None),
        ("size > 3 days", 8, "units do not go together: days and mm", None),
        ("size + age > 3", 8, "units do not go together: mm and years", None),
        ("age > 3 yeras", 7, "unit 'yeras' is not known", "years"),
        ("ecog > 2 ecog", 8, "an operator is missing", None),
        ("5 <= registration - progression <= 12 months", 1, "write the unit of this number", None),
        ("weight > 3 mm", 10, "units do not go together", None),
        ("days(3) > 2", 6, "days takes a length of time", None),
        ("agee(born, registration) > 3", 1, "there is no function 'agee'", "age"),
        ("age(born) > 3", 1, "age takes 2 values", None),
        ("age(born, ecog) > 3", 11, "age takes two dates", None),
        ("months > 3", 1, "months is a function", None),
        ("ecog in []", 10, "the list is empty", None),
        ("ecog in [site]", 10, "a list holds numbers, quoted text", None),
        ("ecog in ['a']", 10, "compared with a number, but this is text", None),
        ("registration in ['2020-01-01']", 1, "a list cannot hold dates", None),
        ("[1] == ecog", 1, "a list stands only after 'in'", None),
        ("ecog is null", 9, "expected 'missing' after 'is'", "missing"),
        ("ecog == 1 == ", 14, "expected a field, a value or '('", None),
        ("ecog == 1 in [1]", 11, "put the part before it in parentheses", None),
        ("(ecog == 1", 11, "expected ')' to close the parenthesis", None),
        ("'open", 1, "opened by a quote and not closed", None),
        ("ecog == 1; import os", 10, "';' is not part of the language", None),
        ("__import__('os') == 1", 1, "there is no function '__import__'", None),
        ("1e999 > 1", 1, "the number is too large", None),
        ("", 1, "the expression is empty", None),
        ("   ", 1, "the expression is empty", None),
        ("prior_ssa if ecog", 18, "expected 'else'", None),
        ("('a' if prior_ssa else 3) == 'a'", 24, "both results must be of one type", None),
    ],
)
def test_faults_name_their_place(text: str, column_number: int, said: str, suggestion: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, FIELDS, expect="boolean")

    assert said in str(caught.value)
    assert caught.value.place == f"column {column_number}"
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "not " * 900,
        "-" * 3000 + "1 > 0",
        "+".join(["ecog"] * 500) + " > 1",
        "ecog > 1 or " * 1000,
        "(" * 33 + "true" + ")" * 33,
    ],
)
def test_hostile_input_is_refused_not_crashed(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text, FIELDS)


def test_long_conjunction_is_fine() -> None:
    expression = parse(" and ".join(["ecog < 3"] * 200), FIELDS)

    assert len(conjuncts(expression)) == 200
    assert evaluate_row(expression, {"ecog": 1}) is True


def test_positions_in_several_lines() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("ecog > 1\n  and wrong_name", FIELDS)

    assert caught.value.place == "line 2, column 7"
    assert caught.value.seen == "wrong_name"


def test_conjuncts_keep_their_text() -> None:
    expression = parse("randomized and (treated or ecog > 1) and ((size + 1) > 2 and not prior_ssa)", FIELDS | {
        "randomized": FieldType("boolean"), "treated": FieldType("boolean"),
    })  # fmt: skip

    parts = conjuncts(expression)

    assert [part.text for part in parts] == ["randomized", "(treated or ecog > 1)", "(size + 1) > 2", "not prior_ssa"]
    assert [evaluate_row(part, {"randomized": True, "ecog": 2, "size": 0.5}) for part in parts] == [
        True,
        True,
        False,
        None,
    ]
    assert all(isinstance(part, Expression) for part in parts)


def test_fields_and_type() -> None:
    expression = parse("months(registration - progression)", FIELDS)

    assert expression.fields == ("progression", "registration")
    assert expression.type == FieldType("number", unit="months")


def test_a_constant_fills_every_row() -> None:
    frame = pl.DataFrame({"ecog": [1.0, 2.0, 3.0]})

    assert frame.select(column(parse("true", FIELDS)).alias("all"))["all"].to_list() == [True, True, True]
    assert frame.filter(column(parse("1 > 2", FIELDS))).height == 0


@pytest.mark.parametrize(
    ("value", "field"), [("1", "ecog"), (1, "prior_ssa"), (True, "ecog"), ("2020-01-01", "registration"), (3, "site")]
)
def test_a_value_of_the_wrong_type_is_refused(value: object, field: str) -> None:
    with pytest.raises(TypeError, match=f"field '{field}' holds"):
        evaluate_row(parse(f"{field} is missing", FIELDS), {field: value})
