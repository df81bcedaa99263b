"""Nothing that a blinded person can read depends on an arm: before any unblinding, and after it."""

import sqlite3
from pathlib import Path

import pytest
from tests.server.noninterference.browse import desk_routes
from tests.server.noninterference.conftest import BLINDED_STILL, LOOKS, Lived
from tests.server.noninterference.observe import (
    askers,
    differences,
    operations,
    pages,
    routes,
    subjects_of_trial,
)
from tests.server.noninterference.script import UNBLINDED

from equipoise.conduct import ACTIONS, COMMANDS, Role
from equipoise.conduct.roles import BLINDED

Twins = tuple[Lived, Lived]


def test_the_trials_differ_in_arms_and_in_who_crossed_over(twins: Twins) -> None:
    """Without this the comparison would be empty."""
    one, other = twins
    assert one.arms == one.twin.secret.arms
    assert other.arms == other.twin.secret.arms
    differing = [i for i, (a, b) in enumerate(zip(one.arms, other.arms, strict=True)) if a != b]
    assert set(UNBLINDED) < set(differing)
    assert 5 <= len(differing) < 10
    assert one.arms.count("placebo") != other.arms.count("placebo")
    subjects = subjects_of_trial()
    for lived in twins:
        crossed = [subjects[i] for i in UNBLINDED if lived.arms[i] == "placebo"]
        assert _started(lived) == crossed
        assert len(crossed) == 1
    assert _contents(one) != _contents(other)


def _rows(lived: Lived, query: str, *values: str) -> list[tuple[object, ...]]:
    assert lived.kept["end"].place.sqlite_file is not None
    with sqlite3.connect(lived.kept["end"].place.sqlite_file) as database:
        return database.execute(query, values).fetchall()


def _started(lived: Lived) -> list[object]:
    rows = _rows(lived, "SELECT subject FROM ledger_event WHERE kind = 'open_label_started' ORDER BY seq")
    return [subject for (subject,) in rows]


def _contents(lived: Lived) -> list[bytes]:
    kits = _rows(lived, "SELECT nonce, ciphertext FROM vault_kit ORDER BY number")
    return [next(p for (n, s, _), p in lived.twin.sealed.items() if (n, s) == kit) for kit in kits]


@pytest.mark.parametrize("moment", LOOKS)
def test_blinded_people_see_the_same(twins: Twins, moment: str) -> None:
    one, other = (lived.seen[moment] for lived in twins)
    found = differences(one, other)
    assert not found, f"{len(found)} differences at {moment}:\n" + "\n".join(found[:20])


def test_at_every_moment_where_everything_was_looked_at(twins: Twins, full: bool) -> None:
    one, other = twins
    assert set(one.seen) == set(other.seen) >= set(LOOKS)
    assert len(one.seen) == (9 if full else len(LOOKS))
    for moment in one.seen:
        assert not differences(one.seen[moment], other.seen[moment]), moment


@pytest.mark.parametrize("moment", ["set up", "randomized", BLINDED_STILL])
def test_backups_are_the_same_byte_for_byte(twins: Twins, moment: str) -> None:
    """Database, heads, hashes and sizes: under ideal ciphers, whoever has a backup without the key learns nothing."""
    one, other = (lived.files[moment] for lived in twins)
    assert set(one) == {"trial.sqlite3", "heads", "session-secret", "manifest.json"}
    for name, content in one.items():
        assert content == other[name], name


def test_after_unblinding_the_database_differs_by_the_open_treatment_alone(twins: Twins) -> None:
    """Who holds the database file sees which unblinded patients are treated openly, and nothing of anybody else."""
    opened = tuple(subjects_of_trial()[i] for i in UNBLINDED)
    marks = ", ".join("?" * len(opened))
    query = (
        "SELECT at, actor, role, site, subject, kind, version, payload, reason, request_id, clock_drift "  # noqa: S608
        "FROM ledger_event WHERE chain = 'trial' AND kind != 'randomized' "
        f"AND (subject IS NULL OR subject NOT IN ({marks})) ORDER BY seq"
    )
    assert _rows(twins[0], query, *opened) == _rows(twins[1], query, *opened)
    columns = "subject, site, stage, stage_blinded, randomized, progress_blinded"
    for table in (
        "reading_list",
        "vault_seal",
        "vault_allocation",
        "vault_counts",
        "vault_kit",
        "vault_shipment",
    ):
        everything = f"SELECT * FROM {table}"  # noqa: S608 - names written above
        assert _rows(twins[0], everything) == _rows(twins[1], everything), table
    for query, *given in (
        (f"SELECT {columns} FROM subject_list ORDER BY subject",),  # noqa: S608 - names written above
        (f"SELECT * FROM subject_list WHERE subject NOT IN ({marks}) ORDER BY subject", *opened),  # noqa: S608
    ):
        assert _rows(twins[0], query, *given) == _rows(twins[1], query, *given)


def test_every_address_was_looked_at_by_every_blinded_role(twins: Twins) -> None:
    """Addresses come from the URL table: a new one is compared, or this test fails."""
    assert {asker.role for asker in askers()} == BLINDED == set(Role) - {Role.UNBLINDED_STATISTICIAN, Role.DMC_MEMBER}
    seen = twins[0].seen[BLINDED_STILL]
    opened_pages = {(key[0], key[2]) for key in seen if key[1] == "page"}
    asked = {(key[0], key[1], _pattern(key[2])) for key in seen if len(key) == 5}
    for asker in askers():
        for page in pages() if asker.site != "02" else ():
            assert (asker.who, page) in opened_pages
        for method, path in operations():
            if method == "get":
                assert (asker.who, method, path) in asked, (asker, path)
    written = {(method, path) for _, method, path in asked}
    assert written >= {pair for pair in operations() if pair[1] != "/api/token"}
    covered = {path.lstrip("/") for _, path in operations()} | {page.lstrip("/") for page in pages()}
    below = {route for route in routes() if route.startswith("at/<desk:desk>/")}
    assert below == {f"at/<desk:desk>/{page.route}" for page in desk_routes()}, "a page stands in no table"
    others = {_plain(route) for route in routes() if route not in below} - {"x"}
    assert len(covered) == len(others), "an address of the table is left out"


def test_every_page_was_opened_and_sent_by_every_blinded_role(twins: Twins) -> None:
    """Pages come from their table, commands from theirs: a new one is compared, or this test fails."""
    seen = twins[0].seen[BLINDED_STILL]
    opened = {(key[0], key[2]) for key in seen if key[1] == "desk"}
    sent = {(key[2], _command(key[3])) for key in seen if key[1] == "sent"}
    for asker in askers():
        for page in desk_routes() if asker.site != "02" else ():
            assert (asker.who, page.name) in opened, (asker, page.name)
    for page in desk_routes():
        if page.writes and "command" in page.parts:
            expected = {name for name in COMMANDS if ACTIONS[name].subject is ("subject" in page.parts)}
            assert {command for name, command in sent if name == page.name} == expected


def _command(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _plain(route: str) -> str:
    import re

    return re.sub(r"\(\?P<[^>]*>[^)]*\)|<[^>]*>", "x", route).replace("^", "").replace("$", "").replace("\\Z", "")


def _pattern(path: str) -> str:
    import re

    plain = path.partition("?")[0]
    plain = re.sub(r"/subjects/[^/]+", "/subjects/{subject}", plain)
    plain = re.sub(r"/looks/[^/]+/[^/]+/", "/looks/{analysis}/{look}/", plain)
    return re.sub(r"/accounts/[^/]+/", "/accounts/{account}/", plain)


def test_the_blind_is_lifted_where_it_should_be(twins: Twins, memory: Path) -> None:
    """The treating physician does learn the arm: the comparison has something to find."""
    answers = []
    for lived in twins:
        with lived.kept["end"].living() as t:
            said = t.post(
                f"subjects/{subjects_of_trial()[0]}/arm", "investigator@01", {"role": "investigator", "site": "01"}
            )
            answers.append(said.json()["arm"])
    assert memory.is_dir()
    assert answers == ["placebo", "pazopanib"]
