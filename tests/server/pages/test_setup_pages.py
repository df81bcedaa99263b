"""Setting a trial up: accounts, sites and what is missing, delegation, the depot."""

import re

from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.server.accounts.models import Account


def made(trial: ServerTrial, **given: str) -> tuple[int, str]:
    """Send the form of a new account."""
    typed = {"request_id": "page-00000001", "login": "nora", "name": "Nora", "role": "", "site": "", "trained": ""}
    answer = Visitor(trial, "admin").post("people/new/", {**typed, **given})
    return answer.status_code, answer.content.decode()


def test_an_account_is_made_with_role_site_and_training_and_its_password_comes_in(trial: ServerTrial) -> None:
    status, text = made(trial, role="site_coordinator", site="01", trained=trial.today)
    assert status == 200
    password = re.search(r'id="password">([^<]+)<', text)
    assert password is not None
    account = Account.objects.get(login="nora")
    assert account.check_password(password[1])
    person = trial.state.study.people[account.id]
    assert person.roles == {("site_coordinator", "01")}
    assert person.trained_on(trial.today)
    shown = Visitor(trial, "admin").text(f"people/{account.id}/")
    assert "Site coordinator, site 01" in shown
    assert password[1] not in shown + Visitor(trial, "admin").text("people/")


def test_what_is_wrong_with_an_account_is_said_beside_the_field(trial: ServerTrial) -> None:
    for given, said in (
        ({"login": "two words"}, "without spaces"),
        ({"role": "investigator"}, "held at a site"),
        ({"role": "data_manager", "site": "01"}, "belongs to no site"),
        ({"role": "patient"}, "a role of the list"),
        ({"trained": "05/06/2024"}, "could be"),
        ({"login": "coordinator@01"}, "an account of this name"),
    ):
        trial.account("coordinator@01")
        status, text = made(trial, **given)
        assert status == 422
        assert said in text, given
    assert not Account.objects.filter(login="nora").exists()
    assert Visitor(trial, "data_manager").get("people/new/").status_code == 403


def test_a_new_password_ends_the_old_one_and_a_closed_account_stays_out(trial: ServerTrial) -> None:
    made(trial)
    account = Account.objects.get(login="nora")
    before, admin = account.password, Visitor(trial, "admin")
    answer = admin.post(f"people/{account.id}/account/", {"do": "password", **admin.proof()})
    assert "Shown once" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    account.refresh_from_db()
    assert account.password != before
    assert admin.post(f"people/{account.id}/account/", {"do": "close"}).status_code == 303
    account.refresh_from_db()
    assert not account.is_active
    assert admin.post("people/admin/account/", {"do": "close"}).status_code == 409


def test_a_new_site_says_what_is_missing_until_it_is_there(trial: ServerTrial) -> None:
    admin = Visitor(trial, "admin")
    trial.do("open_site", "admin", {"site": "07", "name": "<b>Clinic</b>", "time_zone": "America/Chicago"})
    text = admin.text("sites/")
    assert "&lt;b&gt;Clinic&lt;/b&gt;" in text
    missing = (
        "No consent form is in use",
        "Nobody is site coordinator",
        "Nobody is investigator",
        "No kits were received",
    )
    assert all(words in text and words in admin.text("") for words in missing)
    for person, role in (("c@07", "site_coordinator"), ("i@07", "investigator"), ("p@07", "pharmacist")):
        trial.do("grant_role", "admin", {"person": person, "role": role, "site": "07"})
    assert "c@07 has no training in force" in admin.text("sites/")
    for person in ("c@07", "i@07", "p@07"):
        trial.train(person)
    assert "delegated no task to c@07" in admin.text("sites/")


def test_the_investigator_delegates_what_is_ticked(trial: ServerTrial) -> None:
    trial.do("grant_role", "admin", {"person": "new@01", "role": "site_coordinator", "site": "01"})
    staff = Visitor(trial, "investigator@01")
    wish = {"request_id": "page-00000002", "task": ["new@01/screen", "new@01/data"], "start": trial.today}
    assert staff.post("staff/", wish).status_code == 303
    site = trial.state.sites["01"]
    assert site.delegated("new@01", "screen", trial.today)
    assert site.delegated("new@01", "data", trial.today)
    assert not site.delegated("new@01", "randomize", trial.today)
    assert staff.post("staff/", {**wish, "task": ["nobody/screen"]}).status_code == 422
    assert Visitor(trial, "coordinator@01").get("staff/").status_code == 403


def test_the_depot_asks_for_password_and_code_and_tells_the_pharmacist(trial: ServerTrial) -> None:
    depot, pharmacist = Visitor(trial, "unblinded_statistician"), Visitor(trial, "pharmacist@01")
    kits = {"do": "make", "lot": "L9", "expires": "2031-01-31", "sets": "2"}
    answer = depot.post("depot/", kits)
    assert answer.status_code == 422
    assert "Fill this in" in answer.content.decode()
    assert depot.post("depot/", {**kits, **depot.proof()}).status_code == 303
    sent = {"do": "send", "lot": "L9", "to": "01", "sets": "3"}
    assert "does not hold 3 sets" in depot.post("depot/", {**sent, **depot.proof()}).content.decode()
    assert depot.post("depot/", {**sent, "sets": "1", **depot.proof()}).status_code == 303
    assert "Take 2 kits of lot L9 into stock" in pharmacist.text("")
    form = pharmacist.text("do/receive_kits/", lot="L9")
    numbers = re.search(r'name="kits"[^>]*>([\d\s]+)<', form)
    assert numbers is not None
    receipt = {"request_id": "page-00000003", "lot": "L9", "expires": "2031-01-31", "kits": numbers[1]}
    assert pharmacist.post("do/receive_kits/", receipt).status_code == 303
    assert "of lot L9" not in pharmacist.text("")
    assert pharmacist.get("depot/").status_code == 403
