"""Reads a protocol file into plain values that remember their lines.

YAML 1.2: only ``true`` and ``false`` are booleans, so ``yes``, ``no``, ``on`` and ``off`` stay words. A date stays text
until a field asks for a date. Keys are always text. Duplicate keys, merge keys, tags, several documents and alias bombs
are refused.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from equipoise.protocol.problems import Problem, ProtocolError

__all__ = ["KeyPath", "Source", "read_source", "read_text"]

KeyPath = tuple[str | int, ...]

MAX_BYTES = 2_000_000
MAX_VALUES = 50_000
MAX_LEVELS = 40
MAX_BRACKETS = 200
_TAG = "tag:yaml.org,2002:"
_TEXTS = {_TAG + "str", _TAG + "timestamp"}


@dataclass
class Source:
    """A protocol file as plain values."""

    file: str
    text: str
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    """Place -> line, counted from 1."""
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """Return the line of a place, or of the nearest part around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def add(self, path: KeyPath, message: str, **more: str | None) -> None:
        """Note a problem at a place; ``more`` are ``seen``, ``expected`` and ``suggestion``."""
        self.problems.append(Problem(file=self.file, line=self.line(path), path=dotted(path), message=message, **more))


def dotted(path: KeyPath) -> str:
    """Write a place as ``endpoints.pfs.events[1]``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_text(path: Path) -> str:
    """Read a protocol file as text.

    Raises
    ------
    ProtocolError
        Where there is no such file, or it is not readable UTF-8 text of a reasonable size.
    """
    name = str(path)

    def refuse(message: str, line: int | None = None, **more: str) -> ProtocolError:
        return ProtocolError((Problem(file=name, line=line, message=message, **more),))

    if path.is_dir():
        raise refuse("this is a folder", expected="a protocol file, for example " + str(path / "protocol.yaml"))
    try:
        raw = path.read_bytes() if not path.exists() or path.stat().st_size <= MAX_BYTES else None
    except FileNotFoundError:
        raise refuse("there is no such file", expected="the path of a protocol.yaml") from None
    except OSError as error:
        raise refuse(f"the file cannot be read: {error.strerror}") from None
    if raw is None:
        raise refuse(f"the file is larger than {MAX_BYTES:,} bytes", expected="a protocol in YAML")
    if b"\0" in raw:
        raise refuse("this is not a text file", expected="a protocol in YAML, saved as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start : error.start + 1]
        latin = byte.decode("latin-1")
        raise refuse(
            "the file is not UTF-8 text",
            line,
            seen=f"byte 0x{byte.hex()} ({latin!r} in Latin-1)",
            expected="a file saved as UTF-8",
        ) from None


def read_source(text: str, file: str) -> Source:
    """Read YAML into plain values with their lines; problems are noted, not raised, as far as reading can go on.

    Raises
    ------
    ProtocolError
        Where the text is not YAML at all, is empty, or is not a mapping.
    """
    source = Source(file=file, text=text)
    node = _compose(text, file)
    if node is None:
        raise ProtocolError(
            (
                Problem(
                    file=file,
                    line=1,
                    message="the file is empty",
                    expected="a protocol that begins with 'equipoise: 1'",
                ),
            )
        )
    if not isinstance(node, MappingNode):
        seen = "a list" if isinstance(node, SequenceNode) else f"the text {str(node.value)[:40]!r}"
        problem = Problem(
            file=file,
            line=1,
            message="the file is not a mapping of keys to values",
            seen=seen,
            expected="'equipoise: 1', 'trial:' ...",
        )
        raise ProtocolError((problem,))
    reader = _Reader(source)
    source.data = reader.value(node, ())
    return source


def _compose(text: str, file: str) -> Node | None:
    def refuse(message: str, line: int | None, expected: str | None = None) -> ProtocolError:
        return ProtocolError((Problem(file=file, line=line, message=message, expected=expected),))

    tab = re.search(r"^ *\t", text, re.MULTILINE)
    if tab:
        raise refuse("a tab is used for indentation", text.count("\n", 0, tab.start()) + 1, "spaces")
    if _depth(text) > MAX_BRACKETS:
        raise refuse(f"the file is nested deeper than {MAX_LEVELS} levels", None)
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise refuse(f"this is not YAML: {said}", mark.line + 1 if mark else None) from None
    except YAMLError as error:
        raise refuse(f"this is not YAML: {str(error).splitlines()[0]}", None) from None
    except RecursionError:
        raise refuse(f"the file is nested deeper than {MAX_LEVELS} levels", None) from None
    return node


def _depth(text: str) -> int:
    """Count the brackets that are open at once, cheaply: deep ones would keep the parser busy before it fails."""
    depth = deepest = 0
    for sign in re.findall(r"[\[{}\]]", text):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


class _Reader:
    """Turns nodes into values, counting them so that aliases cannot multiply without end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.count = 0

    def value(self, node: Node, path: KeyPath) -> Any:
        self.count += 1
        if self.count > MAX_VALUES or len(path) > MAX_LEVELS:
            limit = (
                f"more than {MAX_VALUES} values"
                if self.count > MAX_VALUES
                else f"nested deeper than {MAX_LEVELS} levels"
            )
            problem = Problem(
                file=self.source.file,
                line=node.start_mark.line + 1,
                path=dotted(path[:3]),
                message=f"the file has {limit}; are aliases repeated?",
            )
            raise ProtocolError((problem,))
        self.source.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, path)

    def mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.source.add(path, "a key is a list or mapping", expected="a word")
                continue
            name = str(key.value)
            if key.tag == _TAG + "merge" or name == "<<":
                self.source.add(path, "merge keys (<<) are not part of the format", expected="the values themselves")
                continue
            place = (*path, name)
            if name in result:
                first = self.source.lines[place]
                problem = Problem(
                    file=self.source.file,
                    line=line,
                    path=dotted(place),
                    message=f"the key stands twice; it is first on line {first}",
                )
                self.source.problems.append(problem)
                continue
            self.source.lines[place] = line
            result[name] = self.value(value, place)
        return result

    def scalar(self, node: Node, path: KeyPath) -> Any:
        tag, text = str(node.tag), str(node.value)
        if tag in _TEXTS:
            return text
        if tag == _TAG + "null":
            return None
        if tag == _TAG + "bool":
            return text.lower() == "true"
        if tag == _TAG + "int":
            return self.integer(text, path)
        if tag == _TAG + "float":
            return self.number(text, path)
        self.source.add(path, "tags are not part of the format", seen=tag.replace(_TAG, "!!"), expected="a plain value")
        return text

    def integer(self, text: str, path: KeyPath) -> Any:
        if re.fullmatch(r"[-+]?(0|[1-9]\d{0,17})", text):
            return int(text)
        self.source.add(
            path,
            "this whole number is written in an unusual way",
            seen=text,
            expected=f"digits without leading zero, or text in quotes: '{text}'",
        )
        return 0

    def number(self, text: str, path: KeyPath) -> Any:
        try:
            value = float(text.replace("_", ""))
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            self.source.add(path, "this is not a finite decimal number", seen=text, expected="a number such as 0.5")
            return 0.5
        return value
