"""What the pharmacist is shown of kits: those that lie at the site, and no other."""

from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

FORM = "subjects/01-002/do/dispense/"


def test_a_kit_that_stayed_at_a_former_site_is_not_named(trial: ServerTrial) -> None:
    before = Visitor(trial, "pharmacist@01")
    kit = trial.state.subjects["01-002"].last("kit_assigned")["kit"]
    assert f"Assigned and not handed out yet: kit {kit}." in before.text(FORM)
    assert "Hand out the kit of 01-002" in before.text("")
    trial.do("transfer", "data_manager", {"to_site": "02", "date": trial.today}, subject="01-002")
    after = Visitor(trial, "pharmacist@02")
    shown = after.text(FORM)
    assert kit not in shown
    assert "No kit of this site waits to be handed out to the patient." in shown
    assert 'name="kit"' not in shown
    assert "/at/pharmacist@02/subjects/01-002/do/assign_kit/" in shown
    assert "Ask which kit to hand out to 01-002" in after.text("")
    assert after.send("01-002", "dispense", {"kit": kit, "date": trial.today}).status_code == 409
    assert after.send("01-002", "assign_kit", {"date": trial.today}).status_code == 303
    own = trial.state.subjects["01-002"].last("kit_assigned")["kit"]
    assert own != kit
    assert f"Assigned and not handed out yet: kit {own}." in after.text(FORM)
