"""Who read, what the readers differ in, who adjudicated, and which reading counts.

The reader that counts is the one whose rows bear --ACPTFL = Y (of the last assessment, where they change); without
such a flag the reader whose reading the adjudicator's equals, else the reader named for agreement. An adjudicator
endorses one reader for the whole patient: a reading of the adjudicator's own is used only where no reader's equals it.
"""

from dataclasses import dataclass

import polars as pl

from equipoise.cdisc import Finding
from equipoise.criteria import Charter, central_results
from equipoise.derive.source import KEYS, Source
from equipoise.derive.tumors import SERIES, Tumors
from equipoise.protocol import CentralReview
from equipoise.terms import Assessor

__all__ = ["ADJUDICATOR", "Review", "review"]

ADJUDICATOR = "adjudicator"
_CENTRAL = f"{Assessor.CENTRAL.value}|"


@dataclass(frozen=True, slots=True)
class Review:
    """The review of every subject."""

    readers: pl.DataFrame
    """A row per reading: KEYS, READER (key), ASSESSOR, NUMBER ("1", "2", "adjudicator"; null for local), ACCEPTED,
    and what it amounts to: PDVISIT, PDDT, BOR, BORDT, CBOR, CBORDT, RSPVISIT, NREADS, LASTDT, NTARGET."""
    subjects: pl.DataFrame
    """A row per subject with two or more readers: TRIGGERS (list), ADJUDICATED (recorded), ENDORSED."""
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> pl.DataFrame:
        """KEYS, ASSESSOR, READER of the reading that counts."""
        return self.readers.filter("ACCEPTED").select(*KEYS, "ASSESSOR", "READER")


def review(source: Source, read: Tumors) -> Review:
    """Review the readings of every subject."""
    central = source.protocol.review.central or CentralReview()
    readers = _numbered(_summaries(read), central.readers)
    flagged = _flagged(read)
    readers = readers.join(flagged, on=SERIES, how="left", maintain_order="left")
    subjects = _subjects(readers, central)
    chosen = _chosen(readers, subjects, central)
    readers = readers.join(chosen.select(*KEYS, CHOSEN="READER"), on=KEYS, how="left", maintain_order="left")
    local = pl.col("ASSESSOR") == Assessor.LOCAL
    readers = readers.with_columns(ACCEPTED=local | (pl.col("READER") == pl.col("CHOSEN")).fill_null(False))
    subjects = subjects.join(chosen.select(*KEYS, "ENDORSED", "THIRD"), on=KEYS, how="left", maintain_order="left")
    findings = [*_changing(flagged), *_disagreements(subjects, central)]
    return Review(readers.drop("CHOSEN", "FLAGGED", "FLAGDATE", "FLAGS"), subjects, tuple(findings))


def _summaries(read: Tumors) -> pl.DataFrame:
    """What each reading amounts to."""
    visits = read.visits
    response = pl.col("COUNTS") & pl.col("OVERALL").is_in(["CR", "PR"])
    evaluable = pl.col("ADEQUATE") & pl.col("EXACT")
    summary = visits.group_by(SERIES).agg(
        PDVISIT=pl.col("NUMBER").filter(pl.col("PROGRESSED") & pl.col("EXACT")).min(),
        RSPVISIT=pl.col("NUMBER").filter(response).min(),
        NREADS=pl.len().cast(pl.Int64),
        LASTDT=pl.col("LASTDATE").filter(evaluable).max(),
    )
    found = read.best.filter("FOLLOWED").join(summary, on=SERIES, how="left", maintain_order="left")
    columns = {"NTARGET": pl.Int64, "BASE": pl.Float64, "BASEDATE": pl.Date}
    found = found.with_columns(pl.lit(None, dtype=t).alias(c) for c, t in columns.items() if c not in found.columns)
    assessor = pl.col("READER").str.split("|").list.first()
    return found.with_columns(ASSESSOR=assessor, EVALID=pl.col("READER").str.split("|").list.last()).sort(SERIES)


def _numbered(readers: pl.DataFrame, planned: int) -> pl.DataFrame:
    """Number the readers in order of their identifiers: in the study where there are no more than planned, else in the
    subject."""
    adjudicates = pl.col("EVALID").str.to_uppercase().str.contains("ADJUD")
    central = pl.col("ASSESSOR") == Assessor.CENTRAL
    plain = readers.filter(central & ~adjudicates)
    names = plain.select("STUDYID", "EVALID").unique().sort("STUDYID", "EVALID")
    names = names.with_columns(PLACE=pl.col("EVALID").rank("ordinal").over("STUDYID"), ALL=pl.len().over("STUDYID"))
    table = readers.join(names, on=["STUDYID", "EVALID"], how="left", maintain_order="left")
    own = pl.when(central & ~adjudicates).then("EVALID").rank("ordinal").over(KEYS)
    number = pl.when(pl.col("ALL") <= planned).then("PLACE").otherwise(own)
    return table.with_columns(
        NUMBER=pl.when(central & adjudicates)
        .then(pl.lit(ADJUDICATOR))
        .when(central)
        .then(number.cast(pl.Int64).cast(pl.String))
    ).drop("PLACE", "ALL")


def _flagged(read: Tumors) -> pl.DataFrame:
    """Readings with --ACPTFL = Y, with the date of the last one; FLAGS is the number of flagged readers."""
    flags = read.recorded.filter(pl.col("READER").str.starts_with(_CENTRAL), pl.col("ACCEPTED").fill_null(False))
    flags = flags.group_by(SERIES).agg(FLAGDATE=pl.col("DATE").max())
    flags = pl.concat([flags, read.flagged.select(flags.columns)])
    flags = flags.group_by(SERIES).agg(FLAGDATE=pl.col("FLAGDATE").max()).sort(SERIES)
    return flags.with_columns(FLAGGED=pl.lit(True), FLAGS=pl.len().over(KEYS))


def _subjects(readers: pl.DataFrame, central: CentralReview) -> pl.DataFrame:
    """Triggers of adjudication and whether there was one, of subjects with two or more readers."""
    rows = readers.filter(pl.col("NUMBER").is_not_null())
    alone = rows.filter(pl.col("NUMBER") != ADJUDICATOR)
    day = pl.col("PDDT").to_physical().cast(pl.Int64)
    readings = alone.select(*KEYS, "PDVISIT", "BOR", READER="NUMBER", PDDAY=day, RESPVISIT="RSPVISIT")
    numbers = tuple(sorted(alone["NUMBER"].unique().to_list(), key=int))
    charter = Charter(adjudicate=central.adjudicate, agreed_reader=min(central.agreed_reader, max(len(numbers), 1)))
    compared = central_results(readings, charter=charter, readers=numbers).patients.filter(pl.col("NREADERS") > 1)
    words = pl.col("TRIGGERS").fill_null("").str.split("; ").list.eval(pl.element().filter(pl.element() != ""))
    adjudicated = rows.filter(pl.col("NUMBER") == ADJUDICATOR).select(*KEYS, ADJUDICATED=pl.lit(True)).unique()
    table = (
        compared.with_columns(TRIGGERS=words)
        .join(adjudicated, on=KEYS, how="left")
        .with_columns(pl.col("ADJUDICATED").fill_null(False))
    )
    return table.select(*KEYS, "TRIGGERS", "ADJUDICATED").sort(KEYS)


def _chosen(readers: pl.DataFrame, subjects: pl.DataFrame, central: CentralReview) -> pl.DataFrame:
    """The central reading that counts for each subject: KEYS, READER, ENDORSED, THIRD."""
    rows = readers.filter(pl.col("NUMBER").is_not_null()).join(subjects, on=KEYS, how="left", maintain_order="left")
    last_flag = pl.col("FLAGGED").fill_null(False) & (pl.col("FLAGDATE") == pl.col("FLAGDATE").max().over(KEYS))
    judge = pl.col("NUMBER") == ADJUDICATOR
    rows = rows.with_columns(FLAGHERE=last_flag.fill_null(False), JUDGE=judge)
    judged = rows.filter("JUDGE").select(*KEYS, JPD="PDVISIT", JBOR="BOR", JHERE=pl.lit(True))
    judged = judged.unique(KEYS, keep="first", maintain_order=True)
    rows = rows.join(judged, on=KEYS, how="left", maintain_order="left")
    same = pl.col("JHERE").fill_null(False) & ~pl.col("JUDGE")
    same &= pl.col("PDVISIT").eq_missing(pl.col("JPD")) & pl.col("BOR").eq_missing(pl.col("JBOR"))
    rows = rows.with_columns(SAME=same)
    judge_flagged = (pl.col("FLAGHERE") & pl.col("JUDGE")).any().over(KEYS)
    reader_flagged = (pl.col("FLAGHERE") & ~pl.col("JUDGE")).any().over(KEYS)
    endorses = pl.col("JHERE").fill_null(False) & ~reader_flagged
    third = endorses & ~pl.col("SAME").any().over(KEYS)
    agreed = pl.col("NUMBER") == str(central.agreed_reader)
    rank = (
        pl.when(reader_flagged)
        .then(pl.when(pl.col("FLAGHERE") & ~pl.col("JUDGE")).then(0).otherwise(9))
        .when(third | (judge_flagged & pl.col("SAME").any().over(KEYS).not_()))
        .then(pl.when("JUDGE").then(0).otherwise(9))
        .when(endorses)
        .then(pl.when("SAME").then(pl.when(agreed).then(0).otherwise(1)).otherwise(9))
        .otherwise(pl.when("JUDGE").then(9).when(agreed).then(0).otherwise(1))
    )
    rows = rows.with_columns(RANK=rank, THIRD=third).sort([*KEYS, "RANK", "READER"])
    best = rows.unique(KEYS, keep="first", maintain_order=True)
    settled = pl.col("ADJUDICATED").fill_null(False) | (pl.col("TRIGGERS").list.len() > 0).fill_null(False)
    told = pl.col("FLAGHERE") | pl.col("JHERE").fill_null(False)
    return best.select(*KEYS, "READER", "THIRD", ENDORSED=pl.when(settled & told).then("NUMBER"))


def _changing(flagged: pl.DataFrame) -> list[Finding]:
    rows = flagged.filter(pl.col("FLAGS") > 1).sort([*KEYS, "FLAGDATE", "READER"])
    groups = rows.group_by(KEYS, maintain_order=True).agg(pl.col("READER").str.split("|").list.last())
    return [
        Finding(
            severity="warning",
            code="accepted-reader-changes",
            dataset="RS",
            row_key=f"USUBJID={row['USUBJID']}",
            variable="RSACPTFL",
            seen=f"accepted readings of {', '.join(row['READER'])}",
            expected="one reader endorsed for the whole patient",
            effect=f"the reader of the last accepted assessment counts: {row['READER'][-1]}",
            subject=row["USUBJID"],
        )
        for row in groups.iter_rows(named=True)
    ]


def _disagreements(subjects: pl.DataFrame, central: CentralReview) -> list[Finding]:
    """Adjudication without discordance, discordance without adjudication, a third result."""
    findings = []
    someone = bool(subjects["ADJUDICATED"].any()) if subjects.height else False
    for row in subjects.iter_rows(named=True):
        called = ", ".join(row["TRIGGERS"])
        cases = (
            (
                row["ADJUDICATED"] and not called and bool(central.adjudicate),
                ("warning", "adjudication-without-discordance"),
                ("an adjudicator's reading", f"readers who differ in {' or '.join(central.adjudicate)}"),
                "the reader endorsed counts",
            ),
            (
                bool(called) and not row["ADJUDICATED"] and (someone or row["ENDORSED"] is None),
                ("error", "discordance-without-adjudication"),
                (f"readers differ in {called}, no adjudicator's reading", "an adjudicator's reading"),
                "the reader accepted, else the one named for agreement, counts",
            ),
            (
                bool(row["THIRD"]),
                ("error", "third-result"),
                ("an adjudicator's reading that equals no reader's", "one reader's reading endorsed"),
                "the adjudicator's own reading counts",
            ),
        )
        findings += [
            Finding(
                severity=severity,  # type: ignore[arg-type]
                code=code,
                dataset="RS",
                row_key=f"USUBJID={row['USUBJID']}",
                variable="RSEVALID",
                seen=seen,
                expected=expected,
                effect=effect,
                subject=row["USUBJID"],
            )
            for holds, (severity, code), (seen, expected), effect in cases
            if holds
        ]
    return findings
