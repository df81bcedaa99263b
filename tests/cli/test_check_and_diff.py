"""``equipoise check`` and ``equipoise diff`` as functions: what they print and return."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from equipoise.cli.check import check
from equipoise.cli.diff import diff

TRIALS = Path(__file__).parents[2] / "trials"
A021202 = TRIALS / "a021202" / "protocol.yaml"


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=60, force_terminal=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("path", sorted(TRIALS.glob("*/protocol.yaml")), ids=lambda path: path.parent.name)
def test_check_passes_on_every_trial(path: Path, console: Console) -> None:
    assert check(path, console) == 0
    assert printed(console).endswith(f"{path}: no problems\n")


def test_check_sums_up(console: Console) -> None:
    check(A021202, console)

    out = printed(console)
    assert "1:1 (pazopanib : placebo), permuted blocks of 4, 6" in out
    assert "one-sided, alpha 0.1" in out
    assert "randomization.strata.concurrent_ssa: The likely second factor, from memory." in out


def test_check_prints_each_problem_on_a_line_and_returns_2(tmp_path: Path, console: Console) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(
        A021202.read_text(encoding="utf-8").replace("endpoint: ttf", "endpoint: tff [brackets]"), encoding="utf-8"
    )

    assert check(path, console) == 2

    lines = printed(console).splitlines()
    assert lines[-1] == "1 problem in the protocol"
    assert lines[0].startswith(f"{path}:")
    assert "analyses.treatment_failure.endpoint: " in lines[0]
    assert "[brackets]" in lines[0]


def test_check_of_no_file(tmp_path: Path, console: Console) -> None:
    assert check(tmp_path / "absent.yaml", console) == 2
    assert "there is no such file" in printed(console)


def test_diff_of_equal_files(console: Console) -> None:
    assert diff(A021202, A021202, console) == 0
    assert printed(console) == "no differences\n"


def test_diff_names_a_new_allocation_stage(tmp_path: Path, console: Console) -> None:
    new = tmp_path / "new.yaml"
    text = A021202.read_text(encoding="utf-8")
    new.write_text(text.replace("sizes: [4, 6]", "sizes: [4]"), encoding="utf-8")

    assert diff(A021202, new, console) == 0
    assert printed(console).splitlines() == [
        "randomization",
        "  ~ randomization.method.permuted_blocks.sizes: [4, 6] -> [4]  (a new allocation stage begins)",
        "A new allocation stage begins: randomization.method.permuted_blocks.sizes changed.",
    ]


def test_diff_with_a_bad_file_says_what_is_wrong_with_both(tmp_path: Path, console: Console) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("equipoise: 1\n", encoding="utf-8")

    assert diff(bad, tmp_path / "absent.yaml", console) == 2
    assert "trial: 'trial' is missing" in printed(console)
    assert "there is no such file" in printed(console)
