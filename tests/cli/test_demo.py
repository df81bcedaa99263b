"""`equipoise serve --demo` and `--practice`: never in the place of another trial."""

from pathlib import Path

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")

from equipoise.cli.demo import demo_trial, make_demo
from equipoise.cli.failure import ArgumentError
from equipoise.cli.practice import practice_place
from equipoise.cli.serve import serve
from equipoise.protocol import load_protocol
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


def test_a_practice_is_synthetic_and_its_clock_never_goes_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    place, file, days = practice_place(TRIAL, data, "", None, None)
    protocol = load_protocol(file)
    assert (protocol.study_id, protocol.trial.synthetic, days) == ("SYN-A021202", True, 0)
    assert place.key_file == tmp_path / "data.key"
    assert practice_place(TRIAL, data, "", None, 84)[2] == 84
    assert practice_place(TRIAL, data, "", None, None)[2] == 84
    with pytest.raises(ArgumentError, match="84 days ahead and does not go back"):
        practice_place(TRIAL, data, "", None, 3)


def test_the_clock_of_a_real_trial_is_not_put_ahead(tmp_path: Path) -> None:
    place = {"data": tmp_path / "data", "database": "", "key": None}
    with pytest.raises(ArgumentError, match="never set off"):
        serve(TRIAL, host="127.0.0.1", port=1, workers=1, ahead=84, **place)
    assert not (tmp_path / "data").exists()
