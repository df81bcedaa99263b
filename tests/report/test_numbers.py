"""Numbers as journals print them; the vectors are the published conventions of each style."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.report.numbers import (
    Style,
    format_count_percent,
    format_estimate,
    format_interval,
    format_median,
    format_months,
    format_number,
    format_p,
    format_percent,
    format_percent_estimate,
    missing_word,
)
from equipoise.terms import Status

STYLES: tuple[Style, ...] = ("JCO", "AMA", "NEJM", "Lancet")


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.0172, "P = .017"),
        (0.0126, "P = .013"),
        (0.318, "P = .32"),
        (6.6e-07, "P < .001"),
        (0.0010, "P = .001"),
        (0.00099, "P < .001"),
        (0.0496, "P = .0496"),
        (0.0504, "P = .05"),
        (0.05, "P = .05"),
        (0.0, "P < .001"),
        (1.0, "P > .99"),
    ],
)
def test_p_in_jco_style(p: float, printed: str) -> None:
    assert format_p(p, "JCO") == printed


@pytest.mark.parametrize(
    ("p", "ama", "nejm"),
    [
        (0.0004, "P < .001", "P<0.001"),
        (0.0011, "P = .001", "P=0.001"),
        (0.0051, "P = .005", "P=0.005"),
        (0.0099, "P = .010", "P=0.010"),
        (0.0132, "P = .01", "P=0.01"),
        (0.0449, "P = .04", "P=0.04"),
        (0.0496, "P = .0496", "P=0.05"),
        (0.0504, "P = .05", "P=0.05"),
        (0.996, "P > .99", "P>0.99"),
        (0.03, "P = .03", "P=0.03"),
        (0.004, "P = .004", "P=0.004"),
        (0.0451, "P = .045", "P=0.05"),
    ],
)
def test_p_in_ama_and_nejm_style(p: float, ama: str, nejm: str) -> None:
    assert (format_p(p, "AMA"), format_p(p, "NEJM")) == (ama, nejm)


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.034, "p=0·034"),
        (0.00009, "p<0·0001"),
        (0.0001, "p=0·0001"),
        (0.00012, "p=0·0001"),
        (0.0051, "p=0·0051"),
        (0.32, "p=0·32"),
        (0.996, "p>0·99"),
    ],
)
def test_p_in_lancet_style(p: float, printed: str) -> None:
    assert format_p(p, "Lancet") == printed


def test_p_near_five_hundredths_can_be_cut_at_three_decimals() -> None:
    assert format_p(0.0496, "AMA", near_five="three") == "P = .050"
    assert format_p(0.0496, "JCO", near_five="three") == "P = .050"
    assert format_p(0.049999, "JCO") == "P = .0500"


def test_one_sided_p_says_so() -> None:
    assert format_p(0.0172, "JCO", sided=1) == "one-sided P = .017"
    assert format_p(0.0172, "NEJM", sided=1) == "one-sided P=0.02"
    assert format_p(0.0172, "JCO", sided=2) == "P = .017"


def test_p_in_a_cell_has_no_letter() -> None:
    assert format_p(0.0172, "JCO", label=False) == ".017"
    assert format_p(1e-5, "JCO", label=False) == "< .001"
    assert format_p(1e-5, "NEJM", label=False) == "<0.001"
    assert format_p(1e-5, "Lancet", label=False) == "<0·0001"
    assert format_p(0.999, "AMA", label=False) == "> .99"


@pytest.mark.parametrize("style", STYLES)
@given(p=st.floats(0, 1))
def test_p_is_never_printed_as_zero_or_one(style: Style, p: float) -> None:
    digits = format_p(p, style, label=False).lstrip("<> ").replace("·", ".")
    assert 0 < float(digits) < 1


@pytest.mark.parametrize("style", ["JCO", "AMA"])
@given(p=st.floats(0.0, 0.0499))
def test_p_below_five_hundredths_reads_as_below(style: Style, p: float) -> None:
    assert float(format_p(p, style, label=False).lstrip("< ")) < 0.05


def test_p_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1; this is 1\.2"):
        format_p(1.2)
    with pytest.raises(ValueError, match="sided is 3"):
        format_p(0.2, sided=3)
    with pytest.raises(ValueError, match="styles are JCO, AMA, NEJM, Lancet"):
        format_p(0.2, "BMJ")  # type: ignore[arg-type]


def test_p_that_is_not_there() -> None:
    assert format_p(None) == "NE"
    assert format_p(math.nan, missing="ND") == "ND"


def test_hazard_ratio_in_each_style() -> None:
    assert (
        format_estimate(0.5421, 0.372, 0.788, "JCO", label="hazard ratio")
        == "hazard ratio, 0.54 [95% CI, 0.37 to 0.79]"
    )
    assert format_estimate(0.53, 0.36, 0.78, "AMA", label="HR") == "HR, 0.53; 95% CI, 0.36 to 0.78"
    assert format_estimate(0.53, 0.36, 0.78, "NEJM", label="hazard ratio") == "hazard ratio, 0.53; 95% CI, 0.36 to 0.78"
    assert format_estimate(0.53, 0.36, 0.78, "Lancet", label="HR") == "HR 0·53 (95% CI 0·36–0·78)"
    assert format_estimate(0.53, 0.36, 0.78) == "0.53 (0.36 to 0.78)"


def test_small_ratios_have_three_decimals_and_limits_follow_the_estimate() -> None:
    assert format_estimate(0.095, 0.012, 0.75) == "0.095 (0.012 to 0.750)"
    assert format_estimate(0.30, 0.002, 45.678) == "0.30 (<0.01 to 45.68)"


def test_ratio_that_does_not_exist_is_ne_once() -> None:
    assert format_estimate(None, None, None) == "NE"
    assert format_estimate(0.5, 0.2, None) == "0.50 (0.20 to NE)"
    assert format_estimate(0.5, 0.2, math.inf) == "0.50 (0.20 to NE)"


def test_level_of_the_interval_is_printed() -> None:
    assert format_estimate(0.53, 0.4, 0.69, label="HR", conf_level=0.8) == "HR, 0.53 [80% CI, 0.40 to 0.69]"
    assert format_estimate(0.53, 0.4, 0.69, label="HR", conf_level=0.975).startswith("HR, 0.53 [97.5% CI")


def test_median_in_each_style() -> None:
    days = [x * 30.4375 for x in (11.6, 9.2, 13.7)]
    assert format_median(*days, "AMA") == "11.6 months (95% CI, 9.2 to 13.7)"
    assert format_median(*days, "NEJM") == "11.6 months (95% CI, 9.2 to 13.7)"
    assert format_median(*days, "JCO") == "11.6 months (95% CI, 9.2 to 13.7)"
    assert format_median(*days, "Lancet") == "11·6 months (9·2–13·7)"
    assert format_median(*days, "JCO", cell=True) == "11.6 (9.2 to 13.7)"


def test_median_not_reached() -> None:
    figure, table = missing_word(Status.NOT_REACHED, "figure"), missing_word("NR", "table")
    assert format_median(None, 300.0, None, cell=True, missing=figure) == "NR (9.9 to NR)"
    assert format_median(None, 300.0, None, cell=True, missing=table) == "NE (9.9 to NE)"
    assert format_median(360.0, 300.0, None, missing=figure) == "11.8 months (95% CI, 9.9 to NR)"
    assert missing_word("NR", "text") == "not reached"
    assert missing_word("NE", "figure") == "NE"


def test_months_use_the_constant_given() -> None:
    assert format_months(365.25) == "12.0"
    assert format_months(360, 30.0) == "12.0"
    assert format_months(None, missing="NR") == "NR"


def test_times_too_short_to_show_are_not_zero() -> None:
    assert format_months(1) == "<0.1"
    assert format_median(1, 1, 40, cell=True) == "<0.1 (<0.1 to 1.3)"
    assert format_months(0) == "0.0"


@pytest.mark.parametrize(
    ("x", "n", "printed"),
    [
        (9, 97, ["9%", "9%", "9%", "9%"]),
        (75, 161, ["47%", "46.6%", "47%", "46·6%"]),
        (32, 254, ["13%", "12.6%", "12.6%", "12·6%"]),
        (0, 74, ["0%", "0%", "0%", "0%"]),
        (1, 254, ["<1%", "0.4%", "0.4%", "0·4%"]),
        (253, 254, [">99%", "99.6%", "99.6%", "99·6%"]),
        (254, 254, ["100%", "100.0%", "100.0%", "100·0%"]),
    ],
)
def test_percentages(x: int, n: int, printed: list[str]) -> None:
    assert [format_percent(x, n, style) for style in STYLES] == printed


def test_counts_with_percentages() -> None:
    assert format_count_percent(9, 97) == "9 (9)"
    assert format_count_percent(0, 97) == "0"
    assert format_count_percent(0, 0) == "0"
    assert format_count_percent(9, 97, decimals=1) == "9 (9.3)"
    assert format_percent(0, 0) == "NE"


def test_percentage_of_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match="98 of 97 is not a share"):
        format_percent(98, 97)


def test_exact_interval_of_a_response_rate() -> None:
    # Clopper-Pearson of 9/97 and 0/74, R 4.2.2 binom.test
    assert format_percent_estimate(9 / 97, 0.0433, 0.1688) == "9.3% (4.3 to 16.9)"
    assert format_percent_estimate(0.0, 0.0, 0.0486) == "0% (0 to 4.9)"
    assert format_percent_estimate(-0.032, -0.101, 0.02) == "−3.2% (−10.1 to 2.0)"


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_rounding_is_half_away_from_zero_and_never_minus_zero(x: float, decimals: int) -> None:
    text = format_number(x, decimals)
    value = float(text.replace("−", "-"))
    assert abs(value - x) <= 0.5 * 10.0**-decimals * (1 + 1e-9) + 1e-12 * abs(x)
    assert value != 0 or "−" not in text


def test_halves_round_up_in_magnitude() -> None:
    assert [format_number(x, 2) for x in (0.125, 0.135, -0.125, 2.675)] == ["0.13", "0.14", "−0.13", "2.68"]


def test_lancet_writes_to_between_negative_limits() -> None:
    assert format_interval(-0.1, 0.2, "Lancet", decimals=1) == "−0·1 to 0·2"
