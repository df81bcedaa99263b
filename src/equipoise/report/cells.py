"""What a report is made of: numbers that know their results rows, tables, paragraphs, figures.

A test and an effect of one comparison may stand in one line of a table or in one sentence only when they come from the
same model, or when each of them says in words from which it comes. ``Table`` and ``Paragraph`` refuse anything else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from equipoise.report.rows import Row

__all__ = [
    "Block",
    "Column",
    "FigureBlock",
    "Line",
    "MixedModelsError",
    "Model",
    "Notice",
    "Number",
    "Paragraph",
    "Part",
    "Section",
    "Table",
    "check_models",
    "text_of",
]


class MixedModelsError(ValueError):
    """A test and an effect of different models in one line without a label."""


class Model(NamedTuple):
    """What must agree before a test and an effect may be read together."""

    analysis_id: str | None
    endpoint: str | None
    population: str | None
    rule_set: str | None
    data_cut: str | None
    look: int | None
    group_level: str | None
    reference_level: str | None
    subgroup: str | None
    subgroup_level: str | None
    strata: str | None

    @classmethod
    def of(cls, row: Row) -> "Model":
        """Model of a row."""
        return cls(*(getattr(row, name) for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Number:
    """Text that stands for one or several results rows."""

    text: str
    row_ids: tuple[int, ...] = ()
    role: Literal["", "effect", "test"] = ""
    model: Model | None = None
    names_model: bool = False
    """Whether words beside the number say from which model it comes."""


Part = str | Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Head of a column; columns with the same ``span`` stand under one head."""

    head: str
    row_ids: tuple[int, ...] = ()
    span: str = ""
    span_row_ids: tuple[int, ...] = ()
    arm: str | None = None
    """Arm whose key is drawn beside the head."""
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its label and one cell per further column."""

    label: str
    cells: tuple[Part, ...] = ()
    level: int = 0
    head: bool = False
    """A head over the lines below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; without lines it says what would stand there."""

    name: str
    """File name without ending, also its anchor."""
    title: str
    stub: str
    """Head of the label column."""
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    footnotes: tuple[str, ...] = ()
    empty: str = ""
    collapsed: bool = False
    """Folded on the screen; open in print."""

    def __post_init__(self) -> None:
        for line in self.lines:
            if line.cells and len(line.cells) != len(self.columns):
                raise ValueError(
                    f"table {self.name}, line {line.label!r}: {len(line.cells)} cells, {len(self.columns)} columns"
                )
            check_models(
                (cell for cell in line.cells if isinstance(cell, Number)), f"table {self.name}, line {line.label!r}"
            )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences made of words and numbers."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for sentence in _sentences(self.parts):
            check_models(sentence, f"sentence {text_of(self.parts)!r}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that must not be missed: a warning, or what would stand here."""

    parts: tuple[Part, ...]
    kind: Literal["empty", "warning", "note"] = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureBlock:
    """A figure with its caption; the picture comes from ``report.figures``."""

    name: str
    caption: str
    empty: str = ""


Block = Table | Paragraph | Notice | FigureBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report with a heading; ``sections`` are one level below."""

    name: str
    title: str
    blocks: Sequence[Block] = ()
    sections: Sequence["Section"] = field(default=())


def check_models(numbers: Iterable[Number], where: str) -> None:
    """Refuse a test and an effect of one comparison that come from different models and do not both say so.

    Raises
    ------
    MixedModelsError
        Naming the place and the two models.
    """
    known = [number for number in numbers if number.model is not None]
    effects = [number for number in known if number.role == "effect"]
    tests = [number for number in known if number.role == "test"]
    for effect in effects:
        for test in tests:
            if effect.model == test.model or (effect.names_model and test.names_model):
                continue
            if effect.model and test.model and effect.model[6:8] != test.model[6:8]:
                continue
            raise MixedModelsError(
                f"{where}: {effect.text!r} comes from {_words(effect.model)}, {test.text!r} from {_words(test.model)}; "
                "name the model beside each of them or put them in lines of their own"
            )


def text_of(parts: Iterable[Part]) -> str:
    """The words without the links."""
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def _sentences(parts: Sequence[Part]) -> Iterable[list[Number]]:
    sentence: list[Number] = []
    for part in parts:
        if isinstance(part, Number):
            sentence.append(part)
        elif ". " in part or part.endswith("."):
            yield sentence
            sentence = []
    yield sentence


def _words(model: Model | None) -> str:
    return ", ".join(
        f"{name} {value}" for name, value in (model._asdict() if model else {}).items() if value not in (None, "", 0)
    )
