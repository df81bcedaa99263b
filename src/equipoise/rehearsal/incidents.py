"""What goes wrong with synthetic patients and is put on record, each incident at the rate that the model declares.

An incident never stands in the way of what the patient's course holds: deaths in error and losses that end lie within
spans in which nothing else is recorded, a code break opens no crossover, a new version of the consent form is signed
before anything asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.consequences import until_data_withdrawn
from equipoise.rehearsal.corrections import corrected_contacts, corrected_events, queries
from equipoise.rehearsal.model.incidents import IncidentModel
from equipoise.rehearsal.timeline import DAY, NEVER, Timeline, as_dates, chosen, named_slot, numbered

__all__ = ["Incidents", "incidents", "merged", "person_keys", "quiet_spans"]

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Records = Mapping[str, pl.DataFrame]

_LATE = 20 * 3600 + 1800
"""Seconds of the day at which incidents are recorded: after everything else of the day."""
_WHO = ("patient", "site staff", "central staff")


@dataclass(frozen=True, slots=True, eq=False)
class Incidents:
    """Incidents on record."""

    records: dict[str, pl.DataFrame]
    """Kinds of records that incidents add to, whole: what was there before and what is new."""
    entered: dict[str, pl.DataFrame]
    """Records that were entered in error and taken back (death_recorded), and how (death_retracted)."""
    revised: pl.DataFrame
    """Corrections, as `equipoise.rehearsal.safety_records.REVISED` says."""
    spans: pl.DataFrame
    """TRIAL, PATIENT, FROM, TO (days): while a patient is thought dead or lost nothing else is recorded."""


def incidents(  # noqa: PLR0917
    protocol: Protocol, model: IncidentModel, times: Timeline, patients: pl.DataFrame, records: Records,
    updates: pl.DataFrame,
) -> Incidents:  # fmt: skip
    """Add incidents to the records of trials.

    Parameters
    ----------
    protocol
        Strata.
    model
        Rates.
    times
        Days of the patients.
    patients
        ``patients`` of `equipoise.rehearsal.facts`, in the order of ``times``.
    records
        Everything else on record.
    updates
        Revisions of these records.
    """
    found = dict(records)
    found["screened"] = _screened(protocol, model, times, patients, found["screened"])
    found["consented"] = _consents(model, times, patients, found["consented"])
    new = _of_randomized(model, times)
    new["stratum_corrected"] = _strata(protocol, model, times, patients)
    new["deviation_recorded"] = pl.concat([_deviations(model, times), new.pop("wrong_kit_deviation")])
    new["unblinding_assessed"] = until_data_withdrawn({**new, "withdrawn": found["withdrawn"]})["unblinding_assessed"]
    for kind, frame in new.items():
        found[kind] = merged(found.get(kind), frame)
    revised = pl.concat([corrected_events(model, times, found), corrected_contacts(model, times, found)])
    found |= queries(model, times, found)
    entered, spans = _in_quiet_spans(model, times, found, pl.concat([updates, revised]))
    changed = {kind: frame for kind, frame in found.items() if frame is not records.get(kind)}
    return Incidents(records=changed, entered=entered, revised=revised, spans=spans)


def merged(old: pl.DataFrame | None, new: pl.DataFrame) -> pl.DataFrame:
    """Put records of a kind together and number them anew."""
    frames = [new] if old is None else [old, new]
    return numbered(pl.concat([f.drop("NTH", strict=False) for f in frames], how="diagonal_relaxed"))


def _happens(times: Timeline, name: str, rate: float, among: Flags) -> Integers:
    """Rows of the patients in whom something happens."""
    return np.flatnonzero(among & (times.draws.uniform(named_slot("safety", f"incident {name}")) < rate))


def _within(times: Timeline, name: str, rows: Integers, first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """A day between two of each row; only rows where there is one."""
    uniform = times.draws.at(named_slot("safety", f"day of {name}"), rows, np.zeros(len(rows), dtype=np.int64))
    keep = (first <= last) & (last < NEVER)
    day = first + np.floor(uniform * (last - first + 1)).astype(np.int64)
    return rows[keep], day[keep]


def person_keys(times: Timeline) -> pl.Series:
    """Keyed hashes of people who do not exist: 64 hexadecimal digits for each patient."""
    uniform = times.draws.uniform(named_slot("accrual", "person", 5))
    words = np.floor(uniform * 2.0**52).astype(np.int64)
    frame = pl.DataFrame({f"w{j}": words[:, j] for j in range(5)})
    text = pl.concat_str([_hexadecimal(pl.col(f"w{j}")) for j in range(5)])
    return frame.select(text.str.slice(0, 64)).to_series()


def _hexadecimal(word: pl.Expr) -> pl.Expr:
    digits = list("0123456789abcdef")
    places = [((word // 16**k) % 16).replace_strict(list(range(16)), digits, return_dtype=pl.String) for k in range(13)]
    return pl.concat_str(places)


def _screened(
    protocol: Protocol, model: IncidentModel, times: Timeline, patients: pl.DataFrame, screened: pl.DataFrame
) -> pl.DataFrame:
    """Give everybody a key, and link those who come again after a screen failure."""
    sex, age = (_demographic(protocol, name, patients) for name in ("SEX", "AGE"))
    table = patients.select("TRIAL", "PATIENT", "SUBJECT", "SCREENED", "FAILED", sex=sex, age=age).with_columns(
        KEY=person_keys(times), ROW=np.arange(len(times))
    )
    back = _happens(times, "rescreened", model.recorded.rescreened, table["FAILED"].is_not_null().to_numpy())
    again = table[back].join(table, on=["TRIAL", "sex"], suffix="_later").filter(
        (pl.col("SCREENED_later") - pl.col("FAILED")).dt.total_days().is_between(7, 200)
        & ((pl.col("age_later") - pl.col("age")).is_between(0, 1))
    )  # fmt: skip
    first = again.sort("ROW", "SCREENED_later", "ROW_later").unique("ROW", keep="first", maintain_order=True)
    first = first.unique("ROW_later", keep="first", maintain_order=True).filter(
        ~pl.col("ROW_later").is_in(back.tolist())
    )
    links = first.select("TRIAL", PATIENT="PATIENT_later", rescreen_of="SUBJECT", LINKED="KEY")
    keys = table.select("TRIAL", "PATIENT", "KEY").join(
        links, on=["TRIAL", "PATIENT"], how="left", maintain_order="left"
    )
    keys = keys.select("TRIAL", "PATIENT", "rescreen_of", person_key=pl.coalesce("LINKED", "KEY"))
    plain = screened.drop("person_key", "rescreen_of", strict=False)
    return plain.join(keys, on=["TRIAL", "PATIENT"], how="left", maintain_order="left")


def _consents(model: IncidentModel, times: Timeline, patients: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Give consents the version in force, and let patients sign newer versions."""
    version = pl.lit(model.first_consent)
    for later in model.consent_versions:
        version = pl.when(pl.col("date") >= later.effective).then(pl.lit(later.version)).otherwise(version)
    study = pl.col("form") == "study"
    given = given.with_columns(version=pl.when(study).then(version).otherwise("version"))
    first = given.filter(study).group_by("TRIAL", "PATIENT").agg(pl.col("date").min())
    signed = patients.select("TRIAL", "PATIENT").join(first, on=["TRIAL", "PATIENT"], how="left", maintain_order="left")
    day = signed["date"].cast(pl.Int32).cast(pl.Int64).fill_null(NEVER).to_numpy()
    failed = patients["FAILED"].cast(pl.Int32).cast(pl.Int64).fill_null(NEVER).to_numpy()
    parts = [given]
    for place, later in enumerate(model.consent_versions):
        start = (later.effective - _EPOCH).days
        span = model.reconsent
        uniform = times.draws.uniform(named_slot("safety", f"consent {later.version}"))
        wish = start + span.least + np.floor(uniform * (span.most - span.least + 1)).astype(np.int64)
        waits = (day < start) & (start <= times.randomized) & (times.randomized < NEVER)
        sign = np.where(waits, np.minimum(wish, times.randomized), wish)
        following = model.consent_versions[place + 1 : place + 2]
        until = (following[0].effective - _EPOCH).days if following else NEVER
        last = np.where(times.randomized < NEVER, np.minimum(times.seen, times.closed), failed) - 1
        there = later.reconsent & (day < start) & (sign < until) & ((sign <= last) | waits) & (times.randomized < NEVER)
        rows = np.flatnonzero(there)
        parts.append(pl.DataFrame({
            **times.keys(rows), "AT": sign[rows] * DAY + 14 * 3600 + 60,
            "form": pl.Series(["study"], dtype=pl.String).new_from_index(0, len(rows)),
            "version": pl.Series([later.version], dtype=pl.String).new_from_index(0, len(rows)),
            "date": as_dates(sign[rows]),
        }))  # fmt: skip
    return numbered(pl.concat([p.drop("NTH", strict=False) for p in parts], how="diagonal_relaxed"))


def _demographic(protocol: Protocol, variable: str, patients: pl.DataFrame) -> pl.Expr:
    """Values of the field whose home is a variable of DM; alike for everybody where the protocol has no such field."""
    for name, field in protocol.baseline.items():
        home = field.sdtm
        if home is not None and (home.domain, home.variable) == ("DM", variable) and name in patients.columns:
            return pl.col(name)
    return pl.lit(0)


_EPOCH = pl.Series([0], dtype=pl.Int32).cast(pl.Date).item()


def _of_randomized(model: IncidentModel, times: Timeline) -> dict[str, pl.DataFrame]:
    """Incidents of single days in the life of a randomized patient."""
    rates, there = model.recorded, times.randomized < NEVER
    last = np.minimum(times.seen, times.closed) - 2
    sites = np.array(sorted(set(times.site.tolist())))

    def days(name: str, rate: float, first: Integers, until: Integers) -> tuple[Integers, Integers]:
        rows = _happens(times, name, rate, there)
        return _within(times, name, rows, first[rows], np.minimum(until, last)[rows])

    error = days("randomized in error", rates.randomized_in_error, times.randomized + 3, times.randomized + 60)
    moved = days("transfer", rates.transferred, times.randomized + 30, times.randomized + 900)
    treated = (times.first_dose + 1, np.minimum(times.last_dose, times.open_first - 1))
    kit = days("wrong kit", rates.wrong_kit, *treated)
    broken = days("code break", rates.code_broken, *treated)
    leak = days("unblinding reported", rates.unblinding_reported, *treated)
    site = times.site[moved[0]]
    to = sites[(np.searchsorted(sites, site) + 1 + moved[1] % max(len(sites) - 1, 1)) % len(sites)]
    other = to != site
    number = pl.format("SYN-X{}", pl.Series(times.patient[kit[0]]).cast(pl.String).str.zfill(6))
    kits = pl.select(number).to_series() if len(kit[0]) else pl.Series([], dtype=pl.String)
    who = pl.Series(_WHO).gather(pl.Series(chosen(_place(leak[1]), (1.0, 1.0, 0.5))))
    assessed = [
        _one(times, (rows, day + 5), 9, of=f"{name}-1", impact="No decision was made with it; no change of analysis.")
        for name, (rows, day) in (("BREAK", broken), ("LEAK", leak))
    ]
    wrong = _one(times, kit, 4, kit=kits, date=as_dates(kit[1]), what_was_done="The kit was taken back the same day.")
    text = pl.format("Kit {} was handed out, which was not assigned to the patient.", "kit")
    return {
        "randomized_in_error": _one(times, error, 1, date=as_dates(error[1]), why="A criterion was overlooked."),
        "transferred": _one(
            times, moved, 2, from_site=pl.Series(site.tolist(), dtype=pl.String),
            to_site=pl.Series(to.tolist(), dtype=pl.String), date=as_dates(moved[1]),
        ).filter(pl.Series(other)),
        "code_broken": _one(times, broken, 3, ground="emergency", date=as_dates(broken[1])),
        "wrong_kit_dispensed": wrong,
        "wrong_kit_deviation": wrong.select(
            "TRIAL", "PATIENT", "AT", "date", category=pl.lit("wrong kit"), description=text, major=pl.lit(True)
        ),
        "unblinding_reported": _one(
            times, leak, 5, date=as_dates(leak[1]), who=who, how="A conversation on the ward; nothing was written down."
        ),
        "unblinding_assessed": pl.concat(assessed),
    }  # fmt: skip


def _place(day: Integers) -> NDArray[np.float64]:
    return np.asarray(((day * 0.6180339887498949) % 1.0) * 0.999 + 0.0005, dtype=float)


def _one(times: Timeline, at: tuple[Integers, Integers], minute: int, **fields: pl.Series | str) -> pl.DataFrame:
    """Records of days, late on the day."""
    rows, day = at
    columns = {
        name: value if isinstance(value, pl.Series) else pl.Series([value]).new_from_index(0, len(rows))
        for name, value in fields.items()
    }
    return pl.DataFrame({**times.keys(rows), "AT": day * DAY + _LATE + 60 * minute, **columns})


def _strata(protocol: Protocol, model: IncidentModel, times: Timeline, patients: pl.DataFrame) -> pl.DataFrame:
    """Correct the level of one factor of two levels."""
    factors = [name for name in protocol.randomization.strata_items() if f"factors.{name}" in patients.columns]
    rows = _happens(times, "stratum corrected", model.recorded.stratum_corrected, times.randomized < NEVER)
    first, last = (
        times.randomized[rows] + 10,
        np.minimum(times.randomized + 120, np.minimum(times.seen, times.closed) - 2),
    )
    rows, day = _within(times, "stratum corrected", rows, first, last[rows])
    schema = {"factor": pl.String, "allocated": pl.String, "corrected": pl.String}
    parts = [pl.DataFrame(schema={"TRIAL": pl.Int32, "PATIENT": pl.Int32, "AT": pl.Int64, **schema})]
    for place, factor in enumerate(factors):
        mine = day % len(factors) == place
        level = patients[f"factors.{factor}"][rows[mine].tolist()]
        frame = _one(times, (rows[mine], day[mine]), 6, factor=factor, allocated=level)
        flipped = pl.col("allocated").replace_strict({"true": "false", "false": "true"}, default=None)
        parts.append(frame.with_columns(corrected=flipped.cast(pl.String)).filter(pl.col("corrected").is_not_null()))
    return pl.concat(parts)


def _deviations(model: IncidentModel, times: Timeline) -> pl.DataFrame:
    """Deviations during treatment, a Poisson process for each category."""
    schema = {"date": pl.Date, "category": pl.String, "description": pl.String, "major": pl.Boolean}
    parts = [pl.DataFrame(schema={"TRIAL": pl.Int32, "PATIENT": pl.Int32, "AT": pl.Int64, **schema})]
    last = np.minimum(np.minimum(times.last_dose, times.seen), times.closed) - 3
    for place, (category, rate) in enumerate(model.deviations.items()):
        wait = times.draws.exponential(named_slot("safety", f"deviation {category}", 3))
        elapsed = np.cumsum(wait, axis=1) / max(rate, 1e-12) * 365.25
        day = times.first_dose[:, None] + np.floor(np.minimum(elapsed, NEVER)).astype(np.int64)
        rows, which = np.nonzero((day <= last[:, None]) & (times.first_dose < NEVER)[:, None])
        frame = _one(
            times, (rows, day[rows, which] + 2), 10 + place, date=as_dates(day[rows, which]), category=category,
            description=f"Synthetic deviation: {category}.",
        )  # fmt: skip
        parts.append(frame.with_columns(major=pl.lit(False)))
    return pl.concat(parts)


def quiet_spans(
    times: Timeline, records: Records, revised: pl.DataFrame, *, least: int, rows: Integers
) -> pl.DataFrame:
    """Find the longest span of some randomized patients in which nothing is recorded.

    Parameters
    ----------
    records, revised
        Everything on record.
    rows
        The patients.
    least
        Fewest days; patients without such a span are left out.

    Returns
    -------
    polars.DataFrame
        ROW, FROM, TO: whole days (since 1970) between two records, both after randomization.
    """
    wanted = pl.DataFrame(times.keys(rows))
    parts = [
        f.select("TRIAL", "PATIENT", "AT").join(wanted, on=["TRIAL", "PATIENT"], how="semi")
        for f in (*records.values(), revised)
        if f.height and "PATIENT" in f.columns
    ]
    moments = pl.concat(parts, how="vertical_relaxed").with_columns(AT=pl.col("AT") // DAY).unique()
    moments = moments.with_columns(ROW=pl.Series(times.rows_of(moments)))
    began = pl.DataFrame(
        {"ROW": np.arange(len(times)), "BEGAN": times.randomized, "SEEN": times.seen, "CLOSED": times.closed}
    )
    table = moments.join(began, on="ROW").sort("ROW", "AT").with_columns(TO=pl.col("AT").shift(-1).over("ROW"))
    there = (pl.col("AT") > pl.col("BEGAN")) & (pl.col("TO") <= pl.min_horizontal("SEEN", "CLOSED"))
    table = table.filter(there.fill_null(False) & (pl.col("TO") - pl.col("AT") > least + 2))
    table = table.with_columns(LENGTH=pl.col("TO") - pl.col("AT")).sort(
        "ROW", "LENGTH", "AT", descending=[False, True, False]
    )
    longest = table.unique("ROW", keep="first", maintain_order=True)
    return longest.select("ROW", FROM=pl.col("AT") + 1, TO=pl.col("TO") - 1)


def _in_quiet_spans(
    model: IncidentModel, times: Timeline, records: dict[str, pl.DataFrame], revised: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Deaths entered in error, and losses that end; adds the latter to the records, gives the former."""
    there = times.randomized < NEVER
    would_die = _happens(times, "death in error", model.recorded.death_retracted, there)
    would_go = _happens(times, "lost and found", model.recorded.lost_and_found, there)
    rows = np.union1d(would_die, would_go)
    spans = quiet_spans(times, records, revised, least=model.quiet_days, rows=rows)
    quiet = np.zeros(len(times), dtype=np.bool_)
    quiet[spans["ROW"].to_numpy()] = True
    start, stop = np.zeros(len(times), dtype=np.int64), np.zeros(len(times), dtype=np.int64)
    start[spans["ROW"].to_numpy()], stop[spans["ROW"].to_numpy()] = spans["FROM"].to_numpy(), spans["TO"].to_numpy()
    died = would_die[quiet[would_die]]
    quiet[died] = False
    gone = would_go[quiet[would_go]]
    lost = start[gone] + (stop[gone] - start[gone]) // 3
    found = lost + 1 + (stop[gone] - lost) // 2
    records["lost_to_follow_up"] = merged(
        records.get("lost_to_follow_up"),
        _one(times, (gone, lost), 0, date=as_dates(lost), last_contact=as_dates(lost - 1)),
    )
    records["found_again"] = merged(records.get("found_again"), _one(times, (gone, found), 0, date=as_dates(found)))
    back = start[died] + np.minimum(5, stop[died] - start[died] - 1)
    wrong = _one(times, (died, start[died]), 0, date=as_dates(start[died]), cause="unknown")
    rows = np.concatenate([died, gone])
    used = pl.DataFrame({**times.keys(rows), "FROM": start[rows], "TO": stop[rows]})
    return {"death_recorded": numbered(wrong), "death_retracted": numbered(_one(times, (died, back), 1))}, used
