"""Checks questionnaires: scales, items, visits, windows, thresholds, and the endpoints that use them."""

import itertools
import re
from collections.abc import Iterator

from equipoise.protocol.checks.report import Report
from equipoise.protocol.conduct import Instrument
from equipoise.protocol.endpoints import Endpoint
from equipoise.protocol.model import Protocol
from equipoise.protocol.nearest import nearest
from equipoise.protocol.questionnaire_visits import planned_forms
from equipoise.protocol.questionnaires import CATALOG, ScaleDefinition
from equipoise.protocol.repeated_measures import RepeatedMeasures
from equipoise.protocol.source import KeyPath

__all__ = ["check_questionnaires"]

_CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,19}$")
_HORIZON = 7 * 52 * 10


def check_questionnaires(protocol: Protocol, report: Report) -> None:
    """Note problems of questionnaires and of the endpoints that name one."""
    seen: set[str] = set()
    for index, instrument in enumerate(protocol.instrument_items()):
        path: KeyPath = ("instruments", index)
        if instrument.name in seen:
            report.add(path, f"the instrument {instrument.name!r} stands twice")
        seen.add(instrument.name)
        _check_name(instrument, path, report)
        _check_items(instrument, path, report)
        for name, definition in instrument.define.items():
            _check_scale(instrument, name, definition, (*path, "define", name), report)
        _check_scale_names(instrument, path, report)
        _check_visits(protocol, instrument, path, report)
        _check_model(instrument, instrument.model, (*path, "model"), report)
    for name, endpoint in protocol.endpoints.items():
        _check_endpoint(protocol, endpoint, ("endpoints", name), report)


def scale_names(instrument: Instrument) -> list[str]:
    """Scales that an instrument has: those of the catalog that are not left out, and its own."""
    entry = CATALOG.get(instrument.name)
    catalog = entry.scales(instrument.scoring) if entry else {}
    left_out = {code for code, items in instrument.item_map.items() if not items}
    return list(dict.fromkeys([*(code for code in catalog if code not in left_out), *instrument.define]))


def _check_name(instrument: Instrument, path: KeyPath, report: Report) -> None:
    entry = CATALOG.get(instrument.name)
    if entry is not None:
        if instrument.scoring is not None and instrument.scoring not in entry.variants:
            report.unknown((*path, "scoring"), "scoring", instrument.scoring, entry.variants)
        return
    like = nearest(instrument.name, CATALOG)
    if not instrument.define and like is not None:
        report.add(
            (*path, "name"),
            f"the instrument {instrument.name!r} is not in the catalog, and defines no scales",
            expected=", ".join(CATALOG),
            suggestion=like,
        )
    elif not instrument.define and (instrument.every_weeks is not None or instrument.at):
        report.add(
            (*path, "name"),
            f"the instrument {instrument.name!r} has no scales: it is not in the catalog",
            expected=f"define, with a scale or more, or one of {', '.join(CATALOG)}",
        )
    if instrument.scoring is not None:
        report.add((*path, "scoring"), "only a catalog instrument has variants of its scoring", seen=instrument.scoring)


def _check_items(instrument: Instrument, path: KeyPath, report: Report) -> None:
    for name, item in instrument.items.items():
        if item.low >= item.high:
            report.add(
                (*path, "items", name),
                f"the item {name!r} has no range",
                seen=f"{item.low} to {item.high}",
                expected="low below high",
            )
    entry = CATALOG.get(instrument.name)
    catalog = entry.scales(instrument.scoring) if entry else {}
    known = [*(entry.items() if entry else ()), *instrument.items]
    for scale, items in instrument.item_map.items():
        if scale not in catalog:
            report.unknown((*path, "item_map", scale), "scale of the catalog", scale, catalog)
        for place, item_name in enumerate(items):
            if item_name not in known:
                report.unknown((*path, "item_map", scale, place), "item", item_name, sorted(known))
    for item_name in instrument.source.tests:
        if item_name not in known:
            report.unknown((*path, "source", "tests", item_name), "item", item_name, sorted(known))
    _check_owners(instrument, path, report)


def _check_owners(instrument: Instrument, path: KeyPath, report: Report) -> None:
    """An item of the catalog stands in one scale, however the items are mapped."""
    entry = CATALOG.get(instrument.name)
    if entry is None or not instrument.item_map:
        return
    scales = {**entry.scales(instrument.scoring), **instrument.item_map}
    owner: dict[str, str] = {}
    for scale, items in scales.items():
        for item in items:
            if item in owner:
                place = scale if scale in instrument.item_map else owner[item]
                message = f"the item {item!r} stands in the scales {owner[item]} and {scale}"
                report.add((*path, "item_map", place), message, expected="one scale for each item")
            owner[item] = scale


def _check_scale(instrument: Instrument, name: str, definition: ScaleDefinition, path: KeyPath, report: Report) -> None:
    if not _CODE.match(name):
        report.add(path, f"{name!r} cannot be the name of a scale", expected="a letter, then letters, digits or _")
    if definition.items:
        _check_scored(instrument, definition, path, report)
        return
    for key in ("reversed", "minimum_items"):
        if key in definition.model_fields_set:
            report.add((*path, key), "a ready-made score has no items", expected="items, or no such line")
    if definition.low is not None and definition.high is not None and definition.low >= definition.high:
        report.add(path, "the score has no range", seen=f"{definition.low:g} to {definition.high:g}")


def _check_scored(instrument: Instrument, definition: ScaleDefinition, path: KeyPath, report: Report) -> None:
    """Note problems of a scale that is computed from items."""
    entry = CATALOG.get(instrument.name)
    known = sorted({*(entry.items() if entry else ()), *instrument.items})
    free = entry is not None and not entry.items()
    for place, item in enumerate(definition.items):
        if item not in known and not free:
            report.unknown((*path, "items", place), "item", item, known)
    twice = sorted({item for item in definition.items if definition.items.count(item) > 1})
    if twice:
        report.add((*path, "items"), "an item stands twice", seen=", ".join(twice))
    ranges = {(instrument.items[i].low, instrument.items[i].high) for i in definition.items if i in instrument.items}
    if len(ranges) > 1:
        seen = " and ".join(f"{low} to {high}" for low, high in sorted(ranges))
        report.add((*path, "items"), "the items of a scale have different ranges", seen=seen, expected="one range")
    if definition.minimum_items is not None and definition.minimum_items > len(definition.items):
        report.add(
            (*path, "minimum_items"),
            "more items are needed than the scale has",
            seen=str(definition.minimum_items),
            expected=f"1 to {len(definition.items)}",
        )
    for key in ("testcd", "low", "high"):
        if key in definition.model_fields_set:
            report.add((*path, key), "this belongs to a ready-made score, and the scale has items")


def _check_scale_names(instrument: Instrument, path: KeyPath, report: Report) -> None:
    if not (instrument.define or instrument.name in CATALOG) or report.is_left_out((*path, "define")):
        return
    known = scale_names(instrument)
    for place, scale in enumerate(instrument.scales):
        if scale not in known:
            report.unknown((*path, "scales", place), "scale", scale, known)
    for scale in instrument.thresholds:
        if scale not in known:
            report.unknown((*path, "thresholds", scale), "scale", scale, known)


def _check_visits(protocol: Protocol, instrument: Instrument, path: KeyPath, report: Report) -> None:
    schedule = protocol.visits.schedule
    for place, visit in enumerate(instrument.at):
        if visit not in schedule and not report.is_left_out(("visits",)):
            report.unknown((*path, "at", place), "visit", visit, list(schedule))
    if instrument.until_week is not None and instrument.every_weeks is None:
        report.add((*path, "until_week"), "this ends the weeks of every_weeks, which is not given")
    if isinstance(instrument.windows, dict):
        _check_windows(protocol, instrument, path, report)


def _check_windows(protocol: Protocol, instrument: Instrument, path: KeyPath, report: Report) -> None:
    windows = instrument.windows if isinstance(instrument.windows, dict) else {}
    path = (*path, "windows")
    if instrument.every_weeks is not None and instrument.until_week is None:
        report.add(path, "windows of your own need an end of the weeks", expected="until_week")
        return
    half_way = instrument.model_copy(update={"windows": "half_way"})
    known = [form.visit for form in planned_forms(half_way, protocol.visits.schedule, _HORIZON)[1:]]
    for name in windows:
        if name not in known:
            report.unknown((*path, name), "visit after baseline", name, known)
    lost = [name for name in known if name not in windows]
    if lost:
        report.add(path, "visits have no window", seen=", ".join(lost), expected="a window for each visit")
    for name, window in windows.items():
        if window.last is not None and window.last < window.first:
            report.add((*path, name), "the window ends before it begins", seen=f"{window.first} to {window.last}")
    ordered = sorted(windows.items(), key=lambda pair: pair[1].first)
    for (before, window), (after, following) in itertools.pairwise(ordered):
        if window.last is None or window.last >= following.first:
            end = "never ends" if window.last is None else f"ends on day {window.last}"
            seen = f"{before} {end}, {after} begins on day {following.first}"
            report.add((*path, after), "two windows overlap", seen=seen, expected="one window for each day")


def _check_model(instrument: Instrument, model: RepeatedMeasures, path: KeyPath, report: Report) -> None:
    if model.population is not None:
        report.must_be_known((*path, "population"), model.population, "populations", "population")
    for place, field in enumerate(model.covariates):
        report.must_be_known((*path, "covariates", place), field, "baseline", "baseline field")
    for place, structure in enumerate(model.covariance):
        if structure in model.covariance[:place]:
            report.add((*path, "covariance", place), f"the structure {structure!r} stands twice")
    if instrument.baseline == "response" and model.response == "change":
        message = "a baseline that is a response is no change from itself"
        report.add((*path, "response"), message, seen="baseline: response", expected="response: score")
    if instrument.baseline == "covariate" and model.baseline_arms == "equal":
        message = "a baseline that is a covariate has no means to be equal"
        report.add((*path, "baseline_arms"), message, seen="baseline: covariate", expected="baseline: response")


def _check_endpoint(protocol: Protocol, endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    if endpoint.kind != "deterioration" and "deterioration" in endpoint.model_fields_set:
        report.add((*path, "deterioration"), "only an endpoint of kind deterioration has one", seen=endpoint.kind)
    if endpoint.kind == "deterioration":
        for key in ("instrument", "scale"):
            if getattr(endpoint, key) is None and not report.is_left_out((*path, key)):
                report.add(path, f"a deterioration needs its {key}", expected="instrument and scale")
    for instrument in _named(protocol, endpoint):
        known = scale_names(instrument)
        if endpoint.scale is None or not known:
            continue
        if endpoint.scale not in known:
            report.unknown((*path, "scale"), f"scale of {instrument.name}", endpoint.scale, known)
        elif instrument.scales and endpoint.scale not in instrument.scales:
            report.unknown((*path, "scale"), "scale among those reported", endpoint.scale, instrument.scales)
        elif endpoint.kind == "deterioration" and _threshold(endpoint, instrument) is None:
            expected = "deterioration.threshold, or important_difference of the instrument"
            report.add(path, "a deterioration needs its threshold", seen="none", expected=expected)


def _named(protocol: Protocol, endpoint: Endpoint) -> Iterator[Instrument]:
    return (instrument for instrument in protocol.instrument_items() if instrument.name == endpoint.instrument)


def _threshold(endpoint: Endpoint, instrument: Instrument) -> float | None:
    own = instrument.thresholds.get(endpoint.scale or "")
    return endpoint.deterioration.threshold or (own and own.deterioration) or instrument.important_difference
