"""What is missing before patients can be treated, on the page of today of who sets the trial up."""

from equipoise.conduct import Role
from equipoise.server.accounts.changes import SHOWN_DAYS, recent_resets
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.setup.known import called, known_sites
from equipoise.server.pages.setup.sites import missing_centrally, site_lines
from equipoise.server.pages.today_parts import Part, Task, declare_part
from equipoise.server.pages.words import translated as _

__all__ = ["resets", "to_set_up"]

_MOST = 40


@declare_part(Role.ADMINISTRATOR)
def to_set_up(call: Call) -> Part:
    """List what is missing: first sites, then people of the center, then what each site wants."""
    tasks = []
    if not known_sites():
        tasks.append(Task(what=_("Open the first site"), url=call.url("command", command="open_site")))
    tasks += [Task(what=each.words, url=each.url) for each in missing_centrally(call)]
    for line in site_lines(call):
        told = _("Site %(site)s") % {"site": line.known.site}
        tasks += [Task(what=f"{told}: {each.words}", url=each.url) for each in line.missing]
    return Part(
        title=_("Missing before patients can be treated"),
        tasks=tuple(tasks[:_MOST]),
        empty=_("Nothing is missing: every open site has its people, consent form and kits."),
        more=call.url("sites") if len(tasks) > _MOST else "",
        plain=True,
    )


@declare_part(Role.ADMINISTRATOR, Role.MONITOR, Role.AUDITOR)
def resets(call: Call) -> Part:
    """List accounts that somebody else opened anew: who did it could act in the name of the person."""
    found = recent_resets()
    names = called({change.by for change in found} | {change.account for change in found})
    words = _("%(who)s: new password, second factor ended, by %(by)s, %(day)s")
    tasks = [
        Task(
            what=words % {"who": names[change.account], "by": names[change.by], "day": day(change.at)},
            url=call.url("person", person=change.account),
        )
        for change in found
    ]
    return Part(
        title=_("Accounts reset in the last %(n)s days") % {"n": SHOWN_DAYS},
        tasks=tuple(tasks[:_MOST]),
        empty=_("No account was given a new password by somebody else."),
        total=len(tasks),
        plain=True,
    )
