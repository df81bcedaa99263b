"""Everything that a blinded person can lay hands on, as bytes."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import django.contrib.sessions.middleware
import django.core.signing
import django.http.response
import django.utils.cache
from django.core import mail
from django.urls import URLPattern, URLResolver, get_resolver
from tests.conduct.made_up import CENTRAL, PEOPLE
from tests.server.noninterference.browse import browsed, client_of, submitted
from tests.server.noninterference.diaries import kept_diaries
from tests.server.noninterference.script import SITES, UNBLINDED, subjects_of
from tests.server.noninterference.twin import Twin

from equipoise.conduct import ACTIONS, COMMANDS
from equipoise.conduct.roles import BLINDED, Role

__all__ = ["Asker", "askers", "differences", "everything", "operations", "pages", "routes"]

FORMATS = ("application/json", "text/html", "text/csv", "application/xml")
SITE_STAFF = frozenset({Role.SITE_COORDINATOR, Role.INVESTIGATOR, Role.PHARMACIST})
PROBED = ("of", "record", "query", "event", "kit", "scan", "person")
TARGETS = ("OPEN-1", "RESULT-1", "ODOSE-1", "KIT-3", "DISP-3", "DEV-1", "DEVC-1", "FU-1", "UNB-1", "AE-1", "EOS-1")
"""Records that stand, or may stand, in one of the trials alone."""

Seen = dict[tuple[str, ...], bytes]
"""Who, what, how -> status, headers and body, or the bytes of a file."""


@dataclass(frozen=True)
class Asker:
    """Somebody who is blinded."""

    who: str
    role: Role
    site: str | None = None

    def may_know(self, subject: str | None, opened: tuple[str, ...]) -> bool:
        """Whether the blind is lifted for this person and patient: who treats a patient who was unblinded."""
        return self.role in SITE_STAFF and subject in opened and subject is not None and subject[:2] == self.site

    def stock_tells(self, opened: tuple[str, ...]) -> bool:
        """Whether the stock of the site has served a patient whose open treatment this person gives."""
        return self.role in SITE_STAFF and any(subject[:2] == self.site for subject in opened)


@cache
def askers() -> list[Asker]:
    """One person for each blinded role, at each site where it is held there; and two patients."""
    central = [Asker(who, Role(role)) for who, role in CENTRAL.items() if Role(role) in BLINDED]
    local = [Asker(f"{who}@{site}", Role(role), site) for who, role in PEOPLE.items() for site in ("01", "02")]
    patients = [Asker(subject, Role.PATIENT) for subject in ("01-001", "01-003")]
    found = [*central, Asker("admin", Role.ADMINISTRATOR), *local, *patients]
    assert {asker.role for asker in found} == BLINDED
    return found


@cache
def operations() -> tuple[tuple[str, str], ...]:
    """Method and path of every operation of the interface."""
    return tuple((method, path) for path, ops in schema()["paths"].items() for method in ops)


@cache
def schema() -> Mapping[str, Any]:
    """Description of the interface."""
    from equipoise.server.api.interface import api

    found: Mapping[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return found


def routes() -> list[str]:
    """Every address of the URL table, as a pattern."""

    def walk(found: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
        for each in found:
            text = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, text)
            else:
                yield text

    return sorted(set(walk(get_resolver().url_patterns, "")))


@cache
def pages() -> list[str]:
    """Addresses of the URL table that are neither operations nor below a desk, with something for what varies."""
    found = []
    for route in routes():
        if route.startswith("at/<desk:desk>/"):
            continue  # see `browse`
        plain = re.sub(r"\(\?P<[^>]*>[^)]*\)|<[^>]*>", "x", route).replace("^", "").replace("$", "").replace("\\Z", "")
        if not any(_same(plain, path) for _, path in operations()):
            found.append("/" + plain)
    return found


def _same(plain: str, path: str) -> bool:
    return "/" + plain == re.sub(r"\{[^}]*\}", "x", path)


@dataclass
class Look:
    """One look at everything; collects what is seen."""

    twin: Twin
    opened: tuple[str, ...]
    whole: bool
    seen: Seen = field(default_factory=dict)

    def ask(self, asker: Asker, method: str, path: str, body: Any = None, *, accept: str = FORMATS[0]) -> bytes:
        """Ask with a token, keep the answer, and give it."""
        t = self.twin
        token = t.account(asker.who)
        said = "" if body is None else json.dumps(body, sort_keys=True)
        key = (asker.who, method, path, said, accept)
        t.label = " ".join((path.rpartition("/")[2], *key))
        headers = {"authorization": f"Bearer {token}", "accept": accept}
        with t.fixed(), _stopped(t):
            content = {"data": said, "content_type": "application/json"} if body is not None else {}
            answer = t.client.generic(method.upper(), path, headers=headers, **content)
        self.keep(key, answer)
        return self.seen[key]

    def keep(self, key: tuple[str, ...], answer: Any) -> None:
        """Keep status, headers and body."""
        head = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        cookies = "".join(f"{morsel.OutputString()}\n" for _, morsel in sorted(answer.cookies.items()))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        self.seen[key] = f"{answer.status_code}\n{head}{cookies}\n".encode() + content

    def read(self, asker: Asker) -> None:
        """Read every address of the interface that is read."""
        where = f"role={asker.role}" + (f"&site={asker.site}" if asker.site else "")
        for method, path in operations():
            if method != "get" or (path == "/api/stock" and asker.stock_tells(self.opened)):
                continue
            forms = _forms(path) if self.whole or asker.role == Role.DATA_MANAGER else _forms(path)[:1]
            for accept, form in ((a, f) for a in (FORMATS if self.whole else FORMATS[:1]) for f in forms):
                for number, full in enumerate(self._filled(asker, path)):
                    said = self.ask(asker, "get", f"{full}?{where}{form}", accept=accept)
                    if number and b'"not_allowed"' in said and not self.whole:
                        break  # refused to the role: two patients will do for a reduced look

    def _filled(self, asker: Asker, path: str) -> Iterator[str]:
        if "{subject}" in path:
            every = subjects_of(self.twin)
            some = [every[i] for i in (*UNBLINDED, 4, 5)] + ([] if self.opened else ["01-999"])
            for subject in (*every, "01-999") if self.whole else some:
                if not asker.may_know(subject, self.opened):
                    yield path.replace("{subject}", subject)
        else:
            yield re.sub(r"\{[^}]*\}", "x", _of_look(path))

    def write(self, asker: Asker, subjects: tuple[str, ...]) -> None:
        """Try every operation that writes, with a body that fits its description.

        In a reduced look those that the table of rights allows to the role, and every ninth of the others.
        """
        for number, (method, path) in enumerate(operations()):
            if method == "get" or path == "/api/token":
                continue
            if not (self.whole or number % 9 == askers().index(asker) % 9 or _allowed(path, asker)):
                continue
            for subject in subjects:
                if asker.may_know(subject, self.opened):
                    continue
                for body in _bodies(method, path, asker, subject):
                    full = _of_look(path).replace("{subject}", subject).replace("{account}", "admin")
                    self.ask(asker, method, full, body)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let all clocks stand, and draw what is drawn for the label of the request."""
        with self.twin.fixed(), _stopped(self.twin):
            yield

    def label_page(self, asker: Asker, name: str, path: str) -> None:
        """Name a request to a page."""
        self.twin.label = f"page {asker.who} {name} {path}"

    def browse(self, asker: Asker, subjects: tuple[str, ...]) -> None:
        """Open every page, with a session."""
        client = client_of(self, asker)
        for path in pages():
            self.label_page(asker, "plain", path)
            with self.still():
                answer = client.get(path)
            self.keep((asker.who, "page", path), answer)
        with self.still():  # the page that logs out was among them
            client = client_of(self, asker)
        browsed(self, asker, client, subjects)

    def submit(self, asker: Asker, subjects: tuple[str, ...]) -> None:
        """Send every form of the pages, with a session."""
        submitted(self, asker, client_of(self, asker), subjects)


def _of_look(path: str) -> str:
    return path.replace("{analysis}", "primary").replace("{look}", "1")


def _allowed(path: str, asker: Asker) -> bool:
    action = ACTIONS.get(path.rpartition("/")[2])
    return "/commands/" in path and action is not None and asker.role in action.roles


@contextmanager
def _stopped(t: Twin) -> Iterator[None]:
    """Let Django's other clocks stand at the time of the trial."""
    clock = SimpleNamespace(time=t.now.timestamp)
    with ExitStack() as stack:
        for module in (
            django.http.response,
            django.utils.cache,
            django.core.signing,
            django.contrib.sessions.middleware,
        ):
            stack.enter_context(patch.object(module, "time", clock))
        yield


def _forms(path: str) -> list[str]:
    """Every format that an address offers by its query."""
    asked = schema()["paths"][path]["get"].get("parameters", ())
    formats = [_resolved(p["schema"]).get("enum", ()) for p in asked if p["name"] == "format"]
    return [f"&format={name}" for name in formats[0]] if formats else [""]


def _bodies(method: str, path: str, asker: Asker, subject: str) -> Iterator[Any]:
    operation = schema()["paths"][path][method]
    if "requestBody" not in operation:
        yield None
        return
    body = sample(operation["requestBody"]["content"]["application/json"]["schema"])
    properties = _resolved(operation["requestBody"]["content"]["application/json"]["schema"]).get("properties", {})
    body.update({k: v for k, v in {"role": str(asker.role), "site": asker.site}.items() if k in properties and v})
    if "/commands/" not in path:
        yield body
        return
    name = path.rpartition("/")[2]
    if "subject" in properties:
        body["subject"] = subject
    body["reason"] = "asked for by a test"
    body["request_id"] = f"probe-{name}-{subject}-{asker.who}".replace("@", ".")[:79]
    yield body
    asked = [f.name for f in COMMANDS[name].fields if f.name in PROBED]
    if asked and subject in (subjects_of_trial()[i] for i in UNBLINDED):
        for number, target in enumerate(TARGETS):
            payload = {**body.get("payload", {}), asked[0]: target}
            yield {**body, "payload": payload, "request_id": f"{body['request_id'][:70]}-{number}"}


def subjects_of_trial() -> list[str]:
    """Patients in the order of randomization."""
    return [f"{site}-{SITES[: i + 1].count(site):03d}" for i, site in enumerate(SITES)]


_TEXTS = ("NOPE-9", "2024-01-09", "0" * 64, "request-x-0001", "A" * 32, "000000", "1", "1.5")


def sample(described: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - a case for each kind of schema
    """Make a small value that fits a JSON Schema."""
    found = _resolved(described)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in found:
            return sample(found[choice][0])
    if "const" in found or "enum" in found:
        return found.get("const", (found.get("enum") or [None])[0])
    kind = found.get("type", "object")
    if kind == "object":
        return {name: sample(found["properties"][name]) for name in found.get("required", ())}
    if kind == "array":
        return [sample(found["items"])] * max(1, found.get("minItems", 0))
    if kind == "string" and found.get("format") == "date":
        return "2024-01-09"
    if kind == "string":
        fits = (text for text in _TEXTS if re.search(found.get("pattern", ""), text))
        return next(text for text in fits if found.get("minLength", 0) <= len(text) <= found.get("maxLength", 10**6))
    return {"integer": found.get("minimum", 1), "number": 1, "boolean": True, "null": None}[kind]


def _resolved(described: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = described.get("$ref")
    if reference is None:
        return described
    found: Mapping[str, Any] = schema()["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def everything(
    twin: Twin, folder: Path, opened: tuple[str, ...], *, probes: tuple[str, ...] = (), full: bool = False
) -> Seen:
    """Look at everything as every blinded person, on a copy of the trial that is thrown away."""
    drawn = patch("equipoise.server.accounts.models.secrets", random.Random(1))  # noqa: S311 - numbers of accounts
    with twin.copied(folder).living() as copy, drawn:
        look = Look(copy, opened, full)
        for asker in askers():
            look.read(asker)
            if probes and (full or asker.site != "02"):
                look.browse(asker, subjects_of(twin) if full else (*probes, *opened))
        if probes:
            kept_diaries(look, tuple(dict.fromkeys((*probes, *opened))))
        for asker in askers() if probes else ():
            look.write(asker, probes)
            if full or asker.site != "02":
                look.submit(asker, probes)
        for asker in askers() if probes else ():
            if full or asker.role in (Role.DATA_MANAGER, Role.LOCAL_READER, Role.AUDITOR):
                look.read(asker)
        look.seen["server", "log"] = "\n".join([*twin.lines, *copy.lines]).encode()
        look.seen["server", "mail"] = (
            "\n".join(_mail(message) for message in mail.outbox).encode() if hasattr(mail, "outbox") else b""
        )
        look.seen.update(exported(folder / "sdtm"))
    return look.seen


def _mail(message: Any) -> str:
    return repr((message.from_email, message.recipients(), message.subject, message.body, message.extra_headers))


def exported(folder: Path) -> Seen:
    """Blinded SDTM as files of every format."""
    import datetime as dt

    from tests.conduct.made_up import protocol_of, protocol_text

    from equipoise.cdisc import write_dataset
    from equipoise.derive.sdtm import sdtm_from_ledger
    from equipoise.ledger import TRIAL
    from equipoise.server.ledger.store import read_events

    found: Seen = {}
    data = sdtm_from_ledger(protocol_of(protocol_text()), read_events(TRIAL))
    folder.mkdir()
    for name, frame in data.datasets.items():
        for ending in ("csv", "json", "parquet", "xpt"):
            path = folder / f"{name.lower()}.{ending}"
            write_dataset(frame, path, name=name, label=name, created=dt.date(2024, 6, 1))
            found["sdtm", path.name] = path.read_bytes()
    return found


def differences(one: Seen, other: Seen) -> list[str]:
    """Say every difference of what was seen in two trials."""
    found = [f"{' '.join(key)}: only in one" for key in sorted(one.keys() ^ other.keys())]
    for key in sorted(one.keys() & other.keys()):
        if one[key] != other[key]:
            at = next((i for i, (a, b) in enumerate(zip(one[key], other[key], strict=False)) if a != b), -1)
            left, right = (text[max(0, at - 60) : at + 60] for text in (one[key], other[key]))
            found.append(f"{' '.join(key)}: {left!r} and {right!r}")
    return found
