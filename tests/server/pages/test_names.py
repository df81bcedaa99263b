"""Who recorded and who signed is called by login and name, not by the number of an account."""

import re

from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial


def test_a_signature_and_the_trail_show_the_printed_name(trial: ServerTrial) -> None:
    from equipoise.server.accounts.models import Account

    trial.account("coordinator@01")
    day = {"date": trial.today, "how": "visit", "status": "alive"}
    trial.do("record_contact", "coordinator@01", day, subject="01-002")
    signer = Visitor(trial, "investigator@01")
    record = trial.state.subjects["01-002"].last("contact_recorded")["record"]
    form = signer.text("subjects/01-002/do/sign/", of=record)
    shown = re.search(r'name="hash" value="(\w+)"', form)
    assert shown is not None
    given = {"of": record, "meaning": "review", "hash": shown[1], **signer.proof()}
    signed = signer.send("01-002", "sign", given)
    assert signed.status_code == 303, signed.content.decode()
    for account, login, name in (
        ("coordinator@01", "anna", "Anna <b>Berg</b>"),
        ("investigator@01", "ivan", ""),
    ):
        Account.objects.filter(id=account).update(login=login, name=name)
    page = signer.text(f"subjects/01-002/records/{record}/")
    assert "Recorded by anna (Anna &lt;b&gt;Berg&lt;/b&gt;)" in page
    assert ", ivan, " in page
    assert "coordinator@01</" not in page
    trail = Visitor(trial, "monitor").text("subjects/01-002/audit/")
    assert "<td>anna (Anna &lt;b&gt;Berg&lt;/b&gt;)<br>" in trail
    assert "<td>ivan<br>" in trail
