"""How variables and data sets are described."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Codelist", "DatasetSpec", "Variable", "find_variable"]

Kind = Literal["text", "integer", "number", "date", "dtc"]
Core = Literal["required", "expected", "permissible"]


@dataclass(frozen=True, slots=True)
class Codelist:
    """Submission values of a variable; others may occur where ``extensible``."""

    name: str
    label: str
    terms: tuple[str, ...]
    extensible: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a data set.

    ``kind`` is text, integer, number, date (a day) or dtc (ISO 8601 text, possibly partial). ``core`` says whether a
    data set must have the variable, should have it, or may have it. ``origin`` says in words where an ADaM variable
    comes from. A lower-case ``w`` in the name stands for a number from 1 (``STRATwR``).
    """

    name: str
    label: str
    kind: Kind = "text"
    core: Core = "permissible"
    codelist: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """A data set: its label, what a row is, the variables that identify a row, and its variables in order."""

    name: str
    label: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]

    def variable(self, name: str) -> Variable | None:
        """The variable of that name, ``STRAT2R`` being a ``STRATwR``; none where it is not specified."""
        return find_variable(self.variables, name)


def find_variable(variables: tuple[Variable, ...], name: str) -> Variable | None:
    """The variable of a name; a numbered one is found under its pattern."""
    for variable in variables:
        if variable.name == name:
            return variable
        stem, mark, rest = variable.name.partition("w")
        number = name[len(stem) : len(name) - len(rest)]
        if mark and name.startswith(stem) and name.endswith(rest) and number.isdigit():
            return variable
    return None
