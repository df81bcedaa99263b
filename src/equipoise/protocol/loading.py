"""From a protocol file to a protocol, or to every problem in it."""

from pathlib import Path

from equipoise.protocol.checks import check_protocol
from equipoise.protocol.model import Protocol
from equipoise.protocol.problems import ProtocolError
from equipoise.protocol.source import read_source, read_text
from equipoise.protocol.structure import build

__all__ = ["load_protocol", "parse_protocol"]


_MOST = 8
_KNOWN: dict[str, Protocol] = {}
"""Text -> protocol, of the texts that were read last and in which nothing is wrong: a long one takes a second."""


def load_protocol(path: Path | str) -> Protocol:
    """Read a protocol file.

    Raises
    ------
    ProtocolError
        With every problem of the file: its line, its place, what was seen and expected, and the nearest right name.
    """
    path = Path(path)
    return parse_protocol(read_text(path), file=str(path))


def parse_protocol(text: str, *, file: str = "protocol.yaml") -> Protocol:
    """Read a protocol from the text of a file; ``file`` is its name in messages.

    Raises
    ------
    ProtocolError
        As `load_protocol`.
    """
    known = _KNOWN.get(text)
    if known is not None:
        return known
    source = read_source(text, file)
    protocol, left_out = build(source)
    check_protocol(protocol, source, left_out)
    if source.problems:
        ordered = sorted(dict.fromkeys(source.problems), key=lambda problem: problem.line or 0)
        raise ProtocolError(tuple(ordered))
    while len(_KNOWN) >= _MOST:
        _KNOWN.pop(next(iter(_KNOWN)), None)
    _KNOWN[text] = protocol
    return protocol
