"""Tags of templates: addresses at the same desk, inputs, the menu, dates and words of the record."""

from typing import Any

from django import template

from equipoise.conduct import Role
from equipoise.server.pages.dates import day, moment
from equipoise.server.pages.forms.inputs import Group, Input
from equipoise.server.pages.menu import menu_of
from equipoise.server.pages.page import Call, Desk
from equipoise.server.pages.words import translated as _

__all__ = ["register"]

register = template.Library()


@register.simple_tag(takes_context=True)
def to(context: dict[str, Any], name: str, **parts: Any) -> str:
    """Address of a page at this desk; parts that are those of this page may be left out."""
    call: Call = context["call"]
    return call.url(name, **parts)


@register.inclusion_tag("pages/input.html")
def show_input(part: Input, bare: bool = False) -> dict[str, Any]:
    """Draw an input with its label, hint and problem; in a table without label."""
    return {"input": part, "bare": bare}


@register.inclusion_tag("pages/group.html")
def show_group(part: Group) -> dict[str, Any]:
    """Draw a list of records."""
    return {"group": part}


@register.filter
def row_place(row: tuple[Input, ...]) -> str:
    """Name of a row in what is posted."""
    return row[0].name.rpartition(".")[0] if row else ""


@register.filter
def is_group(part: object) -> bool:
    """Whether a part of a form is a list of records."""
    return isinstance(part, Group)


@register.inclusion_tag("pages/menu.html", takes_context=True)
def menu(context: dict[str, Any]) -> dict[str, Any]:
    """Draw the menu of the desk."""
    call: Call | None = context.get("call")
    return {"call": call, "items": menu_of(call) if call is not None else []}


register.filter("day", day)
register.filter("moment", moment)


@register.filter
def told(text: str) -> str:
    """Say a text of the rules in the language of the page."""
    return _(text)


@register.filter
def words(value: object) -> str:
    """Write a name of the record in words: adverse_event becomes adverse event."""
    return _(str(value).replace("_", " "))


@register.filter
def capital(value: object) -> str:
    """Begin with a capital letter and leave the rest."""
    text = str(value)
    return text[:1].upper() + text[1:]


@register.filter
def millimeters(value: object) -> str:
    """Write hundredths of a millimeter as millimeters."""
    return "" if not isinstance(value, int) else f"{value / 100:g} mm"


@register.filter
def desk_words(desk: Desk) -> str:
    """Name a desk: Site coordinator, site 01."""
    role = role_words(desk.role)
    return _("%(role)s, site %(site)s") % {"role": role, "site": desk.site} if desk.site else role


@register.filter
def sentence(value: object) -> str:
    """Write a sentence as a label: without its full stop."""
    return str(value).removesuffix(".")


@register.filter
def role_words(role: Role | str) -> str:
    """Name a role."""
    if str(role) == "dmc_member":
        return _("DMC member")
    return str(capital(words(role)))


@register.filter
def lookup(found: dict[Any, Any] | None, key: Any) -> Any:
    """Take a value by its key; nothing where there is none."""
    return found.get(key) if found else None


@register.filter
def as_dict(pairs: Any) -> dict[Any, Any]:
    """Make pairs a table."""
    return dict(pairs or ())
