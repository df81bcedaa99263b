"""What is tried in vain in a synthetic trial: refused by `conduct`, or answered as before.

Attempts belong to the road through `conduct` alone. They change nothing that counts: what is granted among them (a site
that is closed to accrual for two minutes of a night, a substitute who is given a role) is undone or concerns nobody.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol, field_types
from equipoise.protocol.expressions import column, parse
from equipoise.rehearsal.decision import decision_facts, recorded_fields
from equipoise.rehearsal.model.incidents import IncidentModel
from equipoise.rehearsal.timeline import DAY, NEVER, Timeline, named_slot

__all__ = ["AS_BEFORE", "ATTEMPTS", "GRANTED", "attempts", "baseline_in_parts"]

GRANTED, AS_BEFORE = "granted", "same answer as before"
"""What is expected of an attempt that is no refusal."""
ATTEMPTS = {
    "TRIAL": pl.Int32(),
    "PATIENT": pl.Int32(),
    "AT": pl.Int64(),
    "ATTEMPT": pl.String(),
    "KIND": pl.String(),
    "ACTOR": pl.String(),
    "ROLE": pl.String(),
    "SITE": pl.String(),
    "SUBJECT": pl.Boolean(),
    "PAYLOAD": pl.String(),
    "REASON": pl.String(),
    "SECOND_FACTOR": pl.Boolean(),
    "REPEATS": pl.String(),
    "EXPECTED": pl.String(),
}
"""Columns of attempts: when, what is tried, command, account, role, site of the person (none without), whether it is
about the patient, payload as JSON, reason, second factor, kind of record whose first command is repeated with its own
request number, and what is expected: code of a refusal, `GRANTED` or `AS_BEFORE`."""

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Records = Mapping[str, pl.DataFrame]

_NIGHT, _EVENING = 3 * 3600, 20 * 3600 + 55 * 60
_PART = "values."


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """What attempts are made on."""

    protocol: Protocol
    model: IncidentModel
    times: Timeline
    patients: pl.DataFrame
    records: Records
    calm: Flags
    """Patients who stay at their site."""

    def some(self, name: str, among: Flags) -> Integers:
        """Rows of the patients with an attempt, of those in whom it can occur."""
        chance = self.times.draws.uniform(named_slot("safety", f"attempt {name}"))
        return np.flatnonzero(among & self.calm & (chance < self.model.attempts.get(name, 0.0)))

    def day(self, name: str, rows: Integers, last: Integers | None = None) -> tuple[Integers, Integers]:
        """A day on which a randomized patient is in the trial."""
        first = self.times.randomized[rows] + 3
        until = np.minimum(np.minimum(self.times.seen, self.times.closed) - 4, NEVER)[rows]
        until = until if last is None else np.minimum(until, last[rows])
        uniform = self.times.draws.at(
            named_slot("safety", f"time of {name}"), rows, np.zeros(len(rows), dtype=np.int64)
        )
        keep = first <= until
        day = first + np.floor(uniform * (until - first + 1)).astype(np.int64)
        return rows[keep], day[keep]

    def other_site(self, rows: Integers) -> list[str]:
        """The site after the patient's own."""
        sites = np.array(sorted(set(self.times.site.tolist())))
        found: list[str] = sites[(np.searchsorted(sites, self.times.site[rows]) + 1) % len(sites)].tolist()
        return found


def attempts(
    protocol: Protocol, model: IncidentModel, times: Timeline, patients: pl.DataFrame, records: Records
) -> pl.DataFrame:
    """Generate what is tried in vain.

    Parameters
    ----------
    protocol
        Visits, eligibility.
    model
        Attempts with their rates.
    times
        Days of the patients.
    patients
        ``patients`` of `equipoise.rehearsal.facts`, in the order of ``times``.
    records
        Everything on record, incidents too; ``baseline_recorded`` as `baseline_in_parts` gives it.

    Returns
    -------
    polars.DataFrame
        Columns as `ATTEMPTS` says, by trial and time.
    """
    calm = np.ones(len(times), dtype=np.bool_)
    if "transferred" in records and records["transferred"].height:
        calm[times.rows_of(records["transferred"])] = False
    ground = _Ground(protocol, model, times, patients, records, calm)
    parts = [frame for make in _MAKERS for frame in make(ground) if frame.height]
    empty = pl.DataFrame(schema=ATTEMPTS)
    table = pl.concat([empty, *(p.select(pl.col(c).cast(t) for c, t in ATTEMPTS.items()) for p in parts)])
    return table.sort("TRIAL", "AT", "PATIENT", "ATTEMPT", "KIND")


def _tried(ground: _Ground, name: str, at: tuple[Integers, Integers], **fields: object) -> pl.DataFrame:
    """Attempts of a coordinator of the patient's site about the patient, unless said otherwise."""
    rows, seconds = at
    site = pl.Series(ground.times.site[rows].tolist(), dtype=pl.String)
    table = pl.DataFrame({**ground.times.keys(rows), "AT": seconds, "SITE": site}).with_columns(
        ATTEMPT=pl.lit(name), ACTOR=pl.format("coordinator@{}", "SITE"), ROLE=pl.lit("site_coordinator"),
        SUBJECT=pl.lit(True), PAYLOAD=pl.lit("{}"), REASON=pl.lit(None, pl.String), SECOND_FACTOR=pl.lit(False),
        REPEATS=pl.lit(None, pl.String),
    )  # fmt: skip
    columns = [_given(value).alias(column_name) for column_name, value in fields.items()]
    return table.with_columns(columns)


def _given(value: object) -> pl.Expr | pl.Series:
    if isinstance(value, pl.Expr | pl.Series):
        return value
    return pl.lit(json.dumps(value) if isinstance(value, dict) else value)


def _first_at(ground: _Ground, kind: str) -> Integers:
    """Time of the first record of a kind of each patient; far away where there is none."""
    found = np.full(len(ground.times), NEVER * DAY)
    frame = ground.records.get(kind)
    if frame is not None and frame.height:
        np.minimum.at(found, ground.times.rows_of(frame), frame["AT"].to_numpy())
    return found


def _dates(day: Integers) -> pl.Series:
    return pl.Series(day.astype(np.int32)).cast(pl.Date).cast(pl.String)


def _not_eligible(g: _Ground) -> Iterator[pl.DataFrame]:
    failed = _first_at(g, "screen_failed")
    unmet = np.zeros(len(g.times), dtype=np.bool_)
    frame = g.records.get("screen_failed")
    if frame is not None and frame.height:
        unmet[g.times.rows_of(frame)] = (frame["criteria"].list.len() > 0).to_numpy()
    consent = _first_at(g, "consented") // DAY
    for later in g.model.consent_versions:
        start = (later.effective.toordinal()) - _ORDINAL
        unmet &= ~((consent < start) & (failed // DAY >= start))
    rows = g.some("not_eligible", unmet & (_first_at(g, "baseline_recorded") < failed))
    yield _tried(g, "not_eligible", (rows, failed[rows] - 30), KIND="randomize", EXPECTED="not_eligible")


_ORDINAL = 719_163


def _contact(g: _Ground) -> Iterator[pl.DataFrame]:
    randomized = g.times.randomized < NEVER
    rows, day = g.day("missing_field", g.some("missing_field", randomized))
    payload = {"how": "telephone", "status": "alive"}
    yield _tried(g, "missing_field", (rows, day * DAY + _EVENING), KIND="record_contact", PAYLOAD=payload,
                 EXPECTED="missing_field")  # fmt: skip
    rows, day = g.day("other_site", g.some("other_site", randomized))
    there = pl.Series(g.other_site(rows), dtype=pl.String)
    away = _tried(g, "other_site", (rows, day * DAY + _EVENING + 60), KIND="record_contact", SITE=there,
                  PAYLOAD=_contact_on(day), EXPECTED="other_site")  # fmt: skip
    away = away.with_columns(ACTOR=pl.format("coordinator@{}", "SITE"))
    yield away.filter(pl.col("SITE") != pl.Series(g.times.site[rows].tolist(), dtype=pl.String))
    left = _first_at_level(g, "data")
    rows = g.some("after_withdrawal", left < NEVER * DAY)
    yield _tried(g, "after_withdrawal", (rows, left[rows] + 9 * DAY), KIND="record_contact",
                 PAYLOAD=_contact_on(left[rows] // DAY + 8), EXPECTED="not_now")  # fmt: skip


def _old_site(g: _Ground) -> Iterator[pl.DataFrame]:
    """The site that a patient has left goes on writing."""
    moved = g.records.get("transferred")
    if moved is None or moved.is_empty():
        return
    at, left = np.full(len(g.times), NEVER * DAY), np.full(len(g.times), None, dtype=object)
    rows = g.times.rows_of(moved)
    at[rows], left[rows] = moved["AT"].to_numpy(), moved["from_site"].to_list()
    chance = g.times.draws.uniform(named_slot("safety", "attempt old_site"))
    day = at // DAY + 3
    there = (chance < g.model.attempts.get("old_site", 0.0)) & (day < np.minimum(g.times.seen, g.times.closed) - 2)
    rows = np.flatnonzero(there)
    site = pl.Series(left[rows].tolist(), dtype=pl.String)
    yield _tried(g, "old_site", (rows, day[rows] * DAY + _EVENING + 420), KIND="record_contact", SITE=site,
                 PAYLOAD=_contact_on(day[rows]), EXPECTED="other_site").with_columns(
        ACTOR=pl.format("coordinator@{}", "SITE"))  # fmt: skip


def _first_at_level(g: _Ground, level: str) -> Integers:
    found = np.full(len(g.times), NEVER * DAY)
    frame = g.records.get("withdrawn")
    if frame is not None and frame.height:
        frame = frame.filter(level=level)
        np.minimum.at(found, g.times.rows_of(frame), frame["AT"].to_numpy())
    return found


def _contact_on(day: Integers) -> pl.Series:
    return _json('{"date": "', _dates(day), '", "how": "telephone", "status": "alive"}')


def _json(*parts: str | pl.Series) -> pl.Series:
    """Join texts and columns of texts, of which there is at least one."""
    named = {f"c{place}": part for place, part in enumerate(parts) if isinstance(part, pl.Series)}
    texts = [pl.lit(part) if isinstance(part, str) else pl.col(f"c{place}") for place, part in enumerate(parts)]
    return pl.DataFrame(named).select(pl.concat_str(texts)).to_series()


def _repeated(g: _Ground) -> Iterator[pl.DataFrame]:
    for name, kind, command, wait in (
        ("double_click", "randomized", "randomize", 1), ("retry", "dose_recorded", "record_dose", 2),
    ):  # fmt: skip
        at = _first_at(g, kind)
        rows = g.some(name, at < NEVER * DAY)
        yield _tried(g, name, (rows, at[rows] + wait), KIND=command, REPEATS=kind, EXPECTED=AS_BEFORE)


def _closed_site(g: _Ground) -> Iterator[pl.DataFrame]:
    rows, day = g.day("site_closed", g.some("site_closed", g.times.randomized < NEVER))
    seconds = day * DAY + _NIGHT + (g.times.patient[rows] % 220) * 90
    before = _dates(day - 1)
    site = pl.Series(g.times.site[rows].tolist(), dtype=pl.String)
    admin = {"ACTOR": "administrator", "ROLE": "administrator", "SITE": pl.lit(None, pl.String), "SUBJECT": False}
    shut = _json('{"site": "', site, '", "to": "accrual", "date": "', before, '"}')
    again = _json('{"site": "', site, '", "date": "', before, '"}')
    screen = _json('{"date": "', before, '"}')
    yield _tried(g, "site_closed", (rows, seconds), KIND="close_site", PAYLOAD=shut, EXPECTED=GRANTED,
                 REASON="a pause for a night", **admin)  # fmt: skip
    yield _tried(g, "site_closed", (rows, seconds + 20), KIND="screen", PAYLOAD=screen, SUBJECT=False,
                 EXPECTED="site_closed")  # fmt: skip
    yield _tried(g, "site_closed", (rows, seconds + 40), KIND="reopen_site", PAYLOAD=again, EXPECTED=GRANTED,
                 REASON="the pause is over", **admin)  # fmt: skip


def _expired_training(g: _Ground) -> Iterator[pl.DataFrame]:
    rows, day = g.day("training_expired", g.some("training_expired", g.times.randomized < NEVER))
    seconds = day * DAY + _EVENING + 120
    person = pl.format("substitute{}@{}", "PATIENT", "SITE")
    admin = {"ROLE": "administrator", "SUBJECT": False, "EXPECTED": GRANTED}
    heads = _tried(g, "training_expired", (rows, seconds), ACTOR=person)
    who, site = heads["ACTOR"], heads["SITE"]
    role = _json('{"person": "', who, '", "role": "site_coordinator", "site": "', site, '"}')
    course = _json('{"person": "', who, '", "course": "Protocol and its system", "completed": "', _dates(day - 400),
                   '", "expires": "', _dates(day - 35), '"}')  # fmt: skip
    none = pl.lit(None, pl.String)
    for wait, kind, payload in ((0, "grant_role", role), (10, "record_training", course)):
        yield _tried(g, "training_expired", (rows, seconds + wait), KIND=kind, PAYLOAD=payload, ACTOR="administrator",
                     **admin).with_columns(SITE=none)  # fmt: skip
    yield _tried(g, "training_expired", (rows, seconds + 20), KIND="record_contact", PAYLOAD=_contact_on(day),
                 ACTOR=who, EXPECTED="training_expired")  # fmt: skip


def _outdated_consent(g: _Ground) -> Iterator[pl.DataFrame]:
    """An old version is recorded although the site has another."""
    given = g.records["consented"].filter(form="study")
    newest = [v.version for v in g.model.consent_versions]
    since = given.filter(pl.col("version").is_in(newest)).group_by("TRIAL").agg(SINCE=pl.col("date").min())
    table = g.patients.select("TRIAL").join(since, on="TRIAL", how="left", maintain_order="left")["SINCE"]
    start = table.cast(pl.Int32).cast(pl.Int64).fill_null(NEVER).to_numpy()
    rows, day = g.day("consent_outdated", g.some("consent_outdated", (g.times.randomized < NEVER) & (start < NEVER)))
    keep = day > start[rows]
    rows, day = rows[keep], day[keep]
    payload = _json(f'{{"form": "study", "version": "{g.model.first_consent}", "date": "', _dates(day), '"}')
    yield _tried(g, "consent_outdated", (rows, day * DAY + _EVENING + 180), KIND="record_consent",
                 PAYLOAD=payload, EXPECTED="consent_outdated")  # fmt: skip


def _visit_out_of_order(g: _Ground) -> Iterator[pl.DataFrame]:
    repeated = [name for name, visit in g.protocol.visits.schedule.items() if visit.repeats_every_days]
    if not repeated:
        return
    rows, day = g.day("visit_out_of_order", g.some("visit_out_of_order", g.times.randomized < NEVER))
    payload = {"visit": repeated[0], "number": 900, "status": "missed", "why": "entered for a far later one"}
    yield _tried(g, "visit_out_of_order", (rows, day * DAY + _EVENING + 240), KIND="record_visit", PAYLOAD=payload,
                 EXPECTED="visit_out_of_order")  # fmt: skip


def _unblind_unconfirmed(g: _Ground) -> Iterator[pl.DataFrame]:
    """An investigator wants to unblind before central review has confirmed anything."""
    names = [name for name in ("LOCAL_PD", "GATE", "UNBLINDED") if name in g.patients.columns]
    days = [g.patients[name].cast(pl.Int32).cast(pl.Int64).fill_null(NEVER).to_numpy() for name in names]
    last = np.minimum.reduce(days) - 1 if days else np.full(len(g.times), NEVER)
    rows, day = g.day("unblind_unconfirmed", g.some("unblind_unconfirmed", g.times.randomized < NEVER), last)
    actor = pl.format("investigator@{}", "SITE")
    yield _tried(g, "unblind_unconfirmed", (rows, day * DAY + _EVENING + 300), KIND="unblind", ACTOR=actor,
                 ROLE="investigator", SECOND_FACTOR=True, EXPECTED="gate_closed")  # fmt: skip


def _person_known(g: _Ground) -> Iterator[pl.DataFrame]:
    """A person who takes part is to be screened at another site."""
    screened = g.records["screened"]
    if "person_key" not in screened.columns:
        return
    known, names = screened.select("TRIAL", "PATIENT", "person_key"), ["TRIAL", "PATIENT"]
    keys = g.patients.select(names).join(known, on=names, how="left", maintain_order="left")
    rows, day = g.day("person_known", g.some("person_known", g.times.randomized < NEVER))
    payload = _json('{"date": "', _dates(day), '", "person_key": "', keys["person_key"][rows.tolist()], '"}')
    there = pl.Series(g.other_site(rows), dtype=pl.String)
    table = _tried(g, "person_known", (rows, day * DAY + _EVENING + 360), KIND="screen", SITE=there, PAYLOAD=payload,
                   SUBJECT=False, EXPECTED="person_known")  # fmt: skip
    yield table.with_columns(ACTOR=pl.format("coordinator@{}", "SITE"))


def _stratum_unknown(g: _Ground) -> Iterator[pl.DataFrame]:
    """A patient is to be randomized while a field of the strata is still missing."""
    baseline = g.records["baseline_recorded"].sort("TRIAL", "PATIENT", "AT", "NTH")
    later = baseline.filter(pl.int_range(pl.len()).over("TRIAL", "PATIENT") == 1)
    at = np.full(len(g.times), NEVER * DAY)
    at[g.times.rows_of(later)] = later["AT"].to_numpy()
    rows = np.flatnonzero((at < NEVER * DAY) & (g.times.randomized < NEVER))
    yield _tried(g, "stratum_unknown", (rows, at[rows] - 5), KIND="randomize", EXPECTED="stratum_unknown")


_MAKERS: tuple[Callable[[_Ground], Iterator[pl.DataFrame]], ...] = (
    _not_eligible, _contact, _old_site, _repeated, _closed_site, _expired_training, _outdated_consent,
    _visit_out_of_order, _unblind_unconfirmed, _person_known, _stratum_unknown,
)  # fmt: skip


def baseline_in_parts(
    protocol: Protocol, model: IncidentModel, times: Timeline, patients: pl.DataFrame, baseline: pl.DataFrame
) -> pl.DataFrame:
    """Let some patients' baseline come in two parts: a field of the strata comes ten seconds after the others.

    Chosen are patients who are eligible even while the field is missing, so that the stratum alone stands against
    randomization.
    """
    rate = model.attempts.get("stratum_unknown", 0.0)
    field = _field_of_strata(protocol, patients)
    if rate <= 0 or field is None or _PART + field not in baseline.columns:
        return baseline
    blank = patients.with_columns(pl.lit(None, patients.schema[field]).alias(field), DECIDED=pl.col("SCREENED"))
    facts = decision_facts(protocol, blank)
    fields, met = field_types(protocol), pl.lit(True)
    for criterion in protocol.eligibility.values():
        holds = column(parse(criterion.include or criterion.exclude or "", fields))
        met &= (holds if criterion.include else ~holds).fill_null(False)
    chance = times.draws.uniform(named_slot("safety", "attempt stratum_unknown"))
    good = facts.select(met).to_series().to_numpy() & (chance < rate) & (times.randomized < NEVER)
    rows = times.rows_of(baseline)
    split = pl.Series(good[rows]) & baseline[_PART + field].is_not_null()
    others = [name for name in baseline.columns if name.startswith(_PART) and name != _PART + field]
    first = baseline.with_columns(pl.when(split).then(None).otherwise(pl.col(_PART + field)).alias(_PART + field))
    second = baseline.filter(split).with_columns(
        pl.col("AT") + 10, pl.col("NTH") + 1, *(pl.lit(None, baseline.schema[name]).alias(name) for name in others)
    )
    return pl.concat([first, second]).sort("TRIAL", "PATIENT", "NTH")


def _field_of_strata(protocol: Protocol, patients: pl.DataFrame) -> str | None:
    """A baseline field that is a stratum by itself."""
    for stratum in protocol.randomization.strata_items().values():
        name = str(stratum.expression).strip()
        if name in recorded_fields(protocol) and name in patients.columns:
            return name
    return None
