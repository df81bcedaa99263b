"""Property: an expression gives the same answer row by row and by column, unknown values included."""

import datetime as dt
import math
import os

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.protocol.expressions import FieldType, column, evaluate_row, parse

LEVELS = ("small_bowel", "midgut", "unknown")
FIELDS = {
    "flag": FieldType("boolean"),
    "other_flag": FieldType("boolean"),
    "age": FieldType("number", unit="years"),
    "size": FieldType("number", unit="mm"),
    "score": FieldType("number"),
    "site": FieldType("text", levels=LEVELS),
    "free": FieldType("text"),
    "start": FieldType("date"),
    "stop": FieldType("date"),
}
SCHEMA = {
    "flag": pl.Boolean, "other_flag": pl.Boolean, "age": pl.Float64, "size": pl.Float64, "score": pl.Float64,
    "site": pl.String, "free": pl.String, "start": pl.Date, "stop": pl.Date,
}  # fmt: skip

numbers = st.one_of(
    st.none(),
    st.just(math.nan),
    st.just(math.inf),
    st.integers(-3, 40).map(float),
    st.floats(-1e300, 1e300),
    st.sampled_from([0.0, -0.0]),
)
dates = st.one_of(
    st.none(),
    st.dates(),
    st.dates(dt.date(2015, 1, 1), dt.date(2016, 12, 31)),
    st.sampled_from([dt.date(2016, 2, 29), dt.date.max, dt.date.min]),
)
rows = st.fixed_dictionaries(
    {
        "flag": st.none() | st.booleans(),
        "other_flag": st.none() | st.booleans(),
        "age": numbers,
        "size": numbers,
        "score": numbers,
        "site": st.none() | st.sampled_from(LEVELS),
        "free": st.none() | st.sampled_from(["a", "b", "", "small_bowel"]),
        "start": dates,
        "stop": dates,
    }
)

literal = st.integers(0, 40).map(str) | st.sampled_from(["0.5", "1e3", "30.4375"])


@st.composite
def number(draw: st.DrawFn, depth: int) -> str:  # noqa: C901, PLR0911 - one case per kind
    """A number without a unit, so that any two go together."""
    choices = ["literal", "score", "age", "days", "months"]
    if depth > 0:
        choices += ["sum", "product", "quotient", "minus", "choice", "ratio"]
    match draw(st.sampled_from(choices)):
        case "literal":
            return draw(literal)
        case "score":
            return "score"
        case "age":
            return f"(age({draw(date(depth - 1))}, {draw(date(depth - 1))}) / 1 years)"
        case "days":
            return f"(days({draw(date(depth - 1))} - {draw(date(depth - 1))}) / 1 day)"
        case "months":
            return f"(months({draw(date(depth - 1))} - {draw(date(depth - 1))}) / 1 month)"
        case "sum":
            return f"({draw(number(depth - 1))} {draw(st.sampled_from('+-'))} {draw(number(depth - 1))})"
        case "product":
            return f"({draw(number(depth - 1))} * {draw(number(depth - 1))})"
        case "quotient":
            return f"({draw(number(depth - 1))} / {draw(number(depth - 1))})"
        case "minus":
            return f"(-{draw(number(depth - 1))})"
        case "ratio":
            return draw(st.sampled_from(["(size / 1 cm)", "(age / 6 months)", "((stop - start) / 2 weeks)"]))
        case _:
            return f"({draw(number(depth - 1))} if {draw(boolean(depth - 1))} else {draw(number(depth - 1))})"


@st.composite
def date(draw: st.DrawFn, depth: int) -> str:
    """A date, perhaps moved."""
    base = draw(st.sampled_from(["start", "stop", "date('2016-02-29')"]))
    if depth > 0 and draw(st.booleans()):
        unit = draw(st.sampled_from(["days", "weeks", "months", "years"]))
        return f"({base} {draw(st.sampled_from('+-'))} {draw(st.integers(0, 400))} {unit})"
    return base


@st.composite
def comparison(draw: st.DrawFn, depth: int) -> str:  # noqa: PLR0911 - one case per kind
    """A comparison, chain, membership or question for a missing value."""
    sign = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    equal = st.sampled_from(["==", "!="])
    level = st.sampled_from(LEVELS).map(lambda value: f"'{value}'")
    is_in = draw(st.sampled_from(["in", "not in"]))
    match draw(st.integers(0, 8)):
        case 0:
            return f"{draw(number(depth))} {draw(sign)} {draw(number(depth))}"
        case 1:
            return f"{draw(number(depth))} {draw(sign)} {draw(number(depth))} {draw(sign)} {draw(number(depth))}"
        case 2:
            return f"{draw(date(depth))} {draw(sign)} {draw(date(depth))}"
        case 3:
            return f"site {draw(equal)} {draw(level)}"
        case 4:
            return f"site {is_in} [{', '.join(draw(st.lists(level, min_size=1, max_size=3)))}]"
        case 5:
            return f"{draw(number(depth))} {is_in} [{', '.join(draw(st.lists(literal, min_size=1, max_size=3)))}, -1]"
        case 6:
            return f"size {draw(sign)} {draw(literal)} cm"
        case 7:
            return f"free {draw(equal)} site"
        case _:
            asked = draw(st.sampled_from(["flag", "score", "site", "start", "size"]) | number(depth))
            return f"({asked}) is {draw(st.sampled_from(['', 'not ']))}missing"


@st.composite
def boolean(draw: st.DrawFn, depth: int) -> str:  # noqa: PLR0911 - one case per kind
    """Any expression that is true or false."""
    leaves = ["flag", "other_flag", "true", "false"]
    if depth <= 0:
        return draw(st.sampled_from(leaves))
    match draw(st.sampled_from(["and", "or", "not", "compare", "choice", "leaf", "equal"])):
        case "and" | "or" as word:
            return "(" + f" {word} ".join(draw(st.lists(boolean(depth - 1), min_size=2, max_size=3))) + ")"
        case "not":
            return f"(not {draw(boolean(depth - 1))})"
        case "compare":
            return f"({draw(comparison(depth - 1))})"
        case "choice":
            return f"({draw(boolean(depth - 1))} if {draw(boolean(depth - 1))} else {draw(boolean(depth - 1))})"
        case "equal":
            return f"({draw(boolean(depth - 1))} == {draw(boolean(depth - 1))})"
        case _:
            return draw(st.sampled_from(leaves))


@settings(max_examples=2000 if os.environ.get("EQUIPOISE_FULL") == "1" else 150, deadline=None)
@given(text=boolean(3) | number(3) | date(2), table=st.lists(rows, min_size=1, max_size=8))
def test_rows_and_columns_agree(text: str, table: list[dict[str, object]]) -> None:
    expression = parse(text, FIELDS)

    by_row = [evaluate_row(expression, row) for row in table]
    by_column = pl.DataFrame(table, schema=SCHEMA).select(column(expression).alias("answer"))["answer"].to_list()

    assert by_column == by_row
