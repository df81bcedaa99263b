"""A kind of event: what its payload holds and which parts of the state it changes."""

from dataclasses import dataclass

from equipoise.ledger.kinds.field import Field

__all__ = ["Kind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of event."""

    name: str
    """Name in the record: what happened, in the past tense."""
    doc: str
    """What it says, in a sentence."""
    touches: tuple[str, ...]
    """Shards it changes: study, counters, site, subject."""
    given: tuple[Field, ...] = ()
    """Fields that a person gives."""
    computed: tuple[Field, ...] = ()
    """Fields that the rules add."""
    record: str | None = None
    """Prefix of the record that it opens, for example AE; none for a kind that opens none."""
    sealed: bool = False
    """Whether blinded roles never learn of it, because it tells the arm by being there."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields of the payload."""
        return self.given + self.computed
