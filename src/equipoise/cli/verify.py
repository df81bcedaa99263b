"""``equipoise verify``: is the record what was recorded?"""

from pathlib import Path

from equipoise.cli.trial_place import needs_server, place_of

__all__ = ["ALTERED", "verify"]

ALTERED = 4
"""Exit code where something is not as it was recorded."""


@needs_server
def verify(
    trial: Path | None,
    data: Path | None,
    database: str,
    key: Path | None,
    public_key: str | None,
    *,
    rebuilding: bool = False,
) -> int:
    """Print every check with its outcome; name the first record that is wrong. Where asked, rebuild the lists first."""
    from equipoise.cli.failure import ArgumentError
    from equipoise.server.running import start

    place = place_of(trial, data, database, key)
    if place.sqlite_file is not None and not place.sqlite_file.exists():
        raise ArgumentError(f"{place.sqlite_file}: there is no trial here")
    start(place)
    from equipoise.server.verification.run import verify_trial

    if rebuilding:
        _rebuild()
    report = verify_trial(public_key=public_key)
    for check in report.checks:
        print(f"{'ok   ' if check.ok else 'WRONG' if check.ok is False else '-    '}  {check.name}: {check.text}")
    if report.intact:
        print("The record is intact." if report.complete else "The record is intact as far as it was checked.")
        return 0
    print(f"The record is NOT intact. First: {report.first}")
    return ALTERED


def _rebuild() -> None:
    from equipoise.server.setup import migrate
    from equipoise.server.verification.rebuild import rebuild

    migrate()
    made = rebuild()
    print(
        f"Rebuilt from {made.events} events: lines of {made.patients} patients, {made.reads} lines of central reading, "
        f"{made.checkpoints} checkpoints that were wrong."
    )
