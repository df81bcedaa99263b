"""What stands against a command before anything is filled in: for menus that say why something is not possible now.

The command's own rule is run, and stops where it first looks at something that was filled in or asks the vault. What it
refuses until then, it refuses whatever is filled in; and because the vault is not asked, the answer depends on no arm.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from equipoise.conduct.command import Refusal, Refused
from equipoise.conduct.context import Context
from equipoise.conduct.decide import check_right
from equipoise.conduct.nouns import COMMANDS
from equipoise.conduct.rights import ACTIONS

__all__ = ["obstacle"]


class _Reached(Exception):  # noqa: N818 - an answer, not an error
    """The rule has come to something that is not known before the form is filled in."""


class _Unfilled(Mapping[str, Any]):
    """A payload at which nobody can look yet."""

    def __getitem__(self, _key: str) -> NoReturn:
        raise _Reached

    def __iter__(self) -> Iterator[str]:
        raise _Reached

    def __len__(self) -> NoReturn:
        raise _Reached


class _Unasked:
    """A vault that answers nothing."""

    def __getattr__(self, _name: str) -> NoReturn:
        raise _Reached


def obstacle(context: Context) -> Refusal | None:
    """Say what stands against a command, whatever is filled in; none where nothing is known to.

    Parameters
    ----------
    context
        The command with its person, role, site and patient; its payload and vault are not looked at. Give a reason and
        a second factor that stand for those to come, so that they are not found missing.
    """
    context.payload = _Unfilled()
    context.vault = _Unasked()
    try:
        check_right(context, ACTIONS[context.command.kind])
        COMMANDS[context.command.kind].rule(context)
    except Refused as refused:
        return refused.refusal
    except _Reached:
        return None
    return None
