"""Wordings of questionnaires that a site, or the data manager for all sites, has loaded.

A wording belongs to its publisher. It lies in a table beside the record, where it can be deleted; the access chain has
its hash. Its format is described in ``docs/reference/questionnaire-wording.md``.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from equipoise.ledger import Draft, canonical_text, utc_text
from equipoise.server.diary.models import DiaryWording
from equipoise.server.sources import entropy, now
from equipoise.server.write import record_access

__all__ = [
    "LARGEST_FILE",
    "LAYOUTS",
    "ItemWording",
    "Wording",
    "WordingError",
    "delete_wording",
    "keep_wording",
    "read_wording",
    "wording_digest",
    "wording_of",
    "wordings_at",
]

LARGEST_FILE = 1_048_576
"""Bytes; a questionnaire of a hundred items has under 50,000."""
LAYOUTS = ("one", "whole")
_LONGEST = 2_000
_MOST_SAID = 12
_TEXTS = ("title", "introduction", "copyright", "language", "version")


class WordingError(ValueError):
    """A file that cannot be used as a wording; ``problems`` says everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems[0])
        self.problems = tuple(problems[:_MOST_SAID])


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWording:
    """Words of an item."""

    text: str = ""
    heading: str = ""
    """Shown before the item, as headings within a form are."""
    low: str = ""
    """Words at the lowest answer."""
    high: str = ""
    """Words at the highest answer."""
    answers: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Words and layout of a questionnaire; without a file, none and one question at a time."""

    title: str = ""
    introduction: str = ""
    copyright: str = ""
    language: str = ""
    version: str = ""
    layout: str = "one"
    """``one`` question at a time, or the ``whole`` form on one page."""
    items: Mapping[str, ItemWording] = field(default_factory=dict)


def read_wording(content: bytes, instrument: str, ranges: Mapping[str, tuple[int, int]]) -> Wording:
    """Read a file of words; all problems at once.

    Parameters
    ----------
    content
        JSON in UTF-8.
    instrument
        Questionnaire for which it is loaded.
    ranges
        Item -> lowest and highest answer.

    Raises
    ------
    WordingError
        It is no such file.
    """
    found = _parsed(content)
    problems = list(_problems(found, instrument, ranges))
    if problems:
        raise WordingError(problems)
    common = found.get("answers", {})
    items = {name: _item(found.get("items", {}).get(name, {}), common, limits) for name, limits in ranges.items()}
    return Wording(
        layout=found.get("layout", "one"),
        items={name: item for name, item in items.items() if item != ItemWording()},
        **{name: found.get(name, "") for name in _TEXTS},
    )


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise WordingError(["the file is no text in UTF-8: save it as UTF-8"]) from error
    except RecursionError as error:
        raise WordingError(["the file is nested too deeply"]) from error
    except WordingError:
        raise
    except ValueError as error:
        raise WordingError([f"the file is no JSON: {error}"]) from error
    if not isinstance(found, dict):
        raise WordingError(["the file holds no JSON object: it begins with { and ends with }"])
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise WordingError([f"{n[:80]!r} stands twice" for n in sorted({n for n in names if names.count(n) > 1})])
    return found


def _problems(found: dict[str, Any], instrument: str, ranges: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    known = ("instrument", "layout", "answers", "items", *_TEXTS)
    yield from (
        f"{name[:80]!r} is not known: expected one of {', '.join(known)}" for name in found if name not in known
    )
    if found.get("instrument") != instrument:
        yield f"instrument: {str(found.get('instrument'))[:80]!r}; expected: {instrument!r}"
    if found.get("layout", "one") not in LAYOUTS:
        yield f"layout: {str(found['layout'])[:80]!r}; expected: one or whole"
    for name in _TEXTS:
        yield from _text(name, found.get(name, ""))
    every = sorted({n for low, high in ranges.values() for n in range(low, min(high, low + 200) + 1)})
    yield from _answers("answers", found.get("answers", {}), (every[0], every[-1]) if every else (0, 0))
    items = found.get("items", {})
    if not isinstance(items, dict):
        yield "items: expected an object of items by name"
        return
    for name, item in items.items():
        if name not in ranges:
            yield f"items: {name[:80]!r} is no item; expected: {', '.join(list(ranges)[:40])}"
        elif not isinstance(item, dict):
            yield f"{name}: expected an object with text, heading, low, high, answers"
        else:
            yield from _item_problems(name, item, ranges[name])


def _item_problems(name: str, item: dict[str, Any], limits: tuple[int, int]) -> Iterator[str]:
    for key, value in item.items():
        if key == "answers":
            yield from _answers(f"{name}.answers", value, limits)
        elif key in ("text", "heading", "low", "high"):
            yield from _text(f"{name}.{key}", value)
        else:
            yield f"{name}: {key[:80]!r} is not known: expected text, heading, low, high or answers"


def _answers(where: str, value: Any, limits: tuple[int, int]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: expected an object of words by number"
        return
    for number, words in value.items():
        if not (number.isascii() and number.isdigit() and len(number) < 6 and limits[0] <= int(number) <= limits[1]):
            yield f"{where}: {number[:20]!r} is no answer; expected: {limits[0]} to {limits[1]}"
        yield from _text(f"{where}.{number[:20]}", words)


def _text(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where}: expected text in quotation marks"
    elif len(value) > _LONGEST:
        yield f"{where}: {len(value)} letters; expected: at most {_LONGEST}"
    elif any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        yield f"{where}: holds control characters"


def _item(given: Mapping[str, Any], common: Mapping[str, str], limits: tuple[int, int]) -> ItemWording:
    words = {int(n): text for n, text in {**common, **given.get("answers", {})}.items()}
    inside = {n: text for n, text in sorted(words.items()) if limits[0] <= n <= limits[1]}
    return ItemWording(answers=inside, **{k: given.get(k, "") for k in ("text", "heading", "low", "high")})


def keep_wording(site: str, instrument: str, content: bytes, *, actor: str, role: str) -> str:
    """Keep a file that `read_wording` takes, in place of the one before; say the SHA-256 of the file."""
    before = DiaryWording.objects.filter(site=site, instrument=instrument).first()
    text = content.decode("utf-8-sig")
    row = DiaryWording(site=site, instrument=instrument, content=text, loaded=now(), by=actor)
    if before is not None:
        _note("deleted", before, actor=actor, role=role)
        before.delete()
    _note("loaded", row, actor=actor, role=role)
    row.save(force_insert=True)
    return hashlib.sha256(text.encode()).hexdigest()


def delete_wording(site: str, instrument: str, *, actor: str, role: str) -> bool:
    """Delete a wording; say whether there was one."""
    row = DiaryWording.objects.filter(site=site, instrument=instrument).first()
    if row is not None:
        _note("deleted", row, actor=actor, role=role)
        row.delete()
    return row is not None


def _note(what: str, row: DiaryWording, *, actor: str, role: str) -> None:
    payload = {"what": what, "instrument": row.instrument, "wording": wording_digest(row)}
    draft = Draft("wording_changed", payload, row.site or None)
    record_access(draft, actor=actor, role=role, request_id=f"wording-{entropy(8).hex()}")


def wording_of(site: str, instrument: str, ranges: Mapping[str, tuple[int, int]]) -> Wording:
    """Wording of a questionnaire at a site: its own, else that for all sites, else none."""
    rows = {row.site: row for row in DiaryWording.objects.filter(site__in=("", site), instrument=instrument)}
    row = rows.get(site) or rows.get("")
    if row is None:
        return Wording()
    try:
        return read_wording(row.content.encode(), instrument, ranges)
    except WordingError:
        return Wording()  # the items changed with the protocol: numbers stand until it is loaded anew


def wordings_at(site: str) -> dict[str, DiaryWording]:
    """Wordings that were loaded for a site itself, or for all sites where ``site`` is empty, by questionnaire."""
    return {row.instrument: row for row in DiaryWording.objects.filter(site=site).order_by("instrument")}


def wording_digest(row: DiaryWording) -> str:
    """SHA-256 of the row of a wording."""
    parts = [row.site, row.instrument, row.content, utc_text(row.loaded), row.by]
    return hashlib.sha256(canonical_text(parts).encode()).hexdigest()
