"""A page of refusal leads back to where somebody was, and to no other host."""

import re

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

FORM = "/at/site_coordinator@01/subjects/01-002/do/record_dose/?start=2024-01-08"
OTHERS = "subjects/02-001/"


def links(visitor: Visitor, came: str, path: str = OTHERS) -> list[str]:
    from equipoise.server.sources import replaced

    with replaced(visitor.trial.sources()):
        answer = visitor.client.get(visitor.url(path), headers={"referer": came})
    assert answer.status_code in (403, 404)
    main = answer.content.decode().partition("<main")[2]
    return re.findall(r'href="([^"]*)"', main)


def test_back_to_the_page_before_and_to_the_desk(trial: ServerTrial) -> None:
    asked = Visitor(trial, "coordinator@01")
    desk = "/at/site_coordinator@01/"
    assert links(asked, f"http://localhost{FORM}") == [FORM, desk, "/"]
    assert links(asked, f"http://localhost{FORM}", "nosuch/") == [FORM, "/"]
    assert links(asked, f"http://localhost{asked.url(OTHERS)}") == [desk, "/"], "not to the page that is refused"
    assert links(asked, "http://localhost//elsewhere.example/x")[0] == "/elsewhere.example/x"
    elsewhere = "/at/investigator@02/"
    assert elsewhere not in links(asked, f"http://localhost{FORM}", elsewhere), "a desk that is not held"


def test_nobody_is_asked_for_an_address_of_mail(trial: ServerTrial) -> None:
    someone = Visitor(trial, "coordinator@01")
    for page in ("email", "password/reset", "confirm-email"):
        for logged_in in (True, False):
            if not logged_in:
                someone.client.logout()
            answer = someone.get(f"/account/{page}/")
            assert answer.status_code == 404
            assert "The administrator of the trial gives a new password" in answer.content.decode()
            assert someone.post(f"/account/{page}/", {"email": "a@example.org"}).status_code == 404


@pytest.mark.parametrize(
    "came",
    ["", "http://elsewhere.example/at/", "//elsewhere.example/", "javascript:alert(1)", "http://[", "http:///x", "at/",
     "http://localhost@elsewhere.example/", "http://localhost\\@elsewhere.example/"],
)  # fmt: skip
def test_no_way_to_another_host(trial: ServerTrial, came: str) -> None:
    assert links(Visitor(trial, "coordinator@01"), came) == ["/at/site_coordinator@01/", "/"]
