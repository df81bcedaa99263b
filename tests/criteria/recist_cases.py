"""Worked lesion cases: what a reader measured, and what RECIST 1.1 makes of it.

Derived by hand from the guideline (Eisenhauer 2009) and the EORTC question pages, and recomputed with an independent
calculator in exact rational arithmetic. Columns: case; baseline; visits (day, targets, non-target response, + for a new
lesion); target responses; overall responses; best response, unconfirmed and confirmed; day of progression; sums in mm.

L is a non-nodal longest diameter, N a node's short axis, M two lesions merged, a+b the parts of a split lesion, 0 gone,
ts too small to measure, nm not measured. Non-target: C complete response, S persisting, P progression, E not evaluable,
- none at baseline. NN is NON-CR/NON-PD. ~ is an incomplete sum, or no target lesion.
"""

from typing import Any

import polars as pl

__all__ = ["CASES", "case_frame", "words"]

CASES = """
T01 | L60 L40 | 56 L40 L30 S | PR | PR | PR | SD | - | 70
T02 | L60 L40 | 56 L41 L30 S | SD | SD | SD | SD | - | 71
T03 | L67 L33 | 56 L40.3 L30 - | SD | SD | SD | SD | - | 70.3
T04 | L30 L20 | 56 L35 L25 S | PD | PD | PD | PD | 56 | 60
T05 | L60 L40 | 56 L70 L49 S | SD | SD | SD | SD | - | 119
T06 | L60 L40 | 56 L70 L49.6 S | SD | SD | SD | SD | - | 119.6
T07 | L10 L10 | 56 L12 L12 - | SD | SD | SD | SD | - | 24
T08 | L15 L10 | 56 L18 L12 - | PD | PD | PD | PD | 56 | 30
T09 | L60 L40 | 56 L30 L20 S ; 112 L36 L26 S | PR PD | PR PD | PR | SD | 112 | 50 62
T10 | L30 L20 | 56 L31 L22 S ; 112 L36 L24 S | SD PD | SD PD | SD | SD | 112 | 53 60
T11 | L50 | 56 L54 - ; 112 L58 - ; 168 L60 - | SD SD PD | SD SD PD | SD | SD | 168 | 54 58 60
T12 | L100 L65 | 56 L33 L30 - ; 112 L35 L30 - | PR PR | PR PR | PR | PR | - | 63 65
T13 | L100 | 56 L65 - ; 112 L72 - | PR SD | PR SD | PR | SD | - | 65 72
T14 | L30 L20 | 56 L0 L0 - ; 112 L0 L0 - | CR CR | CR CR | CR | CR | - | 0 0
T15 | N20 N18 | 56 N9 N8 - ; 112 N9 N8 - | CR CR | CR CR | CR | CR | - | 17 17
T16 | L20 N20 | 56 L0 N10 - | PR | PR | PR | SD | - | 10
T17 | L20 N20 | 56 L0 N9.9 - ; 112 L0 N9.9 - | CR CR | CR CR | CR | CR | - | 9.9 9.9
T18 | L20 L12 | 56 L12 Lts - | PR | PR | PR | SD | - | 17
T19 | L20 L12 | 56 L0 Lts - | PR | PR | PR | SD | - | 5
T20 | L20 L12 | 56 L10 L3 - | PR | PR | PR | SD | - | 13
T21 | L30 L10 | 56 L15 Lts - ; 112 L15 L9 - | PR PR | PR PR | PR | PR | - | 20 24
T22 | L30 L20 | 56 L28 Lnm S | NE | NE | NE | NE | - | ~
T23 | L20 L15 L15 | 56 L45 L35 Lnm S | PD | PD | PD | PD | 56 | ~
T24 | L60 L40 | 56 L30 Lnm S ; 112 L50 L35 S ; 168 L60 L40 S | NE SD SD | NE SD SD | SD | SD | - | ~ 85 100
T25 | L60 L40 | 56 L40 L30 S ; 112 L30 Lnm S ; 168 L50 L35 S | PR NE PD | PR NE PD | PR | SD | 168 | 70 ~ 85
T26 | L60 L40 | 56 L40 L30 S ; 112 L30 Lnm S ; 168 L40 L28 S | PR NE PR | PR NE PR | PR | PR | - | 70 ~ 68
T27 | L60 L40 | 56 L40 L30 S ; 112 L42 L32 S ; 168 L38 L28 S | PR SD PR | PR SD PR | PR | SD | - | 70 74 66
T28 | L60 L40 | 56 L40 L30 S ; 76 L40 L29 S ; 104 L40 L29 S | PR PR PR | PR PR PR | PR | PR | - | 70 69 69
T29 | L60 L40 | 56 L40 L30 S ; 83 L40 L29 S | PR PR | PR PR | PR | SD | - | 70 69
T30 | L30 | 56 L0 S ; 112 L0 S | CR CR | PR PR | PR | PR | - | 0 0
T31 | L30 | 56 L0 E | CR | PR | PR | SD | - | 0
T32 | L60 L40 | 56 L30 L20 E | PR | PR | PR | SD | - | 50
T33 | L60 L40 | 56 L55 L40 E | SD | SD | SD | SD | - | 95
T34 | L60 L40 | 56 L55 Lnm C | NE | NE | NE | NE | - | ~
T35 | L60 L40 | 56 L30 L20 P | PR | PD | PD | PD | 56 | 50
T36 | L60 L40 | 56 Lnm Lnm P | NE | PD | PD | PD | 56 | ~
T37 | L60 L40 | 56 L0 L0 C+ | CR | PD | PD | PD | 56 | 0
T38 | L60 L40 | 56 Lnm Lnm E+ | NE | PD | PD | PD | 56 | ~
T39 | L30 L20 | 56 L0 L0 - ; 112 L6 L0 - | CR PD | CR PD | CR | SD | 112 | 0 6
T40 | L30 L20 | 56 L0 L0 S ; 112 L4 L0 S | CR PR | PR PR | PR | PR | - | 0 4
T41 | L40 L30 L30 | 56 L20 L15 L0 S ; 112 L20 L15 L6 S | PR PR | PR PR | PR | PR | - | 35 41
T42 | L40 L30 L30 | 56 L20 L15 L0 S ; 112 L20 L15 L8 S | PR PD | PR PD | PR | SD | 112 | 35 43
T43 | N20 N16 | 56 N8 N8 - ; 112 N11 N9 - | CR PD | CR PD | CR | SD | 112 | 16 20
T44 | L50 | 56 L22+L20 - | SD | SD | SD | SD | - | 42
T45 | L30 L25 | 56 M48 - - | SD | SD | SD | SD | - | 48
T46 | L50 | 28 L52 - ; 56 L62 - | SD PD | SD PD | PD | PD | 56 | 52 62
T47 | L50 | 28 L52 - | SD | SD | NE | NE | - | 52
T48 | L50 | 28 L30 - ; 56 L40 - | PR PD | PR PD | PR | PD | 56 | 30 40
T49 | L50 | 56 Lnm - ; 112 Lnm - | NE NE | NE NE | NE | NE | - | ~ ~
T50 | N20 N16 | 56 N4.5 N4.5 - ; 112 N9.5 N9.5 - | CR CR | CR CR | CR | CR | - | 9 19
T51 | L30 N16 | 56 L20 N8 - ; 112 L20 N12 - | PR PR | PR PR | PR | PR | - | 28 32
T52 | L100 | 56 L60 - ; 112 L62 - ; 168 L71 - | PR PR PR | PR PR PR | PR | PR | - | 60 62 71
T53 | L100 | 56 L60 - ; 112 L62 - ; 168 L72 - | PR PR PD | PR PR PD | PR | PR | 168 | 60 62 72
N01 | - | 56 - S | - | NN | NN | NN | - | ~
N02 | - | 56 - C ; 112 - C | - - | CR CR | CR | CR | - | ~ ~
N03 | - | 56 - E | - | NE | NE | NE | - | ~
N04 | - | 56 - S ; 112 - P | - - | NN PD | NN | NN | 112 | ~ ~
N05 | - | 56 - S+ | - | PD | PD | PD | 56 | ~
N06 | L60 L40 | 56 L75 L50 S ; 112 L40 L30 S | PD PR | PD PR | PD | PD | 56 | 125 70
N07 | L30 N20 | 56 L0 N8 C ; 112 L0 N7 C | CR CR | CR CR | CR | CR | - | 8 7
N08 | L30 N20 | 56 L10 N12 S ; 112 L0 N8 C | PR CR | PR CR | CR | PR | - | 22 8
N09 | L30 | 56 L0 C ; 112 Lnm E | CR NE | CR NE | CR | SD | - | 0 ~
"""

STATES = {"C": "ABSENT", "S": "PRESENT", "P": "UNEQUIVOCAL", "E": "NOT EVALUABLE"}


def words(text: str) -> list[str]:
    """Responses of a column."""
    return [{"NN": "NON-CR/NON-PD"}.get(word, word) for word in text.split()]


def target_rows(day: int, text: str) -> list[dict[str, Any]]:
    """Rows of the target lesions of one visit."""
    rows: list[dict[str, Any]] = []
    for number, word in enumerate(text.split() if text != "-" else [], start=1):
        row = {"DAY": day, "LESION": f"T{number}", "KIND": "TARGET", "NODAL": word[0] == "N"}
        if word == "-":
            rows.append({**row, "STATE": "MERGED"})
            continue
        for part, size in enumerate(word.split("+")):
            value = size.lstrip("LNM")
            named = {"ts": "TOO SMALL", "nm": "NOT MEASURED"}.get(value)
            rows.append({**row, "PART": part, "STATE": named, "DIAMETER": None if named else float(value)})
    return rows


def case_frame(line: str, subject: str | None = None) -> pl.DataFrame:
    """Measurements of one case; day 0 is the baseline."""
    name, baseline, visits = line.split(" | ")[:3]
    rows = target_rows(0, baseline)
    if not visits.split(" ; ")[0].rstrip("+").endswith("-"):
        rows.append({"DAY": 0, "LESION": "NT1", "KIND": "NON-TARGET", "STATE": "PRESENT"})
    for visit in visits.split(" ; "):
        day, rest = visit.split(" ", 1)
        targets, mark = rest.rsplit(" ", 1)
        rows += target_rows(int(day), targets)
        state = STATES.get(mark[0])
        if state:
            rows.append({"DAY": int(day), "LESION": "NT1", "KIND": "NON-TARGET", "STATE": state})
        if mark.endswith("+"):
            rows.append({"DAY": int(day), "LESION": "NEW1", "KIND": "NEW", "STATE": "UNEQUIVOCAL"})
    types = {"DAY": pl.Int64, "LESION": pl.String, "KIND": pl.String, "NODAL": pl.Boolean, "PART": pl.Int64}
    schema = {**types, "STATE": pl.String, "DIAMETER": pl.Float64}
    return pl.DataFrame(rows, schema=schema).with_columns(USUBJID=pl.lit(subject or name))
