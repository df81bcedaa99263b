"""What changed between two versions of a protocol, and what that means for the trial.

Defaults are filled in first: a value that is written out is equal to the same value left to its default. Order is
compared where it has a meaning (rows of tables, criteria as they are asked, factors, doses, looks) and ignored
elsewhere.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from equipoise.protocol.expressions import ExpressionError
from equipoise.protocol.fields import parse_expression
from equipoise.protocol.model import Protocol

__all__ = ["Change", "compare_protocols"]

_ORDERED_MAPPINGS = frozenset(
    {"arms", "baseline", "levels", "eligibility", "strata", "endpoints", "populations", "subgroups", "analyses"}
)
_ORDERED_LISTS = frozenset(
    {
        "dose_levels",
        "phases",
        "amendments",
        "interims",
        "comparisons",
        "arms",
        "death",
        "levels",
        "scales",
        "instruments",
    }
)
_LOOKS_OTHERWISE = re.compile(r"[-+.\d][-+.:\d]*|true|false|yes|no|null|", re.IGNORECASE)
"""Texts that YAML would read as a number, a date, true, false or nothing: shown in quotes."""
_NAMED_BY = {"amendments": "number", "instruments": "name"}
_ALLOCATION_FIELDS = frozenset({"type", "levels", "derive", "unit"})
_NEW_STAGE = "a new allocation stage begins"

Kind = Literal["added", "removed", "changed", "reordered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two protocols."""

    section: str
    """Top-level key of the protocol."""
    path: str
    """Place of the change, with dots."""
    kind: Kind
    """Added, removed, changed, or only in another order."""
    old: str | None
    """Value before, as it would be written."""
    new: str | None
    """Value after."""
    meaning: str | None = None
    """What the change does, where that is not plain from the values."""

    @property
    def begins_allocation_stage(self) -> bool:
        """Whether subjects before and after the change are allocated differently."""
        return self.meaning == _NEW_STAGE

    def __str__(self) -> str:
        text = {
            "added": f"+ {self.path}: {self.new}",
            "removed": f"- {self.path}: {self.old}",
            "reordered": f"~ {self.path}: order {self.old} -> {self.new}",
            "changed": f"~ {self.path}: {self.old} -> {self.new}",
        }[self.kind]
        return f"{text}  ({self.meaning})" if self.meaning else text


def compare_protocols(old: Protocol, new: Protocol) -> list[Change]:
    """List what changed from one protocol to another, in the order of the protocol's sections."""
    stratifying = _stratifying_fields(old) | _stratifying_fields(new)
    found: list[tuple[tuple[str, ...], Kind, Any, Any]] = []
    plain = _plain(old), _plain(new)
    _compare(*plain, (), found)
    changes = []
    for path, kind, before, after in found:
        if path[-1] == "assumed":
            meaning: str | None = _meaning_of_assumed(_part(plain[0], path), _part(plain[1], path))
        else:
            meaning = _meaning(path, kind, stratifying)
        changes.append(
            Change(
                section=path[0],
                path=".".join(path),
                kind=kind,
                old=None if kind == "added" else _text(before),
                new=None if kind == "removed" else _text(after),
                meaning=meaning,
            )
        )
    return changes


def _plain(protocol: Protocol) -> dict[str, Any]:
    data: dict[str, Any] = protocol.model_dump(mode="json", by_alias=True)
    strata = protocol.randomization.strata_items()
    data["randomization"]["strata"] = {name: factor.model_dump(mode="json") for name, factor in strata.items()}
    for field in data["baseline"].values():
        field["levels"] = _labelled(field["levels"])
    data["instruments"] = [item.model_dump(mode="json") for item in protocol.instrument_items()]
    return data


def _stratifying_fields(protocol: Protocol) -> set[str]:
    """Baseline fields on which a stratum or the membership of a cohort depends, directly or through derived fields."""
    texts = [factor.expression for factor in protocol.strata().values()]
    texts += [cohort.members for cohort in protocol.cohorts.values()]
    found: set[str] = set()
    while texts:
        try:
            fields = parse_expression(protocol, texts.pop()).fields
        except ExpressionError:
            continue
        fresh = set(fields) & set(protocol.baseline) - found
        found |= fresh
        texts += [derived for name in sorted(fresh) if (derived := protocol.baseline[name].derive)]
    return found


def _compare(old: Any, new: Any, path: tuple[str, ...], found: list[tuple[tuple[str, ...], Kind, Any, Any]]) -> None:
    if old == new and not _order_differs(old, new, path):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        _compare_mappings(old, new, path, found)
    elif isinstance(old, list) and isinstance(new, list):
        _compare_lists(old, new, path, found)
    else:
        found.append((path, _kind(old, new), old, new))


def _labelled(levels: list[str] | dict[str, str]) -> dict[str, str]:
    return levels if isinstance(levels, dict) else {level: level.replace("_", " ") for level in levels}


def _kind(old: Any, new: Any) -> Kind:
    if _is_empty(old):
        return "added"
    return "removed" if _is_empty(new) else "changed"


def _order_differs(old: Any, new: Any, path: tuple[str, ...]) -> bool:
    both = isinstance(old, dict) and isinstance(new, dict)
    if not both:
        return False
    if path and path[-1] in _ORDERED_MAPPINGS and list(old) != list(new):
        return True
    return any(_order_differs(old[key], new[key], (*path, key)) for key in old if key in new)


def _compare_mappings(
    old: dict[str, Any], new: dict[str, Any], path: tuple[str, ...], found: list[tuple[tuple[str, ...], Kind, Any, Any]]
) -> None:
    for key in [*old, *(key for key in new if key not in old)]:
        place = (*path, key)
        if key not in new:
            found.append((place, "removed", old[key], None))
        elif key not in old:
            found.append((place, "added", None, new[key]))
        else:
            _compare(old[key], new[key], place, found)
    kept_old = [key for key in old if key in new]
    kept_new = [key for key in new if key in old]
    if path and path[-1] in _ORDERED_MAPPINGS and kept_old != kept_new:
        found.append((path, "reordered", kept_old, kept_new))


def _compare_lists(
    old: list[Any], new: list[Any], path: tuple[str, ...], found: list[tuple[tuple[str, ...], Kind, Any, Any]]
) -> None:
    key = _NAMED_BY.get(path[-1])
    if key is not None:
        named = [{str(item[key]): item for item in items} for items in (old, new)]
        _compare_mappings(named[0], named[1], path, found)
        kept = [[name for name in side if name in named[0] and name in named[1]] for side in named]
        if kept[0] != kept[1]:
            found.append((path, "reordered", kept[0], kept[1]))
        return
    same = _sorted(old) == _sorted(new)
    if path[-1] not in _ORDERED_LISTS:
        if not same:
            found.append((path, _kind(old, new), _sorted(old), _sorted(new)))
    else:
        found.append((path, "reordered" if same else _kind(old, new), old, new))


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=_text)


def _text(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        told = {key: item for key, item in value.items() if item not in (None, [], {}, False)}
        return "{" + ", ".join(f"{_text(key)}: {_text(item)}" for key, item in told.items()) + "}"
    if isinstance(value, str) and _LOOKS_OTHERWISE.fullmatch(value):
        return f'"{value}"'
    return str(value)


def _meaning(path: tuple[str, ...], kind: Kind, stratifying: set[str]) -> str | None:
    if path[-1] == "note":
        return None
    if _alters_allocation(path, stratifying):
        return _NEW_STAGE
    if kind == "reordered":
        return "the order of tables and questions changes, no number does"
    return None


def _meaning_of_assumed(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Say what became of the assumptions of one part, given the part before and after."""
    before, after = old["assumed"], new["assumed"]
    if before is False or after is True:
        return "now a default stands in where the source is silent"
    if before is True:
        same = all(old[key] == new[key] for key in old if key not in ("assumed", "note"))
        what = "what was assumed" if after is False else f"all but {', '.join(after)}"
        return f"{'confirmed' if same else 'replaced'}: {what} is now a fact of the source"
    fates: dict[str, list[str]] = {}
    for name in sorted(set(before) - set(after or [])):
        gone = "no longer stated" if _is_empty(new.get(name)) else "replaced by a fact"
        fate = "confirmed" if old.get(name) == new.get(name) else gone
        fates.setdefault(fate, []).append(name)
    for name in sorted(set(after or []) - set(before)):
        fates.setdefault("now assumed", []).append(name)
    return "; ".join(f"{fate}: {', '.join(names)}" for fate, names in fates.items())


def _is_empty(value: Any) -> bool:
    return value in (None, [], {})


def _part(data: Any, path: tuple[str, ...]) -> dict[str, Any]:
    """Return the part of a plain protocol that holds a change."""
    for index, key in enumerate(path[:-1]):
        if isinstance(data, list):
            name = _NAMED_BY[path[index - 1]]
            data = next(item for item in data if str(item[name]) == key)
        else:
            data = data[key]
    part: dict[str, Any] = data
    return part


def _alters_allocation(path: tuple[str, ...], stratifying: set[str]) -> bool:
    """Whether earlier and later subjects are allocated differently: arms, ratio, method or strata change."""
    if path[0] == "arms":
        return len(path) <= 2 or path[2:] == ("cohort",)
    if path[0] == "randomization":
        allocates = len(path) == 1 or path[1] in ("ratio", "method", "strata", "stratify_by_site")
        return allocates and path[-1] not in ("label", "sdtm")
    if path[0] == "cohorts":
        return len(path) <= 2 or path[2] in ("members", "strata", "ratio", "method")
    if path[0] == "baseline":
        return len(path) > 1 and path[1] in stratifying and (len(path) == 2 or path[2] in _ALLOCATION_FIELDS)
    return False
