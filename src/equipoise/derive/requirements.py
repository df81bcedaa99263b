"""What must be there: everything missing is said at once, with its remedy."""

from collections.abc import Iterable, Mapping

import polars as pl

from equipoise.derive.dates import home
from equipoise.derive.source import KEYS, domain_code
from equipoise.protocol import Protocol, SdtmHome
from equipoise.terms import Assessor, DateName, EventSource

__all__ = ["missing"]

_PROGRESSION = {EventSource.CENTRAL_PROGRESSION: Assessor.CENTRAL, EventSource.LOCAL_PROGRESSION: Assessor.LOCAL}


def missing(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[str]:
    """Every data set and variable that the protocol needs and the data lack."""
    wanted = [*_subject(), *_homes(protocol), *_dates(protocol, data)]
    wanted += [*_readings(protocol, data), *_safety(protocol, data)]
    problems = _absent(protocol, [want for want in wanted if want[0] not in data])
    for dataset, variables, why, remedy in wanted:
        lost = [v for v in variables if dataset in data and v not in data[dataset].columns]
        if lost:
            word = "variable" if len(lost) == 1 else "variables"
            names = ", ".join(lost)
            advice = f"Add {names} to DM" if remedy == _ADD_DM else remedy
            problems.append(f"{dataset}: {word} {names} not found; {why}. {advice}")
    if "DM" in data and not {"ARMCD", "ARM"} & set(data["DM"].columns):
        problems.append("DM: neither ARMCD nor ARM found; they say who was randomized to what. Add one of them to DM")
    return list(dict.fromkeys(problems))


def _absent(protocol: Protocol, wanted: list["Want"]) -> list[str]:
    """One line per data set that is not there, with the first reasons why it is needed."""
    problems = []
    for dataset in dict.fromkeys(want[0] for want in wanted):
        reasons = list(dict.fromkeys(why for name, _, why, _ in wanted if name == dataset))
        remedy = next(remedy for name, _, _, remedy in wanted if name == dataset)
        more = f" ({len(reasons) - 3} more)" if len(reasons) > 3 else ""
        file = protocol.data.datasets.get(dataset) or dataset.lower()
        problems.append(
            f"{dataset}: data set not found (expected file {file}.parquet, .xpt, .csv or .json); "
            f"{'; '.join(reasons[:3])}{more}. {remedy}"
        )
    return problems


Want = tuple[str, Iterable[str], str, str]
_ADD_DM = "Add DM to the data folder"


def _subject() -> list[Want]:
    return [("DM", [*KEYS, "SUBJID"], "it lists the subjects", _ADD_DM)]


def _dates(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Want]:
    place = home(protocol, "randomization")
    why = "it holds the date of randomization"
    wanted: list[Want] = [
        (
            place.domain,
            [*KEYS, place.variable, *place.where],
            why,
            "Name its home in data.dates.randomization of the protocol",
        )
    ]
    for name in ("consent", "registration"):
        declared = protocol.data.dates.get(name)
        if declared is not None:
            where = f"data.dates.{name}"
            wanted.append(
                (declared.domain, [declared.variable, *declared.where], f"{where} names it", f"Correct {where}")
            )
    from_dm = "DM" in data and "RFXSTDTC" in data["DM"].columns
    if not ("EX" in data or from_dm):
        wanted.append(("EX", ["EXTRT", "EXSTDTC"], "it holds the doses", "Add EX, or RFXSTDTC and RFXENDTC to DM"))
    elif "EX" in data:
        wanted.append(("EX", [*KEYS, "EXTRT", "EXSTDTC"], "it holds the doses", "Add them to EX"))
    for what in ("treatment_stop", "study_stop"):
        stop = getattr(protocol.data, what)
        if stop is not None:
            where = f"data.{what}"
            wanted.append((stop.domain, [stop.date, *stop.where], f"{where} names it", f"Correct {where}"))
    return wanted


def _homes(protocol: Protocol) -> list[Want]:
    wanted = []
    for name, field in protocol.baseline.items():
        if field.sdtm is not None and field.derive is None:
            wanted.append(_home(field.sdtm, f"baseline.{name}.sdtm"))
    for name, factor in protocol.randomization.strata_items().items():
        if factor.sdtm is not None:
            wanted.append(_home(factor.sdtm, f"randomization.strata.{name}.sdtm"))
    return wanted


def _home(place: SdtmHome, where: str) -> Want:
    code = domain_code(place.domain)
    variables = [*KEYS, *place.where]
    variables += [place.variable] if place.variable else []
    variables += ["QNAM", "QVAL"] if place.qnam else []
    variables += [f"{code}TESTCD"] if place.testcd else []
    return place.domain, variables, f"{where} names it", f"Add it, or correct {where}"


def _readings(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Want]:
    """RS, unless the lesions from which responses are recomputed are there."""
    wanted: list[Want] = []
    for name, endpoint in protocol.endpoints.items():
        readers = [_PROGRESSION[event] for event in endpoint.events if event in _PROGRESSION]
        if endpoint.kind == "response" or endpoint.origin is DateName.FIRST_RESPONSE:
            readers += [endpoint.assessor] if endpoint.assessor else []
        for reader in readers:
            place = protocol.review.sources.get(reader.value)
            dataset = place.dataset if place is not None else "RS"
            code = domain_code(dataset)
            lesions = data.get(f"TR{dataset[2:]}", data.get("TR"))
            measured = lesions is not None and {"TRTESTCD", "TRLNKID", "TRDTC"} <= set(lesions.columns)
            if dataset not in data and measured and protocol.review.response_from == "lesions":
                continue
            where = list(place.where) if place is not None else ["RSEVAL"]
            variables = [*KEYS, f"{code}TESTCD", f"{code}STRESC", f"{code}DTC", f"{code}SEQ", *where]
            why = f"endpoints.{name} needs the {reader.value} readings"
            wanted.append((dataset, variables, why, f"Add them, or map them in review.sources.{reader.value}"))
    return wanted


def _safety(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Want]:
    wanted: list[Want] = []
    for name, endpoint in protocol.endpoints.items():
        if endpoint.adverse_event:
            why = f"endpoints.{name}.adverse_event names it"
            wanted.append(("AE", list(endpoint.adverse_event), why, f"Add it, or correct endpoints.{name}"))
    if "AE" in data:
        organ_class = "AESOC" if "AESOC" in data["AE"].columns else "AEBODSYS"
        variables = [*KEYS, "AESEQ", "AEDECOD", organ_class, "AESTDTC", protocol.safety.grade_variable]
        remedy = f"Add them; the grade is read from safety.grade_variable ({protocol.safety.grade_variable})"
        wanted.insert(0, ("AE", variables, "adverse events are counted from it", remedy))
    return wanted
