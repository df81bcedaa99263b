"""Tumor response from lesion measurements: RECIST 1.1, RECIST 1.0 and iRECIST, for a frame or for one patient."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.criteria import recist_kernel as k
from equipoise.criteria.charter import Charter
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.lesion_rows import Assessed, assess_columns
from equipoise.criteria.lesions import KEYS, Findings, Prepared, check_columns, prepare, sorted_findings
from equipoise.criteria.recist_blocks import in_blocks
from equipoise.criteria.response_words import RESPONSES, causes, new_lesion_words, response_words

__all__ = ["TumorResponses", "compare_responses", "overall_responses", "recist_responses"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TumorResponses:
    """What a reader's measurements of each patient amount to."""

    visits: pl.DataFrame
    """A row for each visit after baseline: STUDYID and READER where given, USUBJID, VISIT where given, DAY (date of the
    response), FIRSTDAY and LASTDAY (of its scans), SUM (mm; null when a target was not measured), MEASURED (mm, of the
    targets measured), CHANGE (percent from baseline), NADIR (mm, smallest complete sum before the visit), NADIRCHANGE
    (percent), TARGET, NONTARGET, NEWLESION (N, EQUIVOCAL, Y), OVERALL (as known at the visit), FINAL (the same, an
    equivocal new lesion that was confirmed dated back), ADEQUATE and AFTERPD (booleans)."""
    best: pl.DataFrame
    """A row for each reading: the keys, NTARGET and NNONTARGET (lesions at baseline), BASELINE and NADIR (mm), BOR and
    BORDAY, CBOR and CBORDAY (confirmed), RESPVISIT and RESPDAY (first response), CRESPDAY (first response that was
    confirmed later), PDVISIT, PDDAY, PDCAUSE, PDKNOWN (day on which the progression was known) and UPDDAY (iRECIST:
    first unconfirmed progression). A visit is named by VISIT where given, else by its day."""
    findings: pl.DataFrame
    """What was wrong with the measurements: severity, code, keys, VISIT where given, DAY, LESION, seen, expected,
    effect."""


def recist_responses(
    measurements: pl.DataFrame,
    charter: Charter | None = None,
    *,
    new_therapy: pl.DataFrame | None = None,
    threads: int | None = None,
) -> TumorResponses:
    """Find tumor responses, sums, best responses and progression of every patient and reader.

    Each patient and reader (and study) is assessed alone. The order of rows does not matter; nothing is changed in the
    data: what is doubtful is a finding with its effect.

    Parameters
    ----------
    measurements
        A row for each lesion and scan. Required: USUBJID, DAY (study day of the scan, whole number; see
        ``Charter.reference_day``), LESION, KIND (TARGET, NON-TARGET, NEW). Optional: STUDYID; READER; VISIT, which
        joins scans of several days, else each day is a visit; VISITDY, the scheduled day of the visit; BASELINE
        (boolean), else scans up to the reference day are the baseline; NODAL (boolean); ORGAN; DIAMETER in mm (longest
        diameter, short axis of nodes; null when not measured); UNIT (mm, cm); STATE, one of ABSENT, PRESENT,
        INCREASED, UNEQUIVOCAL (progression of a non-target lesion, certainty of a new one), EQUIVOCAL, TOO SMALL
        (counts 5 mm), MERGED (measured with another lesion), NOT EVALUABLE; PART, where a lesion has split: the parts
        are added.
    charter
        Decisions of the reading charter; the defaults of :class:`Charter` unless given.
    new_therapy
        USUBJID (and STUDYID where the measurements have it) and DAY, the start of new anticancer therapy: later visits
        do not count for the best response.
    threads
        Threads on which a long frame is assessed in blocks of patients, at most 4; those of the machine unless given.
        The answer is the same with any number.

    Returns
    -------
    TumorResponses
        Frames of visits, readings and findings, sorted by their keys.

    Raises
    ------
    CriteriaError
        A column is missing or has a type that cannot be meant; all problems at once.

    References
    ----------
    Eisenhauer E.A. et al. (2009), New response evaluation criteria in solid tumours, European Journal of Cancer 45,
    228-247. Seymour L. et al. (2017), iRECIST, Lancet Oncology 18, e143-e152.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"USUBJID": ["01"] * 3, "DAY": [1, 57, 113], "LESION": ["T1"] * 3, "KIND": ["TARGET"] * 3,
    ...      "DIAMETER": [50.0, 30.0, 40.0]}
    ... )
    >>> recist_responses(frame).visits["OVERALL"].to_list()
    ['PR', 'PD']
    """
    charter = charter or Charter()
    check_columns(measurements)
    keys = [name for name in KEYS if name in measurements.columns]

    def respond(rows: pl.DataFrame) -> TumorResponses:
        return _responses(rows, charter, new_therapy)

    found = in_blocks(measurements, keys[: keys.index("USUBJID") + 1], respond, threads)
    if len(found) == 1:
        return found[0]
    findings = pl.concat(part.findings for part in found)
    return TumorResponses(
        visits=pl.concat(part.visits for part in found),
        best=pl.concat(part.best for part in found),
        findings=sorted_findings(findings),
    )


def _responses(measurements: pl.DataFrame, charter: Charter, new_therapy: pl.DataFrame | None) -> TumorResponses:
    keys = [name for name in KEYS if name in measurements.columns]
    findings = Findings(keys, visit="VISIT" in measurements.columns)
    prepared = prepare(measurements, charter, findings)
    stops = _stops(prepared.readings, new_therapy)
    assessed = assess_columns(prepared.columns, prepared.readings.height, stops, charter)
    _add_findings(prepared, assessed, findings)
    return TumorResponses(
        visits=_visits(prepared, assessed, charter), best=_best(prepared, assessed, charter), findings=findings.frame()
    )


def overall_responses(frame: pl.DataFrame) -> pl.Series:
    """Combine component responses into the overall response of each row.

    Parameters
    ----------
    frame
        TARGET (CR, PR, SD, PD, NE; null without target lesions at baseline), NONTARGET (CR, NON-CR/NON-PD, PD, NE;
        null without non-target lesions at baseline) and NEWLESION (boolean).

    Returns
    -------
    polars.Series
        CR, PR, SD, NON-CR/NON-PD, PD or NE (RECIST 1.1, tables 1 and 2).

    Raises
    ------
    CriteriaError
        A response has another word.
    """
    table: dict[str | None, int] = {word: code for code, word in enumerate(RESPONSES) if word}
    columns = [frame[name].to_list() for name in ("TARGET", "NONTARGET")]
    unknown = sorted({str(word) for column in columns for word in column if word is not None and word not in table})
    if unknown:
        raise CriteriaError(
            [f"{word!r} is not a response: expected one of {', '.join(map(str, table))}" for word in unknown]
        )
    table[None] = k.NONE
    new = frame["NEWLESION"].fill_null(False).to_list()
    codes = [k.overall_response(table[t], table[n], flag) for t, n, flag in zip(*columns, new, strict=True)]
    return pl.Series("OVERALL", [RESPONSES[code] for code in codes], dtype=pl.String)


def compare_responses(responses: TumorResponses, recorded: pl.DataFrame) -> pl.DataFrame:
    """List recorded responses that differ from those the measurements give, and those without a scan.

    Parameters
    ----------
    responses
        What the measurements give.
    recorded
        The keys of ``responses.visits`` (STUDYID, USUBJID, READER, where given), VISIT or, where the measurements have
        none, DAY, and TARGET, NONTARGET or OVERALL or several of them.

    Returns
    -------
    polars.DataFrame
        Findings; code ``response-differs`` or ``response-without-scan``. The recorded value stays as it is.

    Raises
    ------
    CriteriaError
        A column is missing.
    """
    keys = [name for name in (*KEYS, "VISIT") if name in responses.visits.columns]
    keys = keys if "VISIT" in keys else [*keys, "DAY"]
    names = [name for name in ("TARGET", "NONTARGET", "OVERALL") if name in recorded.columns]
    problems = [
        f"column {name} is missing from the recorded responses" for name in keys if name not in recorded.columns
    ]
    if not names:
        problems.append("none of the columns TARGET, NONTARGET, OVERALL is there: nothing can be compared")
    if problems:
        raise CriteriaError(problems)
    findings = Findings([name for name in KEYS if name in keys], visit="VISIT" in keys)
    found = responses.visits.select(*{*keys, "DAY"}, *(pl.col(n).alias(f"{n}_FOUND") for n in names))
    columns = [*keys, *names, *(["DAY"] if "DAY" in recorded.columns and "DAY" not in keys else [])]
    joined = recorded.select(columns).join(found.with_columns(SEEN=pl.lit(True)), on=keys, how="left", suffix="_READ")
    kept = "the recorded response is kept"
    for name in names:
        value, other = pl.col(name).cast(pl.String), pl.col(f"{name}_FOUND").fill_null("none")
        there = joined.filter(pl.col(name).is_not_null())
        alone = there.filter(pl.col("SEEN").is_null())
        seen = pl.format(f"{name} {{}}", value)
        findings.add(alone, "response-without-scan", seen, "lesions measured or judged at the visit", kept, "error")
        differs = there.filter(pl.col("SEEN").is_not_null() & (value != other))
        seen = pl.format(f"{name} {{}}; the measurements give {{}}", value, other)
        findings.add(differs, "response-differs", seen, "the response that the measurements give", kept)
    return findings.frame()


def _stops(readings: pl.DataFrame, new_therapy: pl.DataFrame | None) -> Ints:
    if new_therapy is None:
        return np.full(readings.height, 2**31, dtype=np.int64)
    keys = [name for name in ("STUDYID", "USUBJID") if name in readings.columns]
    first = new_therapy.drop_nulls("DAY").group_by(keys).agg(pl.col("DAY").min())
    return readings.join(first, on=keys, how="left", maintain_order="left")["DAY"].fill_null(2**31).to_numpy()


def _add_findings(prepared: Prepared, assessed: Assessed, findings: Findings) -> None:
    rows, flags = prepared.rows, assessed.rows[:, k.R_FLAG]
    diameter = pl.col("DIAMETER").cast(pl.String).fill_null("no diameter")
    baseline = prepared.columns.baseline[assessed.superseded]
    effect = "the later scan is used"
    for place, code, expected in (
        (assessed.superseded[baseline], "visit-before-baseline", "one baseline scan of a lesion"),
        (assessed.superseded[~baseline], "measured-again", "one measurement of a lesion at a visit"),
    ):
        findings.add(rows[place], code, diameter, expected, effect)
    expected = "one measurement of a lesion on a date"
    effect = "the lesion counts as not evaluable at the visit: neither value is chosen"
    findings.add(rows[assessed.conflicting], "measured-twice", diameter, expected, effect, "error")
    findings.add(rows[assessed.repeated], "measured-twice", diameter, expected, "the equal rows count once", "note")
    unused = rows[assessed.source[flags == k.NOT_AT_BASELINE]]
    effect = "not used: neither in the sum nor in the non-target response"
    findings.add(unused, "not-at-baseline", pl.format("{} lesion", "KIND"), "the lesion at baseline", effect, "error")
    unused = rows[assessed.source[(flags == k.BASELINE_NOT_MEASURED)]]
    effect = "not used: the lesion is in no sum"
    findings.add(unused, "baseline-not-measured", diameter, "a diameter at baseline", effect, "error")
    without = (assessed.best[:, k.B_TARGETS] == 0) & (assessed.best[:, k.B_NON_TARGETS] == 0)
    empty = prepared.readings.filter(pl.Series(without))
    effect = "every visit is NE unless there is a new lesion"
    findings.add(empty, "no-baseline", pl.lit("no lesion"), "lesions at baseline", effect, "error")


def _millimeters(values: Ints, missing: npt.NDArray[np.bool_]) -> pl.Series:
    return pl.Series(np.where(missing, np.nan, values / 100), nan_to_null=True)


def _percent(values: Ints, base: Ints, missing: npt.NDArray[np.bool_]) -> pl.Series:
    missing = missing | (base <= 0)
    return pl.Series(np.where(missing, np.nan, 100 * (values - base) / np.where(missing, 1, base)), nan_to_null=True)


def _words(codes: Ints, words: tuple[str | None, ...]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(codes)


def _visits(prepared: Prepared, assessed: Assessed, charter: Charter) -> pl.DataFrame:
    found, best = assessed.found, assessed.best
    words = response_words(charter)
    series = np.repeat(np.arange(len(best)), np.diff(assessed.visit_starts))
    baseline, targets = best[series, k.B_BASELINE], best[series, k.B_TARGETS]
    nothing = targets == 0
    incomplete = nothing | (found[:, k.V_COMPLETE] == 0)
    frame = prepared.readings[series]
    if "VISIT" in prepared.rows.columns:
        frame = frame.with_columns(_visit_labels(prepared, assessed))
    overall = found[:, k.V_OVERALL]
    return frame.with_columns(
        DAY=pl.Series(found[:, k.V_DAY]),
        FIRSTDAY=pl.Series(found[:, k.V_FIRST_DAY]),
        LASTDAY=pl.Series(found[:, k.V_LAST_DAY]),
        SUM=_millimeters(found[:, k.V_SUM], incomplete),
        MEASURED=_millimeters(found[:, k.V_SUM], nothing),
        CHANGE=_percent(found[:, k.V_SUM], baseline, incomplete),
        NADIR=_millimeters(found[:, k.V_NADIR], nothing),
        NADIRCHANGE=_percent(found[:, k.V_SUM], found[:, k.V_NADIR], incomplete),
        TARGET=_words(found[:, k.V_TARGET], words),
        NONTARGET=_words(found[:, k.V_NON_TARGET], words),
        NEWLESION=_words(found[:, k.V_NEW], new_lesion_words),
        OVERALL=_words(overall, words),
        FINAL=_words(found[:, k.V_FINAL], words),
        ADEQUATE=pl.Series((overall != k.NE) | (charter.adequate == "any")),
        AFTERPD=pl.Series(found[:, k.V_AFTER_PD] == 1),
    )


def _visit_labels(prepared: Prepared, assessed: Assessed) -> pl.Series:
    """What names each visit found: VISIT where given, else its day."""
    if "VISIT" not in prepared.rows.columns:
        return pl.Series(assessed.found[:, k.V_DAY])
    return prepared.rows["VISIT"][assessed.source[assessed.found[:, k.V_ROW]]]


def _best(prepared: Prepared, assessed: Assessed, charter: Charter) -> pl.DataFrame:
    best, found = assessed.best, assessed.found
    words = response_words(charter)
    nothing = best[:, k.B_TARGETS] == 0
    days = np.append(found[:, k.V_DAY], 0)

    labels = _visit_labels(prepared, assessed)

    def label(column: int) -> pl.Series:
        visit = best[:, column]
        place = np.where(visit < 0, 0, assessed.visit_starts[:-1] + visit)
        return labels[place].set(pl.Series(visit < 0), None) if len(labels) else labels.clear(len(best))

    def day(column: int) -> pl.Series:
        visit = best[:, column]
        place = np.where(visit < 0, len(found), assessed.visit_starts[:-1] + visit)
        values = pl.Series(days[place])
        return values.set(pl.Series(visit < 0), None)

    progressed = pl.Series(best[:, k.B_PD_VISIT] >= 0)
    return prepared.readings.with_columns(
        NTARGET=pl.Series(best[:, k.B_TARGETS]),
        NNONTARGET=pl.Series(best[:, k.B_NON_TARGETS]),
        BASELINE=_millimeters(best[:, k.B_BASELINE], nothing),
        NADIR=_millimeters(best[:, k.B_NADIR], nothing),
        BOR=_words(best[:, k.B_BEST], words),
        BORDAY=day(k.B_BEST_VISIT),
        CBOR=_words(best[:, k.B_CONFIRMED], words),
        CBORDAY=day(k.B_CONFIRMED_VISIT),
        RESPVISIT=label(k.B_RESPONSE_VISIT),
        RESPDAY=day(k.B_RESPONSE_VISIT),
        CRESPDAY=day(k.B_CONFIRMED_RESPONSE_VISIT),
        PDVISIT=label(k.B_PD_VISIT),
        PDDAY=pl.Series(best[:, k.B_PD_DAY]).set(~progressed, None),
        PDCAUSE=_words(best[:, k.B_PD_REASON], causes),
        PDKNOWN=day(k.B_KNOWN_VISIT),
        UPDDAY=day(k.B_FIRST_UNCONFIRMED_VISIT),
    )
