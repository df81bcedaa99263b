"""Arguments of a group sequential design, checked, with everything wrong said at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.sequential.spending import SPENDING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MOST_LOOKS", "DesignArguments", "is_number", "numbers"]

MOST_LOOKS = 12
SHAPES = ("obrien_fleming", "pocock", "wang_tsiatis", "haybittle_peto", "final_only")
PARAMETERS = {**SPENDING, "wang_tsiatis": "Delta", "haybittle_peto": "the interim bound"}
NEEDED = ("hwang_shih_decani", "kim_demets", "wang_tsiatis")
FUTILITY = (*SPENDING, "wang_tsiatis")
NEAREST = 1e-6
"""Looks nearer to each other than this, as a fraction of the largest information, are one look."""
SLACK = 1e-12
"""Rounding allowed where a spending is compared with alpha."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignArguments:
    """What `group_sequential` was asked for."""

    information: NDArray[np.float64]
    alpha: float
    sided: int
    power: float
    boundary: str
    boundary_parameter: float | None
    cumulative: NDArray[np.float64] | None
    """Error to be spent, where it was given look by look."""
    futility: str | None
    futility_parameter: float | None
    futility_bounds: NDArray[np.float64] | None
    binding: bool

    @classmethod
    def read(cls, **given: Any) -> DesignArguments:
        """Check all arguments.

        Raises
        ------
        StatsError
            Lists everything that is wrong.
        """
        problems: list[InputProblem] = []
        information = _information(given["information"], problems)
        for name in ("alpha", "power"):
            if not _inside(given[name]):
                _problem(problems, name, f"expected a number between 0 and 1, got {given[name]!r}")
        if given["sided"] not in (1, 2):
            _problem(problems, "sided", f"expected 1 or 2, got {given['sided']!r}")
        if _inside(given["alpha"]) and _inside(given["power"]) and given["power"] <= given["alpha"]:
            _problem(problems, "power", f"expected more than alpha {given['alpha']!r}, got {given['power']!r}")
        boundary, cumulative = _boundary(given, information, problems)
        bounds = _futility(given, information, problems)
        if problems:
            raise StatsError(problems)
        return cls(
            information=information,
            boundary=boundary,
            cumulative=cumulative,
            futility_bounds=bounds,
            alpha=float(given["alpha"]),
            power=float(given["power"]),
            boundary_parameter=_plain(given["boundary_parameter"]),
            futility_parameter=_plain(given["futility_parameter"]),
            **{k: given[k] for k in ("sided", "binding", "futility")},
        )


def numbers(
    values: ArrayLike, argument: str, problems: list[InputProblem], *, endless: float | None = None
) -> NDArray[np.float64] | None:
    """Read a sequence of finite numbers; note the first that is none. `endless` is an infinity that may stand there."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        _problem(problems, argument, f"expected numbers, got {values!r}")
        return None
    wrong = ~np.isfinite(array) & (True if endless is None else array != endless)
    bad = np.flatnonzero(wrong) if array.ndim == 1 else np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or not array.size:
        _problem(problems, argument, f"expected a sequence of numbers, got shape {array.shape}")
        return None
    if bad.size:
        value = float(array[bad[0]])
        problems.append(
            InputProblem(argument=argument, message="expected a finite number", position=int(bad[0]), value=value)
        )
        return None
    return array


def is_number(value: object) -> bool:
    """Tell whether a value is a number of Python or numpy, and no truth value."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _inside(value: Any) -> bool:
    return is_number(value) and bool(0.0 < value < 1.0)


def _problem(problems: list[InputProblem], argument: str, message: str) -> None:
    problems.append(InputProblem(argument=argument, message=message))


def _information(value: ArrayLike | int, problems: list[InputProblem]) -> NDArray[np.float64]:
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if not 1 <= value <= MOST_LOOKS:
            _problem(problems, "information", f"expected 1 to {MOST_LOOKS} looks, got {value}")
            return np.ones(1)
        return np.arange(1, value + 1) / value
    array = numbers(value, "information", problems)
    if array is None:
        return np.ones(1)
    if array.size > MOST_LOOKS:
        _problem(problems, "information", f"expected 1 to {MOST_LOOKS} looks, got {array.size}")
    steps = np.diff(np.append(0.0, array))
    if (steps <= 0.0).any():
        at = int(np.flatnonzero(steps <= 0.0)[0])
        message = "expected information above 0 that rises from look to look"
        problems.append(InputProblem(argument="information", message=message, position=at, value=float(array[at])))
        return np.ones(1)
    scaled: NDArray[np.float64] = array / array[-1]
    near = np.flatnonzero(np.diff(scaled) < NEAREST)
    if near.size:
        message = f"two looks at the same information, to less than {NEAREST:g} of the largest"
        at = int(near[0]) + 1
        problems.append(InputProblem(argument="information", message=message, position=at, value=float(array[at])))
    return scaled


def _boundary(
    given: dict[str, Any], information: NDArray[np.float64], problems: list[InputProblem]
) -> tuple[str, NDArray[np.float64] | None]:
    name, parameter = given["boundary"], given["boundary_parameter"]
    if not isinstance(name, str):
        if parameter is not None:
            _problem(problems, "boundary_parameter", f"a spending given look by look has none, got {parameter!r}")
        return "user_spending", _cumulative(given, information, problems)
    if name not in (*SPENDING, *SHAPES):
        expected = ", ".join((*SPENDING, *SHAPES))
        _problem(problems, "boundary", f"expected one of {expected}, or the error spent at each look, got {name!r}")
        return name, None
    _parameter(name, parameter, "boundary", problems)
    return name, None


def _cumulative(
    given: dict[str, Any], information: NDArray[np.float64], problems: list[InputProblem]
) -> NDArray[np.float64] | None:
    spent = numbers(given["boundary"], "boundary", problems)
    if spent is None:
        return None
    if spent.size != information.size:
        _problem(problems, "boundary", f"expected {information.size} values, one a look, got {spent.size}")
    falls = np.flatnonzero(np.diff(np.append(0.0, spent)) < 0.0)
    if falls.size:
        at = int(falls[0])
        message = "the cumulative error spent must not fall"
        problems.append(InputProblem(argument="boundary", message=message, position=at, value=float(spent[at])))
    over = np.flatnonzero(spent > given["alpha"] + SLACK) if _inside(given["alpha"]) else falls[:0]
    if over.size:
        message = f"spends more than alpha = {given['alpha']!r}"
        problems.append(
            InputProblem(argument="boundary", message=message, position=int(over[0]), value=float(spent[over[0]]))
        )
    elif _inside(given["alpha"]) and abs(spent[-1] - given["alpha"]) > SLACK:
        _problem(
            problems, "boundary", f"expected the last value to be alpha = {given['alpha']!r}, got {float(spent[-1])!r}"
        )
    return spent


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)


def _parameter(name: str, value: Any, argument: str, problems: list[InputProblem]) -> None:
    meaning = PARAMETERS.get(name)
    if value is None:
        if name in NEEDED:
            _problem(problems, f"{argument}_parameter", f"{name} needs its parameter {meaning}")
    elif meaning is None:
        _problem(problems, f"{argument}_parameter", f"{name} has no parameter, got {value!r}")
    elif not is_number(value) or not np.isfinite(value):
        _problem(problems, f"{argument}_parameter", f"expected a finite number, got {value!r}")
    elif name in ("kim_demets", "haybittle_peto") and value <= 0.0:
        _problem(problems, f"{argument}_parameter", f"expected a number above 0, got {value!r}")


def _futility(
    given: dict[str, Any], information: NDArray[np.float64], problems: list[InputProblem]
) -> NDArray[np.float64] | None:
    name, bounds = given["futility"], given["futility_bounds"]
    if name is not None and bounds is not None:
        _problem(problems, "futility", "give a spending function or bounds, not both")
    if name is None and given["futility_parameter"] is not None:
        _problem(problems, "futility_parameter", f"no futility spending has it, got {given['futility_parameter']!r}")
    if name is not None and name not in FUTILITY:
        _problem(problems, "futility", f"expected one of {', '.join(FUTILITY)}, got {name!r}")
    elif name is not None:
        _parameter(name, given["futility_parameter"], "futility", problems)
    shaped = isinstance(given["boundary"], str) and given["boundary"] in SHAPES
    if name == "wang_tsiatis" and given["binding"]:
        _problem(problems, "binding", "futility bounds with a shape are not binding; spend the type II error instead")
    elif name is not None and given["binding"] and shaped:
        message = "binding futility bounds that spend the type II error need an efficacy boundary that spends, too"
        _problem(problems, "binding", message)
    if bounds is None:
        return None
    array = numbers(bounds, "futility_bounds", problems, endless=-np.inf)
    if array is not None and array.size != information.size - 1:
        message = f"expected {information.size - 1} values, one an interim look, got {array.size}"
        _problem(problems, "futility_bounds", message)
    if array is not None and given["sided"] == 2 and (np.isfinite(array) & (array < 0.0)).any():
        at = int(np.flatnonzero(np.isfinite(array) & (array < 0.0))[0])
        message = "with two sides futility bounds are of |Z|: expected 0 or more, or minus infinity for none"
        problems.append(InputProblem(argument="futility_bounds", message=message, position=at, value=float(array[at])))
    return array
