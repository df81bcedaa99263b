"""The whole table of rights against decide: role x action x site x stage. Refused means that nothing changed."""

from typing import Any

import pytest
from tests.conduct.made_up import Trial

from equipoise.conduct import ACTIONS, COMMANDS, REACH, Command, Reach, Refusal, Role, Stage, actions_of, decide
from equipoise.conduct.roles import SITE_ROLES

RIGHTS = {"not_allowed", "role_not_held", "other_site", "other_subject", "not_now"}
OF_SUBJECT = (Stage.SCREENING, Stage.FAILED, Stage.RANDOMIZED, Stage.ENDED, Stage.LOCKED, Stage.WITHDRAWN)
WHO = {
    Role.SITE_COORDINATOR: "coordinator@{site}",
    Role.INVESTIGATOR: "investigator@{site}",
    Role.LOCAL_READER: "local_reader@{site}",
    Role.PHARMACIST: "pharmacist@{site}",
    Role.CENTRAL_READER_1: "reader1",
    Role.CENTRAL_READER_2: "reader2",
    Role.ADJUDICATOR: "adjudicator",
    Role.DATA_MANAGER: "data_manager",
    Role.BLINDED_STATISTICIAN: "blinded_statistician",
    Role.UNBLINDED_STATISTICIAN: "unblinded_statistician",
    Role.DMC_MEMBER: "dmc",
    Role.SAFETY_OFFICE: "safety",
    Role.MONITOR: "monitor",
    Role.AUDITOR: "auditor",
    Role.ADMINISTRATOR: "admin",
}


def _with_all_stages() -> tuple[Trial, dict[Stage, str]]:
    trial = Trial().set_up("01", "02")
    staff = "coordinator@01"
    found = {Stage.SCREENING: trial.screened(), Stage.FAILED: trial.screened()}
    trial.do("fail_screening", staff, {"date": trial.today, "criteria": []}, subject=found[Stage.FAILED])
    for stage in (Stage.RANDOMIZED, Stage.ENDED, Stage.LOCKED, Stage.WITHDRAWN):
        found[stage] = trial.randomized()
    trial.do("end_study", staff, {"date": trial.today, "why": "completed"}, subject=found[Stage.ENDED])
    trial.do("lock_subject", "data_manager", subject=found[Stage.LOCKED])
    gone = {"level": "data", "date": trial.today, "by": "patient"}
    trial.do("withdraw", staff, gone, subject=found[Stage.WITHDRAWN])
    assert {stage: trial.state.subjects[s].stage for stage, s in found.items()} == {s: s for s in found}
    return trial, found


@pytest.fixture(scope="module")
def stages() -> tuple[Trial, dict[Stage, str]]:
    return _with_all_stages()


def _ask(trial: Trial, role: Role, action: str, *, site: str, subject: str | None) -> Refusal | tuple[Any, ...]:
    if role is Role.PATIENT:
        who, actor = "patient", subject if site == "01" else "01-999"
        command = trial.command(action, who, {"?": 1}, subject=subject)
        command = Command(**{name: getattr(command, name) for name in command.__slots__} | {"actor": actor})
    else:
        who = WHO[role].format(site=site)
        home = site if role in SITE_ROLES else None
        command = trial.command(action, who, {"?": 1}, subject=subject, role=str(role))
        command = Command(**{name: getattr(command, name) for name in command.__slots__} | {"site": home})
    return decide(trial.rulebooks, trial.state, command, trial.vault)


SUBJECT_ACTIONS = [name for name, row in ACTIONS.items() if row.subject and not row.reads and not row.access]


@pytest.mark.parametrize("role", list(Role))
def test_every_action_about_a_subject(stages: tuple[Trial, dict[Stage, str]], role: Role) -> None:
    trial, subjects = stages
    before = trial.state, len(trial.vault.rows)
    cells = 0
    for name in SUBJECT_ACTIONS:
        for stage in OF_SUBJECT:
            for site in ("01", "02"):
                allowed = ACTIONS[name].allows(role, stage, own=site == "01")
                answer = _ask(trial, role, name, site=site, subject=subjects[stage])
                assert isinstance(answer, Refusal), (name, stage)
                # an allowed cell is refused too, for its nonsensical payload: later than for its rights
                assert (answer.code not in RIGHTS) is allowed, (name, role, stage, site, answer)
                cells += 1
    assert cells == len(SUBJECT_ACTIONS) * 12
    assert (trial.state, len(trial.vault.rows)) == before


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PATIENT])
@pytest.mark.parametrize("stage", [Stage.SETUP, Stage.RUNNING, Stage.CLOSED])
def test_every_action_about_trial_or_site(role: Role, stage: Stage) -> None:
    trial = Trial()
    if stage is not Stage.SETUP:
        trial.set_up("01", "02")
    if stage is Stage.CLOSED:
        trial.do("lock_database", "data_manager", {"meaning": "all queries answered"})
    before = trial.state
    for name, row in ACTIONS.items():
        if row.subject or row.reads or row.access:
            continue
        answer = _ask(trial, role, name, site="01", subject=None)
        assert isinstance(answer, Refusal)
        expected = row.allows(role, stage, own=True)
        assert (answer.code not in RIGHTS) is expected, (name, role, stage, answer)
    assert trial.state == before


def test_commands_and_rights_are_the_same_list() -> None:
    assert set(COMMANDS) == {name for name, row in ACTIONS.items() if not row.reads and not row.access}
    assert all(name.startswith(("see_", "export_")) for name, row in ACTIONS.items() if row.reads)


def test_nobody_without_a_role_may_do_anything(trial: Trial) -> None:
    subject = trial.screened()
    for role in Role:
        if role is Role.PATIENT:
            continue
        command = trial.command("randomize", "stranger@01", subject=subject, role=str(role))
        answer = trial.decide(command)
        assert isinstance(answer, Refusal)
        assert answer.code in ("not_allowed", "role_not_held")


@pytest.mark.parametrize("role", ["", "root", "administrator ", "INVESTIGATOR"])
def test_a_made_up_role_is_no_role(trial: Trial, role: str) -> None:
    subject = trial.screened()
    answer = trial.decide(trial.command("randomize", "investigator@01", subject=subject, role=role or "none"))
    assert isinstance(answer, Refusal)
    assert answer.code == "not_allowed"


def test_a_session_of_another_site_reaches_nothing(trial: Trial) -> None:
    subject = trial.screened("02")
    assert trial.code("randomize", "coordinator@01", subject=subject) == "other_site"
    # the same person pretending to sit at the other site holds no role there
    assert trial.code("randomize", "coordinator@01", subject=subject, site="02") == "role_not_held"


def test_who_may_know_arms_is_written_out_here_by_hand() -> None:
    may = {name: {str(role) for role in ACTIONS[name].roles} for name in ACTIONS}
    assert may["see_balance"] == {"unblinded_statistician"}
    assert may["export_unblinded_sdtm"] == {"unblinded_statistician"}
    assert may["see_closed_report"] == {"unblinded_statistician", "dmc_member"}
    assert may["see_arm"] == may["unblind"] == may["break_code"] == {"investigator"}
    assert may["unblind_for_safety"] == may["see_arm_for_safety"] == {"safety_office"}
    assert may["randomize"] == {"site_coordinator", "investigator"}
    assert may["lock_read"] == {"central_reader_1", "central_reader_2"}
    assert may["adjudicate"] == {"adjudicator"}
    assert REACH[Role.INVESTIGATOR] is Reach.OWN_SITE
    assert REACH[Role.PATIENT] is Reach.SELF
    for name in ("unblind", "break_code", "unblind_for_safety", "see_balance", "export_unblinded_sdtm"):
        assert ACTIONS[name].second_factor
    assert not any("administrator" in may[name] for name in may if name.startswith("see_arm"))


def test_menus_come_from_the_table() -> None:
    assert actions_of(Role.PATIENT, Stage.RANDOMIZED) == ("submit_diary",)
    assert actions_of(Role.CENTRAL_READER_1, Stage.RANDOMIZED) == ("open_read", "lock_read")
    assert actions_of(Role.AUDITOR, Stage.RANDOMIZED) == ()
    assert "see_audit_trail" in actions_of(Role.AUDITOR, Stage.RANDOMIZED, reads=True)
    assert actions_of(Role.INVESTIGATOR, Stage.WITHDRAWN) == ("break_code",)


def test_second_factor_and_reason_are_asked_for(trial: Trial) -> None:
    subject = trial.randomized()
    assert trial.code("break_code", "investigator@01", subject=subject, second_factor=False) == "second_factor"
    assert trial.code("break_code", "investigator@01", subject=subject, reason="  ") == "reason_missing"
    assert not trial.state.subjects[subject].unblinded


def test_nobody_knows_arms_in_one_role_and_is_blind_in_another(trial: Trial) -> None:
    payload = {"person": "unblinded_statistician", "role": "data_manager"}
    assert trial.code("grant_role", "admin", payload) == "roles_apart"
    payload = {"person": "reader1", "role": "dmc_member"}
    assert trial.code("grant_role", "admin", payload) == "roles_apart"
    payload = {"person": "safety", "role": "investigator", "site": "01"}
    assert trial.code("grant_role", "admin", payload) == "roles_apart"


@pytest.mark.parametrize("role", ["unblinded_statistician", "dmc_member", "safety_office"])
def test_nobody_is_blinded_who_has_known_arms(trial: Trial, role: str) -> None:
    """A role that ended does not take back what was read in it."""
    trial.do("grant_role", "admin", {"person": "somebody", "role": role})
    trial.do("revoke_role", "admin", {"person": "somebody", "role": role})
    for other in ("blinded_statistician", "data_manager", "administrator"):
        assert trial.code("grant_role", "admin", {"person": "somebody", "role": other}) == "roles_apart"
    assert trial.code("grant_role", "admin", {"person": "somebody", "role": "dmc_member"}) is None


def test_a_revoked_role_ends_at_once(trial: Trial) -> None:
    subject = trial.screened()
    payload = {"person": "coordinator@01", "role": "site_coordinator", "site": "01"}
    trial.do("revoke_role", "admin", payload)
    assert trial.code("randomize", "coordinator@01", subject=subject) == "role_not_held"
    assert trial.code("revoke_role", "admin", {"person": "admin", "role": "administrator"}) == "last_administrator"
