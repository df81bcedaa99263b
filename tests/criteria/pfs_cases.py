"""Worked cases of progression-free survival: histories in study days and the answer under each rule set.

Day 1 is randomization; scans every 84 days (85, 169, 253, 337, 421), windows of 7 days. Provenance: worked out by
hand from the definitions in docs/methods/censoring.md, the numbers are those of the cases there. A history is words:
``ok85`` adequate assessment, ``ne85`` not evaluable, ``pd85`` progression, ``death85``, ``nact85`` new therapy,
``clin85`` clinical progression, ``stop85`` treatment stopped for toxicity, ``left85`` left the study, ``nobase`` no
baseline, ``cut85`` data cut-off. Answers: E event, C censored.
"""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CASES", "VARIANTS", "Case", "days_of"]


@dataclass(frozen=True)
class Case:
    """One history, the answers for A, B, C, P, K and the interval, and options that differ from the defaults."""

    number: str
    history: str
    a: str
    b: str
    c: str
    p: str
    k: str
    interval: tuple[int, int | None]
    options: dict[str, Any] = field(default_factory=dict)

    def answers(self) -> dict[str, str]:
        """Answers by letter of the rule set; I has the right end of the interval, which is the answer of P."""
        return {"A": self.a, "B": self.b, "C": self.c, "P": self.p, "K": self.k, "I": self.p}


def days_of(history: str) -> dict[str, list[int]]:
    """Days by word; facts after the data cut-off are left out."""
    found: dict[str, list[int]] = {}
    for word in history.split():
        name = word.rstrip("0123456789")
        found.setdefault(name, []).append(int(word[len(name) :] or 0))
    cutoff = found.pop("cut", [10**6])[0]
    return {name: kept for name, days in found.items() if (kept := [d for d in days if d <= cutoff])}


def _case(number: int | str, history: str, answers: str, left: int, right: int | None, **options: Any) -> Case:
    a, b, c, p, k = (word.replace("E", "E ").replace("C", "C ") for word in answers.split())
    return Case(str(number), history, a, b, c, p, k, (left, right), options)


LITERAL = {"early_death": "censor"}
CASES = [
    _case(1, "ok85 ok169 ok253 pd337", "E337 E337 E337 E337 E337", 253, 337),
    _case(2, "ok85 ok169 ok253", "C253 C253 C253 C253 C253", 253, None),
    _case(3, "ok85 pd130", "E130 E169 E169 E130 E130", 85, 130),
    _case(4, "ok85 pd180", "E180 E253 E253 E180 E180", 85, 180),
    _case(5, "ok85 pd165", "E165 E169 E169 E165 E165", 85, 165),
    _case(6, "ok85 pd253", "E253 E253 E253 E253 E253", 85, 253),
    _case(7, "ok85 pd337", "C85 C85 C85 E337 E337", 85, 337),
    _case(8, "ok253 pd337", "E337 E337 E337 E337 E337", 253, 337),
    _case(9, "ok85 ne169 ne253 pd337", "C85 C85 C85 E337 E337", 85, 337),
    _case(10, "ok85 death120", "E120 E120 E120 E120 E120", 85, 120),
    _case(11, "ok85 death200", "E200 E200 E200 E200 E200", 85, 200),
    _case(12, "ok85 death260", "E260 E260 E260 E260 E260", 85, 260),
    _case(13, "ok85 death261", "C85 C85 C85 E261 E261", 85, 261),
    _case(14, "ok85 death400", "C85 C85 C85 E400 E400", 85, 400),
    _case(15, "death60", "E60 E60 E60 E60 E60", 1, 60),
    _case(16, "death170", "E170 E170 E170 E170 E170", 1, 170),
    _case(17, "death300", "C1 C1 C1 E300 E300", 1, 300),
    _case(18, "left5", "C1 C1 C1 C1 C1", 1, None),
    _case(19, "nobase ok85 pd169", "C1 C1 C1 E169 E169", 85, 169),
    _case(20, "nobase death40", "C1 C1 C1 E40 E40", 1, 40, **LITERAL),
    _case(21, "ok85 nact100 pd169", "C85 C85 C85 E169 E100", 85, 169),
    _case(22, "ok85 pd169 nact169", "E169 E169 E169 E169 E169", 85, 169),
    _case(23, "ok85 nact168 pd169", "C85 C85 C85 E169 E168", 85, 169),
    _case(24, "nact30 death150", "C1 C1 C1 E150 E30", 1, 150),
    _case(25, "ok85 nact100 death140", "C85 C85 C85 E140 E100", 85, 140),
    _case(26, "ok85 clin120", "C85 C85 E169 C85 E120", 85, None),
    _case(27, "ok85 clin120 nact125 pd169", "C85 C85 E169 E169 E120", 85, 169),
    _case(28, "ok85 ok169 stop175 ok253 pd337", "E337 E337 E337 E337 E337", 253, 337),
    _case(29, "ok85 ok169 stop175", "C169 C169 C169 C169 C169", 169, None),
    _case(30, "cut260 ok85 ok169 ok253 pd262 death300", "C253 C253 C253 C253 C253", 253, None),
    _case(31, "ok85 pd169 nact180 death500", "E169 E169 E169 E169 E169", 85, 169),
    _case(
        32, "ok85 nact100 pd169", "C85 C85 C85 E169 E100", 85, 169
    ),  # by central review; the investigator saw case 33
    _case(33, "pd85 nact100", "E85 E85 E85 E85 E85", 1, 85),
    _case(34, "ok85 ok210 pd337", "E337 E337 E337 E337 E337", 210, 337),
    _case(35, "ok85 ok210 pd421", "C210 C210 C210 E421 E421", 210, 421),
]
"""The 35 cases of the main table."""

GAP = {"missed_rule": "gap"}
VARIANTS = [
    _case("36 count", "ok85 death261", "C85 C85 C85 E261 E261", 85, 261),
    _case("36 gap", "ok85 death261", "E261 E261 E261 E261 E261", 85, 261, **GAP),
    _case("36 gap on its last day", "ok85 death267", "E267 E267 E267 E267 E267", 85, 267, **GAP),
    _case("36 gap a day later", "ok85 death268", "C85 C85 C85 E268 E268", 85, 268, **GAP),
    _case("36 count a week later", "ok85 death268", "C85 C85 C85 E268 E268", 85, 268),
    _case("37 count", "ok85 death260", "E260 E260 E260 E260 E260", 85, 260),
    _case("37 gap", "ok85 death260", "E260 E260 E260 E260 E260", 85, 260, **GAP),
    _case("38 literal table", "nobase death40", "C1 C1 C1 E40 E40", 1, 40, **LITERAL),
    _case("38 usual exception", "nobase death40", "E40 E40 E40 E40 E40", 1, 40),
    _case("38 too late for the exception", "nobase death169", "C1 C1 C1 E169 E169", 1, 169),
    _case("39 new lesion", "nobase ok85 pd169", "C1 C1 C1 E169 E169", 85, 169),
    _case("39 cannot be called new", "nobase ne85 ne169", "C1 C1 C1 C1 C1", 1, None),
    _case("40 new lesion on the first scan day", "pd83", "E83 E85 E85 E83 E83", 1, 83),
    _case("41 last scan of the sum", "pd87", "E87 E85 E85 E87 E87", 1, 87),
    _case("41 earliest scan of the visit", "pd83", "E83 E85 E85 E83 E83", 1, 83),
    _case("42 dated back to first appearance", "pd85 pd169", "E85 E85 E85 E85 E85", 1, 85),
    _case("43 adjudicated to reader 2", "ok85 ok169 pd253", "E253 E253 E253 E253 E253", 169, 253),
    _case("44 locked reading", "ok85 pd169", "E169 E169 E169 E169 E169", 85, 169),
    _case("44 later batch reading", "ok85 ok169 pd253", "E253 E253 E253 E253 E253", 169, 253),
    _case("45", "ok85 pd169 death169", "E169 E169 E169 E169 E169", 85, 169),
    _case("46 death imputed to the 15th", "ok85 death131", "E131 E131 E131 E131 E131", 85, 131),
    _case("47 death the day after last alive", "ok85 death131", "E131 E131 E131 E131 E131", 85, 131),
    _case("48 not new therapy", "ok85 ok169 ok253 pd337", "E337 E337 E337 E337 E337", 253, 337),
    _case("48 new therapy", "ok85 ok169 nact175 ok253 pd337", "C169 C169 C169 E337 E175", 253, 337),
    _case("49", "ok85 nact120 ok169", "C85 C85 C85 C169 E120", 169, None),
    _case("50", "ok85 pd169 ok253", "E169 E169 E169 E169 E169", 85, 169),
    _case("51", "ok85 nact100 ok169 pd253", "C85 C85 C85 E253 E100", 169, 253),
    _case("52 strata change nothing", "ok85 pd169", "E169 E169 E169 E169 E169", 85, 169),
    _case("53 never treated, never scanned", "", "C1 C1 C1 C1 C1", 1, None),
    _case("54 baseline too early", "nobase ok85 pd169", "C1 C1 C1 E169 E169", 85, 169),
    _case("54 accepted", "ok85 pd169", "E169 E169 E169 E169 E169", 85, 169),
    _case(
        "stop for toxicity censors", "ok85 stop100 pd169", "C85 C85 C85 E169 E169", 85, 169, stop_for_toxicity="censor"
    ),
    _case("one missed visit is enough", "ok85 pd253", "C85 C85 C85 E253 E253", 85, 253, missed_count=1),
    _case("nominal date never after death", "ok85 pd130 death150", "E130 E150 E150 E130 E130", 85, 130),
    _case("late clinical progression", "ok85 clin200", "C85 C85 E253 C85 E200", 85, None),
    _case("censored inside a window", "ok85 ok165", "C165 C169 C169 C165 C165", 165, None),
]
"""Cases 36 to 54, where a small difference of definition moves a patient, and the options."""
