"""Collects what the checks find, and keeps silent about parts that were left out for problems of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.nearest import nearest
from equipoise.protocol.source import KeyPath, Source

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """Notes problems in a source."""

    source: Source
    left_out: frozenset[KeyPath]
    """Places of parts that do not fit the models: not checked any further."""

    def names(self, section: str) -> list[str]:
        """Names that stand in a section of the file, also those of parts that were left out."""
        content = self.source.data.get(section) if isinstance(self.source.data, dict) else None
        return [str(name) for name in content] if isinstance(content, dict) else []

    def is_left_out(self, path: KeyPath) -> bool:
        """Whether a place, or a part around it, was left out."""
        return any(path[:length] in self.left_out for length in range(1, len(path) + 1))

    def is_incomplete(self, section: str) -> bool:
        """Whether anything in a section was left out."""
        return any(path[0] == section for path in self.left_out)

    def add(self, path: KeyPath, message: str, **more: str | None) -> None:
        """Note a problem, unless its place was left out."""
        if not self.is_left_out(path):
            self.source.add(path, message, **more)

    def unknown(self, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
        """Note a name that is not declared."""
        names = list(known)
        message = f"{what} {name!r} is not declared" + ("" if names else ": there is none")
        self.add(path, message, expected=", ".join(names) or None, suggestion=nearest(name, names))

    def must_be_known(self, path: KeyPath, name: str | None, section: str, what: str) -> None:
        """Note a name that a section of the file does not hold."""
        if name is not None and name not in self.names(section) and (section,) not in self.left_out:
            self.unknown(path, what, name, self.names(section))

    def exactly_one(self, path: KeyPath, item: Any, choices: tuple[str, ...]) -> str | None:
        """Return the one choice that is set; note a problem where there is none or several."""
        chosen = [name for name in choices if getattr(item, name) not in (None, False, (), {})]
        if len(chosen) == 1:
            return chosen[0]
        if not any(self.is_left_out((*path, name)) for name in choices):
            seen = " and ".join(chosen) or "none"
            self.add(path, f"exactly one of {', '.join(choices)} is needed", seen=seen)
        return None
