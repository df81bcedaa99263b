"""What changed between two protocols, and what it means."""

# ruff: noqa: E501 - a table with one case a line

import pytest

from equipoise.protocol import Change, compare_protocols, parse_protocol

NEW_STAGE = "a new allocation stage begins"


def changes(text: str, *replacements: tuple[str, str]) -> list[Change]:
    new = text
    for old, by in replacements:
        assert new.count(old) == 1, f"{old!r} must stand once"
        new = new.replace(old, by)
    return compare_protocols(parse_protocol(text), parse_protocol(new))


def told(found: list[Change]) -> list[tuple[str, str, str | None, str | None]]:
    return [(change.kind, change.path, change.old, change.new) for change in found]


def test_nothing_changed(right: str) -> None:
    assert changes(right) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{every_weeks: 12}", "{every_weeks: 12, window_days: 7}"),
        ("{strata: randomization}", "{ strata:   randomization }"),
        ("[central_progression, death]", "[death, central_progression]"),
        ("strata: {ssa: prior_ssa}", "strata: {ssa: {expression: prior_ssa}}"),
        ("sizes: [2, 4]", "sizes: [4, 2]"),
        ("levels: [small_bowel, midgut]", "levels: {small_bowel: small bowel, midgut: midgut}"),
        ("masking: double_blind}", "masking: double_blind} # the same"),
    ],
)
def test_what_makes_no_difference(right: str, old: str, new: str) -> None:
    assert changes(right, (old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("every_weeks: 12", "every_weeks: 8", ("changed", "visits.tumor_assessment.every_weeks", "12.0", "8.0")),
        ("masking: double_blind", "masking: open_label", ("changed", "trial.masking", "double_blind", "open_label")),
        ("sensitivity: [A]", "sensitivity: [A, B]", ("changed", "endpoints.pfs.sensitivity", "[A]", "[A, B]")),
        (", sensitivity: [A]", "", ("removed", "endpoints.pfs.sensitivity", "[A]", None)),
        ("{cutoff: 2020-01-31,", "{label: Last, cutoff: 2020-01-31,", ("added", "data_cuts.final.label", None, "Last")),
        ("levels: [small_bowel, midgut]", "levels: [midgut, small_bowel]", ("reordered", "baseline.site.levels", "[small_bowel, midgut]", "[midgut, small_bowel]")),
        ("levels: [small_bowel, midgut]", "levels: [small_bowel, midgut, other]", ("added", "baseline.site.levels.other", None, "other")),
    ],
)  # fmt: skip
def test_one_change(right: str, old: str, new: str, expected: tuple[str, str, str | None, str | None]) -> None:
    assert told(changes(right, (old, new))) == [expected]


def test_added_and_removed_parts(right: str) -> None:
    found = changes(
        right,
        ("  os: {label: OS, paramcd: OS, events: [death]}", "  ttd: {label: TTD, paramcd: TTD, events: [death]}"),
    )

    assert [(change.kind, change.path) for change in found] == [("removed", "endpoints.os"), ("added", "endpoints.ttd")]
    assert str(found[1]).startswith("+ endpoints.ttd: {label: TTD, kind: time_to_event, paramcd: TTD")
    assert all(change.section == "endpoints" for change in found)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("sizes: [2, 4]", "sizes: [4]", "randomization.method.permuted_blocks.sizes"),
        ("strata: {ssa: prior_ssa}", "strata: {ssa: not prior_ssa}", "randomization.strata.ssa.expression"),
        ("strata: {ssa: prior_ssa}", "strata: {ssa: prior_ssa, site: site}", "randomization.strata.site"),
        (
            "prior_ssa: {type: boolean}",
            "prior_ssa: {type: boolean, derive: progression is missing}",
            "baseline.prior_ssa.derive",
        ),
    ],
)
def test_a_change_of_the_allocation_begins_a_new_stage(right: str, old: str, new: str, path: str) -> None:
    (change,) = changes(right, (old, new))

    assert change.path == path
    assert change.begins_allocation_stage
    assert str(change).endswith(f"({NEW_STAGE})")


def test_a_new_arm_and_another_ratio_begin_a_new_stage(right: str) -> None:
    found = changes(
        right,
        ("  placebo: {label", "  high: {label: High, role: experimental}\n  placebo: {label"),
        ("placebo: 1}", "placebo: 1, high: 1}"),
        ("sizes: [2, 4]", "sizes: [3]"),
    )

    assert [(change.path, change.begins_allocation_stage) for change in found] == [
        ("arms.high", True),
        ("randomization.ratio.high", True),
        ("randomization.method.permuted_blocks.sizes", True),
    ]


def test_a_derived_field_behind_a_stratum_counts_too(right: str) -> None:
    text = right.replace("prior_ssa: {type: boolean}", "prior_ssa: {type: boolean, derive: site == 'midgut'}")

    (change,) = changes(text, ("levels: [small_bowel, midgut]", "levels: [small_bowel, midgut, other]"))

    assert change.begins_allocation_stage


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label: Active,", "label: Verum,"),
        ("age: {type: integer", "age: {type: number"),
        ("every_weeks: 12", "every_weeks: 8"),
    ],
)
def test_other_changes_begin_no_stage(right: str, old: str, new: str) -> None:
    (change,) = changes(right, (old, new))

    assert not change.begins_allocation_stage


@pytest.mark.parametrize(
    ("before", "after", "meaning"),
    [
        ("", ", assumed: true", "now a default stands in where the source is silent"),
        (", assumed: true", "", "confirmed: what was assumed is now a fact of the source"),
        (", assumed: true", ", assumed: [readers]", "confirmed: all but readers is now a fact of the source"),
        (", assumed: [readers, adjudicate]", "", "confirmed: adjudicate, readers"),
        (", assumed: [readers, adjudicate]", ", assumed: [readers]", "confirmed: adjudicate"),
        (", assumed: [readers]", ", assumed: [readers, adjudicate]", "now assumed: adjudicate"),
    ],
)
def test_a_change_of_assumed_is_explained(right: str, before: str, after: str, meaning: str) -> None:
    text = right.replace("{readers: 2}", f"{{readers: 2{before}}}")

    (change,) = changes(text, (f"{{readers: 2{before}}}", f"{{readers: 2{after}}}"))

    assert change.path == "review.central.assumed"
    assert change.meaning == meaning


def test_an_assumption_that_gives_way_is_not_called_confirmed(right: str) -> None:
    text = right.replace(
        "{readers: 2}", "{readers: 2, turnaround_working_days: 5, assumed: [readers, turnaround_working_days]}"
    )

    found = changes(
        text, ("{readers: 2, turnaround_working_days: 5, assumed: [readers, turnaround_working_days]}", "{readers: 3}")
    )

    meanings = {change.path: change.meaning for change in found}
    assert (
        meanings["review.central.assumed"] == "replaced by a fact: readers; no longer stated: turnaround_working_days"
    )


def test_amendments_are_told_apart_by_number(right: str) -> None:
    one = "{number: '1', date: 2020-01-01, summary: First}"
    text = right + f"version: {{amendments: [{one}]}}\n"

    found = changes(text, (one, f"{one}, {{number: '2', date: 2020-02-01, summary: Second}}"))

    assert [(change.kind, change.path) for change in found] == [("added", "version.amendments.2")]
