"""Questions of a form as they are shown: the site's wording where it is loaded, else the numbers of the items."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from equipoise.protocol import Instrument
from equipoise.server.diary.wording import ItemWording, Wording
from equipoise.server.pages.diary.visit import Visit
from equipoise.server.pages.words import translated as _

__all__ = ["Choice", "Question", "given_answers", "questions_of", "title_of"]

_STEPS = 11
"""Up to so many answers each is a button of its own."""
_WORDED = 8
"""More answers than these without words are a scale from left to right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer that can be picked."""

    value: str
    words: str
    picked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An item as it is asked."""

    number: int
    item: str
    text: str
    heading: str
    kind: str
    """``list`` of answers below each other, ``scale`` from left to right, ``number`` that is typed."""
    low: int
    high: int
    low_words: str
    high_words: str
    choices: tuple[Choice, ...]
    typed: str
    skipped: bool
    """Whether the patient said not to want to answer."""
    placeholder: bool
    problem: str = ""

    @property
    def name(self) -> str:
        """Name of the input."""
        return f"a.{self.item}"


def title_of(visit: Visit, instrument: str, wording: Wording) -> str:
    """Name of a questionnaire for the patient."""
    for part in visit.context.rules.protocol.instruments:
        if isinstance(part, Instrument) and part.name == instrument:
            return wording.title or part.label or instrument
    return wording.title or instrument


def questions_of(
    ranges: Mapping[str, tuple[int, int]],
    wording: Wording,
    answers: Mapping[str, int | None],
    problems: Mapping[str, str],
) -> list[Question]:
    """Make the questions of a form with the answers so far."""
    return [
        _question((number, item, *limits), wording.items.get(item, ItemWording()), answers, problems.get(item, ""))
        for number, (item, limits) in enumerate(ranges.items(), 1)
    ]


def _question(
    which: tuple[int, str, int, int], words: ItemWording, answers: Mapping[str, int | None], problem: str
) -> Question:
    number, item, low, high = which
    given = answers.get(item)
    several = high - low < _STEPS
    choices = _choices(low, high, words, given) if several else ()
    kind = "number" if not several else "scale" if high - low + 1 > _WORDED or words.low or words.high else "list"
    if several and len(words.answers) > 2:
        kind = "list"
    return Question(
        number=number,
        item=item,
        text=words.text or _("Item %(name)s") % {"name": _number(item)},
        heading=words.heading,
        kind=kind,
        low=low,
        high=high,
        low_words=words.low or words.answers.get(low, ""),
        high_words=words.high or words.answers.get(high, ""),
        choices=choices,
        typed="" if given is None else str(given),
        skipped=item in answers and given is None,
        placeholder=not words.text,
        problem=problem,
    )


def _choices(low: int, high: int, words: ItemWording, given: int | None) -> tuple[Choice, ...]:
    found = range(low, high + 1)
    return tuple(Choice(value=str(n), words=words.answers.get(n, ""), picked=n == given) for n in found)


def _number(item: str) -> str:
    plain = item.removeprefix("item_")
    found = re.fullmatch(r"[A-Za-z]{1,3}(\d+)", plain)
    return found[1] if found else plain


def given_answers(
    posted: Mapping[str, str], ranges: Mapping[str, tuple[int, int]]
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Read the answers of a form.

    Returns
    -------
    answers, problems
        Item -> answer, nothing where the patient would rather not answer, and no item that was left open; and item ->
        what is wrong with what was sent.
    """
    answers: dict[str, int | None] = {}
    problems: dict[str, str] = {}
    for item, text, (low, high) in _sent(posted, ranges):
        if text == "none":
            answers[item] = None
        elif text.isascii() and text.isdigit() and len(text) < 7 and low <= int(text) <= high:
            answers[item] = int(text)
        else:
            problems[item] = _("Answer with a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}
    return answers, problems


def _sent(
    posted: Mapping[str, str], ranges: Mapping[str, tuple[int, int]]
) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for item, limits in ranges.items():
        text = posted.get(f"a.{item}.none") or posted.get(f"a.{item}", "").strip()
        if text:
            yield item, text, limits
