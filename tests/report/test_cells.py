"""Cells remember their rows, and a test and an effect of different models never share a line unnamed."""

from dataclasses import replace

import pytest
from tests.report.made_up import row

from equipoise.report.cells import (
    Column,
    Line,
    MixedModelsError,
    Model,
    Number,
    Paragraph,
    Table,
    check_models,
    text_of,
)


def number(role: str, strata: str, **columns: object) -> Number:
    model = Model.of(row(strata=strata, group_level="a", reference_level="b", **columns))
    return Number("0.54" if role == "effect" else ".013", (1,), role, model)  # type: ignore[arg-type]


def test_effect_and_test_of_one_model_share_a_line() -> None:
    check_models([number("effect", "randomization"), number("test", "randomization")], "line")


@pytest.mark.parametrize(
    "differs",
    [
        {"strata": "none"},
        {"strata": "randomization", "population": "pp"},
        {"strata": "randomization", "rule_set": "A"},
        {"strata": "randomization", "data_cut": "interim"},
        {"strata": "randomization", "subgroup": "sex"},
    ],
)
def test_effect_and_test_of_two_models_are_refused(differs: dict[str, str]) -> None:
    numbers = [number("effect", "randomization"), number("test", **differs)]
    with pytest.raises(MixedModelsError, match=r"line 7: '0\.54' comes from .* '\.013' from .*name the model"):
        check_models(numbers, "line 7")


def test_both_must_name_their_model() -> None:
    effect, test = number("effect", "randomization"), number("test", "none")
    with pytest.raises(MixedModelsError):
        check_models([replace(effect, names_model=True), test], "line")
    check_models([replace(effect, names_model=True), replace(test, names_model=True)], "line")


def test_other_comparisons_are_other_lines() -> None:
    other = Number(".2", (2,), "test", Model.of(row(strata="none", group_level="c", reference_level="b")))
    check_models([number("effect", "randomization"), other], "line")


def test_a_table_refuses_the_line() -> None:
    cells = (number("effect", "randomization"), number("test", "none"))
    with pytest.raises(MixedModelsError, match="table t, line 'Both'"):
        Table(
            name="t", title="T", stub="S", columns=(Column(head="HR"), Column(head="P")), lines=(Line("Both", cells),)
        )


def test_a_sentence_is_refused_and_two_sentences_are_not() -> None:
    effect, test = number("effect", "randomization"), number("test", "none")
    with pytest.raises(MixedModelsError, match="sentence"):
        Paragraph((effect, "; P = ", test, "."))
    paragraph = Paragraph((effect, " (stratified). The unstratified P is ", test, "."))
    assert text_of(paragraph.parts) == "0.54 (stratified). The unstratified P is .013."


def test_a_line_with_too_few_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="table t, line 'Short': 1 cells, 2 columns"):
        Table(
            name="t", title="T", stub="S", columns=(Column(head="A"), Column(head="B")), lines=(Line("Short", ("1",)),)
        )
