"""equipoise rehearse --http: drive a server through the trial and compare its record with one made in memory."""

from typing import TYPE_CHECKING

from equipoise.cli.failure import ArgumentError
from equipoise.cli.steps import steps
from equipoise.rehearsal.http import drive, sender
from equipoise.rehearsal.memory import commands_of
from equipoise.rehearsal.memory import run as run_in_memory

if TYPE_CHECKING:
    from equipoise.cli.rehearse import Rehearsal

__all__ = ["drive_server"]


def drive_server(rehearsal: "Rehearsal", url: str) -> None:
    """Give a server every command; say whether its trial chain is that of the run in memory.

    Raises
    ------
    ArgumentError
        The chains differ: the server has another seed, or other commands came in between.
    """
    send = sender(url)
    with steps(3) as bar:
        bar.begin("generate patients")
        facts = rehearsal.facts()
        bar.begin("run in memory")
        given = (rehearsal.protocol, rehearsal.text, rehearsal.model, facts)
        known = run_in_memory(*given, trial=rehearsal.trial, faulty=rehearsal.faulty, progress=bar.part)
        commands = commands_of(*given, commitment=known.vault.commitment, trial=rehearsal.trial)
        bar.begin("give every command")
        refusable = {each.command.request_id for each in known.refused}
        driven = drive(commands, send, address=url, refusable=refusable, progress=bar.part)
    said = f"{driven.granted} commands granted ({driven.repeated} known before), {len(driven.refused)} refused"
    print(f"{said}; trial chain: {driven.seq} events, hash {driven.hash}")
    end = known.chain.end
    if (driven.seq, driven.hash) != (end.seq, end.hash):
        raise ArgumentError(
            f"the record in memory ends otherwise: {end.seq} events, hash {end.hash}; start the server with "
            f"--rehearsal {rehearsal.seed} and give it no other commands"
        )
    print("The record of the server is that of the run in memory, hash for hash.")
