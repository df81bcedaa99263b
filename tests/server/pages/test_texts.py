"""Every text of the pages stands in the translation file."""

import ast
import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.conduct import ACTIONS, COMMANDS, Command, obstacle
from equipoise.server.pages import texts
from equipoise.server.pages.doors import known_for

EVENT = {"term": "Nausea", "grade": "2", "onset": "2024-01-08", "outcome": "not recovered", "related": "possible",
         "action": "none", "serious": "no"}  # fmt: skip
PATIENT = "01-002"


def test_the_translation_file_is_up_to_date() -> None:
    written = texts.FILE.read_text(encoding="utf-8")
    assert written == texts.po_text(texts.collect()), "run python -m equipoise.server.pages.texts"


def test_no_words_stand_in_templates_outside_of_translations() -> None:
    """What is left of a template without tags, values and markup has no words."""
    for path in sorted(texts.HERE.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        source = re.sub(
            r"\{% blocktranslate.*?\{% endblocktranslate %\}|\{[%{#].*?[%}#]\}", " ", source, flags=re.DOTALL
        )
        source = re.sub(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", " ", source)
        if path.name == "attributes.html":
            continue  # holds attributes of an input and no text
        words = re.findall(r"[A-Za-z]{3,}", source.replace("&nbsp;", " "))
        assert not set(words) - {"equipoise", "amp"}, (path.name, words)


FRENCH = {
    "Today": "Aujourd'hui",
    "{seen}; expected: {expected}": "{seen} ; attendu : {expected}",
    "{end} lies before the onset {onset}": "{end} précède le début ({onset})",
    "Correct what is marked.": "Corrigez ce qui est marqué.",
    "{term} with onset {onset} is recorded as {record}.": "{record} : {term}, début le {onset}, est déjà saisi.",
    "Bring {record} up to date instead.": "Mettez plutôt à jour {record}.",
    "The patient's state is": "État du patient",
    "{about}: {stage}.": "{about} : {stage}.",
    "in screening": "en sélection",
    "randomized": "randomisé",
    "Fill this in.": "À remplir.",
    "visit {visit} is locked": "la visite {visit} est verrouillée",
}


@pytest.fixture
def in_french(tmp_path: Path) -> Iterator[None]:
    """The pages in a language of which few texts are there; the file is made and compiled as the guide says."""
    if shutil.which("msgfmt") is None:
        pytest.skip("msgfmt is not there (apt-get install gettext)")
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    text = texts.po_text(texts.collect())
    for english, french in FRENCH.items():
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{french}"')
    (folder / "django.po").write_text(text.replace('"Language: en', '"Language: fr'), encoding="utf-8")
    done = subprocess.run(
        ["msgfmt", "--check", "-o", folder / "django.mo", folder / "django.po"],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with override_settings(LANGUAGE_CODE="fr", LANGUAGES=[("fr", "fr")], LOCALE_PATHS=[tmp_path]):
        yield


@pytest.mark.usefixtures("in_french")
def test_another_language_is_a_file_to_be_filled_in(trial: ServerTrial) -> None:
    """Refusals, remedies, states and problems beside fields come with their values, in the language of the pages."""
    who = Visitor(trial, "coordinator@01")
    assert "Aujourd'hui" in html.unescape(who.text(""))
    wrong = who.send(PATIENT, "record_adverse_event", EVENT | {"onset": "2024-01-05", "end": "2024-01-03"})
    said = html.unescape(wrong.content.decode())
    assert "2024-01-03 précède le début (2024-01-05)" in said
    assert "Corrigez ce qui est marqué." in said
    assert "À remplir." in html.unescape(who.send(PATIENT, "record_adverse_event", {}).content.decode())
    assert who.send(PATIENT, "record_adverse_event", EVENT).status_code == 303
    twice = html.unescape(who.send(PATIENT, "record_adverse_event", EVENT).content.decode())
    assert "AE-1 : Nausea, début le 2024-01-08, est déjà saisi." in twice
    assert "Mettez plutôt à jour AE-1." in twice
    not_now = who.get(f"subjects/{PATIENT}/do/register/")
    assert "État du patient : randomisé." in html.unescape(not_now.content.decode())


def test_no_reason_is_put_together_without_a_template() -> None:
    """What people are told is a constant, or made by ``said`` of a template and values; else it stays English."""
    rules = texts.HERE.parents[1] / "conduct"
    for path in sorted(rules.rglob("*.py")):
        if path.relative_to(rules).as_posix() in texts.NOT_FOR_PEOPLE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        passed = {
            id(each)
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise) or (isinstance(node, ast.FunctionDef) and node.name == "__repr__")
            for each in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and id(node) not in passed:
                pieces = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                assert not re.search(r"[A-Za-z]{2,} ", pieces) or pieces in KNOWN, (path.name, node.lineno)


KNOWN = ("what makes it serious: ", "assessment ", "line ", "results ")
"""A declaration, which is collected whole from the table of commands; what is due, which pages put into words; places
in a file and in a list."""


def test_every_refusal_of_the_rules_is_in_the_file(trial: ServerTrial) -> None:
    """What stands against each command before anything is filled in: each template is there to be translated."""
    known, found = {one for one, _more in texts.collect()}, []
    for kind, action in ACTIONS.items():
        if kind in COMMANDS and action.subject:
            for role in ("investigator", "pharmacist"):
                asked = Command(
                    kind=kind,
                    actor=f"{role}@01",
                    role=role,
                    at="2024-01-08T12:00:00.000000Z",
                    request_id="asked-0001",
                    site="01",
                    subject=PATIENT,
                    reason="why",
                    second_factor=True,
                )
                refusal = obstacle(known_for(asked))
                found += [refusal.reason, refusal.remedy] if refusal is not None else []
    assert len(found) > 50
    for text in found:
        assert getattr(text, "template", text) in known, text


def test_scripts_hold_no_sentence() -> None:
    """What they say stands in the pages, where it is translated."""
    folder = Path(texts.__file__).parent / "static" / "pages"
    for path in sorted(folder.glob("*.js")):
        assert re.findall(r'["`][A-Z][a-z]+ [a-z]+[^"`]*["`]', path.read_text(encoding="utf-8")) == [], path.name
