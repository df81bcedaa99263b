"""``equipoise serve --practice``: an empty trial of made-up patients, whose clock can be put ahead."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.cli.failure import ArgumentError
from equipoise.cli.trial_place import needs_server, place_of

if TYPE_CHECKING:
    from equipoise.server.place import Place

__all__ = ["PROTOCOL", "practice_place"]

PROTOCOL = "protocol.yaml"
"""In the folder of the data: the protocol, marked as synthetic."""
_CLOCK = "practice.json"


@needs_server
def practice_place(
    trial: Path, data: Path | None, database: str, key: Path | None, days: int | None
) -> "tuple[Place, Path, int]":
    """Find the place of a practice trial; the first time make its folder and its protocol.

    Parameters
    ----------
    days
        Days by which the clock is put ahead; as before unless given.

    Returns
    -------
    place, protocol file, days ahead

    Raises
    ------
    ArgumentError
        The clock would go back.
    """
    from equipoise.protocol import load_protocol
    from equipoise.rehearsal.synthetic import synthetic_protocol
    from equipoise.server.place import default_data

    place = place_of(trial, data, database, key)
    if data is None:
        usual = default_data(load_protocol(trial).study_id)
        place = replace(place, data=usual.with_name(f"{usual.name}-practice"))
    if key is None:
        place = replace(place, key_file=place.data.with_name(f"{place.data.name}.key"))
    place.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    file, clock = place.data / PROTOCOL, place.data / _CLOCK
    if not file.exists():
        file.write_text(synthetic_protocol(trial.read_text(encoding="utf-8")), encoding="utf-8")
    before = int(json.loads(clock.read_text(encoding="utf-8"))["days"]) if clock.exists() else 0
    ahead = before if days is None else days
    if ahead < before:
        raise ArgumentError(f"the clock of this practice stands {before} days ahead and does not go back")
    clock.write_text(json.dumps({"days": ahead}) + "\n", encoding="utf-8")
    return place, file, ahead
