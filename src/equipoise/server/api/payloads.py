"""What commands ask for, as models of the interface, made from the commands of `conduct` so that they cannot differ."""

from functools import cache
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StrictBool, StrictInt, StringConstraints, create_model

from equipoise.conduct import COMMANDS
from equipoise.conduct.field import Field as Asked

__all__ = ["LARGEST", "CommandIn", "Identifier", "RequestId", "command_model"]

LARGEST = 2**53 - 1
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}$")]
RequestId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{7,79}$"),
    Field(description="Made by the caller, new for every wish, the same for every repetition of it."),
]


class ProofIn(Schema):
    """Password and code of the second factor, given again: for signatures and for what may unblind."""

    model_config = ConfigDict(extra="forbid")
    password: Annotated[str, StringConstraints(max_length=200)]
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class CommandIn(Schema):
    """What every command carries."""

    model_config = ConfigDict(extra="forbid")
    request_id: RequestId
    role: Identifier
    site: Identifier | None = None
    subject: Identifier | None = None
    reason: Annotated[str, StringConstraints(max_length=4000)] | None = None
    proof: ProofIn | None = None


@cache
def command_model(name: str) -> type[CommandIn]:
    """Make the model of a command's body."""
    spec = COMMANDS[name]
    payload = _record(f"{_camel(name)}Payload", spec.fields)
    required = any(field.required for field in spec.fields)
    default = ... if required else Field(default_factory=payload)
    return create_model(f"{_camel(name)}Command", __base__=CommandIn, __doc__=spec.doc, payload=(payload, default))


def _record(name: str, fields: tuple[Asked, ...]) -> type[Schema]:
    declared: dict[str, Any] = {}
    for field in fields:
        kind = _type(name, field)
        note = Field(... if field.required else None, description=field.doc)
        declared[field.name] = (kind if field.required else kind | None, note)
    return create_model(name, __base__=_Closed, **declared)


class _Closed(Schema):
    model_config = ConfigDict(extra="forbid")


_SCALARS: dict[str, Any] = {
    "identifier": Identifier,
    "date": Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")],
    "partial_date": Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")],
    "time": Annotated[str, StringConstraints(max_length=40)],
    "boolean": StrictBool,
    "decimal": Annotated[str, StringConstraints(pattern=r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$")],
    "hash": Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")],
    "any": StrictBool | Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)] | str,
    "values": dict[str, StrictBool | Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)] | str | None],
}


def _type(owner: str, field: Asked) -> Any:
    if field.type == "choice":
        return Literal[field.choices]
    if field.type == "integer":
        low = -LARGEST if field.minimum is None else field.minimum
        high = LARGEST if field.maximum is None else field.maximum
        return Annotated[StrictInt, Field(ge=low, le=high)]
    if field.type == "text":
        return Annotated[str, StringConstraints(min_length=1, max_length=field.maximum or 4000)]
    if field.type == "texts":
        return Annotated[list[str], Field(min_length=field.minimum or 0, max_length=field.maximum or 10_000)]
    if field.type == "records":
        inner = _record(f"{owner}{_camel(field.name)}", field.fields)
        return Annotated[list[inner], Field(min_length=field.minimum or 0, max_length=field.maximum or 500)]  # type: ignore[valid-type]
    return _SCALARS[field.type]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
