"""Checks names, arms, cohorts, versions and baseline fields."""

import itertools

from equipoise.protocol.baseline import BaselineField
from equipoise.protocol.checks.report import Report
from equipoise.protocol.expressions import FUNCTIONS
from equipoise.protocol.expressions.tokens import KEYWORDS
from equipoise.protocol.fields import BUILT_IN_FIELDS
from equipoise.protocol.item import Item, SdtmHome
from equipoise.protocol.model import Protocol
from equipoise.protocol.naming import ADSL_RESERVED, population_flag, population_reason
from equipoise.protocol.nearest import nearest
from equipoise.protocol.source import KeyPath
from equipoise.protocol.structure import field_names
from equipoise.protocol.trial import Arm
from equipoise.protocol.walk import items
from equipoise.terms import ArmRole

__all__ = ["check_identity"]

_VALUES: dict[str, type | tuple[type, ...]] = {"boolean": bool, "integer": int, "number": (int, float), "text": str}


def check_identity(protocol: Protocol, report: Report) -> None:
    """Note problems of names, arms, cohorts, versions, baseline fields, populations and doubts."""
    _check_arms(protocol, report)
    _check_cohorts(protocol, report)
    _check_version(protocol, report)
    _check_baseline(protocol, report)
    _check_populations(protocol, report)
    for path, item in items(protocol):
        _check_assumed(item, path, report)
        if isinstance(item, SdtmHome):
            _check_home(item, path, report)


def _check_arms(protocol: Protocol, report: Report) -> None:
    codes: dict[str, str] = {}
    for name, arm in protocol.arms.items():
        path = ("arms", name)
        for code in dict.fromkeys((name.upper(), *(text.upper() for text in arm.sdtm))):
            if codes.setdefault(code, name) != name:
                message = f"the SDTM code {code!r} means two arms: {codes[code]} and {name}"
                report.add((*path, "sdtm"), message, expected="one arm for each code")
        report.must_be_known((*path, "cohort"), arm.cohort, "cohorts", "cohort")
        _check_doses(arm, path, report)
    for code in protocol.data.screen_failure:
        if code.upper() in codes:
            arm_name = codes[code.upper()]
            report.add(("data", "screen_failure"), f"{code!r} means both a screen failure and the arm {arm_name}")
    roles = {arm.role for arm in protocol.arms.values()}
    if len(protocol.arms) > 1 and ArmRole.EXPERIMENTAL not in roles:
        report.add(("arms",), "no arm is experimental", expected="at least one arm with role: experimental")


def _check_doses(arm: Arm, path: KeyPath, report: Report) -> None:
    levels = list(arm.dose_levels)
    if any(later >= earlier for earlier, later in itertools.pairwise(levels)):
        report.add((*path, "dose_levels"), "dose levels stand with the highest first", seen=str(levels))
    if any(dose <= 0 for dose in levels):
        report.add((*path, "dose_levels"), "a dose is greater than zero", seen=str(levels))
    if levels and arm.dose_unit is None:
        report.add(path, "the dose levels have no dose_unit", expected="for example dose_unit: mg")


def _check_cohorts(protocol: Protocol, report: Report) -> None:
    factors = list(protocol.randomization.strata)
    for name, cohort in protocol.cohorts.items():
        path = ("cohorts", name)
        for index, factor in enumerate(cohort.strata or ()):
            if factor not in factors and not report.is_left_out(("randomization", "strata")):
                report.unknown((*path, "strata", index), "stratification factor", factor, factors)
        for arm in cohort.ratio or {}:
            report.must_be_known((*path, "ratio", arm), arm, "arms", "arm")


def _check_version(protocol: Protocol, report: Report) -> None:
    amendments = protocol.version.amendments
    numbers: set[str] = set()
    for index, amendment in enumerate(amendments):
        path = ("version", "amendments", index)
        if amendment.number in numbers:
            report.add((*path, "number"), f"two amendments have the number {amendment.number!r}")
        numbers.add(amendment.number)
        if index and amendment.date < amendments[index - 1].date:
            before = amendments[index - 1].date
            report.add(
                (*path, "date"), "amendments stand with the oldest first", seen=f"{amendment.date} after {before}"
            )
    if amendments and protocol.version.date and amendments[-1].date > protocol.version.date:
        report.add(
            ("version", "date"),
            "the version is older than its last amendment",
            seen=f"{protocol.version.date} before {amendments[-1].date}",
        )


def _check_baseline(protocol: Protocol, report: Report) -> None:
    for name, field in protocol.baseline.items():
        path = ("baseline", name)
        if name in BUILT_IN_FIELDS or name in KEYWORDS or (name in FUNCTIONS and name != "age"):
            report.add(path, f"{name!r} is a word of the expression language", expected="another name")
        if field.unit is not None and field.type not in ("integer", "number"):
            report.add((*path, "unit"), f"a field of type {field.type} has no unit")
        _check_levels(field, path, report)


def _check_levels(field: BaselineField, path: KeyPath, report: Report) -> None:
    levels = list(field.levels)
    if field.type == "category" and not levels:
        report.add(path, "a category needs its levels", expected="for example levels: [low, high], or another type")
    if field.type != "category" and levels:
        report.add((*path, "levels"), f"a field of type {field.type} has no levels")
    if len(set(levels)) != len(levels):
        report.add((*path, "levels"), "a level stands twice", seen=", ".join(levels))
    choices = list(field.level_labels())
    if field.reference is not None and field.reference not in choices:
        report.unknown((*path, "reference"), "reference level", field.reference, choices)
    for seen, value in field.sdtm.values.items() if field.sdtm else ():
        place = (*path, "sdtm", "values", seen)
        if field.type == "category" and value is not None and str(value) not in levels:
            report.unknown(place, "level", str(value), levels)
        wanted = _VALUES.get(field.type)
        if (
            wanted is not None
            and value is not None
            and (not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)))
        ):
            report.add(place, f"this value does not fit a field of type {field.type}", seen=repr(value))


def _check_populations(protocol: Protocol, report: Report) -> None:
    owners: dict[str, str] = {}
    for name in protocol.populations:
        for variable in (population_flag(name), population_reason(name)):
            if variable in ADSL_RESERVED:
                report.add(
                    ("populations", name), f"its ADSL variable {variable} has another meaning", expected="another name"
                )
                break
            if owners.setdefault(variable, name) != name:
                message = f"the populations {owners[variable]!r} and {name!r} share the ADSL variable {variable}"
                report.add(("populations", name), message, expected="names that differ in their first five letters")
                break


def _check_assumed(item: Item, path: KeyPath, report: Report) -> None:
    if isinstance(item.assumed, bool):
        return
    known = [name for name in field_names(type(item)) if name not in ("assumed", "note")]
    for index, name in enumerate(item.assumed):
        if name not in known:
            message = f"'assumed' names {name!r}, which is not a key here"
            report.add((*path, "assumed", index), message, suggestion=nearest(name, known))


def _check_home(home: SdtmHome, path: KeyPath, report: Report) -> None:
    if home.qnam is not None and home.testcd is not None:
        report.add(path, "a value lives in a qualifier or in a test, not in both", seen="qnam and testcd")
    elif home.variable is None and home.qnam is None and home.testcd is None:
        report.add(path, "the home has no variable, qnam or testcd", expected="for example variable: AGE")
    is_supplement = home.domain.upper().startswith("SUPP")
    if home.qnam is not None and not is_supplement:
        report.add(
            (*path, "domain"),
            "a qualifier lives in a supplemental data set",
            seen=home.domain,
            expected=f"SUPP{home.domain}",
        )
    if is_supplement and home.qnam is None:
        report.add(path, f"{home.domain} needs the qnam of the qualifier", expected="for example qnam: PRIMSITE")
