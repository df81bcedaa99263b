"""From a wish to events or a refusal: rights first, then the form of the payload, then the rule of the command."""

from equipoise.conduct.command import Command, Refusal, Refused, refuse, refuse_marked
from equipoise.conduct.context import CommandSpec, Context, vault_refusal
from equipoise.conduct.field import check_payload, plain
from equipoise.conduct.nouns import COMMANDS
from equipoise.conduct.rights import ACTIONS, Action, Stage
from equipoise.conduct.roles import REACH, SITE_ROLES, Reach, Role
from equipoise.conduct.rulebook import Rulebooks
from equipoise.conduct.state import Person, State
from equipoise.conduct.vault import Vault, VaultError
from equipoise.ledger import Draft
from equipoise.terms import Text, said

__all__ = ["check_right", "decide", "shards"]


def shards(command: Command) -> tuple[str, ...]:
    """Name the shards that a command needs: ``study``, ``counters``, ``site:07``, ``subject:07-001``."""
    spec = COMMANDS.get(command.kind)
    names = ["study", "counters"]
    if command.site:
        names.append(f"site:{command.site}")
    if command.subject:
        names.append(f"subject:{command.subject}")
    if spec is not None and spec.shards is not None:
        names += [name for name in spec.shards(command) if name not in names]
    return tuple(names)


def decide(rulebooks: Rulebooks, state: State, command: Command, vault: Vault) -> tuple[Draft, ...] | Refusal:
    """Decide what a command brings about.

    Pure but for the vault, which answers the same question in the same way every time.

    Parameters
    ----------
    rulebooks
        Rules of every protocol version that the record has adopted.
    state
        The shards that ``shards(command)`` names, and the site of the subject; others are not looked at.
    command
        The wish, with its time and identifiers.
    vault
        Treatment codes.

    Returns
    -------
    tuple of Draft or Refusal
        Events to be recorded together, in order; an empty tuple where the very same request has been granted before;
        else why it is refused.

    Raises
    ------
    ConductError
        The caller left out a rulebook or a shard.
    """
    spec = COMMANDS.get(command.kind)
    if spec is None:
        reason = said("There is no command {kind}.", kind=repr(command.kind[:60]))
        return Refusal("command_unknown", reason, "Choose one of the menu.")
    context = Context(rulebooks, state, command, vault)
    try:
        check_right(context, ACTIONS[command.kind])
        if _repeated(context):
            return ()
        _check_payload(context, spec)
        _check_dates(context, spec)
        spec.rule(context)
    except Refused as refused:
        return refused.refusal
    except VaultError as error:
        return Refusal(*vault_refusal(error))
    return tuple(context.drafts)


def check_right(context: Context, action: Action) -> None:
    """Refuse what the table of rights does not allow; used for reading as well."""
    command = context.command
    role = _ROLES.get(command.role)
    if role is None or role not in action.roles:
        refuse("not_allowed", "Your role may not do this.", "Ask somebody whose role may.", alert=_ALERTS)
    person = _holder(context, role, action)
    if action.subject or action.site:
        _check_reach(context, role, action)
    stage = context.subject.stage if action.subject else context.study.stage
    if action.subject and context.study.locked and not action.reads and stage is not Stage.WITHDRAWN:
        stage = Stage.LOCKED
    if stage not in action.stages:
        possible = [Text(s.value) for s in Stage if s in action.stages]
        about = "The patient's state is" if action.subject else "The state of the trial is"
        reason = said("{about}: {stage}.", about=Text(about), stage=Text(stage.value))
        refuse("not_now", reason, said("It is possible when: {stages}.", stages=possible))
    if person is not None:
        _check_person(context, role, action, person)
    if action.reason and not (command.reason or "").strip():
        refuse("reason_missing", "This needs a reason.", "Say why, in a sentence.", problems=(("reason", "nothing"),))
    if action.second_factor and not command.second_factor:
        refuse("second_factor", "This needs your second factor.", "Enter the code of your device and try again.")


_ALERTS = ("administrator",)
_ROLES = {str(role): role for role in Role}


def _repeated(context: Context) -> bool:
    """Whether the request was the last that changed what it is about: a double click, or a lost answer."""
    command = context.command
    if command.subject:
        return context.subject.last_request == command.request_id
    return command.request_id in (context.site.last_request, context.study.last_request)


def _holder(context: Context, role: Role, action: Action) -> Person | None:
    """Who gives the command, if the role is held; none for a patient, and before anybody is known."""
    command, study = context.command, context.study
    if role is Role.PATIENT:
        if command.actor != command.subject:
            refuse("other_subject", "This is another patient's.", "Use your own link.")
        return None
    if not study.versions and action.name == "adopt_protocol":
        return None
    person = study.people.get(command.actor)
    held = command.site if role in SITE_ROLES else None
    if person is None or (command.role, held) not in person.roles:
        reason = "You do not hold this role."
        if held:
            reason = said("You do not hold this role at site {site}.", site=held)
        refuse("role_not_held", reason, "The administrator grants roles.", alert=_ALERTS)
    return person


def _check_reach(context: Context, role: Role, action: Action) -> None:
    command = context.command
    if REACH[role] is Reach.OWN_SITE and action.subject:
        found = context.state.subjects.get(command.subject or "")
        if found is None or found.site != command.site:
            reason = "The patient is not at your site."
            refuse("other_site", reason, "The site that follows the patient can do this.", alert=_ALERTS)
    if not action.reads and action.subject is False and context.site.status == "none":
        refuse("site_unknown", "There is no such site.", "Check the site number, or open the site first.")


def _check_person(context: Context, role: Role, action: Action, person: Person) -> None:
    """Refuse somebody without training or delegation in force, or at a site that is closed."""
    task = action.task
    if role not in _TRAINED or not (action.trained or task):
        return
    site, today = context.site, context.today
    if action.trained and not person.trained_on(today):
        reason = (
            "Your training for this trial has expired." if person.trained else "You are not trained for this trial."
        )
        refuse("training_expired" if person.trained else "not_trained", reason, "Record a new training first.")
    if action.trained and role in SITE_ROLES and site.status == "closed":
        refuse("site_closed", "The site is closed.", "Reopen the site, or transfer the patient.")
    if task and role in _DELEGATED and not site.delegated(context.command.actor, task, today):
        reason = said("The investigator has not delegated the task '{task}' to you.", task=Text(task))
        refuse("not_delegated", reason, "The investigator delegates it in the delegation log.")


_TRAINED = frozenset(SITE_ROLES) | {Role.CENTRAL_READER_1, Role.CENTRAL_READER_2, Role.ADJUDICATOR}
_DELEGATED = frozenset({Role.SITE_COORDINATOR, Role.LOCAL_READER, Role.PHARMACIST})
"""Roles that need training, and those of them to which the investigator delegates tasks."""


def _check_payload(context: Context, spec: CommandSpec) -> None:
    reason_given = context.command.reason
    if reason_given is not None and not plain(reason_given):
        what = "text without control characters"
        reason = said("reason: expected {what}.", what=Text(what))
        refuse("bad_value", reason, "Type the reason anew.", problems=(("reason", what),))
    found = [] if spec.fits(context.payload) else check_payload(spec.fields, context.payload)
    if not found:
        return
    problems = tuple((p.field, p.said) for p in found)
    if all(p.missing for p in found):
        names = [p.field for p in found]
        reason = said("Not filled in: {names}.", names=names)
        refuse("missing_field", reason, "Fill in what is missing.", problems=problems)
    refuse_marked(problems)


def _check_dates(context: Context, spec: CommandSpec) -> None:
    if not spec.dates:
        return
    today, payload = context.today, context.payload
    given = {name: str(payload[name]) for name in spec.dates if payload.get(name) is not None}
    if max(given.values(), default="") > today:
        problems = [
            (name, said("{day} lies in the future; today is {today} at the site", day=day, today=today))
            for name, day in given.items()
            if day > today
        ]
        refuse_marked(problems, code="date_in_future", remedy="Correct the date.")
    if context.command.subject and not spec.after_death and (death := context.subject.death) is not None:
        late = [
            (name, said("{day} lies after the death on {death}", day=day, death=death))
            for name, day in given.items()
            if day[: len(death)] > death
        ]
        if late:
            remedy = "Correct the date; if the death was recorded in error, the investigator retracts it."
            refuse_marked(late, code="after_death", remedy=remedy)
