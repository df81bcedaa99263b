"""Which variables of large data sets are read: a findings domain can hold millions of rows."""

from equipoise.derive.adlb import ADLB_SOURCES
from equipoise.derive.adqs_answers import ANSWER_SOURCES
from equipoise.derive.biomarkers import VALUE_STEMS
from equipoise.derive.source import KEYS, domain_code
from equipoise.protocol import DateSource, Protocol, SdtmHome, TherapySource

__all__ = ["source_columns"]

_LARGE = ("LB", "VS", "EG", "QS", "PC", "FA")


def source_columns(protocol: Protocol) -> dict[str, frozenset[str]]:
    """Variables that the derivation reads of the findings domains that can be large; other domains are read whole.

    For ``cdisc.read_folder(..., columns=...)``.
    """
    named: dict[str, set[str]] = {}
    for name in _LARGE:
        code = domain_code(name)
        common = {f"{code}{stem}" for stem in ("SEQ", "TESTCD", "TEST", "DTC", "STDTC", "ENDTC")}
        named[name] = {*KEYS, "DOMAIN", "VISITNUM", "VISIT", *common}
    named["LB"] |= set(ADLB_SOURCES)
    named["QS"] |= {*ANSWER_SOURCES, "VISITDY"}
    for one in protocol.instrument_items():
        named["QS"] |= {*one.source.where, *([one.source.answer] if one.source.answer else [])}
    for place in _places(protocol):
        if place.domain in named:
            named[place.domain] |= _variables(place)
    for home in (endpoint.measure for endpoint in protocol.endpoints.values()):
        if home is not None and home.domain in named:
            named[home.domain] |= _variables(home) | {f"{domain_code(home.domain)}{stem}" for stem in VALUE_STEMS}
    return {name: frozenset(variables) for name, variables in named.items()}


def _places(protocol: Protocol) -> list[SdtmHome | DateSource | TherapySource]:
    data = protocol.data
    homes = [field.sdtm for field in protocol.baseline.values()]
    homes += [factor.sdtm for factor in protocol.randomization.strata_items().values()]
    homes += [endpoint.clinical_progression for endpoint in protocol.endpoints.values()]
    homes += [protocol.crossover.sdtm] if protocol.crossover else []
    places: list[SdtmHome | DateSource | TherapySource] = [home for home in homes if home is not None]
    places += [*data.dates.values(), *(data.death or ()), *(data.proof_of_life or ())]
    places += [stop for stop in (data.treatment_stop, data.study_stop) if stop is not None]
    places += [place for kind in protocol.new_therapy.values() for place in kind.sdtm]
    return places


def _variables(place: SdtmHome | DateSource | TherapySource) -> set[str]:
    code = domain_code(place.domain)
    wanted = set(place.where)
    if isinstance(place, TherapySource):
        return wanted | {place.date}
    if place.variable:
        wanted.add(place.variable)
    elif isinstance(place, SdtmHome):
        wanted |= {f"{code}STRESN", f"{code}STRESC", f"{code}ORRES"}
        wanted |= {f"{code}STRESU", f"{code}ORRESU"}
    return wanted
