"""Central review of many patients at once: who differs, whose reading counts, and what it says."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from equipoise.criteria.charter import Charter
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.lesions import Findings

__all__ = ["CentralResults", "central_results"]

_KEYS = ("STUDYID", "USUBJID")
_COMPARED = {"progression_date": "PDVISIT", "best_response": "BOR", "response": "RESPVISIT"}
_REPORTED = ("PDVISIT", "PDDAY", "BOR", "BORDAY", "CBOR", "CBORDAY", "RESPVISIT", "RESPDAY", "CRESPDAY")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CentralResults:
    """Whose reading counts for each patient."""

    patients: pl.DataFrame
    """A row for each patient: the keys, NREADERS, TRIGGERED (boolean: the readers differ), TRIGGERS (joined by "; "),
    STATUS (agreed, adjudicated, pending, incomplete), READER (number of the reader whose reading counts; null while
    pending), and of that reading PDVISIT, PDDAY, BOR and those of BORDAY, CBOR, CBORDAY, RESPVISIT, RESPDAY, CRESPDAY
    that were given."""
    readings: pl.DataFrame
    """The readings given, with NUMBER (of the reader) and ACCEPTED (boolean)."""
    findings: pl.DataFrame
    """What was wrong: severity, code, keys, READER, seen, expected, effect."""


def central_results(
    readings: pl.DataFrame,
    adjudications: pl.DataFrame | None = None,
    charter: Charter | None = None,
    *,
    readers: tuple[str, ...] | None = None,
) -> CentralResults:
    """Compare the readers of every patient and give the reading that counts.

    Readers agree where nothing that ``Charter.adjudicate`` names differs; then the reading of ``Charter.agreed_reader``
    counts. Where they differ, the reading that the adjudicator endorsed counts, and none while it is pending. A patient
    read by fewer readers than the trial has is incomplete: the reading there is counts, the lowest number first.

    Parameters
    ----------
    readings
        A row for each reader's reading of a patient: USUBJID, READER, PDVISIT (visit of progression as number or text,
        null without), PDDAY, BOR; optional STUDYID, RESPVISIT (visit of the first response; required where ``response``
        is compared) and BORDAY, CBOR, CBORDAY, RESPDAY, CRESPDAY. ``recist_responses(...).best`` has them all.
    adjudications
        A row for each patient adjudicated: the keys and ENDORSED (one of the values of READER).
    charter
        What is compared, and who is reported when readers agree.
    readers
        Values of READER in the order of their numbers; sorted unless given.

    Returns
    -------
    CentralResults
        Patients sorted by their keys, the readings with the one accepted, and findings.

    Raises
    ------
    CriteriaError
        A column is missing, a reading is there twice, or a reader is not among ``readers``.
    """
    charter = charter or Charter()
    keys = [name for name in _KEYS if name in readings.columns]
    names = _reader_names(readings, readers)
    _check(readings, adjudications, keys, names, charter)
    numbered = readings.with_columns(NUMBER=_number(names)).sort([*keys, "NUMBER"])
    patients = _compared(numbered, keys, charter)
    findings = Findings([*keys, "READER"])
    patients = _endorsed(patients, adjudications, keys, names, charter, findings)
    patients = _chosen(patients, keys, len(names), charter, findings)
    reported = [name for name in _REPORTED if name in readings.columns]
    chosen = numbered.select(*keys, pl.col("NUMBER").alias("CHOSEN"), *reported)
    columns = [*keys, "NREADERS", "TRIGGERED", "TRIGGERS", "STATUS", pl.col("CHOSEN").alias("READER"), *reported]
    found = patients.join(chosen, on=[*keys, "CHOSEN"], how="left", maintain_order="left").select(columns)
    accepted = numbered.join(patients.select(*keys, "CHOSEN"), on=keys, how="left", maintain_order="left")
    accepted = accepted.with_columns(ACCEPTED=(pl.col("CHOSEN") == pl.col("NUMBER")).fill_null(False)).drop("CHOSEN")
    return CentralResults(patients=found, readings=accepted, findings=findings.frame().drop("DAY", "LESION"))


def _reader_names(readings: pl.DataFrame, readers: tuple[str, ...] | None) -> list[str]:
    if readers is not None:
        return list(readers)
    if "READER" not in readings.columns:
        return []
    found = readings["READER"].drop_nulls().unique().sort()
    return found.cast(pl.String).to_list()


def _number(names: list[str]) -> pl.Expr:
    """Number of the reader named in READER."""
    if not names:
        return pl.lit(None, dtype=pl.Int64)
    return pl.col("READER").cast(pl.String).replace_strict(names, range(1, len(names) + 1), return_dtype=pl.Int64)


def _check(
    readings: pl.DataFrame, adjudications: pl.DataFrame | None, keys: list[str], names: list[str], charter: Charter
) -> None:
    needed = ["USUBJID", "READER", "PDVISIT", "PDDAY", "BOR"]
    needed += ["RESPVISIT"] if "response" in charter.adjudicate else []
    problems = [f"column {name} is missing from the readings" for name in needed if name not in readings.columns]
    if adjudications is not None:
        wanted = [*keys, "ENDORSED"]
        problems += [f"column {n} is missing from the adjudications" for n in wanted if n not in adjudications.columns]
    if not problems:
        strange = readings.filter(~pl.col("READER").cast(pl.String).is_in(names).fill_null(False))["READER"].unique()
        problems += [f"reader {name!r}: expected one of {', '.join(names)}" for name in sorted(map(str, strange))]
        twice = readings.filter(readings.select(*keys, "READER").is_duplicated()).select(*keys, "READER").unique()
        problems += [
            f"{' '.join(map(str, row))} is there twice: expected one reading" for row in twice.sort(keys).rows()
        ]
    if problems:
        raise CriteriaError(problems)


def _compared(numbered: pl.DataFrame, keys: list[str], charter: Charter) -> pl.DataFrame:
    """One row a patient: number of readers, the first of them, and which triggers differ."""
    names = dict.fromkeys(_COMPARED[trigger] for trigger in charter.adjudicate)
    same = [numbered[key].is_not_null() & (numbered[key] == numbered[key].shift()) for key in keys]
    follows = reduce(lambda a, b: a & b, same).fill_null(False)
    changes = {name: numbered[name].ne_missing(numbered[name].shift()) for name in names}
    differs = [(follows & change).alias(f"{name}_DIFFERS") for name, change in changes.items()]
    starts = (~follows).cum_sum().alias("PATIENT")
    frame = numbered.select(*keys, "NUMBER").with_columns(starts, *differs)
    found = frame.group_by("PATIENT", maintain_order=True).agg(
        *(pl.col(key).first() for key in keys),
        pl.len().cast(pl.Int64).alias("NREADERS"),
        pl.col("NUMBER").min().alias("FIRST"),
        (pl.col("NUMBER") == charter.agreed_reader).any().alias("HASAGREED"),
        *(pl.col(column.name).any() for column in differs),
    )
    flags = {trigger: pl.col(f"{_COMPARED[trigger]}_DIFFERS") for trigger in charter.adjudicate}
    triggered = reduce(or_, flags.values(), pl.lit(False))
    words = [pl.when(flag).then(pl.lit(trigger)) for trigger, flag in flags.items()]
    text = pl.concat_str(words, separator="; ", ignore_nulls=True) if words else pl.lit("")
    text = pl.when(triggered).then(text).otherwise(pl.lit(None, dtype=pl.String))
    return found.select(*keys, "NREADERS", "FIRST", "HASAGREED", TRIGGERED=triggered, TRIGGERS=text)


def _endorsed(  # noqa: PLR0917
    patients: pl.DataFrame,
    adjudications: pl.DataFrame | None,
    keys: list[str],
    names: list[str],
    charter: Charter,
    findings: Findings,
) -> pl.DataFrame:
    """Add the number of the reader endorsed; what cannot be used is named and left out."""
    if adjudications is None:
        return patients.with_columns(ENDORSED=pl.lit(None, dtype=pl.Int64))
    given = (
        adjudications.select(*keys, pl.col("ENDORSED").cast(pl.String).alias("READER")).unique().sort([*keys, "READER"])
    )
    there = patients.select(*keys, "TRIGGERED", pl.lit(True).alias("THERE"))
    given = given.join(there, on=keys, how="left", maintain_order="left")
    seen = pl.format("endorsed {}", pl.col("READER").fill_null("nobody"))
    unread = given.filter(pl.col("THERE").is_null())
    findings.add(unread, "adjudication-without-reading", seen, "readings of the patient", "not used", "error")
    given = given.filter(pl.col("THERE").is_not_null())
    wrong = ~pl.col("READER").is_in(names).fill_null(False)
    wanted, effect = f"one of {', '.join(names)}", "not used: adjudication counts as pending, there is no third result"
    findings.add(given.filter(wrong), "endorsement-unknown", seen, wanted, effect, "error")
    given = given.filter(~wrong)
    twice = given.select(keys).is_duplicated()
    effect = "not used: adjudication counts as pending"
    findings.add(given.filter(twice), "adjudicated-twice", seen, "one endorsement", effect, "error")
    given = given.filter(~twice)
    effect = f"not used: the reading of reader {charter.agreed_reader} counts, as the readers agree"
    needless = given.filter(~pl.col("TRIGGERED"))
    findings.add(needless, "adjudication-without-discordance", seen, "readers who differ", effect)
    used = given.filter(pl.col("TRIGGERED")).select(*keys, _number(names).alias("ENDORSED"))
    return patients.join(used, on=keys, how="left", maintain_order="left")


def _chosen(
    patients: pl.DataFrame, keys: list[str], n_readers: int, charter: Charter, findings: Findings
) -> pl.DataFrame:
    """Add the number of the reader whose reading counts, and how it was found."""
    complete = pl.col("NREADERS") == n_readers
    pending = pl.col("TRIGGERED") & pl.col("ENDORSED").is_null()
    agreed = pl.when("HASAGREED").then(pl.lit(charter.agreed_reader, dtype=pl.Int64)).otherwise("FIRST")
    status = (
        pl.when(pending)
        .then(pl.lit("pending"))
        .when(pl.col("TRIGGERED"))
        .then(pl.lit("adjudicated"))
        .when(complete)
        .then(pl.lit("agreed"))
        .otherwise(pl.lit("incomplete"))
    )
    chosen = pl.when(pl.col("TRIGGERED")).then("ENDORSED").otherwise(agreed)
    found = patients.with_columns(STATUS=status, CHOSEN=chosen).sort(keys)
    effect = "no central result: neither progression nor best response"
    open_ = found.filter(pl.col("STATUS") == "pending")
    findings.add(open_, "adjudication-missing", pl.format("readers differ in {}", "TRIGGERS"), "an endorsement", effect)
    single = found.filter(pl.col("NREADERS") < n_readers)
    seen = pl.format("{} reader(s)", "NREADERS")
    findings.add(single, "reader-missing", seen, f"{n_readers} readers", "the readings there are count", "warning")
    return found
