"""What a form shows: inputs with label, why it is asked, unit, choices, what was typed and what is wrong with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from equipoise.conduct import Field

__all__ = ["Choice", "Group", "Input", "Tuned", "everything"]

_WIDGETS = {
    "date": ("date", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")),
    "time": ("datetime-local", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")),
}
Choice = tuple[str, str]
"""Value, and what is shown for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What a page knows of a field beyond its declaration; anything left out stays as declared."""

    label: str | None = None
    why: str | None = None
    """Why it is asked, or what to look at."""
    unit: str | None = None
    choices: tuple[Choice, ...] | None = None
    """Values to choose from, for a field that is declared as text or identifier."""
    value: Any = None
    """Value to begin with, as the record writes it; for a list of records, a list of mappings."""
    hidden: bool = False
    """Whether the value goes with the form unseen."""
    fixed: bool = False
    """Whether the value is shown and cannot be changed."""
    quiet: bool = False
    """Whether the mark of an optional field is left away, where all of a form are."""
    left_out: bool = False
    """Whether the field is not asked for in the browser at all."""
    kind: str | None = None
    """Another way of asking: ``size`` (hundredths of a millimeter, asked in millimeters), ``lines``, ``long``."""
    rows: int | None = None
    """Rows of a list to begin with."""
    most: int | None = None
    """Most rows that can be added."""
    counts: tuple[str, ...] = ()
    """Fields of a row of a list without any of which the row counts as not filled in."""
    inner: dict[str, "Tuned"] = field(default_factory=dict)
    """The same for the fields of each record of a list."""
    options: tuple[str, ...] = ()
    """Words that are offered while somebody types; others may be typed too."""
    stands_for: Field | None = None
    """Field by whose type it is asked for, where it is declared as any value."""
    fields: tuple[Field, ...] = ()
    """For ``values``: the fields by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One field of a form as it is drawn."""

    name: str
    """Name in what is posted: ``date``, ``results.0.value``, ``values.age``."""
    key: str
    """Name of the field in the command."""
    kind: str
    """date, partial_date, time, integer, decimal, size, text, long, lines, choice, choices, boolean, hidden, fixed."""
    label: str
    hint: str = ""
    why: str = ""
    unit: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    typed: str = ""
    """What stands in it: what was typed, else the value to begin with."""
    picked: tuple[str, ...] = ()
    """The same for several choices."""
    problem: str = ""
    low: str = ""
    high: str = ""
    most: int | None = None
    options: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def id(self) -> str:
        """Identifier in the page."""
        return "f-" + self.name.replace(".", "-").replace("__n__", "N")

    @property
    def problem_id(self) -> str:
        """Identifier of the text that says what is wrong."""
        return f"{self.id}-problem"

    @property
    def described_by(self) -> str:
        """Texts that belong to the field, for screen readers."""
        found = [f"{self.id}-hint"] if self.hint or self.why else []
        return " ".join([*found, *([self.problem_id] if self.problem else [])])

    @property
    def widget(self) -> str:
        """Kind of input of the browser: its calendar shows nothing where what was typed is no date, so text then."""
        pattern = _WIDGETS.get(self.kind)
        if pattern is None or (self.typed and not pattern[1].fullmatch(self.typed)):
            return "text"
        return pattern[0]

    @property
    def radio(self) -> bool:
        """Whether all choices are shown at once."""
        few = self.kind == "boolean" or (self.kind == "choice" and len(self.choices) <= 4)
        return few and self.name.count(".") < 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A list of records as it is drawn: a table whose rows can be added to."""

    name: str
    label: str
    hint: str = ""
    rows: tuple[tuple[Input, ...], ...] = ()
    blank: tuple[Input, ...] = ()
    """A row with ``__n__`` for its number, to be copied."""
    problem: str = ""
    least: int = 0
    most: int = 100
    required: bool = True

    @property
    def id(self) -> str:
        """Identifier in the page."""
        return f"g-{self.name}"

    @property
    def hidden_inputs(self) -> tuple[Input, ...]:
        """Inputs of all rows that are not shown."""
        return tuple(part for row in self.rows for part in row if part.kind == "hidden")

    @property
    def heads(self) -> tuple[Input, ...]:
        """Inputs of a row that are shown, for the head of the table."""
        return tuple(part for part in self.blank if part.kind != "hidden")


def everything(parts: tuple[Input | Group, ...]) -> Iterator[Input]:
    """Give every input of a form, in order."""
    for part in parts:
        if isinstance(part, Input):
            yield part
        else:
            for row in part.rows:
                yield from row
