"""What a report must know about the trial besides the statistics: names, arms, conventions, the data cut."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from equipoise.report.rows import ALL
from equipoise.report.words import STRATIFIED, sentence_case
from equipoise.results import Results
from equipoise.terms import SYNTHETIC, SYNTHETIC_STUDY

__all__ = ["Arm", "Facts", "in_words"]

MONTH_DAYS = 30.4375
Pair = TypeVar("Pair", bound=tuple[str | None, str | None])


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of the trial."""

    id: str
    label: str
    role: str


@dataclass(frozen=True)
class Facts:
    """Answers from ``trial.json``; an absent part gives a name made from the identifier, never an error."""

    trial: Mapping[str, Any]

    @classmethod
    def of(cls, results: Results) -> "Facts":
        """Facts of a results folder; arms not declared are taken from the statistics."""
        trial = dict(results.trial)
        if not trial.get("arms"):
            arms = results.statistics.filter((results.statistics["group"] == "arm").fill_null(value=False))[
                "group_level"
            ]
            names = [name for name in arms.unique(maintain_order=True).to_list() if name not in (None, ALL)]
            trial["arms"] = [{"id": name, "label": name, "role": "control"} for name in names]
        return cls(trial)

    @property
    def protocol(self) -> Mapping[str | None, Any]:
        """The protocol as declared."""
        return _mapping(self.trial.get("protocol"))

    @property
    def study_id(self) -> str:
        """Identifier of the study."""
        return str(self.trial.get("study_id") or _mapping(self.protocol.get("trial")).get("id") or "Study")

    @property
    def title(self) -> str:
        """Title of the trial, or its identifier."""
        return str(_mapping(self.protocol.get("trial")).get("title") or self.study_id)

    @property
    def synthetic(self) -> bool:
        """Whether the data are made up or anonymized."""
        return bool(_mapping(self.protocol.get("trial")).get("synthetic"))

    @property
    def file_mark(self) -> str:
        """What stands in file names after the name proper: the mark of a synthetic trial, else nothing."""
        return f"-{SYNTHETIC}" if self.study_id.startswith(SYNTHETIC_STUDY) else ""

    @property
    def arms(self) -> list[Arm]:
        """Arms in protocol order."""
        declared = self.trial.get("arms") or []
        return [Arm(str(arm["id"]), str(arm.get("label") or arm["id"]), str(arm.get("role") or "")) for arm in declared]

    def arm_label(self, arm: str | None) -> str:
        """Name of an arm; all arms together are "All"."""
        if arm == ALL:
            return "All"
        return next((known.label for known in self.arms if known.id == arm), in_words(arm))

    def comparisons(self, analysis_id: str) -> list[tuple[str, str]]:
        """(experimental, reference) pairs of an analysis."""
        pairs = _mapping(self.trial.get("comparisons")).get(analysis_id) or []
        return [(str(first), str(second)) for first, second in pairs]

    def in_protocol_order(self, analysis_id: str, pairs: Iterable[Pair]) -> list[Pair]:
        """Comparisons in the order of the protocol, then those it does not name."""
        found, declared = list(pairs), self.comparisons(analysis_id)
        return sorted(found, key=lambda pair: declared.index(pair) if pair in declared else len(declared))

    @property
    def analyses(self) -> dict[str, Mapping[str | None, Any]]:
        """Analyses in protocol order."""
        return {str(name): _mapping(item) for name, item in _mapping(self.protocol.get("analyses")).items()}

    def endpoint(self, name: str | None) -> Mapping[str | None, Any]:
        """Declaration of an endpoint."""
        return _mapping(_mapping(self.protocol.get("endpoints")).get(name))

    def endpoint_label(self, name: str | None) -> str:
        """Name of an endpoint in sentences and tables."""
        return self._label("endpoints", name) or str(self.endpoint(name).get("label") or in_words(name))

    def kind(self, analysis_id: str) -> str:
        """Kind of the endpoint of an analysis: time_to_event (a deterioration is one), response, ..."""
        kind = str(self.endpoint(self.analyses.get(analysis_id, {}).get("endpoint")).get("kind") or "time_to_event")
        return "time_to_event" if kind == "deterioration" else kind

    def month_days(self, endpoint: str | None) -> float:
        """Days in a month of an endpoint, for display."""
        return float(self.endpoint(endpoint).get("months_days") or MONTH_DAYS)

    def population_label(self, name: str | None) -> str:
        """Name of an analysis population."""
        return self._label("populations", name) or str(self.population_rule(name).get("label") or in_words(name))

    def population_rule(self, name: str | None) -> Mapping[str | None, Any]:
        """Declaration of a population."""
        return _mapping(_mapping(self.protocol.get("populations")).get(name))

    def field(self, name: str | None) -> Mapping[str | None, Any]:
        """Declaration of a baseline field."""
        return _mapping(_mapping(self.protocol.get("baseline")).get(name))

    def field_label(self, name: str | None) -> str:
        """Name of a baseline field."""
        return self._label("fields", name) or str(self.field(name).get("label") or in_words(name))

    def level_label(self, field: str | None, level: str | None) -> str:
        """Name of a level of a baseline field, a stratum or a subgroup."""
        declared = self.field(field)
        if level == "(missing)":
            return "Missing"
        known = _mapping(_mapping(_mapping(self.trial.get("labels")).get("levels")).get(field)).get(level)
        if known:
            return str(known)
        if declared.get("type") == "boolean" or level in ("true", "false"):
            return {"true": "Yes", "false": "No", "Y": "Yes", "N": "No"}.get(str(level), str(level))
        levels = declared.get("levels")
        if isinstance(levels, Mapping):
            return str(levels.get(level, level))
        if isinstance(levels, Sequence) and level in levels:
            return in_words(level)
        text = "" if level is None else str(level)
        return sentence_case(text) if " " in text else text

    def subgroup_label(self, name: str | None) -> str:
        """Name of a subgroup factor: its own, else that of its field."""
        known = self._label("subgroups", name)
        if known:
            return known
        declared = _mapping(_mapping(self.protocol.get("subgroups")).get(name))
        if declared.get("label"):
            return str(declared["label"])
        return self.field_label(declared.get("field") or name)

    def subgroup_level(self, name: str | None, level: str | None) -> str:
        """Name of a level of a subgroup factor."""
        declared = _mapping(_mapping(self.protocol.get("subgroups")).get(name))
        return self.level_label(declared.get("field") or name, level)

    def cohort_label(self, name: str | None) -> str:
        """Name of a cohort."""
        return str(_mapping(_mapping(self.protocol.get("cohorts")).get(name)).get("label") or in_words(name))

    def stratum_label(self, name: str | None) -> str:
        """Name of a stratification factor."""
        strata = _mapping(_mapping(self.protocol.get("randomization")).get("strata"))
        declared = strata.get(name)
        label = declared.get("label") if isinstance(declared, Mapping) else None
        return self._label("strata", name) or str(label or in_words(name))

    def analysis_label(self, name: str) -> str:
        """Name of an analysis of the protocol, with what tells it apart from another one of the same name."""
        label = self._analysis_label(name)
        same = [other for other in self.analyses if self._analysis_label(other) == label]
        if name not in same or len(same) < 2:
            return label
        traits = {other: self._traits(other) for other in same}
        differing = [i for i, column in enumerate(zip(*traits.values(), strict=True)) if len(set(column)) > 1]
        words = {other: [known[i] for i in differing if known[i]] for other, known in traits.items()}
        if sum(found == words[name] for found in words.values()) > 1 or not words[name]:
            words[name].append(in_words(name).lower())
        return f"{label} ({', '.join(words[name])})"

    def analysis_name(self, name: str, endpoint: str | None) -> str:
        """Name of an analysis; of its endpoint where the protocol does not know the analysis."""
        return self.analysis_label(name) if name in self.analyses else self.endpoint_label(endpoint)

    def _analysis_label(self, name: str) -> str:
        declared = self.analyses.get(name)
        return self._label("analyses", name) or (
            self.endpoint_label(declared.get("endpoint")) if declared else in_words(name)
        )

    def _traits(self, name: str) -> tuple[str, ...]:
        """What can tell two analyses of one endpoint apart: cohort, population, comparisons, strata, data cut."""
        declared = self.analyses[name]
        cohort = declared.get("cohort")
        pairs = (f"{self.arm_label(first)} v {self.arm_label(second)}" for first, second in self.comparisons(name))
        chosen = (("test", "logrank"), ("effect", "cox"))
        models = [_mapping(_mapping(declared.get(part)).get(kind)) for part, kind in chosen]
        kinds = dict.fromkeys(str(model.get("strata") or "none") for model in models if model)
        cut = declared.get("data_cut")
        return (
            self.cohort_label(cohort) if cohort else "",
            self.population_label(declared.get("population")),
            "; ".join(pairs),
            " and ".join(STRATIFIED.get(kind, kind) for kind in kinds),
            f"data cut {in_words(cut).lower()}" if cut else "",
        )

    def _label(self, kind: str, name: str | None) -> str:
        return str(_mapping(_mapping(self.trial.get("labels")).get(kind)).get(name) or "")

    @property
    def safety(self) -> Mapping[str | None, Any]:
        """How adverse events are counted."""
        return _mapping(self.protocol.get("safety"))

    @property
    def conventions(self) -> Mapping[str | None, Any]:
        """Choices printed with every result."""
        return _mapping(self.protocol.get("conventions"))

    @property
    def style(self) -> str:
        """Style of numbers: JCO, AMA, NEJM or Lancet."""
        return str(self.conventions.get("number_style") or "JCO")

    @property
    def data_cut(self) -> str:
        """The data cut in words."""
        cut = _mapping(self.trial.get("data_cut"))
        name = str(cut.get("label") or cut.get("name") or "all data")
        cutoff, snapshot = cut.get("cutoff"), cut.get("snapshot")
        when = f", clinical cut-off {cutoff}" if cutoff else ", no clinical cut-off"
        return f"{name}{when}{f', snapshot {snapshot}' if snapshot is not None else ''}"

    @property
    def assumed(self) -> list[str]:
        """Paths in the protocol where a default stands in for a silent source."""
        return [str(path) for path in self.trial.get("assumed") or []]


def in_words(name: str | None) -> str:
    """An identifier as words: ``small_bowel`` gives "Small bowel"."""
    text = str(name or "").replace("_", " ")
    return text[:1].upper() + text[1:] if text.islower() else text


def _mapping(value: Any) -> Mapping[str | None, Any]:
    return value if isinstance(value, Mapping) else {}
