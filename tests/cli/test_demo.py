"""`equipoise serve --demo`: never in the place of another trial."""

from pathlib import Path

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")

from equipoise.cli.demo import demo_trial, make_demo
from equipoise.cli.failure import ArgumentError
from equipoise.server.place import Place

TRIAL = Path(__file__).parents[2] / "trials" / "a021202" / "protocol.yaml"


def test_a_place_that_holds_a_trial_is_left_as_it_is(tmp_path: Path) -> None:
    place = Place(data=tmp_path / "data", key_file=tmp_path / "trial.key")
    place.data.mkdir()
    assert place.sqlite_file is not None
    place.sqlite_file.write_bytes(b"a real trial")
    with pytest.raises(ArgumentError, match="no demonstration"):
        make_demo(TRIAL, place)
    assert place.sqlite_file.read_bytes() == b"a real trial"
    assert not (tmp_path / "trial.key").exists()


def test_the_usual_trial_is_found_and_one_without_model_is_not(tmp_path: Path) -> None:
    assert demo_trial(None).name == "protocol.yaml"
    with pytest.raises(ArgumentError, match=r"twin\.yaml"):
        demo_trial(tmp_path / "protocol.yaml")
